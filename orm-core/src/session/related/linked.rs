//! Relations over a model in between: links are overlaid first, then what they lead to.

use std::collections::HashSet;

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::fetch::Wanted;
use super::reach::Up;
use crate::error::Result;
use crate::expr::{Columns, Join, JoinKind, KeyField, Node, Path, TableRef};
use crate::load::{LinkedRow, load_linked};
use crate::schema::Table;
use crate::stmt::{Item, SelectTree};
use crate::store::Source;

/// The foreign keys on both sides of the model in between.
type Keys = (KeyField, KeyField);

/// The lists of a relation whose last key leads down: the middles of a slot, what names each of them, and the ends of a slot in
/// the database's order.
const MIDDLES: u8 = 0;
const ENDS_OF_MIDDLE: u8 = 1;
const ENDS: u8 = 2;

/// How the rows at the end belong to those in between.
#[derive(Clone, Copy)]
pub(super) enum Hop {
    /// They are named by them.
    Up(KeyField),
    /// They name them; one that nobody names is loaded too.
    Down(KeyField),
}

impl Hop {
    pub(super) fn table(self) -> &'static Table {
        match self {
            Hop::Up(key) => key.target(),
            Hop::Down(key) => key.table,
        }
    }

    fn join_kind(self) -> JoinKind {
        match self {
            Hop::Up(_) => JoinKind::Inner,
            Hop::Down(_) => JoinKind::Left,
        }
    }

    pub(super) fn condition(self, link: TableRef, end: TableRef) -> Node {
        match self {
            Hop::Up(key) => Node::link(Columns { of: link, columns: &key.foreign_key().columns }, end.key()),
            Hop::Down(key) => {
                Node::link(Columns { of: end, columns: &key.foreign_key().columns }, link.key())
            }
        }
    }
}

impl Core {
    /// What a relation over a link model leads to: each end once.
    pub(super) fn reach_through(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Result<Vec<u32>> {
        let unknown = self.unknown_ends(path, (back, on), slot);
        if !unknown.is_empty() {
            let source = Source::Plain.over(path.name);
            let origin = Origin::Lazy(path.name);
            self.load_named(&Wanted { path, slots: &unknown, source: &source, origin }, on)?;
        }
        let links = self.lists.members_now(path.list(MIDDLES), back, &mut self.stores, slot);
        let end_of = |link: &u32| match self.up(on, *link) {
            Up::Slot(end) => Some(end),
            Up::Nowhere | Up::Unknown => None,
        };
        let loaded = links.loaded.iter().filter_map(end_of);
        let came = links.came.iter().filter_map(end_of);
        let mut ends: Vec<u32> = loaded.filter(|&end| self.meets(path, end) != Some(false)).collect();
        ends.extend(came.filter(|&end| self.meets(path, end) == Some(true)));
        let mut seen = HashSet::new();
        ends.retain(|end| seen.insert(*end));
        Ok(ends)
    }

    /// The links of a slot whose ends the database has to be asked for.
    pub(super) fn unknown_ends(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Vec<u32> {
        let mut links = self.lists.members(path.list(MIDDLES), back, &mut self.stores, slot);
        links.retain(|&link| self.up(on, link) == Up::Unknown);
        links
    }

    /// What a relation over two foreign keys down leads to.
    pub(super) fn reach_via(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Result<Vec<u32>> {
        if self.lists.exact(path.list(MIDDLES), back, &self.stores, slot).is_some()
            && let Some(ends) = self.lists.exact(path.list(ENDS), on, &self.stores, slot)
        {
            return Ok(ends.to_vec());
        }
        self.load_middles(path, (back, on), slot)?;
        let mut now = Vec::new();
        for middle in self.lists.members(path.list(MIDDLES), back, &mut self.stores, slot) {
            now.extend(self.listed(path, path.list(ENDS_OF_MIDDLE), on, middle));
        }
        let rest: HashSet<u32> = now.iter().copied().collect();
        let loaded = self.lists.loaded(path.list(ENDS), on, &self.stores, slot);
        let mut ends: Vec<u32> = loaded.iter().copied().filter(|end| rest.contains(end)).collect();
        let seen: HashSet<u32> = ends.iter().copied().collect();
        ends.extend(now.into_iter().filter(|end| !seen.contains(end)));
        Ok(ends)
    }

    /// The middles of a slot that came since, and whose ends are not known.
    pub(super) fn unlisted_middles(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Vec<u32> {
        let mut middles = self.lists.members(path.list(MIDDLES), back, &mut self.stores, slot);
        middles.retain(|&middle| !self.is_listed(path.list(ENDS_OF_MIDDLE), on, middle));
        middles
    }

    fn load_middles(&mut self, path: &Path, keys: Keys, slot: u32) -> Result<()> {
        let unlisted = self.unlisted_middles(path, keys, slot);
        let origin = Origin::Lazy(path.name);
        let wanted = Wanted { path, slots: &unlisted, source: &Source::Plain, origin };
        for slots in unlisted.chunks(self.chunk(keys.1.foreign_key().columns.len())) {
            let pairs = self.select_naming(keys.1, &wanted, slots)?;
            self.lists.load(path.list(ENDS_OF_MIDDLE), keys.1, &self.stores, slots, &pairs);
        }
        Ok(())
    }

    /// Loads links and what they lead to, in one statement for each chunk.
    pub(super) fn load_linked(&mut self, wanted: &Wanted<'_>, back: KeyField, hop: Hop) -> Result<()> {
        let (first, second) = (back.table, hop.table());
        let before =
            (self.stores.any(first.number).slot_count(), self.stores.any(second.number).slot_count());
        let unlisted: Vec<u32> =
            wanted.slots.iter().copied().filter(|&slot| self.lacks(wanted.path, back, slot)).collect();
        let mut all = Vec::new();
        for slots in unlisted.chunks(self.chunk(back.foreign_key().columns.len())) {
            let rows = self.select_linked(wanted, back, hop, slots)?;
            self.keep_links(wanted.path, back, slots, &rows);
            if let Hop::Down(on) = hop {
                self.keep_ends(wanted.path, on, slots, &rows);
            }
            all.extend(rows);
        }
        let links = distinct(all.iter().map(|row| row.first));
        self.remember_load(first, before.0, &links, wanted.source);
        let ends = distinct(all.iter().filter_map(|row| row.second));
        self.remember_load(second, before.1, &ends, wanted.source);
        Ok(())
    }

    fn lacks(&self, path: &Path, back: KeyField, slot: u32) -> bool {
        !self.is_listed(path.list(MIDDLES), back, slot)
    }

    fn select_linked(
        &mut self,
        wanted: &Wanted<'_>,
        back: KeyField,
        hop: Hop,
        slots: &[u32],
    ) -> Result<Vec<LinkedRow>> {
        let terms = &wanted.path.terms;
        let link = TableRef::hidden(back.table, 0);
        let end = TableRef::own(hop.table());
        let mut on = vec![hop.condition(link, end)];
        on.extend(terms.filters.iter().cloned());
        let mut tree = SelectTree::new(link);
        tree.items = vec![Item::Table(link), Item::Table(end)];
        tree.joins.push(Join { kind: hop.join_kind(), to: end, between: None, on: Some(Node::And(on)) });
        tree.filters.push(self.naming(link, back, slots));
        tree.order_by.clone_from(&terms.order_by);
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(wanted.origin), |connection, stores, _| {
            load_linked(connection, &statement, &values, stores, (back, end.table))
        })
    }

    fn keep_links(&mut self, path: &Path, back: KeyField, slots: &[u32], rows: &[LinkedRow]) {
        let mut seen = HashSet::new();
        let links = rows.iter().filter(|row| seen.insert(row.first));
        let pairs: Vec<(u32, u32)> = links.map(|row| (row.parent, row.first)).collect();
        self.lists.load(path.list(MIDDLES), back, &self.stores, slots, &pairs);
    }

    fn keep_ends(&mut self, path: &Path, on: KeyField, slots: &[u32], rows: &[LinkedRow]) {
        let middles = distinct(rows.iter().map(|row| row.first));
        let ends = || rows.iter().filter_map(|row| Some((row, row.second?)));
        let of_middle: Vec<(u32, u32)> = ends().map(|(row, end)| (row.first, end)).collect();
        self.lists.load(path.list(ENDS_OF_MIDDLE), on, &self.stores, &middles, &of_middle);
        let of_slot: Vec<(u32, u32)> = ends().map(|(row, end)| (row.parent, end)).collect();
        self.lists.load(path.list(ENDS), on, &self.stores, slots, &of_slot);
    }
}

fn distinct(slots: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = HashSet::new();
    slots.filter(|slot| seen.insert(*slot)).collect()
}
