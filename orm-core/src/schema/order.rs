//! The order of tables by their foreign keys.

use super::table::Table;
use crate::util::topo::strongly_connected;

/// Groups tables so that each group comes after those that its foreign keys name. A group is one table, or the tables of a
/// circle of foreign keys, by name. The same tables give the same groups, in whatever order they come.
pub(crate) fn in_foreign_key_order(tables: &[&'static Table]) -> Vec<Vec<&'static Table>> {
    let mut tables = tables.to_vec();
    tables.sort_by_key(|table| (table.schema, table.name, table.model));
    let position = |target: &Table| tables.iter().position(|table| std::ptr::eq(*table, target));
    let needs = |table: usize| {
        tables[table]
            .foreign_keys
            .iter()
            .filter_map(|key| position(key.target()))
            .filter(|&target| target != table)
            .collect()
    };
    strongly_connected(tables.len(), needs)
        .into_iter()
        .map(|part| part.into_iter().map(|table| tables[table]).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::fixture::*;
    use crate::schema::{Metadata, Model};

    fn names(parts: &[Vec<&'static Table>]) -> Vec<Vec<&'static str>> {
        parts.iter().map(|part| part.iter().map(|table| table.name).collect()).collect()
    }

    /// Every order of the tables, by Heap's algorithm.
    fn permutations(tables: &mut [&'static Table], count: usize, each: &mut impl FnMut(&[&'static Table])) {
        if count <= 1 {
            return each(tables);
        }
        for index in 0..count {
            permutations(tables, count - 1, each);
            tables.swap(if count.is_multiple_of(2) { index } else { 0 }, count - 1);
        }
    }

    #[test]
    fn s107_the_order_is_that_of_the_foreign_keys_whatever_the_order_of_declaration() {
        let mut tables = [
            Badge::table(),
            Membership::table(),
            Post::table(),
            User::table(),
            Country::table(),
            Team::table(),
            Player::table(),
        ];
        let expected = names(&in_foreign_key_order(&tables));
        let mut count = 0;
        permutations(&mut tables, 7, &mut |tables| {
            assert_eq!(names(&in_foreign_key_order(tables)), expected);
            count += 1;
        });
        assert_eq!(count, 5040);
        assert_eq!(expected.concat().len(), 7);
        assert!(expected.contains(&vec!["players", "teams"]));
    }

    #[test]
    fn a_table_comes_after_all_that_it_names() {
        let metadata = Metadata::<Shop>::new();
        let tables = metadata.tables();
        assert_eq!(tables.len(), 11);
        let position = |name: &str| tables.iter().position(|table| table.name == name);
        for table in
            tables.iter().filter(|table| !["teams", "players", "lefts", "rights"].contains(&table.name))
        {
            for key in &table.foreign_keys {
                assert!(position(key.target().name) <= position(table.name), "{}", table.name);
            }
        }
        assert!(metadata.table("nodes").is_some() && metadata.table("Nodes").is_none());
    }
}
