//! Loads what relations lead to and the session does not know.

use std::collections::HashSet;

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::reach::Up;
use super::repeat::CallSite;
use crate::error::Result;
use crate::expr::{Comparison, KeyField, Node, Path, Route, TableRef};
use crate::load::{load_down, load_up};
use crate::schema::Table;
use crate::stmt::SelectTree;
use crate::store::{Source, State};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Link, Place, Value};

/// How many keys of several fields are asked for at once.
const LONGEST_CONDITION: usize = 200;

/// What is loaded for some entities.
pub(super) struct Wanted<'a> {
    pub(super) path: &'a Path,
    pub(super) slots: &'a [u32],
    pub(super) source: &'a Source,
    /// Whether it was planned.
    pub(super) origin: Origin,
}

impl Core {
    /// Loads what a path leads to from an entity, and from those that were loaded with it.
    pub(super) fn load_around(&mut self, path: &Path, slot: u32, site: CallSite) -> Result<()> {
        if self.is_loaded(path, slot) {
            return Ok(());
        }
        self.check_planned(path, slot)?;
        let (source, around) = self.around(path, slot);
        if around.len() < self.options.lazy_batch {
            self.note_repeat(path, source.as_ref(), site);
        }
        let (source, origin) = (&source.unwrap_or_default().over(path.name), Origin::Lazy(path.name));
        self.load_slots(&Wanted { path, slots: &around, source, origin })
    }

    /// Loads what a path leads to from all of some entities.
    pub(super) fn load_path(&mut self, path: &Path, slots: &[u32]) -> Result<()> {
        let mut seen = HashSet::new();
        let missing: Vec<u32> =
            slots.iter().copied().filter(|&slot| !self.is_loaded(path, slot) && seen.insert(slot)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let source = self.source_of(path, missing[0]).over(path.name);
        let origin = Origin::Eager(path.name);
        self.load_slots(&Wanted { path, slots: &missing, source: &source, origin })
    }

    pub(super) fn source_of(&mut self, path: &Path, slot: u32) -> Source {
        let origins = self.stores.any_mut(path.route.origin().number).origins();
        origins.of(slot).map_or(Source::Plain, |(source, _)| source)
    }

    /// The entity and those that were loaded with it, from it on and then from the start, as many as are loaded at once; without
    /// those that are known. So a loop that goes backwards is loaded at once, too.
    fn around(&mut self, path: &Path, slot: u32) -> (Option<Source>, Vec<u32>) {
        let table = path.route.origin().number;
        let Some((source, from)) = self.stores.any_mut(table).origins().of(slot) else {
            return (None, vec![slot]);
        };
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        for (mut position, until) in [(from, None), (from.start(), Some(from))] {
            while members.len() < self.options.lazy_batch
                && until != Some(position)
                && let Some(member) = self.stores.any_mut(table).origins().next(&mut position)
            {
                if !self.is_loaded(path, member) && seen.insert(member) {
                    members.push(member);
                }
            }
        }
        (Some(source), members)
    }

    fn load_slots(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        match wanted.path.route {
            Route::Up(key) => self.load_named(wanted, key),
            Route::Down(key) => self.load_naming(wanted, key),
            Route::DownUp(back, on) => self.load_linked(wanted, (back, on)),
            Route::Along(hops) => self.load_along(wanted, hops),
        }
    }

    /// How many entities a statement asks for: as many as are loaded at once, but not more than it can bind.
    pub(super) fn chunk(&self, width: usize) -> usize {
        let most = self.dialect().capabilities().max_binds / width.max(1);
        self.options.lazy_batch.min(most.max(1))
    }

    /// The same of keys: databases bound the depth of the condition on one of several fields.
    pub(super) fn chunk_of_keys(&self, target: &'static Table) -> usize {
        let most = self.chunk(target.primary_key.len());
        if TableRef::own(target).key_fields().len() > 1 { most.min(LONGEST_CONDITION) } else { most }
    }

    /// Loads the rows that name entities by a foreign key.
    fn load_naming(&mut self, wanted: &Wanted<'_>, key: KeyField) -> Result<()> {
        let before = self.stores.any(key.table.number).slot_count();
        let mut loaded = Vec::new();
        let width = key.foreign_key().columns.len();
        for slots in wanted.slots.chunks(self.chunk(width)) {
            let pairs = self.select_naming(key, wanted, slots)?;
            self.lists.load(wanted.path.list(0), key, &self.stores, slots, &pairs);
            loaded.extend(pairs.into_iter().map(|(_, slot)| slot));
        }
        self.remember_load(key.table, before, &loaded, wanted.source);
        Ok(())
    }

    /// The condition that a foreign key names one of some slots.
    pub(super) fn naming(&self, of: TableRef, key: KeyField, slots: &[u32]) -> Node {
        let (target, width) = (key.target().number, key.foreign_key().columns.len());
        let keys = slots.iter().map(|&slot| Node::Entity(self.entity(target, slot), width)).collect();
        Node::InList(Box::new(Node::Field { of, field: key.field }), keys)
    }

    pub(super) fn select_naming(
        &mut self,
        key: KeyField,
        wanted: &Wanted<'_>,
        slots: &[u32],
    ) -> Result<Vec<(u32, u32)>> {
        let terms = &wanted.path.terms;
        let mut tree = SelectTree::new(TableRef::own(key.table));
        tree.filters.push(self.naming(tree.from, key, slots));
        tree.filters.extend(terms.filters.iter().cloned());
        tree.order_by.clone_from(&terms.order_by);
        tree.limit = terms.limit;
        tree.limit_for_each = terms.limit.map(|_| Node::Field { of: tree.from, field: key.field });
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(wanted.origin), |connection, stores, _| {
            load_down(connection, &statement, &values, stores, key)
        })
    }

    /// Loads the rows that entities name by a foreign key.
    pub(super) fn load_named(&mut self, wanted: &Wanted<'_>, key: KeyField) -> Result<()> {
        let target = key.target();
        let before = self.stores.any(target.number).slot_count();
        let keys = self.named_keys(wanted.slots, key)?;
        let mut loaded = Vec::new();
        for keys in keys.chunks(self.chunk_of_keys(target)) {
            loaded.extend(self.select_by_keys(target, keys, wanted.origin)?);
        }
        for &slot in wanted.slots {
            self.lose_if_stale(key, slot);
        }
        self.remember_load(target, before, &loaded, wanted.source);
        Ok(())
    }

    /// The keys that are named and not known, each once.
    fn named_keys(&self, slots: &[u32], key: KeyField) -> Result<Vec<Vec<Value<'static>>>> {
        let columns: ColumnSet = key.foreign_key().columns.iter().copied().collect();
        let store = self.stores.any(key.table.number);
        let mut seen = HashSet::new();
        let mut keys = Vec::new();
        for &slot in slots.iter().filter(|&&slot| self.up(key, slot) == Up::Unknown) {
            if matches!(store.link(slot, key.field), Link::Of(entity) if self.check_held(entity).is_err()) {
                continue;
            }
            let mut values = Vec::with_capacity(columns.iter().count());
            store.encode(slot, &columns, &self.stores, &mut values)?;
            if seen.insert(format!("{values:?}")) {
                keys.push(values.into_iter().map(Value::into_owned).collect());
            }
        }
        Ok(keys)
    }

    fn select_by_keys(
        &mut self,
        target: &'static Table,
        keys: &[Vec<Value<'static>>],
        origin: Origin,
    ) -> Result<Vec<u32>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut tree = SelectTree::new(TableRef::own(target));
        tree.filters.push(has_key(tree.from, keys));
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(origin), |connection, stores, _| {
            load_up(connection, &statement, &values, stores, target.number)
        })
    }

    /// A row that was looked for and did not come is missing.
    fn lose_if_stale(&mut self, key: KeyField, slot: u32) {
        if self.up(key, slot) != Up::Unknown {
            return;
        }
        let target = key.target().number;
        let link = self.stores.any(key.table.number).link(slot, key.field);
        if let Some(found) = self.stores.slot_of(target, link) {
            self.stores.any_mut(target).set_state(found, State::Missing);
        }
    }

    pub(super) fn remember_load(
        &mut self,
        table: &'static Table,
        before: usize,
        slots: &[u32],
        source: &Source,
    ) {
        if slots.len() < 2 {
            return;
        }
        let store = self.stores.any_mut(table.number);
        let now = store.slot_count();
        store.origins().add(slots.iter().copied(), before, now, source.clone());
    }

    pub(super) fn entity(&self, table: usize, slot: u32) -> Entity {
        let generation = self.stores.any(table).generation(slot);
        Entity { model: table, place: Place::new(self.stores.session(), slot, generation) }
    }
}

/// The condition that the primary key of a table is one of some.
pub(super) fn has_key(of: TableRef, keys: &[Vec<Value<'static>>]) -> Node {
    let mut fields = of.key_fields();
    if fields.len() == 1 {
        let keys = keys.iter().map(|key| Node::Values(key.clone())).collect();
        return Node::InList(Box::new(fields.remove(0)), keys);
    }
    let columns = |field: &Node| match field {
        Node::Field { of, field } => of.table.fields[usize::from(*field)].len(),
        _ => 1,
    };
    let is_row = |key: &Vec<Value<'static>>| {
        let mut values = key.iter().cloned();
        let equals = fields.iter().map(|field| {
            let side = Node::Values(values.by_ref().take(columns(field)).collect());
            Node::compare(Comparison::Equal, field.clone(), side)
        });
        Node::And(equals.collect())
    };
    Node::Or(keys.iter().map(is_row).collect())
}
