//! A table, resolved: every column with its name and type, every key with its columns.

use std::any::TypeId;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::def::{FieldDef, KeyRule, ModelDef, RowRule};
use crate::util::columns::ColumnSet;
use crate::value::{Reference, Shape, SqlType};

/// A table of a model. It is made on first use and lives as long as the program.
pub struct Table {
    /// The model's name.
    pub model: &'static str,
    /// The model's type.
    pub type_id: TypeId,
    /// A dense number of the model in this process.
    pub(crate) number: usize,
    /// The table's name.
    pub name: &'static str,
    /// The schema that the table lives in.
    pub schema: Option<&'static str>,
    /// The columns, in the order of the model's fields.
    pub columns: Vec<Column>,
    /// The columns that each field spreads over, in the order of the struct.
    pub(crate) fields: Vec<Range<usize>>,
    /// The names of the fields.
    pub(crate) field_names: Vec<&'static str>,
    /// The columns of the primary key.
    pub primary_key: Vec<usize>,
    /// The field that is the whole primary key, if one is.
    pub(crate) key_field: Option<u16>,
    /// Whether the columns of the primary key stand side by side, in the key's order.
    pub(crate) key_is_contiguous: bool,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The unique constraints; one of a single column stands here too.
    pub uniques: Vec<Index>,
    /// The indexes.
    pub indexes: Vec<Index>,
    /// The conditions on a row, in SQL.
    pub checks: Vec<&'static str>,
    /// What the table is for.
    pub comment: Option<&'static str>,
    /// The column of the key that the database generates, if it does.
    pub generated_key: Option<usize>,
    /// The column of the row's version.
    pub version: Option<usize>,
    /// The columns that can be left to the database: the generated key, server defaults, computed columns.
    pub(crate) generated: ColumnSet,
    /// The columns that an INSERT can write.
    pub(crate) insertable: ColumnSet,
    /// The same without the key that the database generates.
    pub(crate) without_key: ColumnSet,
    /// Whether the key is all that can be left to the database.
    pub(crate) only_key_is_generated: bool,
    /// The columns that a program does not write: the version and those that the database computes.
    pub(crate) managed: ColumnSet,
    /// The columns that only the database writes.
    pub(crate) computed: ColumnSet,
}

/// A column of a table.
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The field it belongs to.
    pub field: &'static str,
    /// What it holds.
    pub sql_type: SqlType,
    /// Whether it allows NULL.
    pub nullable: bool,
    /// The greatest length of a text, in characters.
    pub length: Option<u32>,
    /// What the database puts there when nothing is said, in SQL.
    pub server_default: Option<&'static str>,
    /// The expression that the database computes it by, in SQL.
    pub computed: Option<&'static str>,
    /// A condition on it, in SQL.
    pub check: Option<&'static str>,
    /// The collation of a text.
    pub collate: Option<&'static str>,
    /// What it is for.
    pub comment: Option<&'static str>,
    /// Whether a key, once used, is never given again.
    pub never_reuse: bool,
    /// Whether it is marked as large; no SELECT leaves it out yet.
    pub deferred: bool,
}

/// A foreign key: columns of this table that name a row of another.
pub struct ForeignKey {
    /// The field that it is.
    pub field: &'static str,
    /// Its columns, in the order of the key they name.
    pub columns: Vec<usize>,
    /// What happens when the row it names is deleted.
    pub on_delete: RowRule,
    /// Whether the session carries `on_delete` out.
    pub by_session: bool,
    /// Whether the row is deleted when the session clears it.
    pub orphan_delete: bool,
    /// What happens when the key it names changes.
    pub on_key_update: KeyRule,
    /// Whether all of its columns allow NULL.
    pub nullable: bool,
    pub(crate) reference: Reference,
}

/// A unique constraint or an index.
pub struct Index {
    /// Its stable name: `uq_users_email`, `ix_posts_author_id_title`.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<usize>,
}

/// Holds a model's table once it is made; each derive writes one.
pub struct TableCell(OnceLock<Table>);

impl TableCell {
    /// Not made yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        TableCell(OnceLock::new())
    }

    /// The table, made from its definition by the first caller.
    #[inline]
    pub fn get(&'static self, def: &'static ModelDef) -> &'static Table {
        match self.0.get() {
            Some(table) => table,
            None => self.make(def),
        }
    }

    /// The names of a composite foreign key may come from the table that it names, whose own may come from this one; so no
    /// lock is held while a table is resolved. When two threads do it at once, one result is dropped.
    #[cold]
    fn make(&'static self, def: &'static ModelDef) -> &'static Table {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let table = Table::resolve(def);
        self.0.get_or_init(|| Table { number: NEXT.fetch_add(1, Ordering::Relaxed) as usize, ..table })
    }
}

impl ForeignKey {
    /// The table that it names.
    pub fn target(&self) -> &'static Table {
        (self.reference.table)()
    }

    /// What the database does when the row it names is deleted: nothing, when the session does it.
    pub(crate) fn on_delete_in_database(&self) -> RowRule {
        if self.by_session { RowRule::NoAction } else { self.on_delete }
    }
}

impl Table {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The names of some of its columns, in order.
    pub fn names<'table>(&'table self, columns: &'table [usize]) -> impl Iterator<Item = &'table str> {
        columns.iter().map(|&column| self.columns[column].name.as_str())
    }

    fn resolve(def: &'static ModelDef) -> Table {
        let _resolving = Resolving::enter(def);
        let mut table = Table {
            model: def.model,
            type_id: (def.type_id)(),
            number: 0,
            name: def.table,
            schema: def.schema,
            columns: Vec::new(),
            fields: Vec::new(),
            field_names: Vec::new(),
            primary_key: Vec::new(),
            key_field: None,
            key_is_contiguous: true,
            foreign_keys: Vec::new(),
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: def.checks.to_vec(),
            comment: def.comment,
            generated_key: None,
            version: None,
            generated: ColumnSet::EMPTY,
            insertable: ColumnSet::EMPTY,
            without_key: ColumnSet::EMPTY,
            only_key_is_generated: false,
            computed: ColumnSet::EMPTY,
            managed: ColumnSet::EMPTY,
        };
        def.fields.iter().for_each(|field| table.add_field(field));
        table.key_is_contiguous = table.primary_key.is_sorted_by(|a, b| a + 1 == *b);
        table.find_key_field();
        table.find_generated_key(def);
        table.find_insertable();
        for fields in def.uniques {
            let unique = table.index("uq", fields);
            add_once(&mut table.uniques, unique);
        }
        for fields in def.indexes {
            let index = table.index("ix", fields);
            add_once(&mut table.indexes, index);
        }
        table
    }

    fn add_field(&mut self, def: &FieldDef) {
        let mut shape = Shape::default();
        (def.describe)(&mut shape);
        let reference =
            shape.reference.filter(|reference| !(def.primary_key && reference.model == self.type_id));
        let names = column_names(def, &shape, reference.as_ref());
        let first = self.columns.len();
        for (column, name) in shape.columns.iter().zip(names) {
            self.columns.push(Column {
                name,
                field: def.name,
                sql_type: column.sql_type,
                nullable: column.nullable,
                length: def.length,
                server_default: def.server_default,
                computed: def.computed,
                check: def.check,
                collate: def.collate,
                comment: def.comment,
                never_reuse: def.never_reuse,
                deferred: def.deferred,
            });
        }
        let columns = first..self.columns.len();
        self.mark(def, &shape, columns.clone());
        self.add_keys(def, reference, columns.clone());
        self.fields.push(columns);
        self.field_names.push(def.name);
    }

    fn mark(&mut self, def: &FieldDef, shape: &Shape, columns: Range<usize>) {
        if def.version {
            self.version = Some(columns.start);
        }
        for column in columns {
            if shape.generated {
                self.generated.insert(column);
            }
            if def.computed.is_some() {
                self.computed.insert(column);
            }
        }
    }

    fn add_keys(&mut self, def: &FieldDef, reference: Option<Reference>, columns: Range<usize>) {
        if def.primary_key {
            self.primary_key.extend(columns.clone());
        }
        if let Some(reference) = reference {
            self.foreign_keys.push(ForeignKey {
                field: def.name,
                columns: columns.clone().collect(),
                on_delete: def.on_delete,
                by_session: def.by_session,
                orphan_delete: def.orphan_delete,
                on_key_update: def.on_key_update,
                nullable: self.columns[columns.clone()].iter().all(|column| column.nullable),
                reference,
            });
        }
        if def.unique {
            self.uniques.push(self.index_of("uq", columns.clone().collect()));
        }
        if def.index {
            self.indexes.push(self.index_of("ix", columns.collect()));
        }
    }

    fn find_key_field(&mut self) {
        let is_key = |columns: &Range<usize>| columns.clone().eq(self.primary_key.iter().copied());
        self.key_field = self.fields.iter().position(is_key).and_then(|field| u16::try_from(field).ok());
    }

    /// A key of one integer column that names its own model is what the database generates.
    fn find_insertable(&mut self) {
        let all = 0..self.columns.len();
        self.insertable = all.filter(|&column| !self.computed.contains(column)).collect();
        self.without_key = self.insertable;
        self.managed = self.computed.iter().chain(self.version).collect();
        if let Some(key) = self.generated_key {
            self.without_key.remove(key);
            self.only_key_is_generated = self.generated == ColumnSet::from_iter([key]);
        }
    }

    fn find_generated_key(&mut self, def: &ModelDef) {
        let [column] = self.primary_key[..] else { return };
        let own = def.fields.iter().any(|field| {
            let mut shape = Shape::default();
            (field.describe)(&mut shape);
            field.primary_key && shape.reference.is_some_and(|reference| reference.model == self.type_id)
        });
        let is_integer =
            matches!(self.columns[column].sql_type, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt);
        if own && is_integer {
            self.generated_key = Some(column);
            self.generated.insert(column);
        }
    }

    /// An index on fields; also on single columns of a field that has several, by the columns' names.
    fn index(&self, prefix: &str, fields: &[&str]) -> Index {
        let columns_of = |name: &str| match self.field_names.iter().position(|&field| field == name) {
            Some(field) => self.fields[field].clone(),
            None => {
                let column = self.columns.iter().position(|column| column.name == name);
                column.map_or(0..0, |column| column..column + 1)
            }
        };
        self.index_of(prefix, fields.iter().flat_map(|name| columns_of(name)).collect())
    }

    fn index_of(&self, prefix: &str, columns: Vec<usize>) -> Index {
        let names: Vec<&str> = self.names(&columns).collect();
        Index { name: format!("{prefix}_{}_{}", self.name, names.join("_")), columns }
    }
}

/// An index that is asked for twice, on the field and on the model, is one index.
fn add_once(indexes: &mut Vec<Index>, index: Index) {
    if !indexes.iter().any(|other| other.columns == index.columns) {
        indexes.push(index);
    }
}

/// The names given, else the field's: with `_id` for a foreign key, with the key's columns for a composite one, with the
/// inner fields for a struct of columns.
fn column_names(def: &FieldDef, shape: &Shape, reference: Option<&Reference>) -> Vec<String> {
    if !def.columns.is_empty() {
        return def.columns.iter().map(|&name| name.to_owned()).collect();
    }
    if let (Some(reference), 2..) = (reference, shape.columns.len()) {
        return key_names(reference).iter().map(|name| format!("{}_{name}", def.name)).collect();
    }
    if shape.columns.len() > 1 && shape.columns.iter().all(|column| column.suffix.is_none()) {
        return (1..=shape.columns.len()).map(|number| format!("{}_{number}", def.name)).collect();
    }
    let with_suffix = |suffix: &Option<String>| match (suffix, reference) {
        (Some(suffix), _) => format!("{}_{suffix}", def.name),
        (None, Some(_)) => format!("{}_id", def.name),
        (None, None) => def.name.to_owned(),
    };
    shape.columns.iter().map(|column| with_suffix(&column.suffix)).collect()
}

/// The columns of the key that a reference names. A table that is being resolved cannot be asked; its definition can.
fn key_names(reference: &Reference) -> Vec<String> {
    let Some(def) = Resolving::find(reference.model) else {
        let target = (reference.table)();
        return target.names(&target.primary_key).map(str::to_owned).collect();
    };
    let of_field = |field: &FieldDef| {
        let mut shape = Shape::default();
        (field.describe)(&mut shape);
        let other = shape.reference.filter(|inner| inner.model != reference.model);
        column_names(field, &shape, other.as_ref())
    };
    def.fields.iter().filter(|field| field.primary_key).flat_map(of_field).collect()
}

/// The models whose tables this thread is resolving, for as long as the value lives.
struct Resolving;

thread_local! {
    static MODELS: RefCell<Vec<&'static ModelDef>> = const { RefCell::new(Vec::new()) };
}

impl Resolving {
    fn enter(def: &'static ModelDef) -> Self {
        MODELS.with_borrow_mut(|models| models.push(def));
        Resolving
    }

    fn find(model: TypeId) -> Option<&'static ModelDef> {
        MODELS.with_borrow(|models| models.iter().copied().find(|def| (def.type_id)() == model))
    }
}

impl Drop for Resolving {
    fn drop(&mut self) {
        MODELS.with_borrow_mut(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::fixture::*;
    use crate::schema::{Model, Table};

    fn columns(table: &Table) -> Vec<&str> {
        table.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn targets(table: &Table) -> Vec<(&str, Vec<usize>, bool)> {
        let key = |key: &super::ForeignKey| (key.target().name, key.columns.clone(), key.nullable);
        table.foreign_keys.iter().map(key).collect()
    }

    #[test]
    fn a_foreign_key_is_named_after_its_field() {
        assert_eq!(columns(Post::table()), ["id", "author_id", "editor_id", "country_id", "title"]);
        let expected = [("users", vec![1], false), ("users", vec![2], true), ("countries", vec![3], true)];
        assert_eq!(targets(Post::table()), expected);
    }

    #[test]
    fn an_id_of_the_own_model_is_the_generated_key_and_elsewhere_a_reference() {
        assert_eq!(User::table().generated_key, Some(0));
        assert!(User::table().foreign_keys.is_empty());
        assert_eq!(Country::table().generated_key, None);
        assert_eq!(targets(Country::table()), [("countries", vec![1], true)]);
    }

    #[test]
    fn a_key_of_foreign_keys_is_not_generated() {
        let table = Membership::table();
        assert_eq!(columns(table), ["user_id", "country_id"]);
        assert_eq!((table.primary_key.as_slice(), table.generated_key), ([0, 1].as_slice(), None));
        assert_eq!(table.foreign_keys.len(), 2);
    }

    #[test]
    fn a_composite_foreign_key_is_named_after_the_key_or_as_told() {
        let names = ["id", "membership_user_id", "membership_country_id", "old_user", "old_country"];
        assert_eq!(columns(Badge::table()), names);
        let expected = [("memberships", vec![1, 2], false), ("memberships", vec![3, 4], true)];
        assert_eq!(targets(Badge::table()), expected);
    }

    #[test]
    fn composite_keys_that_name_each_other_are_resolved() {
        assert_eq!(columns(Node::table()), ["parent_tree", "parent_number", "tree", "number"]);
        assert_eq!(Node::table().primary_key, [2, 3]);
        let right = std::thread::spawn(|| columns(Right::table()));
        assert_eq!(columns(Left::table()), ["a", "b", "right_c", "right_d"]);
        assert_eq!(right.join().expect("no deadlock"), ["c", "d", "left_a", "left_b"]);
    }

    #[test]
    fn the_columns_of_a_struct_are_named_after_the_field() {
        let table = User::table();
        assert_eq!(columns(table)[5..7], ["home_street", "home_city"]);
        assert_eq!(table.fields[5], 5..7);
        assert_eq!(
            table.uniques.iter().map(|unique| unique.columns.clone()).collect::<Vec<_>>(),
            [vec![1], vec![2, 5, 6]]
        );
        assert_eq!(
            table.indexes.iter().map(|index| index.columns.clone()).collect::<Vec<_>>(),
            [vec![4], vec![6]]
        );
        assert_eq!(table.version, Some(7));
    }

    #[test]
    fn what_the_database_fills_in_is_known() {
        let table = User::table();
        assert_eq!(table.generated.iter().collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!(table.computed.iter().collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn every_table_has_a_number_of_its_own() {
        let mut numbers =
            [User::table(), Post::table(), Node::table(), Left::table()].map(|table| table.number);
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
