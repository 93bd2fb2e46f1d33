//! The rules, by what they are about. A backend's test file runs all of them, in one binary:
//!
//! ```ignore
//! orm_tests::suite!(&SqliteBackend);
//! ```
//!
//! SQL is compared as text. A backend that writes it otherwise translates in its probe.

/// Lists the rules of a part: each becomes a public case, and the part's macro makes a test of each.
macro_rules! rules {
    ($part:ident: $($(#[$meta:meta])* $rule:ident,)*) => {
        /// The rules of this part as functions of a backend.
        pub mod cases {
            $(
                #[doc = concat!("Runs `", stringify!($rule), "`.")]
                pub fn $rule(backend: &'static dyn $crate::fixture::Backend) {
                    super::$rule(&$crate::fixture::Lab(backend));
                }
            )*
        }

        /// Makes a test of each rule of this part, for a backend.
        #[macro_export]
        macro_rules! $part {
            ($backend:expr) => {
                $(
                    #[test]
                    $(#[$meta])*
                    fn $rule() {
                        $crate::suite::$part::cases::$rule($backend);
                    }
                )*
            };
        }
    };
}

pub mod aggregate;
pub mod assign;
pub mod begin;
pub mod bulk;
pub mod bulk_insert;
pub mod by_session;
pub mod column;
pub mod combine;
pub mod delete_rule;
pub mod derived;
pub mod derived_rows;
pub mod expression;
pub mod expression_random;
pub mod fault;
pub mod flush;
pub mod found;
pub mod graph;
pub mod graph_json;
pub mod hooks;
pub mod identity;
pub mod in_list;
pub mod in_step;
pub mod inspect;
pub mod join;
pub mod join_outer;
pub mod key;
pub mod keyset;
pub mod laws;
pub mod lock;
pub mod merge;
pub mod model_hooks;
pub mod moved;
pub mod nested;
pub mod odd_value;
pub mod order;
pub mod outer;
pub mod query;
pub mod raw;
pub mod raw_sql;
pub mod refresh;
pub mod related;
pub mod related_count;
pub mod related_eager;
pub mod related_filter;
pub mod related_forget;
pub mod related_joined;
pub mod related_links;
pub mod related_page;
pub mod related_position;
pub mod related_random;
pub mod related_state;
pub mod related_way;
pub mod related_way_random;
pub mod related_write;
pub mod rename;
pub mod rollback;
pub mod row_struct;
pub mod savepoint;
pub mod scenario;
pub mod scenario_graph;
pub mod scenario_rows;
pub mod scope;
pub mod service;
pub mod set_based;
pub mod state;
pub mod state_calls;
pub mod statistics;
pub mod stream;
pub mod transaction;
pub mod undo;
pub mod undo_random;
pub mod unique;
pub mod update_many;
pub mod validation;
pub mod value;
pub mod version;
pub mod violation;

/// Runs every part of the suite for a backend, each in a module of its name.
#[macro_export]
macro_rules! suite {
    ($backend:expr) => {
        $crate::suite! { $backend;
            aggregate
            assign
            begin
            bulk
            bulk_insert
            by_session
            column
            combine
            delete_rule
            derived
            derived_rows
            expression
            expression_random
            fault
            flush
            found
            graph
            graph_json
            hooks
            identity
            in_list
            in_step
            inspect
            join
            join_outer
            key
            keyset
            laws
            lock
            merge
            model_hooks
            moved
            nested
            odd_value
            order
            outer
            query
            raw
            raw_sql
            refresh
            related
            related_count
            related_eager
            related_filter
            related_forget
            related_joined
            related_links
            related_page
            related_position
            related_random
            related_state
            related_way
            related_way_random
            related_write
            rename
            rollback
            row_struct
            savepoint
            scenario
            scenario_graph
            scenario_rows
            scope
            service
            set_based
            state
            state_calls
            statistics
            stream
            transaction
            undo
            undo_random
            unique
            update_many
            validation
            value
            version
            violation
        }
    };
    ($backend:expr; $($part:ident)*) => {
        $(
            mod $part {
                $crate::$part!($backend);
            }
        )*
    };
}
