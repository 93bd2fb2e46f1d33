//! Rows of raw SQL: which of their columns is which part of what a row becomes.

use super::cells::Cell;
use crate::error::{Error, Result};
use crate::row::Row;
use crate::schema::Table;
use crate::value::ValueRef;

/// Where each part of a row stands, in the order in which they are read.
pub(crate) enum Places {
    /// Side by side, from the first column on.
    InOrder,
    /// The numbers of their columns.
    At(Vec<usize>),
}

/// A deferred column that the statement leaves out.
const NOWHERE: usize = usize::MAX;

impl Places {
    /// Finds the columns of a cell by the names of all columns.
    ///
    /// # Errors
    /// Schema, for a column that is missing or stands there twice; misuse for columns that nothing takes.
    pub(crate) fn of<C: Cell>(names: &[&str]) -> Result<Self> {
        let mut search = Search { names, next: 0, names_wanted: &[], owner: "", places: Vec::new() };
        C::find(&mut search)?;
        if !C::BY_NAME && search.next < names.len() {
            return Err(wrong_width(names.len(), search.next));
        }
        let in_order = search.places.iter().enumerate().all(|(at, place)| at == *place);
        Ok(if in_order { Places::InOrder } else { Places::At(search.places) })
    }

    /// The same for a row that knows its names.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn of_row<C: Cell>(row: &dyn Row) -> Result<Self> {
        let names: Vec<&str> = (0..row.len()).map(|column| row.name(column)).collect();
        Places::of::<C>(&names)
    }

    /// Shows a row with its parts side by side.
    pub(crate) fn show<T>(&self, row: &dyn Row, read: impl FnOnce(&dyn Row) -> T) -> T {
        match self {
            Places::InOrder => read(row),
            Places::At(places) => read(&Placed { row, places }),
        }
    }
}

/// A row in another order of columns.
struct Placed<'row> {
    row: &'row dyn Row,
    places: &'row [usize],
}

impl Row for Placed<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.places[column] {
            NOWHERE => ValueRef::Null,
            place => self.row.value(place),
        }
    }

    fn name(&self, column: usize) -> &str {
        match self.places[column] {
            NOWHERE => "",
            place => self.row.name(place),
        }
    }
}

/// A search for columns.
pub(crate) struct Search<'names> {
    names: &'names [&'names str],
    /// The first column that no part before has taken.
    next: usize,
    /// The columns that the next parts have, if they are fields of a struct.
    names_wanted: &'static [&'static str],
    /// That struct.
    owner: &'static str,
    places: Vec<usize>,
}

impl Search<'_> {
    /// Finds a value: by its name in a struct, else where the part before ended.
    pub(super) fn find_value(&mut self, width: usize) -> Result<()> {
        if let Some((name, rest)) = self.names_wanted.split_first() {
            self.names_wanted = rest;
            if width != 1 {
                return Err(Error::unsupported(format!(
                    "`{}::{name}` has {width} columns, and a field that is found by its name has one",
                    self.owner
                )));
            }
            let place = self.position(0, name).ok_or_else(|| self.missing(name))?;
            if self.names[place + 1..].contains(&self.names[place]) {
                return Err(self.ambiguous(name));
            }
            self.places.push(place);
            return Ok(());
        }
        self.places.extend(self.next..self.next + width);
        self.next += width;
        if self.next > self.names.len() {
            return Err(wrong_width(self.names.len(), self.next));
        }
        Ok(())
    }

    /// Finds the columns of a model behind the part before it, or anywhere for the field of a struct.
    pub(super) fn find_model(&mut self, table: &'static Table) -> Result<()> {
        let first = self.first_of_part();
        let mut end = self.next;
        for column in &table.columns {
            let place = match self.position(first, &column.name) {
                Some(place) => place,
                None if column.deferred => NOWHERE,
                None => {
                    self.owner = table.model;
                    return Err(self.missing(&column.name));
                }
            };
            self.places.push(place);
            end = end.max(if place == NOWHERE { 0 } else { place + 1 });
        }
        self.next = end;
        Ok(())
    }

    /// Finds the fields of a struct.
    pub(super) fn find_struct(
        &mut self,
        name: &'static str,
        columns: &'static [&'static str],
        find_fields: fn(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.first_of_part();
        let outer = (self.owner, self.names_wanted);
        (self.owner, self.names_wanted) = (name, columns);
        let first = self.places.len();
        find_fields(self)?;
        (self.owner, self.names_wanted) = outer;
        let last = self.places[first..].iter().filter(|place| **place != NOWHERE).max();
        self.next = self.next.max(last.map_or(0, |last| last + 1));
        Ok(())
    }

    /// Where a part that has several columns may begin; inside a struct it has the place of a field.
    fn first_of_part(&mut self) -> usize {
        match self.names_wanted.split_first() {
            Some((_, rest)) => {
                self.names_wanted = rest;
                0
            }
            None => self.next,
        }
    }

    /// The column of a name; the case of ASCII letters counts only where names differ in nothing else.
    fn position(&self, first: usize, name: &str) -> Option<usize> {
        let names = self.names.get(first..)?;
        let exact = names.iter().position(|other| *other == name);
        let found = exact.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name)));
        found.map(|at| first + at)
    }

    #[cold]
    fn missing(&self, name: &str) -> Error {
        let found: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let found = if found.is_empty() { "none at all".to_owned() } else { found.join(", ") };
        Error::schema(format!(
            "a `{}` takes a column `{name}`, and the statement returns {found}: add it, or name it so by AS",
            self.owner
        ))
    }

    #[cold]
    fn ambiguous(&self, name: &str) -> Error {
        Error::schema(format!(
            "a `{}` takes a column `{name}`, and the statement returns two of that name: rename one by AS",
            self.owner
        ))
    }
}

#[cold]
fn wrong_width(columns: usize, taken: usize) -> Error {
    Error::misuse(format!("the statement returns {columns} columns, but the program takes {taken}"))
}
