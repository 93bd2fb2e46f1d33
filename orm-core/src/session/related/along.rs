//! Relations over models in between: from hop to hop in memory, in one statement from the database.

use std::collections::HashSet;

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::fetch::{Wanted, has_key};
use super::linked::distinct;
use super::reach::Up;
use crate::error::Result;
use crate::expr::{Hop, Join, JoinKind, KeyField, Node, Path, TableRef, Terms, tables_along};
use crate::load::{Way, WayRows, load_way};
use crate::schema::Model;
use crate::stmt::{Item, SelectTree};
use crate::store::{ListId, Source, Stores};
use crate::util::columns::ColumnSet;
use crate::value::Value;

/// The list of what a way ends in, in the database's order. Those of its hops are numbered from 0.
const ENDS: u8 = u8::MAX;

/// Beside the number of a hop: the list of those that led to no end when it was loaded.
const ENDLESS: u8 = 1 << 6;

/// The number of the table that a way leads from, where its statement needs it.
const FROM: u16 = u16::MAX;

/// The models between the ends of a relation: one, or a tuple of them.
pub trait Between {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn make_stores(stores: &mut Stores);
}

#[allow(private_interfaces)]
impl<L: Model> Between for L {
    fn make_stores(stores: &mut Stores) {
        stores.typed_mut::<L>();
    }
}

macro_rules! tuples {
    ($($model:ident)*) => {
        #[allow(private_interfaces)]
        impl<$($model: Model),*> Between for ($($model,)*) {
            fn make_stores(stores: &mut Stores) {
                $(stores.typed_mut::<$model>();)*
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// A hop of a path, and which.
#[derive(Clone, Copy)]
struct Step<'a> {
    path: &'a Path,
    hop: Hop,
    part: u8,
    /// The hops after it.
    rest: &'static [Hop],
}

impl<'a> Step<'a> {
    fn all(path: &'a Path, hops: &'static [Hop]) -> impl Iterator<Item = Step<'a>> {
        let of = move |(part, hop): (u8, &Hop)| Step {
            path,
            hop: *hop,
            part,
            rest: &hops[usize::from(part) + 1..],
        };
        (0_u8..).zip(hops).map(of)
    }

    fn list(&self) -> ListId {
        self.path.list(self.part)
    }

    /// Whether some of its rows may lead to no end only because that does not meet the condition.
    fn can_be_endless(&self) -> bool {
        !self.path.terms.filters.is_empty()
            && !self.hop.is_up()
            && !self.rest.is_empty()
            && self.rest.iter().all(|hop| hop.is_up())
    }
}

impl Core {
    /// Whether the database need not be asked for what a way leads to.
    pub(super) fn is_known_along(&mut self, path: &Path, hops: &'static [Hop], slot: u32) -> bool {
        let mut front = vec![slot];
        for step in Step::all(path, hops) {
            if !self.unknown(step, &front).is_empty() {
                return false;
            }
            front = self.advance(step, &front);
        }
        true
    }

    /// What a way leads to, each end once: in the database's order, then what came since.
    pub(super) fn reach_along(&mut self, path: &Path, hops: &'static [Hop], slot: u32) -> Result<Vec<u32>> {
        if let Some(ends) = self.exact_ends(path, hops, slot) {
            return Ok(ends);
        }
        let mut front = vec![slot];
        for step in Step::all(path, hops) {
            let unknown = self.unknown(step, &front);
            self.complete(step, &unknown)?;
            front = self.advance(step, &front);
        }
        let last = hops[hops.len() - 1];
        let now: HashSet<u32> = front.iter().copied().collect();
        let loaded = self.lists.loaded(path.list(ENDS), last.key(), &self.stores, slot);
        let mut ends: Vec<u32> = loaded.iter().copied().filter(|end| now.contains(end)).collect();
        let seen: HashSet<u32> = ends.iter().copied().collect();
        front.retain(|end| !seen.contains(end));
        if last.is_up() {
            ends.retain(|&end| self.meets(path, end) != Some(false));
            front.retain(|&end| self.meets(path, end) == Some(true));
        }
        ends.extend(front);
        Ok(ends)
    }

    /// The ends of a way down over one model, if nothing changed since they were loaded.
    fn exact_ends(&self, path: &Path, hops: &'static [Hop], slot: u32) -> Option<Vec<u32>> {
        let &[first, last] = hops else { return None };
        if first.is_up() || last.is_up() {
            return None;
        }
        self.lists.exact(path.list(0), first.key(), &self.stores, slot)?;
        Some(self.lists.exact(path.list(ENDS), last.key(), &self.stores, slot)?.to_vec())
    }

    /// Those of some slots from which a step leads to what is not known.
    fn unknown(&mut self, step: Step<'_>, front: &[u32]) -> Vec<u32> {
        let (key, list) = (step.hop.key(), step.list());
        let is_unknown = |slot: &u32| match step.hop.is_up() {
            true => self.up(key, *slot) == Up::Unknown,
            false => !self.is_listed(list, key, *slot),
        };
        front.iter().copied().filter(is_unknown).collect()
    }

    /// Where a step leads from some slots, as far as is known; each slot once.
    fn advance(&mut self, step: Step<'_>, front: &[u32]) -> Vec<u32> {
        let (key, list) = (step.hop.key(), step.list());
        let mut next = Vec::new();
        for &slot in front {
            match (step.hop.is_up(), step.rest.is_empty()) {
                (true, _) => {
                    if let Up::Slot(end) = self.up(key, slot) {
                        next.push(end);
                    }
                }
                (false, true) => next.extend(self.listed(step.path, list, key, slot)),
                (false, false) => {
                    next.extend(self.lists.members(list, key, &mut self.stores, slot));
                    next.extend(self.turned_along(step, slot));
                }
            }
        }
        distinct(next.into_iter())
    }

    /// The rows of a step that led to no end when they were loaded, and do since an end changed.
    fn turned_along(&mut self, step: Step<'_>, slot: u32) -> Vec<u32> {
        if !step.can_be_endless() {
            return Vec::new();
        }
        let list = step.path.list(step.part | ENDLESS);
        let mut rows = self.lists.members(list, step.hop.key(), &mut self.stores, slot);
        rows.retain(|&row| {
            let end = step.rest.iter().try_fold(row, |at, hop| match self.up(hop.key(), at) {
                Up::Slot(next) => Some(next),
                Up::Nowhere | Up::Unknown => None,
            });
            end.is_some_and(|end| self.meets(step.path, end) == Some(true))
        });
        rows
    }

    /// Loads where a step leads from slots that came on the way since it was loaded.
    fn complete(&mut self, step: Step<'_>, slots: &[u32]) -> Result<()> {
        if slots.is_empty() {
            return Ok(());
        }
        let (key, name) = (step.hop.key(), step.path.name);
        let terms = if step.rest.is_empty() { step.path.terms.clone() } else { Terms::default() };
        let path = &Path { terms, ..step.path.clone() };
        let source = &Source::Plain.over(name);
        let wanted = Wanted { path, slots, source, origin: Origin::Lazy(name) };
        if step.hop.is_up() {
            return self.load_named(&wanted, key);
        }
        for slots in slots.chunks(self.chunk(key.foreign_key().columns.len())) {
            let pairs = self.select_naming(key, &wanted, slots)?;
            self.lists.load(step.list(), key, &self.stores, slots, &pairs);
        }
        Ok(())
    }

    /// Loads all that a way leads to from some slots, in one statement for each chunk.
    pub(super) fn load_along(&mut self, wanted: &Wanted<'_>, hops: &'static [Hop]) -> Result<()> {
        let first = hops[0];
        let has_row = |slot: &u32| match first.is_up() {
            true => self.stores.any(first.from().number).key(*slot).is_some(),
            false => !self.is_listed(wanted.path.list(0), first.key(), *slot),
        };
        let slots: Vec<u32> = wanted.slots.iter().copied().filter(has_row).collect();
        let before: Vec<usize> =
            hops.iter().map(|hop| self.stores.any(hop.to().number).slot_count()).collect();
        let mut all = WayRows::new(hops.len());
        for slots in slots.chunks(self.chunk_along(first)) {
            let rows = self.select_along(wanted, hops, slots)?;
            self.keep_way(wanted.path, hops, slots, &rows);
            all.append(rows);
        }
        for (at, hop) in hops.iter().enumerate() {
            let found = distinct(all.iter().filter_map(|row| row.at(at + 1)));
            self.remember_load(hop.to(), before[at], &found, wanted.source);
        }
        Ok(())
    }

    fn chunk_along(&self, first: Hop) -> usize {
        match first.is_up() {
            true => self.chunk_of_keys(first.from()),
            false => self.chunk(first.key().foreign_key().columns.len()),
        }
    }

    fn select_along(&mut self, wanted: &Wanted<'_>, hops: &'static [Hop], slots: &[u32]) -> Result<WayRows> {
        let Begun { mut tree, tables, start, key } = Begun::of(wanted.path, hops, JoinKind::Left);
        let mut way = Way {
            from: hops[0].from().number,
            named: 0,
            first: key,
            tables: tables.iter().map(|table| table.table).collect(),
        };
        tree.filters.push(match start {
            Start::Named(link, key) => {
                // The first table's row holds it anyway.
                tree.items.clear();
                (way.named, way.first) = (key.table.fields[usize::from(key.field)].start, 0);
                self.naming(link, key, slots)
            }
            Start::Own(from) => has_key(from, &self.keys_of_rows(from, slots)?),
        });
        tree.items.extend(tables.iter().map(|table| Item::Table(*table)));
        tree.order_by.clone_from(&wanted.path.terms.order_by);
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(wanted.origin), |connection, stores, _| {
            load_way(connection, &statement, &values, stores, &way)
        })
    }

    fn keys_of_rows(&self, from: TableRef, slots: &[u32]) -> Result<Vec<Vec<Value<'static>>>> {
        let columns: ColumnSet = from.table.primary_key.iter().copied().collect();
        let mut keys = Vec::with_capacity(slots.len());
        for &slot in slots {
            let mut values = Vec::new();
            self.stores.any(from.table.number).encode(slot, &columns, &self.stores, &mut values)?;
            keys.push(values.into_iter().map(Value::into_owned).collect());
        }
        Ok(keys)
    }

    /// Remembers which rows follow which. A row at the end of the ways down is of interest only if the ways up from it lead to an
    /// end, since the relation's condition is on the end.
    fn keep_way(&mut self, path: &Path, hops: &'static [Hop], slots: &[u32], rows: &WayRows) {
        let last_down = hops.iter().rposition(|hop| !hop.is_up());
        for step in Step::all(path, hops).filter(|step| !step.hop.is_up()) {
            let at = usize::from(step.part);
            let parents = match at {
                0 => slots.to_vec(),
                _ => distinct(rows.iter().filter_map(|row| row.at(at))),
            };
            let ends_in = if last_down == Some(at) { hops.len() } else { at + 1 };
            let pairs = rows.pairs(at, at + 1, ends_in);
            self.lists.load(step.list(), step.hop.key(), &self.stores, &parents, &pairs);
            if step.can_be_endless() {
                let (list, pairs) = (path.list(step.part | ENDLESS), rows.pairs(at, at + 1, at + 1));
                self.lists.load(list, step.hop.key(), &self.stores, &parents, &pairs);
            }
        }
        let (last, ends) = (hops[hops.len() - 1], rows.pairs(0, hops.len(), hops.len()));
        self.lists.load(path.list(ENDS), last.key(), &self.stores, slots, &ends);
    }
}

/// A statement along a way, but for what it is asked for.
pub(super) struct Begun {
    /// Its first item is what tells which row the way leads from.
    pub(super) tree: SelectTree,
    /// The tables that the way leads to.
    pub(super) tables: Vec<TableRef>,
    pub(super) start: Start,
    /// How many columns the first items have.
    pub(super) key: usize,
}

/// How the rows that a way leads from are asked for.
pub(super) enum Start {
    /// By the foreign key of the first table that names them.
    Named(TableRef, KeyField),
    /// By their own key.
    Own(TableRef),
}

impl Begun {
    pub(super) fn of(path: &Path, hops: &'static [Hop], kind: JoinKind) -> Begun {
        let tables = tables_along(hops, 0, TableRef::own(path.route.target()));
        let first = hops[0];
        let from = TableRef::hidden(first.from(), FROM);
        let (mut tree, start, keys) = match first.is_up() {
            true => (SelectTree::new(from), Start::Own(from), from.key_fields()),
            false => {
                let (of, key) = (tables[0], first.key());
                (SelectTree::new(of), Start::Named(of, key), vec![Node::Field { of, field: key.field }])
            }
        };
        tree.items = keys.into_iter().map(Item::Expression).collect();
        let ends = std::iter::once(&from).chain(&tables).zip(&tables);
        for (hop, (from, to)) in hops.iter().zip(ends).skip(usize::from(!first.is_up())) {
            let mut on = vec![hop.link(*from, *to)];
            if *to == TableRef::own(path.route.target()) {
                on.extend(path.terms.filters.iter().cloned());
            }
            tree.joins.push(Join { kind, to: *to, between: Vec::new(), on: Some(Node::And(on)) });
        }
        Begun { tree, tables, start, key: first.from().primary_key.len() }
    }
}
