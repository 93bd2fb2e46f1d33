//! One walk over a statement writes its text, another gathers its shape and values. Both are the same code over a
//! [`Sink`], so that they cannot disagree on the order of the values.

use crate::error::{Error, Result};
use crate::value::{Entity, Ids, Value};

use super::dialect::{Capabilities, Dialect};
use super::json::JsonList;
use super::writer::Writer;
use crate::expr::{Naming, Node, TableRef};
use crate::schema::Table;

/// A table of a statement, and its name in SQL where no database has it.
pub(crate) type Named = (TableRef, Option<&'static str>);

/// What a walk over a statement goes into.
pub(crate) trait Sink<'a> {
    /// What the database can do.
    fn capabilities(&self) -> &Capabilities;
    /// A piece of SQL.
    fn sql(&mut self, text: &'static str);
    /// What follows speaks of the tables of a SELECT, and of those of the SELECTs around it.
    fn open(&mut self, tables: &mut dyn Iterator<Item = Named>);
    /// The SELECT ends.
    fn close(&mut self);
    /// A name of the user's.
    fn name(&mut self, name: &'static str);
    /// The name of a column of a table, by itself.
    fn label(&mut self, table: &'static Table, column: usize);
    /// The name of a table, where rows are taken from it; its other name follows, if it has one.
    fn table(&mut self, table: TableRef);
    /// What a table is called, where it is spoken of.
    fn called(&mut self, table: TableRef);
    /// The name of a column.
    fn column(&mut self, table: TableRef, column: usize);
    /// The names of all columns, in the order of the table.
    fn columns(&mut self, table: TableRef);
    /// A number that is part of the text.
    fn number(&mut self, number: u64);
    /// A value to bind.
    fn bind(&mut self, value: &'a Value<'static>);
    /// A number to bind.
    fn bind_number(&mut self, number: u64);
    /// The key of an entity, to bind.
    fn bind_entity(&mut self, entity: Entity, width: usize);
    /// A list that is bound as one JSON array.
    fn bind_list(&mut self, list: &'a [Node]);
    /// A value that cannot be bound, and why.
    fn refuse(&mut self, why: &'a str);
}

impl<'a> Sink<'a> for Writer<'_> {
    fn capabilities(&self) -> &Capabilities {
        self.dialect().capabilities()
    }

    fn sql(&mut self, text: &'static str) {
        Writer::sql(self, text);
    }

    fn open(&mut self, tables: &mut dyn Iterator<Item = Named>) {
        self.open_scope(tables);
    }

    fn close(&mut self) {
        self.close_scope();
    }

    fn name(&mut self, name: &'static str) {
        Writer::name(self, name);
    }

    fn label(&mut self, table: &'static Table, column: usize) {
        Writer::name(self, &table.columns[column].name);
    }

    fn table(&mut self, table: TableRef) {
        self.scoped_table(table);
    }

    fn called(&mut self, table: TableRef) {
        let name = self.name_of(table);
        Writer::name(self, &name);
    }

    fn column(&mut self, table: TableRef, column: usize) {
        self.scoped_column(table, column);
    }

    fn columns(&mut self, table: TableRef) {
        self.list(0..table.table.columns.len(), |writer, column| {
            match table.table.columns[column].deferred {
                true => drop(writer.sql("NULL")),
                false => writer.scoped_column(table, column),
            }
        });
    }

    fn number(&mut self, number: u64) {
        Writer::number(self, number);
    }

    fn bind(&mut self, _value: &'a Value<'static>) {
        Writer::sql(self, "?");
    }

    fn bind_number(&mut self, _number: u64) {
        Writer::sql(self, "?");
    }

    fn bind_entity(&mut self, _entity: Entity, width: usize) {
        self.list(0..width, |writer, _| {
            writer.sql("?");
        });
    }

    // The `?` is part of what reads the array.
    fn bind_list(&mut self, _list: &'a [Node]) {}

    fn refuse(&mut self, _why: &'a str) {}
}

/// What makes a statement's text what it is, and its values.
#[derive(Default)]
pub(crate) struct Gathered<'a> {
    pub(crate) shape: Vec<u8>,
    pub(crate) values: Vec<Value<'a>>,
}

impl Gathered<'_> {
    /// The memory, for another statement.
    pub(crate) fn emptied(self) -> Gathered<'static> {
        let Gathered { shape, mut values } = self;
        values.clear();
        Gathered { shape, values: values.into_iter().map(Value::into_owned).collect() }
    }
}

/// Gathers what makes a statement's text what it is, as bytes, and its values.
///
/// A piece of SQL stands for itself by its address: the same address and length is the same text.
pub(crate) struct KeySink<'a, 'ids> {
    into: &'ids mut Gathered<'a>,
    ids: &'ids dyn Ids,
    dialect: &'ids dyn Dialect,
    refused: Option<Error>,
}

impl<'a, 'ids> KeySink<'a, 'ids> {
    pub(crate) fn new(into: &'ids mut Gathered<'a>, ids: &'ids dyn Ids, dialect: &'ids dyn Dialect) -> Self {
        into.shape.clear();
        into.shape.reserve(256);
        KeySink { into, ids, dialect, refused: None }
    }

    /// Ends, unless a value cannot be bound.
    ///
    /// # Errors
    /// A value error for what no database stores; misuse for an entity that has no key; unsupported for more values than a
    /// statement can bind.
    pub(crate) fn finish(self) -> Result<()> {
        let (most, values) = (self.dialect.capabilities().max_binds, self.into.values.len());
        match self.refused {
            Some(error) => Err(error),
            None if values > most => Err(too_many(values, self.dialect)),
            None => Ok(()),
        }
    }

    /// Adds a tag, a number, and one thing more, at once.
    #[inline]
    fn push(&mut self, tag: u8, number: u64, more: u8) {
        let mut bytes = [tag; size_of::<u64>() + 2];
        bytes[1] = more;
        bytes[2..].copy_from_slice(&number.to_ne_bytes());
        self.into.shape.extend_from_slice(&bytes);
    }

    fn push_table(&mut self, tag: u8, of: TableRef, column: usize) {
        self.push(tag, (of.table.number << 16 | column) as u64, 0);
        match of.naming {
            Naming::Own => {}
            Naming::Alias(name) => self.push(7, name.as_ptr() as u64, 0),
            Naming::Hidden(number) => self.push(8, u64::from(number), 0),
        }
    }

    #[cold]
    fn fail(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }
}

impl<'a> Sink<'a> for KeySink<'a, '_> {
    fn capabilities(&self) -> &Capabilities {
        self.dialect.capabilities()
    }

    fn sql(&mut self, text: &'static str) {
        self.push(0, text.as_ptr() as u64, u8::try_from(text.len()).unwrap_or(u8::MAX));
    }

    fn open(&mut self, _tables: &mut dyn Iterator<Item = Named>) {
        self.into.shape.push(9);
    }

    fn close(&mut self) {
        self.into.shape.push(10);
    }

    fn name(&mut self, name: &'static str) {
        self.sql(name);
    }

    fn label(&mut self, table: &'static Table, column: usize) {
        self.push(11, (table.number << 16 | column) as u64, 0);
    }

    fn table(&mut self, table: TableRef) {
        self.push_table(1, table, 0);
    }

    fn called(&mut self, table: TableRef) {
        self.push_table(12, table, 0);
    }

    fn column(&mut self, table: TableRef, column: usize) {
        self.push_table(2, table, column);
    }

    fn columns(&mut self, table: TableRef) {
        self.push_table(3, table, 0);
    }

    fn number(&mut self, number: u64) {
        self.push(4, number, 0);
    }

    fn bind(&mut self, value: &'a Value<'static>) {
        self.into.shape.push(5);
        self.into.values.push(value.borrowed());
    }

    fn bind_number(&mut self, number: u64) {
        self.into.shape.push(5);
        self.into.values.push(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    fn bind_entity(&mut self, entity: Entity, width: usize) {
        self.push(6, width as u64, 0);
        let mut key = Vec::with_capacity(width);
        let ids = self.ids;
        match ids.encode_entity(entity, &mut key) {
            Ok(()) => {
                self.into.values.extend(key.into_iter().map(|value| -> Value<'a> { value.into_owned() }))
            }
            Err(error) => self.fail(error),
        }
    }

    fn bind_list(&mut self, list: &'a [Node]) {
        let mut json = JsonList::default();
        for node in list {
            if let Err(error) = json.push_node(node, self.ids) {
                return self.fail(error);
            }
        }
        self.into.values.push(Value::Text(json.finish().into()));
    }

    fn refuse(&mut self, why: &'a str) {
        self.fail(Error::value(why));
    }
}

#[cold]
fn too_many(values: usize, dialect: &dyn Dialect) -> Error {
    let (name, most) = (dialect.name(), dialect.capabilities().max_binds);
    Error::unsupported(format!(
        "the statement binds {values} values, and a statement of {name} takes {most} at most: ask for the rows in several parts"
    ))
}
