//! Which entities a relation leads to: the database's order as it was loaded, overlaid by what the session did since.
//!
//! A foreign key is the link, so a list only remembers an order. Who is in it now is asked of the foreign keys, and what came
//! in since is found by [`Moves`], which follow the changes of a store one by one.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::Stores;
use super::slot::State;
use super::turned::Turned;
use crate::expr::{KeyField, RelationId};
use crate::value::Value;

/// The lists of a session, dropped with each transaction.
#[derive(Default)]
pub(crate) struct Lists {
    known: Vec<(ListId, List)>,
    moves: Vec<Moves>,
    epoch: (u64, u64),
    refinements: Vec<Refinement>,
    /// For lists over a link model that have a condition.
    pub(crate) turned: Turned,
}

/// What makes a refinement of a relation the same as another: the relation, and the shape and values of its terms.
type Refinement = (RelationId, Vec<u8>, Vec<Value<'static>>);

/// Which list of which relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListId {
    pub(crate) relation: RelationId,
    /// Which of the relation's lists: it has one for each of its foreign keys.
    pub(crate) part: u8,
    /// Which of the relation's refinements, or 0 for the relation itself.
    pub(crate) refined: u32,
}

/// Who belongs to a slot now.
pub(crate) struct Members {
    /// Those that were loaded, in the database's order.
    pub(crate) loaded: Vec<u32>,
    /// Those that were added, or changed in any way; they may have been loaded, too.
    pub(crate) came: Vec<u32>,
    /// Whether nothing changed since they were loaded.
    pub(crate) are_exact: bool,
}

/// Members by what they belong to.
struct List {
    key: KeyField,
    spans: Vec<Span>,
    members: Vec<u32>,
    forgets: [u32; 2],
}

/// Where the members of a slot stand, and the revision of their store when they were loaded.
#[derive(Clone, Copy)]
struct Span {
    first: u32,
    count: u32,
    revision: u64,
}

const NOT_LOADED: Span = Span { first: u32::MAX, count: 0, revision: 0 };

/// What was added to a store, or changed in it, by what a foreign key of it names.
struct Moves {
    key: KeyField,
    /// How many of the store's changes are looked at.
    seen: usize,
    filed: HashMap<u32, u32, RandomState>,
    by_parent: HashMap<u32, Vec<u32>, RandomState>,
    /// Those that name nobody who is held.
    loose: Vec<u32>,
    /// How many were held when the loose ones were looked at.
    held: usize,
    forgets: [u32; 2],
}

impl Lists {
    /// Drops what counts no more.
    pub(crate) fn settle(&mut self, stores: &mut Stores) {
        if self.epoch != stores.lists_epoch() {
            self.known.clear();
            self.moves.clear();
            self.refinements.clear();
            self.turned = Turned::default();
            stores.iter_mut().for_each(|store| store.prune_changes());
            self.epoch = stores.lists_epoch();
        }
    }

    /// The number of a refinement of a relation: the same for equal ones.
    pub(crate) fn number_of(&mut self, id: RelationId, shape: Vec<u8>, values: Vec<Value<'static>>) -> u32 {
        let refinement = (id, shape, values);
        let at = self.refinements.iter().position(|other| *other == refinement).unwrap_or_else(|| {
            self.refinements.push(refinement);
            self.refinements.len() - 1
        });
        u32::try_from(at + 1).expect("invariant: memory ends before four billion refinements")
    }

    /// Whether the members of a slot are known.
    pub(crate) fn is_loaded(&self, id: ListId, key: KeyField, stores: &Stores, parent: u32) -> bool {
        self.list(id, key, stores).is_some_and(|list| list.span(parent).is_some())
    }

    fn list(&self, id: ListId, key: KeyField, stores: &Stores) -> Option<&List> {
        let (_, list) = self.known.iter().find(|(other, _)| *other == id)?;
        (list.forgets == forgets(stores, key)).then_some(list)
    }

    /// Takes in what was loaded for some slots: pairs of a slot and a member, in the database's order.
    pub(crate) fn load(
        &mut self,
        id: ListId,
        key: KeyField,
        stores: &Stores,
        parents: &[u32],
        pairs: &[(u32, u32)],
    ) {
        let forgets = forgets(stores, key);
        let at = self.known.iter().position(|(other, _)| *other == id).unwrap_or_else(|| {
            self.known.push((id, List::new(key, forgets)));
            self.known.len() - 1
        });
        let list = &mut self.known[at].1;
        if list.forgets != forgets {
            *list = List::new(key, forgets);
        }
        list.add(parents, pairs, stores.any(key.table.number).watch().settled_revision());
    }

    /// The members of a slot if nothing changed since they were loaded.
    pub(crate) fn exact(&self, id: ListId, key: KeyField, stores: &Stores, parent: u32) -> Option<&[u32]> {
        let list = self.list(id, key, stores)?;
        let span = list.span(parent)?;
        let is_exact = span.revision == stores.any(key.table.number).watch().revision();
        is_exact.then(|| list.members_of(span))
    }

    /// The members of a slot as they were loaded.
    pub(crate) fn loaded(&self, id: ListId, key: KeyField, stores: &Stores, parent: u32) -> &[u32] {
        let list = self.list(id, key, stores);
        list.and_then(|list| Some(list.members_of(list.span(parent)?))).unwrap_or(&[])
    }

    /// Who names a slot by a foreign key now, as far as is known: in the loaded order, then those that came since.
    pub(crate) fn members(
        &mut self,
        id: ListId,
        key: KeyField,
        stores: &mut Stores,
        parent: u32,
    ) -> Vec<u32> {
        self.members_now(id, key, stores, parent).in_order()
    }

    /// The same, apart.
    pub(crate) fn members_now(
        &mut self,
        id: ListId,
        key: KeyField,
        stores: &mut Stores,
        parent: u32,
    ) -> Members {
        self.settle(stores);
        if let Some(exact) = self.exact(id, key, stores, parent) {
            return Members { loaded: exact.to_vec(), came: Vec::new(), are_exact: true };
        }
        let at = self.moves(key, stores);
        let stores = &*stores;
        let loaded = self.loaded(id, key, stores, parent);
        let is_member =
            |&slot: &u32| stores.shows(key.table.number, slot) && stores.named(key, slot) == Some(parent);
        let loaded = loaded.iter().copied().filter(is_member).collect();
        let came = self.moves[at].by_parent.get(&parent).map_or(&[][..], Vec::as_slice);
        let came = came.iter().copied().filter(is_member).collect();
        Members { loaded, came, are_exact: false }
    }

    /// Takes in rows that were loaded beside the lists of a foreign key.
    pub(crate) fn add(&mut self, key: KeyField, stores: &mut Stores, slots: &[u32]) {
        let at = self.moves(key, stores);
        slots.iter().for_each(|&slot| self.moves[at].file(slot, stores));
        stores.any_mut(key.table.number).watch_mut().stir();
    }

    /// Brings the moves of a foreign key up to date, and gives their position.
    fn moves(&mut self, key: KeyField, stores: &mut Stores) -> usize {
        let forgets = forgets(stores, key);
        stores.any_mut(key.table.number).watch_mut().watch();
        let is_key =
            |moves: &Moves| (moves.key.table.number, moves.key.field) == (key.table.number, key.field);
        let at = self.moves.iter().position(is_key).unwrap_or_else(|| {
            self.moves.push(Moves::new(key, forgets));
            self.moves.len() - 1
        });
        if self.moves[at].forgets != forgets {
            self.moves[at] = Moves::new(key, forgets);
        }
        self.moves[at].follow(stores);
        at
    }

    /// After a flush: changes that the lists know need not be kept; nor those of stores that no list is about.
    pub(crate) fn follow_flush(&mut self, stores: &mut Stores) {
        self.settle(stores);
        self.known.retain(|(_, list)| list.forgets == forgets(stores, list.key));
        self.moves.retain(|moves| moves.forgets == forgets(stores, moves.key));
        let listed: Vec<KeyField> = self.known.iter().map(|(_, list)| list.key).collect();
        let followed: Vec<KeyField> = self.moves.iter().map(|moves| moves.key).collect();
        for key in listed.into_iter().chain(followed) {
            self.moves(key, stores);
        }
        self.moves.iter_mut().for_each(|moves| moves.seen = 0);
        let mut watched: HashSet<usize> = self.moves.iter().map(|moves| moves.key.table.number).collect();
        watched.extend(self.turned.follow_flush(stores));
        for store in stores.iter_mut() {
            match watched.contains(&store.table().number) {
                true => store.watch_mut().clear(),
                false => store.watch_mut().end(),
            }
        }
    }
}

impl Members {
    /// Those that were loaded, then those that came since.
    pub(crate) fn in_order(mut self) -> Vec<u32> {
        append_new(&mut self.loaded, self.came);
        self.loaded
    }
}

/// Adds those that are not there yet.
fn append_new(found: &mut Vec<u32>, came: Vec<u32>) {
    if found.len() * came.len() <= 256 {
        came.into_iter().for_each(|slot| {
            if !found.contains(&slot) {
                found.push(slot);
            }
        });
        return;
    }
    let mut seen: HashSet<u32, RandomState> = found.iter().copied().collect();
    found.extend(came.into_iter().filter(|slot| seen.insert(*slot)));
}

/// How often an entity left on either side of a foreign key.
fn forgets(stores: &Stores, key: KeyField) -> [u32; 2] {
    [key.table.number, key.target().number].map(|table| stores.any(table).watch().forgets())
}

impl List {
    fn new(key: KeyField, forgets: [u32; 2]) -> Self {
        List { key, spans: Vec::new(), members: Vec::new(), forgets }
    }

    fn span(&self, parent: u32) -> Option<Span> {
        self.spans.get(parent as usize).copied().filter(|span| span.first != NOT_LOADED.first)
    }

    fn members_of(&self, span: Span) -> &[u32] {
        &self.members[span.first as usize..][..span.count as usize]
    }

    /// Sorts pairs by their first, each group in the order it came, and remembers where the groups stand.
    fn add(&mut self, parents: &[u32], pairs: &[(u32, u32)], revision: u64) {
        let most = parents.iter().max().map_or(0, |&slot| slot as usize + 1);
        if self.spans.len() < most {
            self.spans.resize(most, NOT_LOADED);
        }
        for &parent in parents {
            self.spans[parent as usize] = Span { first: 0, count: 0, revision };
        }
        for &(parent, _) in pairs {
            self.spans[parent as usize].count += 1;
        }
        let mut next = self.members.len() as u32;
        for &parent in parents {
            let span = &mut self.spans[parent as usize];
            span.first = next;
            next += std::mem::take(&mut span.count);
        }
        self.members.resize(next as usize, 0);
        for &(parent, member) in pairs {
            let span = &mut self.spans[parent as usize];
            self.members[(span.first + span.count) as usize] = member;
            span.count += 1;
        }
    }
}

impl Moves {
    fn new(key: KeyField, forgets: [u32; 2]) -> Self {
        Moves {
            key,
            seen: 0,
            filed: HashMap::default(),
            by_parent: HashMap::default(),
            loose: Vec::new(),
            held: 0,
            forgets,
        }
    }

    /// Looks at the changes since it did so last.
    fn follow(&mut self, stores: &Stores) {
        let changes = stores.any(self.key.table.number).watch().changes();
        let new = changes.get(self.seen..).unwrap_or(&[]);
        self.seen = changes.len();
        new.iter().for_each(|&slot| self.file(slot, stores));
        let held = stores.any(self.key.target().number).held_count();
        if !self.loose.is_empty() && self.held != held {
            std::mem::take(&mut self.loose).into_iter().for_each(|slot| self.file(slot, stores));
        }
        self.held = held;
    }

    fn file(&mut self, slot: u32, stores: &Stores) {
        let parent = stores.named(self.key, slot);
        let before = match parent {
            Some(parent) => self.filed.insert(slot, parent),
            None => self.filed.remove(&slot),
        };
        if before == parent && parent.is_some() {
            return;
        }
        if let Some(left) = before.and_then(|before| self.by_parent.get_mut(&before)) {
            left.retain(|other| *other != slot);
        }
        match parent {
            Some(parent) => self.by_parent.entry(parent).or_default().push(slot),
            None if stores.names_unknown(self.key, slot) => self.loose.push(slot),
            None => {}
        }
    }
}

impl Stores {
    /// The slot that a foreign key of a slot names, if it is held.
    pub(crate) fn named(&self, key: KeyField, slot: u32) -> Option<u32> {
        self.slot_of(key.target().number, self.any(key.table.number).link(slot, key.field))
    }

    /// Whether a foreign key of a slot names a row that is not held.
    fn names_unknown(&self, key: KeyField, slot: u32) -> bool {
        let link = self.any(key.table.number).link(slot, key.field);
        matches!(link, crate::value::Link::Key(_)) && self.named(key, slot).is_none()
    }

    /// Whether relations lead to a slot.
    pub(crate) fn shows(&self, table: usize, slot: u32) -> bool {
        matches!(self.any(table).state(slot), State::Pending | State::Persistent)
    }
}
