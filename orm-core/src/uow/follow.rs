//! Rows that name a row whose key changes: held ones follow, by the database where it carries the change on, else by an
//! UPDATE of their own while the checks of foreign keys are put off.

use std::collections::{BTreeMap, HashMap};

use super::change::ChangeSet;
use super::links::writes_key;
use super::rules::{Children, RowId};
use crate::schema::{Incoming, KeyRule, incoming};
use crate::store::{Group, State, Stores};
use crate::util::columns::ColumnSet;

/// What follows the changes of keys.
#[derive(Default)]
pub(crate) struct Followers {
    of: HashMap<RowId, Vec<Follower>>,
    /// Whether a row names nothing between two statements, so that foreign keys have to be checked later.
    pub(crate) need_deferral: bool,
    /// Rows that are written before others, since they are known by another key afterwards.
    pub(crate) orders: Vec<Order>,
}

/// Says that a row is written before another.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) before: RowId,
    pub(crate) after: RowId,
}

/// A row that names one whose key changes.
#[derive(Clone, Copy)]
struct Follower {
    row: RowId,
    field: usize,
    way: Way,
}

/// How a row follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is not inserted yet.
    New,
    /// The database changes it.
    Carried { is_key: bool },
    /// An UPDATE changes it.
    Written,
    /// It names itself, so the UPDATE that changes its key writes both.
    Itself,
}

/// Finds the held rows that name rows whose keys change, and adds the UPDATEs that they need.
pub(crate) fn follow_keys(stores: &Stores, changes: &mut ChangeSet) -> Followers {
    let mut followers = Followers::default();
    let renamed = changes.updates.iter().filter(|group| {
        let table = stores.any(group.model).table();
        writes_key(table, &group.columns) && !incoming(table).is_empty()
    });
    let mut queue: Vec<RowId> =
        renamed.flat_map(|group| group.slots.iter().map(|&slot| (group.model, slot))).collect();
    let mut known = HashMap::new();
    let mut written: BTreeMap<RowId, ColumnSet> = BTreeMap::new();
    let mut next = 0;
    while let Some(&row) = queue.get(next) {
        for &incoming in incoming(stores.any(row.0).table()) {
            let children: &Children = known
                .entry((incoming.table.number, incoming.field))
                .or_insert_with(|| Children::of_key(stores, incoming));
            for child in children.naming(row.1) {
                let child = (incoming.table.number, child);
                let way = match way(stores, incoming, child) {
                    Way::Written if child == row => Way::Itself,
                    other => other,
                };
                followers.note(incoming, row, child, way);
                if matches!(way, Way::Written | Way::Itself)
                    && stores.any(child.0).state(child.1) == State::Persistent
                {
                    let columns = written.entry(child).or_default();
                    incoming.key.columns.iter().for_each(|&column| columns.insert(column));
                }
                if names_key(incoming) && way != Way::New && !queue.contains(&child) {
                    queue.push(child);
                }
            }
        }
        followers.need_deferral |= is_left(stores, row);
        next += 1;
    }
    add_updates(stores, changes, &written);
    followers.order_updates(changes);
    followers
}

fn way(stores: &Stores, incoming: Incoming, child: RowId) -> Way {
    match (stores.any(child.0).state(child.1), incoming.key.on_key_update) {
        (State::Pending, _) => Way::New,
        (_, KeyRule::Cascade) => Way::Carried { is_key: names_key(incoming) },
        (_, KeyRule::NoAction) => Way::Written,
    }
}

/// Whether a row that stops naming another does so after that got another key, and not by the database.
fn is_left(stores: &Stores, row: RowId) -> bool {
    let by_session = |incoming: &&Incoming| incoming.key.on_key_update == KeyRule::NoAction;
    incoming(stores.any(row.0).table()).iter().filter(by_session).any(|incoming| {
        let child = incoming.table.number;
        let Some(store) = stores.any_if_made(child) else { return false };
        store.touched_by_key().into_iter().filter(|&slot| (child, slot) != row).any(|slot| {
            let mut named = false;
            store.kept_links(slot, &mut |field, link| {
                named |= field == incoming.field && stores.slot_of(row.0, link) == Some(row.1);
            });
            named
        })
    })
}

/// Whether a foreign key is a part of its row's own key.
fn names_key(incoming: Incoming) -> bool {
    incoming.key.columns.iter().any(|column| incoming.table.primary_key.contains(column))
}

/// Adds the columns that rows have to write, beside what they write anyway.
fn add_updates(stores: &Stores, changes: &mut ChangeSet, written: &BTreeMap<RowId, ColumnSet>) {
    let mut models: Vec<usize> = written.keys().map(|row| row.0).collect();
    models.dedup();
    for model in models {
        let store = stores.any(model);
        let (own, rest) = changes.updates.drain(..).partition::<Vec<Group>, _>(|group| group.model == model);
        changes.updates = rest;
        let mut columns: BTreeMap<u32, ColumnSet> =
            own.iter().flat_map(Group::rows).map(|row| (row.slot, row.columns)).collect();
        for (row, added) in written.iter().filter(|(row, _)| row.0 == model) {
            let all = columns.entry(row.1).or_default();
            added.iter().chain(store.table().version).for_each(|column| all.insert(column));
        }
        let mut slots: Vec<u32> = columns.keys().copied().collect();
        store.sort_by_key(&mut slots);
        for slot in slots {
            Group::extend(&mut changes.updates, model, &columns[&slot], std::iter::once(slot));
        }
    }
}

impl Followers {
    fn note(&mut self, incoming: Incoming, named: RowId, row: RowId, way: Way) {
        self.of.entry(named).or_default().push(Follower { row, field: incoming.field, way });
        match way {
            Way::New | Way::Itself => {}
            Way::Carried { .. } => self.orders.push(Order { before: row, after: named }),
            Way::Written => {
                self.need_deferral = true;
                self.orders.push(Order { before: named, after: row });
            }
        }
    }

    /// Only rows that are updated have to be ordered.
    fn order_updates(&mut self, changes: &ChangeSet) {
        let updated = |row: RowId| {
            changes.updates.iter().any(|group| group.model == row.0 && group.slots.contains(&row.1))
        };
        self.orders
            .retain(|order| order.before != order.after && updated(order.before) && updated(order.after));
    }

    /// Lets a row that names itself and is about to get another key name that.
    pub(super) fn name_itself(&self, row: RowId, stores: &mut Stores) {
        for follower in self.of.get(&row).into_iter().flatten().filter(|follower| follower.way == Way::Itself)
        {
            stores.beside(row.0, |store, rest| store.name_itself(row.1, follower.field, rest));
        }
    }

    /// Lets all that name a row follow, once its new key is known.
    pub(super) fn follow(&self, named: RowId, stores: &mut Stores) {
        for follower in self.of.get(&named).into_iter().flatten() {
            let (model, slot) = follower.row;
            let entity = stores.any(named.0).entity(named.1, stores.session());
            match follower.way {
                Way::New => stores.any_mut(model).relink(slot, follower.field, entity),
                Way::Itself => {}
                Way::Written => {
                    stores.any_mut(model).keep(slot);
                    stores.any_mut(model).relink(slot, follower.field, entity);
                }
                Way::Carried { is_key } => {
                    stores.any_mut(model).keep(slot);
                    stores.any_mut(model).record(&[slot], &ColumnSet::EMPTY);
                    stores.any_mut(model).relink(slot, follower.field, entity);
                    stores.beside(model, |store, rest| store.resolve_ids(&[slot], rest));
                    if is_key {
                        stores.any_mut(model).settle_updates(&[slot], true);
                        self.follow(follower.row, stores);
                    }
                }
            }
        }
    }
}
