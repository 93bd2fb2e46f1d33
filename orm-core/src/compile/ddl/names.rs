//! Names of constraints and indexes: stable, short enough, and each given once.
//!
//! They follow the convention that SQLAlchemy's documentation recommends: `pk_<table>`, `uq_<table>_<columns>`,
//! `ix_<table>_<columns>`, `fk_<table>_<columns>_<target>`, `ck_<table>_<column>`, and `ck_<table>_<number>` for a condition
//! on the row.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Index, Table};

/// The length of an underscore and a hash.
const SUFFIX: usize = 9;

/// The names that the constraints of one table have so far.
pub(super) struct Names {
    max: usize,
    taken: BTreeSet<String>,
}

impl Names {
    pub(super) fn new(max_identifier: usize) -> Self {
        Names { max: max_identifier, taken: BTreeSet::new() }
    }

    /// A name that fits and is new: the one asked for, if it can be.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = shorten(wanted, self.max);
        let mut number = 1;
        while !self.taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            name = shorten(&format!("{wanted}_{number}"), self.max);
        }
        name
    }
}

/// Index names are shared by all tables in some databases, and two tables can ask for one: `(a, b_c)` and `(a_b, c)`.
pub(super) struct IndexNames {
    max: usize,
    wanted: BTreeMap<String, usize>,
}

impl IndexNames {
    pub(super) fn of(tables: &[&'static Table], max_identifier: usize) -> Self {
        let mut wanted = BTreeMap::new();
        for index in tables.iter().flat_map(|table| &table.indexes) {
            *wanted.entry(index.name.to_ascii_lowercase()).or_default() += 1;
        }
        IndexNames { max: max_identifier, wanted }
    }

    /// The name of an index; one that others ask for too is told apart by a hash of table and columns.
    pub(super) fn name(&self, table: &Table, index: &Index) -> String {
        if self.wanted.get(&index.name.to_ascii_lowercase()) == Some(&1) {
            return shorten(&index.name, self.max);
        }
        let columns: Vec<&str> = table.names(&index.columns).collect();
        let full = format!("{}\0{}\0{}", table.schema.unwrap_or(""), table.name, columns.join("\0"));
        shorten(&format!("{}_{:08x}", index.name, hash(&full)), self.max)
    }
}

/// A name of at most `max` bytes: a longer one is cut, and ends with a hash of all of it.
fn shorten(name: &str, max: usize) -> String {
    if name.len() <= max {
        return name.to_owned();
    }
    let end = name.floor_char_boundary(max.saturating_sub(SUFFIX));
    format!("{}_{:08x}", &name[..end], hash(name))
}

/// FNV-1a of 32 bits: the same on every machine and in every version, which std's hashers do not promise.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_stays_as_it_is() {
        assert_eq!(Names::new(63).take("pk_users"), "pk_users");
    }

    #[test]
    fn a_longer_name_is_cut_and_stays_unique_and_stable() {
        let mut names = Names::new(20);
        let first = names.take("ck_a_table_with_a_long_name_1");
        assert_eq!(first, "ck_a_table__72f1b81e");
        assert_ne!(names.take("ck_a_table_with_a_long_name_2"), first);
        assert_eq!(shorten("ix_日本語日本語", 17), format!("ix_日_{:08x}", hash("ix_日本語日本語")));
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::new(63);
        assert_eq!(names.take("ck_users_plan"), "ck_users_plan");
        assert_eq!(names.take("CK_users_plan"), "CK_users_plan_2");
        assert_eq!(names.take("ck_users_plan"), "ck_users_plan_3");
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(hash(""), 0x811c_9dc5);
        assert_eq!(hash("foobar"), 0xbf9c_f968);
    }
}
