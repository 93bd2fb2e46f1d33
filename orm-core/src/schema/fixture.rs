//! Models for the tests of tables and of SQL, written by hand: a table is all they have.

use std::any::TypeId;

use super::{
    DeclarativeBase, Diff, FieldDef, KeyRule, Model, ModelDef, Registration, RowRule, Table, TableCell,
    Visitor, VisitorMut,
};
use crate::engine::EngineCell;
use crate::error::Result;
use crate::row::Fields;
use crate::value::{ColumnType, Field, Generated, Id, Ids, Shape, SqlType, Value, ValueRef, Version};

/// The base of all models here.
pub(crate) struct Shop;

impl DeclarativeBase for Shop {
    const NAME: &'static str = "Shop";

    fn engine_cell() -> &'static EngineCell<Self> {
        static CELL: EngineCell<Shop> = EngineCell::new();
        &CELL
    }
}

const NOTHING: ModelDef = ModelDef {
    model: "",
    type_id: TypeId::of::<Shop>,
    table: "",
    schema: None,
    fields: &[],
    uniques: &[],
    indexes: &[],
    checks: &[],
    comment: None,
};

macro_rules! models {
    ($($(#[$doc:meta])* $model:ident: $key:ty = $table:literal { $($part:ident: $value:expr),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $model;

        inventory::submit! { Registration::of::<$model>() }

        impl Model for $model {
            type Base = Shop;
            type Key = $key;

            fn table() -> &'static Table {
                static CELL: TableCell = TableCell::new();
                static DEF: ModelDef = ModelDef {
                    model: stringify!($model),
                    type_id: TypeId::of::<$model>,
                    table: $table,
                    $($part: $value,)*
                    ..NOTHING
                };
                CELL.get(&DEF)
            }

            fn decode(_row: &mut Fields<'_>) -> Result<Self> {
                unreachable!("{NO_ROWS}")
            }

            fn visit<'a, V: Visitor<'a>>(&'a self, _visitor: &mut V) -> Result<()> {
                unreachable!("{NO_ROWS}")
            }

            fn visit_mut<V: VisitorMut>(&mut self, _visitor: &mut V) -> Result<()> {
                unreachable!("{NO_ROWS}")
            }

            fn diff(&self, _kept: &Self, _diff: &mut Diff) {
                unreachable!("{NO_ROWS}")
            }

            fn key(&self, _ids: &dyn Ids) -> Option<$key> {
                unreachable!("{NO_ROWS}")
            }

            fn set_key(&mut self, _key: $key) {
                unreachable!("{NO_ROWS}")
            }

            fn unset_key(&mut self) {
                unreachable!("{NO_ROWS}")
            }
        }
    )*};
}

const NO_ROWS: &str = "a fixture has no rows";

/// A plan, as `ColumnEnum` would have it.
#[derive(Clone)]
pub(crate) struct Plan;

impl ColumnType for Plan {
    type Base = Plan;
    const SQL_TYPE: SqlType = SqlType::TextEnum(&["free", "editor's"]);

    fn encode(&self) -> Result<Value<'_>> {
        unreachable!("{NO_ROWS}")
    }

    fn decode(_value: ValueRef<'_>) -> Result<Self> {
        unreachable!("{NO_ROWS}")
    }
}

fn address(shape: &mut Shape) {
    shape.embedded::<String>("street");
    shape.embedded::<Option<String>>("city");
}

const fn key<T: Field>(name: &'static str) -> FieldDef {
    FieldDef { primary_key: true, ..FieldDef::of::<T>(name) }
}

models! {
    /// Every column attribute.
    User: i64 = "users" {
        fields: &[
            key::<Id<User>>("id"),
            FieldDef { unique: true, length: Some(100), collate: Some("NOCASE"), ..FieldDef::of::<String>("email") },
            FieldDef { server_default: Some("'free'"), check: Some("plan <> 'x'"), ..FieldDef::of::<Generated<Plan>>("plan") },
            FieldDef { server_default: Some("1 + 1"), ..FieldDef::of::<bool>("active") },
            FieldDef { computed: Some("lower(email)"), index: true, ..FieldDef::of::<Generated<String>>("folded") },
            FieldDef { describe: address, ..FieldDef::of::<String>("home") },
            FieldDef { version: true, comment: Some("it's counted"), ..FieldDef::of::<Version>("version") },
        ],
        checks: &["length(email) > 2"],
        comment: Some("people"),
        uniques: &[&["email"], &["plan", "home"]],
        indexes: &[&["home_city"], &["folded"]],
    }

    /// Foreign keys with rules.
    Post: i64 = "posts" {
        fields: &[
            FieldDef { never_reuse: true, ..key::<Id<Post>>("id") },
            FieldDef { on_delete: RowRule::Cascade, on_key_update: KeyRule::Cascade, ..FieldDef::of::<Id<User>>("author") },
            FieldDef { on_delete: RowRule::SetNull, by_session: true, ..FieldDef::of::<Option<Id<User>>>("editor") },
            FieldDef { on_delete: RowRule::SetNull, ..FieldDef::of::<Option<Id<Country, String>>>("country") },
            FieldDef::of::<String>("title"),
        ],
        indexes: &[&["author", "title"]],
    }

    /// A natural key, and a reference to itself.
    Country: String = "countries" {
        fields: &[
            FieldDef { length: Some(2), ..key::<String>("code") },
            FieldDef { on_delete: RowRule::Restrict, ..FieldDef::of::<Option<Id<Country, String>>>("parent") },
        ],
    }

    /// A key of two foreign keys.
    Membership: (i64, String) = "memberships" {
        fields: &[key::<Id<User>>("user"), key::<Id<Country, String>>("country")],
    }

    /// A composite foreign key, and one whose columns are named.
    Badge: i64 = "badges" {
        fields: &[
            key::<Id<Badge>>("id"),
            FieldDef::of::<Id<Membership, (i64, String)>>("membership"),
            FieldDef { columns: &["old_user", "old_country"], ..FieldDef::of::<Option<Id<Membership, (i64, String)>>>("old") },
        ],
    }

    /// A composite key that names itself.
    Node: (i64, i64) = "nodes" {
        fields: &[
            FieldDef::of::<Option<Id<Node, (i64, i64)>>>("parent"),
            key::<i64>("tree"),
            key::<i64>("number"),
        ],
    }

    /// Half of a circle.
    Team: i64 = "teams" {
        fields: &[key::<Id<Team>>("id"), FieldDef::of::<Option<Id<Player>>>("captain")],
    }

    /// The other half.
    Player: i64 = "players" {
        fields: &[key::<Id<Player>>("id"), FieldDef { on_delete: RowRule::Cascade, ..FieldDef::of::<Id<Team>>("team") }],
    }

    /// Half of a circle of composite keys.
    Left: (i64, i64) = "lefts" {
        fields: &[key::<i64>("a"), key::<i64>("b"), FieldDef::of::<Option<Id<Right, (i64, i64)>>>("right")],
    }

    /// The other half.
    Right: (i64, i64) = "rights" {
        fields: &[key::<i64>("c"), key::<i64>("d"), FieldDef::of::<Option<Id<Left, (i64, i64)>>>("left")],
    }

    /// Names that want to be SQL, in a schema of its own.
    Odd: i64 = "a\"; DROP TABLE users; --" {
        schema: Some("my schema"),
        fields: &[
            key::<Id<Odd>>("id"),
            FieldDef { columns: &["select"], index: true, ..FieldDef::of::<i64>("choice") },
            FieldDef { columns: &["it's 🦀"], unique: true, ..FieldDef::of::<f64>("crab") },
        ],
    }
}
