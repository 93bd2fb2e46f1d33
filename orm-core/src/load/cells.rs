//! From rows to what a query selected: values, whole models, and tuples of them.

use std::marker::PhantomData;

use super::beside::{Beside, remember_list};
use super::graph::GraphOf;
use super::search::Search;
use super::{load_entities, load_values};
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::expr::{AsHandle, AsStruct, Mode, Perhaps, Sparse, Tracked, Untracked};
use crate::row::{Fields, Row};
use crate::schema::Model;
use crate::store::{Source, Stores, decode, meet_row};
use crate::value::{Field, Handle, Key, Value};

/// What the rows of a query become.
pub trait Output<M: Model> {
    /// A handle, or the struct itself.
    type Item;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<Self::Item>>;

    /// What the entity of a slot becomes, if rows are entities and nothing else.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    const ENTITY: Option<fn(&Stores, u32) -> Self::Item> = None;

    /// The same, of rows that hold more behind what is asked for.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn load_beside(
        _connection: &mut dyn Connection,
        _statement: (&Statement, &[Value<'_>]),
        _stores: &mut Stores,
        _beside: Beside,
    ) -> Result<Vec<Self::Item>> {
        unreachable!("only rows with entities hold more than is asked for")
    }

    /// How they are loaded, if they are the top of a graph.
    #[doc(hidden)]
    const GRAPH: Option<GraphOf<Self::Item>> = None;

    /// Whether rows have entities of `M`, of which relations can be loaded.
    #[doc(hidden)]
    fn have_entities() -> bool {
        false
    }

    /// The slots of the entities of `M` that were found.
    #[doc(hidden)]
    fn slots(_found: &[Self::Item]) -> Vec<u32> {
        Vec::new()
    }
}

#[allow(private_interfaces)]
impl<M: Model> Output<M> for Tracked {
    type Item = Handle<M>;

    const ENTITY: Option<fn(&Stores, u32) -> Handle<M>> = Some(|stores, slot| {
        Handle::at(stores.session(), slot, stores.any(M::table().number).generation(slot))
    });

    fn have_entities() -> bool {
        true
    }

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<Handle<M>>> {
        load_entities(connection, statement, values, stores)
    }

    fn load_beside(
        connection: &mut dyn Connection,
        statement: (&Statement, &[Value<'_>]),
        stores: &mut Stores,
        beside: Beside,
    ) -> Result<Vec<Handle<M>>> {
        load_cells_beside::<AsHandle<M>>(connection, statement, stores, beside)
    }

    fn slots(found: &[Handle<M>]) -> Vec<u32> {
        found.iter().map(|handle| handle.place.slot).collect()
    }
}

#[allow(private_interfaces)]
impl<M: Model> Output<M> for Untracked {
    type Item = M;

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        _stores: &mut Stores,
    ) -> Result<Vec<M>> {
        load_values(connection, statement, values)
    }
}

/// Rows become what was selected.
pub struct Picked<C>(PhantomData<fn() -> C>);

#[allow(private_interfaces)]
impl<M: Model, C: Cell> Output<M> for Picked<C> {
    type Item = C::Value;

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<C::Value>> {
        load_cells::<C>(connection, (statement, values), stores, read_row::<C>)
    }

    fn load_beside(
        connection: &mut dyn Connection,
        statement: (&Statement, &[Value<'_>]),
        stores: &mut Stores,
        beside: Beside,
    ) -> Result<Vec<C::Value>> {
        load_cells_beside::<C>(connection, statement, stores, beside)
    }

    fn have_entities() -> bool {
        let (wanted, mut found) = (M::table().number, false);
        C::tables(&mut |table| found |= table.number == wanted);
        found
    }

    fn slots(found: &[C::Value]) -> Vec<u32> {
        slots_of::<C>(found, M::table().number)
    }
}

#[allow(private_interfaces)]
impl<M: Model, O: Mode> Output<M> for Sparse<O>
where
    Perhaps<O::Cell<M>>: Cell,
{
    type Item = <Perhaps<O::Cell<M>> as Cell>::Value;

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<Self::Item>> {
        <Picked<Perhaps<O::Cell<M>>> as Output<M>>::load(connection, statement, values, stores)
    }
}

/// The slots of the entities of a table in some rows, in their order.
fn slots_of<C: Cell>(found: &[C::Value], table: usize) -> Vec<u32> {
    let mut slots = Vec::with_capacity(found.len());
    found.iter().for_each(|value| C::slots(value, table, &mut slots));
    slots
}

/// Runs a statement whose rows are read as a cell. Entities of one table are remembered as one load.
pub(crate) fn load_cells<C: Cell>(
    connection: &mut dyn Connection,
    (statement, values): (&Statement, &[Value<'_>]),
    stores: &mut Stores,
    mut read: impl FnMut(&dyn Row, &mut Stores) -> Result<C::Value>,
) -> Result<Vec<C::Value>> {
    let mut found = Vec::with_capacity(statement.expected_rows());
    let mut entities = Vec::new();
    C::tables(&mut |table| {
        (table.make_store)(stores);
        entities.push((table.number, stores.any(table.number).slot_count()));
    });
    connection.query(statement, values, &mut |row| {
        found.push(read(row, stores)?);
        Ok(())
    })?;
    statement.remember_rows(found.len());
    for (table, before) in entities {
        let slots = slots_of::<C>(&found, table);
        if slots.len() > 1 {
            let store = stores.any_mut(table);
            let now = store.slot_count();
            store.origins().add(slots.into_iter(), before, now, Source::Plain);
        }
    }
    Ok(found)
}

/// The same for rows that hold more behind the cell. It may be of the same table, so that entities are remembered one by one.
fn load_cells_beside<C: Cell>(
    connection: &mut dyn Connection,
    statement: (&Statement, &[Value<'_>]),
    stores: &mut Stores,
    mut beside: Beside,
) -> Result<Vec<C::Value>> {
    let found = load_cells::<C>(connection, statement, stores, |row, stores| {
        let mut cells = Cells { row, next: 0, stores };
        let value = C::read(&mut cells)?;
        let next = cells.next;
        beside.meet(row, next, stores)?;
        Ok(value)
    })?;
    C::tables(&mut |table| {
        remember_list(stores, table.number, &slots_of::<C>(&found, table.number), Source::Plain);
    });
    beside.remember(stores);
    Ok(found)
}

/// Runs an UPDATE or DELETE that returns rows. Those of a DELETE end with their keys: their entities are deleted.
pub(crate) fn load_returned<M: Model, C: Cell>(
    connection: &mut dyn Connection,
    (statement, values): (&Statement, &[Value<'_>]),
    stores: &mut Stores,
    deletes: bool,
) -> Result<Vec<C::Value>> {
    let (mut found, mut deleted) = (Vec::new(), Vec::new());
    connection.query(statement, values, &mut |row| {
        let mut cells = Cells { row, next: 0, stores };
        found.push(C::read(&mut cells)?);
        if deletes {
            let key = M::Key::decode(&mut Fields::new(row, cells.next))?;
            deleted.extend(stores.typed::<M>().and_then(|store| store.find(&key)));
        }
        Ok(())
    })?;
    if !deleted.is_empty() {
        stores.any_mut(M::table().number).settle_deletes(&deleted);
    }
    Ok(found)
}

/// A row that is read cell by cell, and the session that its entities go into.
pub struct Cells<'row, 'store> {
    row: &'row dyn Row,
    next: usize,
    stores: &'store mut Stores,
}

/// Reads a row as one cell.
pub(crate) fn read_row<C: Cell>(row: &dyn Row, stores: &mut Stores) -> Result<C::Value> {
    C::read(&mut Cells { row, next: 0, stores })
}

/// A table whose rows become entities.
pub(crate) struct EntityTable {
    number: usize,
    make_store: fn(&mut Stores),
}

/// A part of a row: how it is read, and what it becomes.
pub trait Cell {
    /// What it becomes.
    type Value;

    /// How many columns it takes.
    #[doc(hidden)]
    fn width() -> usize;

    /// Whether its model is missing in the row.
    #[doc(hidden)]
    fn is_missing(_cells: &Cells<'_, '_>) -> bool {
        false
    }

    /// Whether its columns are found by their names, wherever they stand.
    #[doc(hidden)]
    const BY_NAME: bool = false;

    /// Finds its columns among those of raw SQL.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn find(search: &mut Search<'_>) -> Result<()>;

    /// Reads it.
    #[doc(hidden)]
    fn read(cells: &mut Cells<'_, '_>) -> Result<Self::Value>;

    /// Names the tables whose rows become entities.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn tables(_each: &mut dyn FnMut(EntityTable)) {}

    /// Adds the slots of a value's entities of a table.
    #[doc(hidden)]
    fn slots(_value: &Self::Value, _table: usize, _slots: &mut Vec<u32>) {}
}

#[allow(private_interfaces)]
impl<T: Field> Cell for T {
    type Value = T;

    fn width() -> usize {
        T::WIDTH
    }

    fn find(search: &mut Search<'_>) -> Result<()> {
        search.find_value(T::WIDTH)
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<T> {
        let position = cells.next;
        let mut fields = Fields::new(cells.row, position);
        cells.next += T::WIDTH;
        T::decode(&mut fields).map_err(|error| {
            error.context(format!("in column {} ({})", position + 1, cells.row.name(position)))
        })
    }
}

#[allow(private_interfaces)]
impl<M: Model> Cell for AsHandle<M> {
    type Value = Handle<M>;

    const BY_NAME: bool = true;

    fn width() -> usize {
        M::table().columns.len()
    }

    fn find(search: &mut Search<'_>) -> Result<()> {
        search.find_model(M::table())
    }

    fn is_missing(cells: &Cells<'_, '_>) -> bool {
        lacks_key::<M>(cells)
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<Handle<M>> {
        let session = cells.stores.session();
        let part = Part { row: cells.row, first: cells.next, len: Self::width() };
        cells.next += part.len;
        let (store, how) = cells.stores.meeting::<M>();
        let slot = meet_row(store, &part, 0, how)?;
        Ok(Handle::at(session, slot, store.generation(slot)))
    }

    #[allow(private_interfaces)]
    fn tables(each: &mut dyn FnMut(EntityTable)) {
        each(EntityTable {
            number: M::table().number,
            make_store: |stores| {
                stores.typed_mut::<M>();
            },
        });
    }

    fn slots(value: &Handle<M>, table: usize, slots: &mut Vec<u32>) {
        if M::table().number == table {
            slots.push(value.place.slot);
        }
    }
}

#[allow(private_interfaces)]
impl<M: Model> Cell for AsStruct<M> {
    type Value = M;

    const BY_NAME: bool = true;

    fn width() -> usize {
        M::table().columns.len()
    }

    fn find(search: &mut Search<'_>) -> Result<()> {
        search.find_model(M::table())
    }

    fn is_missing(cells: &Cells<'_, '_>) -> bool {
        lacks_key::<M>(cells)
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<M> {
        let part = Part { row: cells.row, first: cells.next, len: Self::width() };
        cells.next += part.len;
        decode(&mut Fields::new(&part, 0)).map_err(|error| error.context(super::row_name::<M>(&part, 0)))
    }
}

#[allow(private_interfaces)]
impl<C: Cell> Cell for Perhaps<C> {
    type Value = Option<C::Value>;

    const BY_NAME: bool = C::BY_NAME;

    fn width() -> usize {
        C::width()
    }

    fn find(search: &mut Search<'_>) -> Result<()> {
        C::find(search)
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<Self::Value> {
        if C::is_missing(cells) {
            cells.next += C::width();
            return Ok(None);
        }
        C::read(cells).map(Some)
    }

    #[allow(private_interfaces)]
    fn tables(each: &mut dyn FnMut(EntityTable)) {
        C::tables(each);
    }

    fn slots(value: &Self::Value, table: usize, slots: &mut Vec<u32>) {
        value.iter().for_each(|value| C::slots(value, table, slots));
    }
}

/// A row that lacks a model has NULL in its key.
fn lacks_key<M: Model>(cells: &Cells<'_, '_>) -> bool {
    let key = &M::table().primary_key;
    key.iter().any(|column| Fields::new(cells.row, cells.next + column).is_null(1))
}

/// Some columns of a row that stand side by side.
struct Part<'row> {
    row: &'row dyn Row,
    first: usize,
    len: usize,
}

impl Row for Part<'_> {
    fn len(&self) -> usize {
        self.len
    }

    fn value(&self, column: usize) -> crate::value::ValueRef<'_> {
        self.row.value(self.first + column)
    }

    fn name(&self, column: usize) -> &str {
        self.row.name(self.first + column)
    }
}

macro_rules! tuples {
    ($(($($part:ident $at:tt),+))*) => {$(
        #[allow(private_interfaces)]
        impl<$($part: Cell),+> Cell for ($($part,)+) {
            type Value = ($($part::Value,)+);

            fn width() -> usize {
                0 $(+ $part::width())+
            }

            fn find(search: &mut Search<'_>) -> Result<()> {
                $($part::find(search)?;)+
                Ok(())
            }

            fn read(cells: &mut Cells<'_, '_>) -> Result<Self::Value> {
                Ok(($($part::read(cells)?,)+))
            }

            #[allow(private_interfaces)]
    fn tables(each: &mut dyn FnMut(EntityTable)) {
                $($part::tables(each);)+
            }

            fn slots(value: &Self::Value, table: usize, slots: &mut Vec<u32>) {
                $($part::slots(&value.$at, table, slots);)+
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
