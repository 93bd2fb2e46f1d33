//! What an UPDATE or DELETE of all rows that meet conditions does to what the session holds of them.
//!
//! The conditions are evaluated in memory on every entity whose values are known, and what is set as well, as SQLAlchemy's
//! `synchronize_session="evaluate"`. Where that cannot tell, the statement returns the rows that it reached, as its `"fetch"`;
//! and where that cannot be either, the entity is stale.

use std::collections::HashSet;

use super::core::{Core, Intent};
use crate::driver::Statement;
use crate::error::Result;
use crate::expr::{Comparison, Node, TableRef, evaluate};
use crate::schema::{RowRule, Table, incoming};
use crate::stmt::{BulkAction, BulkTree, Item};
use crate::store::{AnyStore, HeldRow, State};
use crate::util::columns::ColumnSet;
use crate::value::{Ids, SqlType, Value};

/// What becomes of the held entities of a statement's table.
#[derive(Default)]
pub(super) struct Outlook {
    /// Those that it changes, with what it sets.
    changed: Vec<Changed>,
    deleted: Vec<u32>,
    /// Those that it may reach.
    unknown: HashSet<u32>,
}

/// An entity that a statement changes, and the values of the columns that it sets.
struct Changed {
    slot: u32,
    columns: ColumnSet,
    values: Vec<Value<'static>>,
}

/// What a statement does to an entity.
enum Fate {
    Stays,
    Changes(Changed),
    Goes,
    Unknown,
}

impl Core {
    /// Looks at what is held of a statement's table, before it runs. What the database may change beside that is stale from now
    /// on; so it is if the statement fails, which costs a look at the database and nothing else.
    pub(super) fn foresee(&mut self, tree: &BulkTree) -> Outlook {
        let outlook = if sets_key(tree) { Outlook::default() } else { self.look_at_held(tree) };
        self.forget_lists(tree.table.table);
        reached(tree).into_iter().for_each(|table| self.make_stale(table));
        outlook
    }

    /// The same of a statement that returns what its caller asks for. Entities that it may reach are stale, so that they take
    /// the rows that come back.
    pub(super) fn foresee_returning(&mut self, tree: &BulkTree) -> Outlook {
        let mut outlook = self.foresee(tree);
        match tree.action {
            // It returns the keys of what it deletes.
            BulkAction::Delete => Outlook::default(),
            BulkAction::Update(_) => {
                let unknown = std::mem::take(&mut outlook.unknown);
                unknown
                    .iter()
                    .for_each(|&slot| self.stores.any_mut(tree.table.table.number).make_stale(slot));
                outlook
            }
        }
    }

    fn look_at_held(&self, tree: &BulkTree) -> Outlook {
        let mut outlook = Outlook::default();
        let Some(store) = self.stores.any_if_made(tree.table.table.number) else { return outlook };
        let near = self.in_reach(tree, store);
        let held = near.into_iter().filter(|&slot| store.state(slot) == State::Persistent);
        // A stale one is read anew anyway.
        for slot in held.filter(|&slot| store.is_fresh(slot, self.stores.epochs())) {
            match self.fate(tree, slot) {
                Fate::Stays => {}
                Fate::Changes(changed) => outlook.changed.push(changed),
                Fate::Goes => outlook.deleted.push(slot),
                Fate::Unknown => drop(outlook.unknown.insert(slot)),
            }
        }
        outlook
    }

    /// The slots that a statement may reach: only one, where its conditions ask for a key. So a loop over keys does not look at
    /// everything each time.
    fn in_reach(&self, tree: &BulkTree, store: &dyn AnyStore) -> Vec<u32> {
        let fields = tree.table.key_fields();
        let [Node::Field { field: key, .. }] = fields[..] else { return store.used() };
        let asks_key =
            |node: &Node| matches!(*node, Node::Field { of, field } if of == tree.table && field == key);
        let wanted = tree.filters.iter().find_map(|filter| match filter {
            Node::Compare(Comparison::Equal, sides) if asks_key(&sides.0) => self.known_key(&sides.1),
            _ => None,
        });
        let is_exact = |&column: &usize| {
            let column = &tree.table.table.columns[column];
            let is_text = matches!(column.sql_type, SqlType::Text | SqlType::TextEnum(_));
            column.collate.is_none() && (!is_text || self.dialect().capabilities().compares_bytes)
        };
        match wanted.filter(|_| tree.table.table.primary_key.iter().all(is_exact)) {
            Some(values) => match store.find_in_row(&&values[..], 0) {
                Ok(slot) => slot.into_iter().collect(),
                Err(_) => store.used(),
            },
            None => store.used(),
        }
    }

    /// The values of a key that needs no row to be known.
    fn known_key<'a>(&'a self, node: &'a Node) -> Option<Vec<Value<'a>>> {
        match node {
            Node::Value(value) => Some(vec![value.borrowed()]),
            Node::Values(values) => Some(values.iter().map(Value::borrowed).collect()),
            Node::Entity(entity, _) => {
                let mut values = Vec::new();
                self.stores.encode_entity(*entity, &mut values).ok()?;
                Some(values)
            }
            _ => None,
        }
    }

    fn fate(&self, tree: &BulkTree, slot: u32) -> Fate {
        let capabilities = self.dialect().capabilities();
        let row = HeldRow { stores: &self.stores, of: tree.table, slot, capabilities };
        // The row has other values than one that was changed and not flushed.
        if !self.stores.any(tree.table.table.number).is_evictable(slot) {
            return Fate::Unknown;
        }
        match (row.meets(&tree.filters), &tree.action) {
            (Some(false), _) => Fate::Stays,
            (None, _) => Fate::Unknown,
            (Some(true), BulkAction::Delete) => Fate::Goes,
            (Some(true), BulkAction::Update(sets)) => set_by(tree.table, sets, &row).unwrap_or(Fate::Unknown),
        }
    }

    /// Runs a statement that returns nothing, and brings what is held in step; gives the number of rows that it reached.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub(super) fn run_in_step(&mut self, tree: &BulkTree) -> Result<u64> {
        let mut outlook = self.foresee(tree);
        let done = if outlook.unknown.is_empty() || !self.dialect().capabilities().returning {
            let (statement, values) = self.compile_bulk(tree)?;
            self.on_wire(Intent::Write, |connection, _, _| connection.execute(&statement, &values))?.rows
        } else {
            let mut tree = tree.clone();
            tree.returning = returned(&tree);
            let (statement, values) = self.compile_bulk(&tree)?;
            self.run_returning(&tree, (&statement, &values), &mut outlook)?
        };
        self.bring_in_step(tree.table.table, outlook);
        Ok(done)
    }

    /// Runs a statement that returns the rows that it reached: so nothing is unknown afterwards.
    fn run_returning(
        &mut self,
        tree: &BulkTree,
        (statement, values): (&Statement, &[Value<'_>]),
        outlook: &mut Outlook,
    ) -> Result<u64> {
        let table = tree.table.table;
        let mut rows = 0;
        let mut unknown = std::mem::take(&mut outlook.unknown);
        self.on_wire(Intent::Write, |connection, stores, _| {
            connection.query(statement, values, &mut |row| {
                rows += 1;
                let store = stores.any_mut(table.number);
                let Some(slot) = store.find_in_row(row, 0)?.filter(|slot| unknown.remove(slot)) else {
                    return Ok(());
                };
                match tree.action {
                    BulkAction::Delete => outlook.deleted.push(slot),
                    BulkAction::Update(_) => {
                        store.record_values(slot);
                        store.make_stale(slot);
                        stores.meet_row(table.number, row, table.primary_key.len())?;
                    }
                }
                Ok(())
            })
        })?;
        Ok(rows)
    }

    /// Does to what is held what the statement did.
    pub(super) fn bring_in_step(&mut self, table: &'static Table, outlook: Outlook) {
        if self.stores.any_if_made(table.number).is_none() {
            return;
        }
        let store = self.stores.any_mut(table.number);
        outlook.unknown.iter().for_each(|&slot| store.make_stale(slot));
        store.settle_deletes(&outlook.deleted);
        for Changed { slot, columns, values } in outlook.changed {
            store.keep(slot);
            store.record(&[slot], &ColumnSet::EMPTY);
            if store.assign(slot, &columns, &columns, &&values[..]).is_err() {
                store.make_stale(slot);
            }
        }
    }

    /// Makes stale what is held of a table.
    pub(super) fn make_stale(&mut self, table: &'static Table) {
        self.forget_lists(table);
        if self.stores.any_if_made(table.number).is_none() {
            return;
        }
        let store = self.stores.any_mut(table.number);
        for slot in store.used() {
            if store.state(slot) == State::Persistent {
                store.make_stale(slot);
            }
        }
    }

    /// Forgets which rows of a table relations lead to: there may be others by now.
    pub(super) fn forget_lists(&mut self, table: &'static Table) {
        if self.stores.any_if_made(table.number).is_some() {
            self.stores.any_mut(table.number).watch_mut().forget();
        }
    }
}

/// What an UPDATE sets in a row, if that can be known.
fn set_by(of: TableRef, sets: &[(u16, Node)], row: &HeldRow<'_>) -> Option<Fate> {
    let table = of.table;
    if !table.computed.is_empty() {
        return None;
    }
    let mut of_columns: Vec<(usize, Value<'static>)> = Vec::new();
    for (field, node) in sets {
        let columns = table.fields[usize::from(*field)].clone();
        let values = evaluate(node, row)?;
        of_columns.extend(columns.zip(values.into_iter().map(Value::into_owned)));
    }
    let version = table.version.filter(|&version| of_columns.iter().all(|(column, _)| *column != version));
    if let Some(version) = version {
        let next = row.next_version()?;
        of_columns.push((version, next));
    }
    of_columns.sort_by_key(|(column, _)| *column);
    let columns: ColumnSet = of_columns.iter().map(|(column, _)| *column).collect();
    let values: Vec<_> = of_columns.into_iter().map(|(_, value)| value).collect();
    // A database decides what a column gets that is set twice.
    let is_clear = values.len() == columns.len();
    is_clear.then_some(Fate::Changes(Changed { slot: row.slot, columns, values }))
}

/// What a statement returns so that every row that it reached is known: the key, and of an UPDATE the row.
fn returned(tree: &BulkTree) -> Vec<Item> {
    let key = tree.table.key_fields().into_iter().map(Item::Expression);
    let row = match tree.action {
        BulkAction::Update(_) => Some(Item::Table(tree.table)),
        BulkAction::Delete => None,
    };
    key.chain(row).collect()
}

/// The tables of which a statement may change rows that it does not name itself: by rules of foreign keys in the database, and
/// its own if it changes keys.
fn reached(tree: &BulkTree) -> Vec<&'static Table> {
    let table = tree.table.table;
    let (mut found, mut next) = (Vec::<&'static Table>::new(), 0);
    let add = |of: &'static Table, found: &mut Vec<&'static Table>| {
        for key in incoming(of).iter().filter(|key| changes_with(tree, key.key.on_delete)) {
            if !found.iter().any(|known| known.number == key.table.number) {
                found.push(key.table);
            }
        }
    };
    match &tree.action {
        BulkAction::Update(_) if !sets_key(tree) => return found,
        BulkAction::Update(_) => found.push(table),
        BulkAction::Delete => add(table, &mut found),
    }
    while let Some(&table) = found.get(next) {
        next += 1;
        add(table, &mut found);
    }
    found
}

/// Whether rows are known by other keys afterwards.
fn sets_key(tree: &BulkTree) -> bool {
    let table = tree.table.table;
    let is_key = |field: u16| {
        table.fields[usize::from(field)].clone().any(|column| table.primary_key.contains(&column))
    };
    match &tree.action {
        BulkAction::Update(sets) => sets.iter().any(|(field, _)| is_key(*field)),
        BulkAction::Delete => false,
    }
}

/// Whether a row changes with the row that it names.
fn changes_with(tree: &BulkTree, rule: RowRule) -> bool {
    match &tree.action {
        BulkAction::Update(_) => true,
        BulkAction::Delete => matches!(rule, RowRule::Cascade | RowRule::SetNull),
    }
}
