//! The planner without a database: laws of the graph, and plans of hand-made changes that a table in memory follows.

use std::collections::{BTreeMap, BTreeSet};

use super::check::check_changes;
use super::collect::collect_changes;
use super::follow::follow_keys;
use super::graph::{Graph, Op, Phase, Position, Reason, Remedy};
use super::plan::{Action, Step, Steps, plan_changes};
use super::print::describe;
use super::rules::follow_deletes;
use crate::compile::probe::EMBEDDED;
use crate::schema::Model;
use crate::store::{Pending, State, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{Handle, Id, Link, SessionNumber, Value};

#[derive(crate::DeclarativeBase)]
struct Bench;

/// A row with a unique value, that names another of its kind.
#[derive(crate::Model, Clone, Debug, PartialEq)]
#[model(base = Bench, table = "nodes", default)]
struct Node {
    #[column(primary_key)]
    id: Id<Node>,
    #[column(unique)]
    code: i64,
    parent: Option<Id<Node>>,
}

/// Numbers that look random, and are the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn is_lucky(&mut self) -> bool {
        self.below(2) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())]) }
    }
}

// ---- the graph ----

fn random_graph(dice: &mut Dice) -> Graph {
    let count = 1 + dice.below(8);
    let actions = [Action::Insert, Action::Update, Action::Delete];
    let op = |slot: usize, action: Action| Op {
        action,
        table: Node::table(),
        slot: slot as u32,
        columns: ColumnSet::first(3),
        position: Position { stage: 0, phase: Phase::of(action), level: 0, order: slot },
    };
    let mut graph = Graph::new((0..count).map(|slot| op(slot, actions[dice.below(3)])).collect());
    for _ in 0..dice.below(3 * count) {
        let (before, after) = (dice.below(count), dice.below(count));
        let (reason, remedy) = match dice.below(4) {
            0 => (Reason::Names(0), Remedy::Link),
            1 => (Reason::Leaves(0), Remedy::Unlink),
            2 => (Reason::Unique(0), Remedy::Park(1)),
            _ => (Reason::Key, Remedy::Unlink),
        };
        let can_break = reason != Reason::Key && dice.below(4) > 0;
        graph.add(before, after, reason, can_break.then_some(remedy));
    }
    graph
}

#[test]
fn every_edge_that_is_not_broken_is_respected() {
    let (mut sorted, mut refused) = (0, 0);
    for seed in 0..20_000 {
        let mut graph = random_graph(&mut Dice(seed));
        let given = graph.ops.len();
        if let Err(cycle) = graph.break_cycles() {
            let is_inner = |edge: usize| cycle.contains(&edge);
            let mut inner =
                graph.edges.iter().filter(|edge| is_inner(edge.before) && is_inner(edge.after)).peekable();
            assert!(inner.peek().is_some() && inner.all(|edge| edge.remedy.is_none()), "seed {seed}");
            refused += 1;
            continue;
        }
        assert!(graph.ops.len() >= given);
        let names: Vec<_> = graph.ops.iter().map(|op| (op.action, op.slot)).collect();
        let edges: Vec<_> = graph.edges.iter().map(|edge| (names[edge.before], names[edge.after])).collect();
        let order: Vec<_> =
            graph.sort().into_iter().map(|placed| (placed.op.action, placed.op.slot)).collect();
        let place =
            |name| order.iter().position(|other| *other == name).expect("every operation has a place");
        for (before, after) in edges {
            assert!(place(before) < place(after), "seed {seed}: {before:?} is not before {after:?}");
        }
        assert_eq!(order.len(), names.len(), "seed {seed}");
        sorted += 1;
    }
    assert!(sorted > 5_000 && refused > 1_000, "{sorted} sorted, {refused} refused");
}

#[test]
fn without_edges_the_order_is_that_of_the_positions() {
    for seed in 0..500 {
        let mut graph = random_graph(&mut Dice(seed));
        graph.edges.clear();
        let mut expected: Vec<_> = graph.ops.iter().map(|op| (op.position, op.slot)).collect();
        expected.sort();
        let order: Vec<_> = graph.sort().into_iter().map(|placed| placed.op.slot).collect();
        assert_eq!(order, expected.into_iter().map(|(_, slot)| slot).collect::<Vec<_>>());
    }
}

// ---- plans ----

/// A session's memory, and what the database has.
struct World {
    stores: Stores,
    pending: Pending,
    deleted: Vec<Handle<Node>>,
    rows: Rows,
}

/// The table as a database would hold it: it checks unique values and foreign keys after each row.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    rows: BTreeMap<i64, (Code, Option<i64>)>,
    keys: BTreeMap<u32, i64>,
}

/// A value, or one that stands in for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Code {
    Is(i64),
    Free(u32),
}

impl World {
    fn new(rows: &[(i64, i64, Option<i64>)]) -> (Self, Vec<Handle<Node>>) {
        let session = SessionNumber::next();
        let mut world = World {
            stores: Stores::new(session),
            pending: Pending::default(),
            deleted: Vec::new(),
            rows: Rows::default(),
        };
        let mut handles = Vec::new();
        for &(key, code, parent) in rows {
            let row = [Value::Int(key), Value::Int(code), parent.map_or(Value::Null, Value::Int)];
            let row: &[Value<'_>] = &row;
            world.stores.typed_mut::<Node>();
            let slot = world.stores.meet_row(Node::table().number, &row, 0).unwrap();
            world.rows.rows.insert(key, (Code::Is(code), parent));
            world.rows.keys.insert(slot, key);
            handles.push(Handle::at(session, slot, 0));
        }
        (world, handles)
    }

    fn add(&mut self, code: i64, parent: Option<Id<Node>>) -> Handle<Node> {
        let session = self.stores.session();
        let place = self.stores.typed_mut::<Node>().add(session, Node { id: Id::New, code, parent });
        self.pending.push(Node::table().number, false, place);
        Handle::new(place)
    }

    fn node(&mut self, handle: Handle<Node>) -> &mut Node {
        self.stores.touch(handle).unwrap()
    }

    fn delete(&mut self, handle: Handle<Node>) {
        self.stores.any_mut(Node::table().number).set_state(handle.place.slot, State::Deleted);
        self.deleted.push(handle);
    }

    fn plan(&self) -> Steps {
        let deleted: Vec<_> = self.deleted.iter().map(|handle| handle.entity()).collect();
        let mut changes = collect_changes(&self.stores, &self.pending, &deleted);
        let aftermath = follow_deletes(&self.stores, &mut changes).unwrap();
        let followers = follow_keys(&self.stores, &mut changes);
        check_changes(&self.stores, &changes).unwrap();
        plan_changes(&self.stores, &changes, (aftermath, followers), &EMBEDDED).unwrap()
    }

    fn text(&self) -> String {
        describe(&self.plan(), &self.stores).to_string()
    }

    /// What the values of an entity will be in its row.
    fn row_of(&self, slot: u32, keys: &BTreeMap<u32, i64>) -> (Code, Option<i64>) {
        let store = self.stores.typed::<Node>().unwrap();
        let value = store.at(slot).value.as_ref().unwrap();
        let mut parent = None;
        self.stores.any(Node::table().number).links(slot, &mut |field, link| {
            if field == 2 {
                parent = match link {
                    Link::None => None,
                    Link::Key(key) => key.downcast_ref::<i64>().copied(),
                    Link::Of(entity) => Some(keys.get(&entity.place.slot).copied().unwrap_or(-1)),
                };
            }
        });
        (Code::Is(value.code), parent)
    }
}

impl Rows {
    fn follow(&mut self, world: &World, step: &Step) {
        for &slot in &step.slots {
            self.write(world, step, slot);
            self.check(&describe_step(step, slot));
        }
    }

    fn write(&mut self, world: &World, step: &Step, slot: u32) {
        if step.action == Action::Insert {
            let key = 1_000 + i64::from(slot);
            assert!(self.keys.insert(slot, key).is_none(), "inserted twice");
            self.rows.insert(key, (Code::Free(slot), None));
        }
        let key = self.keys[&slot];
        if step.action == Action::Delete {
            self.rows.remove(&key).expect("a row to delete is there");
            return;
        }
        let (code, parent) = world.row_of(slot, &self.keys);
        let row = self.rows.get_mut(&key).expect("a row to write is there");
        if step.columns.contains(1) {
            row.0 = if step.action == Action::Park { Code::Free(slot) } else { code };
        }
        if step.columns.contains(2) {
            row.1 = if step.action == Action::Unlink { None } else { parent };
        }
    }

    fn check(&self, after: &str) {
        let codes: BTreeSet<Code> = self.rows.values().map(|row| row.0).collect();
        assert_eq!(codes.len(), self.rows.len(), "two rows have one code after {after}: {:?}", self.rows);
        for (code, parent) in self.rows.values() {
            let is_there = parent.is_none_or(|parent| self.rows.contains_key(&parent));
            assert!(is_there, "{code:?} names a row that is not there after {after}");
        }
    }
}

fn describe_step(step: &Step, slot: u32) -> String {
    format!("{:?} of slot {slot}", step.action)
}

/// Rows that move, swap codes, go and come; whatever is named after the flush is there then.
fn random_world(dice: &mut Dice) -> World {
    let count = 1 + dice.below(5);
    let given: Vec<_> = (1..=count as i64)
        .map(|key| (key, key, if dice.is_lucky() { Some(1 + dice.below(count) as i64) } else { None }))
        .collect();
    let (mut world, handles) = World::new(&given);
    let (stay, go): (Vec<Handle<Node>>, Vec<Handle<Node>>) = handles.iter().partition(|_| dice.below(3) > 0);
    let new: Vec<_> = (0..dice.below(4)).map(|_| world.add(0, None)).collect();
    go.iter().for_each(|&handle| world.delete(handle));
    let alive: Vec<_> = stay.iter().chain(&new).copied().collect();
    // Codes of all that was there, and a few that were not, are dealt out anew.
    let mut codes: Vec<i64> = (1..=(count + 4) as i64).collect();
    for &handle in &alive {
        let has_row = stay.contains(&handle);
        if has_row && dice.below(3) == 0 {
            let own = world.node(handle).code;
            if let Some(at) = codes.iter().position(|&code| code == own) {
                codes.swap_remove(at);
                continue;
            }
        }
        let code = codes.swap_remove(dice.below(codes.len()));
        world.node(handle).code = code;
    }
    for &handle in &alive {
        let named = world.node(handle).parent;
        let is_free =
            named.is_none_or(|id| stay.iter().any(|stays| id.key() == Some(&key_of(&world, *stays))));
        if !is_free || dice.is_lucky() {
            let parent = if dice.below(4) == 0 { None } else { dice.pick(&alive) };
            world.node(handle).parent = parent.map(Id::Of);
        }
    }
    world
}

fn key_of(world: &World, handle: Handle<Node>) -> i64 {
    world.rows.keys[&handle.place.slot]
}

#[test]
fn whatever_changes_a_database_that_checks_each_row_can_follow() {
    let mut longest = 0;
    for seed in 0..5_000 {
        let world = random_world(&mut Dice(seed));
        let plan = world.plan();
        let mut rows = world.rows.clone();
        plan.steps.iter().for_each(|step| rows.follow(&world, step));
        let store = world.stores.any(Node::table().number);
        let alive = store.held().into_iter().filter(|&slot| store.state(slot) != State::Deleted);
        let expected: BTreeMap<i64, _> =
            alive.map(|slot| (rows.keys[&slot], world.row_of(slot, &rows.keys))).collect();
        assert_eq!(rows.rows, expected, "seed {seed}:\n{}", world.text());
        longest = longest.max(plan.steps.len());
    }
    assert!(longest > 5, "{longest} steps are no test");
}

#[test]
fn the_same_changes_give_the_same_plan() {
    for seed in 0..500 {
        let (first, second) = (random_world(&mut Dice(seed)), random_world(&mut Dice(seed)));
        assert_eq!(first.text(), first.text(), "seed {seed}");
        assert_eq!(first.text(), second.text(), "seed {seed}");
    }
}

#[test]
fn nothing_changed_is_no_plan() {
    let (mut world, nodes) = World::new(&[(1, 1, None), (2, 2, Some(1))]);
    assert!(world.plan().is_empty());
    world.node(nodes[0]).code = 1;
    world.node(nodes[1]).parent = Some(Id::Of(nodes[0]));
    assert!(world.plan().is_empty());
}

#[test]
fn a_tree_and_a_cycle_are_told_by_the_rows_they_name() {
    let (mut world, _) = World::new(&[]);
    let leaf = world.add(1, None);
    let root = world.add(2, None);
    world.node(leaf).parent = Some(Id::Of(root));
    assert_eq!(
        world.text(),
        "1 insert nodes(code, parent_id)   -> key of #1\n\
         2 insert nodes(code, parent_id)   -> key of #2; parent_id = key of #1"
    );
    world.node(root).parent = Some(Id::Of(leaf));
    assert_eq!(
        world.text(),
        "1 insert nodes(code)   -> key of #1\n\
         2 insert nodes(code, parent_id)   -> key of #2; parent_id = key of #1\n\
         3 update nodes set parent_id = key of #2 where id = key of #1   (breaks the cycle at nodes.parent_id)"
    );
}

#[test]
fn a_value_handed_over_by_a_deleted_row_deletes_it_first() {
    let (mut world, nodes) = World::new(&[(7, 1, None), (9, 2, None)]);
    nodes.iter().for_each(|&node| world.delete(node));
    world.add(1, None);
    assert_eq!(
        world.text(),
        "1 delete nodes where id = 7\n\
         2 insert nodes(code, parent_id)   -> key of #1\n\
         3 delete nodes where id = 9"
    );
}
