//! What happens to other rows when rows are deleted: by the database, which memory then mirrors, and by the session where a
//! foreign key says so. It is worked out on the foreign keys as they are at the flush, so a row that was moved away in time
//! is not touched.

use std::collections::{HashMap, HashSet};

use super::change::ChangeSet;
use super::follow::Order;
use super::links::writes_key;
use crate::error::{Error, Result};
use crate::schema::{Incoming, RowRule, Table, incoming};
use crate::store::{Group, State, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Link};

/// A row, by the number of its table and its slot.
pub(crate) type RowId = (usize, u32);

/// What memory has to mirror once the rows are deleted.
#[derive(Default)]
pub(crate) struct Aftermath {
    /// Rows that the database deletes by itself.
    pub(crate) deleted: Vec<RowId>,
    /// Foreign keys that are NULL then.
    pub(crate) cleared: Vec<Cleared>,
    /// Rows that may be deleted or changed: they hang on rows that the session does not hold.
    pub(crate) stale: Vec<RowId>,
    /// New rows that are not inserted.
    pub(crate) withdrawn: Vec<RowId>,
    /// Deleted rows that may be gone already when their turn comes, each with a table or row whose DELETE takes it along.
    pub(crate) under: Vec<Under>,
    /// Rows whose DELETE takes along what another deleted row could not be deleted with.
    pub(crate) orders: Vec<Order>,
}

/// A foreign key that names a deleted row no more.
#[derive(Clone, Copy)]
pub(crate) struct Cleared {
    pub(crate) row: RowId,
    pub(crate) field: usize,
    pub(crate) named: Entity,
}

/// A row that goes with another.
#[derive(Clone, Copy)]
pub(crate) struct Under {
    pub(crate) row: RowId,
    pub(crate) model: usize,
    pub(crate) slot: Option<u32>,
}

/// Follows the rules of the foreign keys that name deleted rows: what the session has to do goes into the changes, what the
/// database does is told.
///
/// # Errors
/// Misuse when a new row names one that is deleted, and no rule says what becomes of it.
pub(crate) fn follow_deletes(stores: &Stores, changes: &mut ChangeSet) -> Result<Aftermath> {
    let tables = changes.deletes.iter().map(|group| stores.any(group.model).table());
    if tables.map(incoming).all(<[Incoming]>::is_empty) {
        return Ok(Aftermath::default());
    }
    let mut walk = Walk {
        stores,
        gone: HashSet::new(),
        expired: HashSet::new(),
        queue: Vec::new(),
        marked: Vec::new(),
        named: HashMap::new(),
        taken: HashSet::new(),
        unset: HashMap::new(),
        deletes: Vec::new(),
        clears: Vec::new(),
        carried: Vec::new(),
        orphans: Vec::new(),
        aftermath: Aftermath::default(),
    };
    for group in &changes.deletes {
        group.slots.iter().for_each(|&slot| walk.push((group.model, slot), None));
    }
    walk.marked = walk.queue.iter().map(|gone| gone.row).collect();
    walk.note_taken_keys(changes);
    while let Some(next) = walk.queue.pop() {
        walk.follow(next);
    }
    walk.check_orphans()?;
    walk.find_stale(changes);
    walk.order_carried();
    Ok(walk.finish(changes))
}

/// A row that is gone, and the DELETE that it goes with, if it is none itself.
#[derive(Clone, Copy)]
struct Gone {
    row: RowId,
    with: Option<RowId>,
}

struct Walk<'a> {
    stores: &'a Stores,
    gone: HashSet<RowId>,
    expired: HashSet<RowId>,
    queue: Vec<Gone>,
    /// Rows that are deleted by a DELETE of their own.
    marked: Vec<RowId>,
    named: HashMap<(usize, usize), Children>,
    /// Keys of deleted rows that others take.
    taken: HashSet<(usize, String)>,
    /// New rows that are inserted without some foreign keys.
    unset: HashMap<RowId, ColumnSet>,
    /// What the session deletes and clears itself.
    deletes: Vec<Group>,
    clears: Vec<Group>,
    /// Rows that the database deletes, each after the one whose DELETE takes it along.
    carried: Vec<Order>,
    /// Rows that name a deleted one and may not, unless they go as well.
    orphans: Vec<Orphan>,
    aftermath: Aftermath,
}

/// A row, and the deleted one that a foreign key of it names.
#[derive(Clone, Copy)]
struct Orphan {
    incoming: Incoming,
    gone: RowId,
    child: RowId,
}

/// The rows of a table, by what one of its foreign keys names.
#[derive(Default)]
pub(super) struct Children {
    of: HashMap<u32, Vec<u32>>,
    /// Those that name a row that the session does not hold.
    of_unheld: Vec<u32>,
}

impl Walk<'_> {
    fn push(&mut self, row: RowId, with: Option<RowId>) {
        if self.gone.insert(row) {
            self.queue.push(Gone { row, with });
        }
    }

    fn note_taken_keys(&mut self, changes: &ChangeSet) {
        if self.queue.is_empty() {
            return;
        }
        let writes = |group: &&Group| writes_key(self.stores.any(group.model).table(), &group.columns);
        for group in changes.inserts.iter().chain(changes.updates.iter().filter(writes)) {
            let store = self.stores.any(group.model);
            if incoming(store.table()).is_empty() {
                continue;
            }
            let keys = group.slots.iter().filter_map(|&slot| store.current_key_text(slot, self.stores));
            self.taken.extend(keys.map(|key| (group.model, key)));
        }
    }

    fn follow(&mut self, gone: Gone) {
        let table = self.stores.any(gone.row.0).table();
        for &incoming in incoming(table) {
            for child in self.children(incoming, gone.row) {
                self.apply(incoming, gone, (incoming.table.number, child));
            }
        }
    }

    fn check_orphans(&self) -> Result<()> {
        match self.orphans.iter().find(|orphan| !self.gone.contains(&orphan.child)) {
            Some(&Orphan { incoming, gone, child }) => Err(self.orphaned(incoming, gone, child)),
            None => Ok(()),
        }
    }

    /// What a foreign key's rule does to a row.
    fn apply(&mut self, incoming: Incoming, gone: Gone, child: RowId) {
        let is_new = self.stores.any(child.0).state(child.1) == State::Pending;
        let has_row = self.stores.any(gone.row.0).state(gone.row.1) != State::Pending;
        let root = gone.with.unwrap_or(gone.row);
        match incoming.key.on_delete {
            RowRule::Cascade if self.gone.contains(&child) => {
                self.aftermath.under.push(Under { row: child, model: root.0, slot: Some(root.1) });
            }
            _ if self.gone.contains(&child) => {}
            RowRule::Cascade if is_new => {
                self.aftermath.withdrawn.push(child);
                self.push(child, Some(root));
            }
            RowRule::Cascade if has_row && incoming.key.by_session => {
                Group::extend(&mut self.deletes, child.0, &ColumnSet::EMPTY, std::iter::once(child.1));
                self.push(child, None);
            }
            RowRule::Cascade if has_row => {
                self.aftermath.deleted.push(child);
                self.carried.push(Order { before: root, after: child });
                self.push(child, Some(root));
            }
            RowRule::SetNull if is_new || has_row => self.clear(incoming, gone.row, child, is_new),
            RowRule::NoAction | RowRule::Restrict if !is_new && has_row => {}
            RowRule::Cascade | RowRule::SetNull | RowRule::NoAction | RowRule::Restrict => {
                self.orphans.push(Orphan { incoming, gone: gone.row, child });
            }
        }
    }

    fn clear(&mut self, incoming: Incoming, gone: RowId, child: RowId, is_new: bool) {
        let named = self.stores.any(gone.0).entity(gone.1, self.stores.session());
        let columns: ColumnSet = incoming.key.columns.iter().copied().collect();
        self.aftermath.cleared.push(Cleared { row: child, field: incoming.field, named });
        if is_new {
            let unset = self.unset.entry(child).or_default();
            columns.iter().for_each(|column| unset.insert(column));
        } else if incoming.key.by_session {
            Group::extend(&mut self.clears, child.0, &columns, std::iter::once(child.1));
        }
    }

    fn orphaned(&self, incoming: Incoming, gone: RowId, child: RowId) -> Error {
        let (parent, store) = (self.stores.any(gone.0), self.stores.any(child.0));
        let is = if parent.state(gone.1) == State::Pending { "withdrawn" } else { "deleted" };
        let key = parent.own_key_text(gone.1, self.stores).unwrap_or_else(|| "none".to_owned());
        let is_new = store.state(child.1) == State::Pending;
        let child = if is_new {
            "a new row".to_owned()
        } else {
            format!("the row with key {}", store.key_text(child.1))
        };
        Error::misuse(format!(
            "`{}.{}` of {child} names the `{}` with key {key}, which is {is} in this flush: let it name another, or delete it too",
            incoming.table.model,
            incoming.key.field,
            parent.table().model
        ))
    }

    /// The held rows that name a row by a foreign key, as it is now.
    fn children(&mut self, incoming: Incoming, row: RowId) -> Vec<u32> {
        self.index(incoming).of.get(&row.1).cloned().unwrap_or_default()
    }

    fn index(&mut self, incoming: Incoming) -> &Children {
        let (stores, taken) = (self.stores, &self.taken);
        self.named
            .entry((incoming.table.number, incoming.field))
            .or_insert_with(|| Children::find(stores, taken, incoming))
    }

    /// Held rows that hang on rows which are not held may be gone or changed: what they name tells.
    fn find_stale(&mut self, changes: &ChangeSet) {
        let mut roots: Vec<usize> = changes.deletes.iter().map(|group| group.model).collect();
        roots.sort_unstable();
        roots.dedup();
        for root in roots {
            let (mut reached, mut unheld) = (Vec::new(), cascades(self.stores.any(root).table()));
            while let Some(table) = unheld.pop() {
                if !reached.contains(&table.number) {
                    reached.push(table.number);
                    self.expire_under(root, table);
                    unheld.extend(cascades(table));
                }
            }
        }
    }

    /// Rows of a table that are not held may be gone: so may the held ones that name them.
    fn expire_under(&mut self, root: usize, table: &'static Table) {
        for &incoming in incoming(table) {
            if !reaches_rows(incoming) {
                continue;
            }
            let child = incoming.table.number;
            for slot in self.index(incoming).of_unheld.clone() {
                if self.gone.contains(&(child, slot)) {
                    self.aftermath.under.push(Under { row: (child, slot), model: root, slot: None });
                } else {
                    self.expire((child, slot));
                }
            }
        }
    }

    /// A row that may be gone, and with it those that hang on it.
    fn expire(&mut self, row: RowId) {
        let is_new = self.stores.any(row.0).state(row.1) == State::Pending;
        if is_new || !self.expired.insert(row) {
            return;
        }
        self.aftermath.stale.push(row);
        for &incoming in incoming(self.stores.any(row.0).table()).iter().filter(|key| reaches_rows(**key)) {
            for child in self.children(incoming, row) {
                self.expire((incoming.table.number, child));
            }
        }
    }

    /// A row that goes with one holds another back until then, where no rule says what becomes of it. So does a deleted row one
    /// that goes with another.
    fn order_carried(&mut self) {
        let root_of: HashMap<RowId, RowId> =
            self.carried.iter().map(|order| (order.after, order.before)).collect();
        for Order { before, after: row } in std::mem::take(&mut self.carried) {
            for held_back in self.held_back(row) {
                self.order(before, root_of.get(&held_back).copied().unwrap_or(held_back));
            }
        }
        if root_of.is_empty() {
            return;
        }
        for row in self.marked.clone() {
            let held_back = self.held_back(row);
            let roots: Vec<RowId> = held_back.iter().filter_map(|row| root_of.get(row).copied()).collect();
            roots.into_iter().for_each(|root| self.order(row, root));
        }
    }

    fn order(&mut self, before: RowId, after: RowId) {
        // With what takes the first along, all of it goes.
        let is_it =
            |under: &Under| under.row == before && (under.model, under.slot) == (after.0, Some(after.1));
        if before != after && !self.aftermath.under.iter().any(is_it) {
            self.aftermath.orders.push(Order { before, after });
        }
    }

    /// The rows that go, and that a row names without a rule of what becomes of it.
    fn held_back(&self, row: RowId) -> Vec<RowId> {
        let store = self.stores.any(row.0);
        let table = store.table();
        let mut found = Vec::new();
        let mut look = |field: usize, link: Link<'_>| {
            let key = table.foreign_keys.iter().find(|key| key.field == table.field_names[field]);
            let Some(key) = key.filter(|key| matches!(key.on_delete, RowRule::NoAction | RowRule::Restrict))
            else {
                return;
            };
            let target = key.target().number;
            let slot = match link {
                Link::None => None,
                Link::Of(entity) => Some(entity.place.slot),
                Link::Key(key) => self.stores.any_if_made(target).and_then(|store| store.find_key(key)),
            };
            found.extend(slot.map(|slot| (target, slot)).filter(|row| self.gone.contains(row)));
        };
        // What is set in a row that is deleted is not written.
        match store.state(row.1) {
            State::Deleted => store.kept_links(row.1, &mut look),
            _ => store.links(row.1, &mut look),
        }
        found
    }

    /// Puts what the session does itself into the changes.
    fn finish(mut self, changes: &mut ChangeSet) -> Aftermath {
        // What goes keeps its foreign keys, so that it names the same when it comes back.
        self.aftermath.cleared.retain(|cleared| !self.gone.contains(&cleared.row));
        self.spare_links(changes);
        changes.deletes.extend(self.deletes);
        changes.clears.extend(self.clears);
        if !self.unset.is_empty() || !self.aftermath.withdrawn.is_empty() {
            let withdrawn: HashSet<RowId> = self.aftermath.withdrawn.iter().copied().collect();
            let mut inserts = Vec::new();
            for row in changes.inserts.iter().flat_map(Group::rows) {
                let id = (row.model, row.slot);
                if !withdrawn.contains(&id) {
                    let columns = self.unset.get(&id).map_or(row.columns, |unset| row.columns.without(unset));
                    Group::extend(&mut inserts, row.model, &columns, std::iter::once(row.slot));
                }
            }
            changes.inserts = inserts;
            withdraw_replacements(changes, &withdrawn);
        }
        self.aftermath
    }
}

impl Walk<'_> {
    /// A row that the database deletes is not told before that it names one which never comes.
    fn spare_links(&mut self, changes: &mut ChangeSet) {
        if self.aftermath.withdrawn.is_empty() || changes.updates.is_empty() {
            return;
        }
        let mut spared: HashMap<RowId, ColumnSet> = HashMap::new();
        for row in self.aftermath.withdrawn.clone() {
            for &incoming in incoming(self.stores.any(row.0).table()) {
                for child in self.children(incoming, row) {
                    let columns = spared.entry((incoming.table.number, child)).or_default();
                    incoming.key.columns.iter().for_each(|&column| columns.insert(column));
                }
            }
        }
        let mut updates = Vec::new();
        for row in changes.updates.iter().flat_map(Group::rows) {
            let spared = spared.get(&(row.model, row.slot)).copied().unwrap_or_default();
            let mut columns = row.columns.without(&spared);
            if columns != row.columns && columns.iter().eq(self.stores.any(row.model).table().version) {
                columns = ColumnSet::EMPTY;
            }
            if !columns.is_empty() {
                Group::extend(&mut updates, row.model, &columns, std::iter::once(row.slot));
            }
        }
        changes.updates = updates;
    }
}

/// A new row that is withdrawn takes over no row: the one that it was to take over is deleted.
fn withdraw_replacements(changes: &mut ChangeSet, withdrawn: &HashSet<RowId>) {
    let replaces = std::mem::take(&mut changes.replaces);
    for pair in replaces {
        if withdrawn.contains(&(pair.model, pair.new)) {
            let old = std::iter::once(pair.old);
            Group::extend(&mut changes.deletes, pair.model, &ColumnSet::EMPTY, old);
        } else {
            changes.replaces.push(pair);
        }
    }
}

/// The tables of which the database deletes rows with rows of another.
fn cascades(table: &'static Table) -> Vec<&'static Table> {
    let cascades =
        incoming(table).iter().filter(|incoming| incoming.key.on_delete_in_database() == RowRule::Cascade);
    cascades.map(|incoming| incoming.table).collect()
}

/// Whether the database deletes or changes the rows that name a deleted one.
fn reaches_rows(incoming: Incoming) -> bool {
    match incoming.key.on_delete_in_database() {
        RowRule::Cascade | RowRule::SetNull => true,
        RowRule::NoAction | RowRule::Restrict => false,
    }
}

impl Children {
    /// All held rows, by what a foreign key names.
    pub(super) fn of_key(stores: &Stores, incoming: Incoming) -> Self {
        Children::find(stores, &HashSet::new(), incoming)
    }

    /// The rows that name a row.
    pub(super) fn naming(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        self.of.get(&slot).into_iter().flatten().copied()
    }

    fn find(stores: &Stores, taken: &HashSet<(usize, String)>, incoming: Incoming) -> Self {
        let mut children = Children::default();
        let Some(store) = stores.any_if_made(incoming.table.number) else { return children };
        let target = incoming.key.target().number;
        let targets = stores.any_if_made(target);
        for slot in store.held() {
            let mut named = None;
            let mut look = |field: usize, link: Link<'_>| {
                if field == incoming.field {
                    named = match link {
                        Link::None => None,
                        Link::Of(entity) => Some(Some(entity.place.slot)),
                        Link::Key(key) => {
                            let text = || targets.and_then(|store| store.text_of_key(key));
                            let is_taken = store.state(slot) == State::Pending
                                && !taken.is_empty()
                                && text().is_some_and(|text| taken.contains(&(target, text)));
                            let held = targets.and_then(|store| store.find_key(key));
                            if is_taken { None } else { Some(held) }
                        }
                    };
                }
            };
            // What is set in a row that is deleted is not written.
            if store.state(slot) == State::Deleted {
                store.kept_links(slot, &mut look);
            } else {
                store.links(slot, &mut look);
            }
            match named {
                None => {}
                Some(Some(target)) => children.of.entry(target).or_default().push(slot),
                Some(None) => children.of_unheld.push(slot),
            }
        }
        children
    }
}
