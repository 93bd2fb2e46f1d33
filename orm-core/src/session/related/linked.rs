//! Relations over a link model: links are overlaid first, then what they lead to.

use std::collections::HashSet;

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::fetch::Wanted;
use super::reach::Up;
use crate::error::Result;
use crate::expr::{Join, JoinKind, KeyField, Node, Path, TableRef};
use crate::load::{LinkedRow, load_linked, load_up};
use crate::stmt::{Item, SelectTree};
use crate::store::Source;

/// The foreign keys of the link model.
type Keys = (KeyField, KeyField);

impl Core {
    /// What a relation over a link model leads to: each end once.
    pub(super) fn reach_through(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Result<Vec<u32>> {
        let unknown = self.unknown_ends(path, (back, on), slot);
        if !unknown.is_empty() {
            let source = Source::Plain.over(path.name);
            let origin = Origin::Lazy(path.name);
            self.load_named(&Wanted { path, slots: &unknown, source: &source, origin }, on)?;
        }
        self.seek_links(path, (back, on), slot)?;
        Ok(self.ends_of(path, (back, on), slot))
    }

    /// The ends of the links that are known.
    fn ends_of(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Vec<u32> {
        let links = self.lists.members_now(path.list(0), back, &mut self.stores, slot);
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
        ends
    }

    /// The entities that a change may have let into a list, and whose links nobody asked the database for: they did not meet the
    /// condition when the list was loaded. Empty if all of them are in it anyway.
    pub(super) fn turned_ends(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Vec<u32> {
        if path.terms.filters.is_empty() || !self.has_rows(back, slot) {
            return Vec::new();
        }
        let table = on.target().number;
        let turned = self.lists.turned.since(path.list(0), table, &mut self.stores, slot);
        let mut turned = distinct(turned.iter().copied());
        turned.retain(|&end| self.has_rows(on, end) && self.meets(path, end) == Some(true));
        if !turned.is_empty() {
            let ends: HashSet<u32> = self.ends_of(path, (back, on), slot).into_iter().collect();
            if turned.iter().all(|end| ends.contains(end)) {
                turned.clear();
            }
        }
        turned
    }

    /// Loads the links to what a change may have let in, for all lists that do not know it yet.
    fn seek_links(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Result<()> {
        let (list, table) = (path.list(0), on.target().number);
        let turned = self.turned_ends(path, (back, on), slot);
        if turned.is_empty() {
            return Ok(());
        }
        let alike = self.lists.turned.alike(list, slot, self.options.lazy_batch);
        let width = [back, on].iter().map(|key| key.foreign_key().columns.len()).sum();
        let most = self.chunk(width);
        for parents in alike.chunks(most) {
            for ends in turned.chunks(most) {
                let links = self.select_links(path, [(back, parents), (on, ends)])?;
                self.lists.add(back, &mut self.stores, &links);
            }
        }
        self.lists.turned.note_known(list, table, &alike);
        Ok(())
    }

    /// The links between two sides.
    fn select_links(&mut self, path: &Path, sides: [(KeyField, &[u32]); 2]) -> Result<Vec<u32>> {
        let table = sides[0].0.table;
        let mut tree = SelectTree::new(TableRef::own(table));
        tree.filters.extend(sides.map(|(key, slots)| self.naming(TableRef::own(table), key, slots)));
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(Origin::Lazy(path.name)), |connection, stores, _| {
            load_up(connection, &statement, &values, stores, table.number)
        })
    }

    /// The links of a slot whose ends the database has to be asked for.
    pub(super) fn unknown_ends(&mut self, path: &Path, (back, on): Keys, slot: u32) -> Vec<u32> {
        let mut links = self.lists.members(path.list(0), back, &mut self.stores, slot);
        links.retain(|&link| self.up(on, link) == Up::Unknown);
        links
    }

    /// Loads links and what they lead to, in one statement for each chunk.
    pub(super) fn load_linked(&mut self, wanted: &Wanted<'_>, (back, on): Keys) -> Result<()> {
        let (first, second) = (back.table, on.target());
        let before =
            (self.stores.any(first.number).slot_count(), self.stores.any(second.number).slot_count());
        let list = wanted.path.list(0);
        let lacks = |slot: &u32| !self.is_listed(list, back, *slot);
        let unlisted: Vec<u32> = wanted.slots.iter().copied().filter(lacks).collect();
        let mut all = Vec::new();
        for slots in unlisted.chunks(self.chunk(back.foreign_key().columns.len())) {
            let rows = self.select_linked(wanted, (back, on), slots)?;
            self.keep_links(wanted.path, back, slots, &rows);
            if !wanted.path.terms.filters.is_empty() {
                self.lists.turned.note_load(list, second.number, &mut self.stores, slots);
            }
            all.extend(rows);
        }
        let links = distinct(all.iter().map(|row| row.first));
        self.remember_load(first, before.0, &links, wanted.source);
        let ends = distinct(all.iter().map(|row| row.second));
        self.remember_load(second, before.1, &ends, wanted.source);
        Ok(())
    }

    fn select_linked(
        &mut self,
        wanted: &Wanted<'_>,
        (back, on): Keys,
        slots: &[u32],
    ) -> Result<Vec<LinkedRow>> {
        let terms = &wanted.path.terms;
        let link = TableRef::hidden(back.table, 0);
        let end = TableRef::own(on.target());
        let mut conditions = vec![on.up(link, end)];
        conditions.extend(terms.filters.iter().cloned());
        let mut tree = SelectTree::new(link);
        tree.items = vec![Item::Table(link), Item::Table(end)];
        let on = Some(Node::And(conditions));
        tree.joins.push(Join { kind: JoinKind::Inner, to: end, between: Vec::new(), on });
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
        self.lists.load(path.list(0), back, &self.stores, slots, &pairs);
    }
}

/// Each slot once.
pub(super) fn distinct(slots: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = HashSet::new();
    slots.filter(|slot| seen.insert(*slot)).collect()
}
