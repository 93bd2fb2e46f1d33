//! A plan for people: what a flush would do, as data and as text that tests compare.

use std::collections::HashMap;
use std::fmt;

use super::plan::{Action, Step, Steps};
use crate::schema::Table;
use crate::store::Stores;
use crate::value::{Entity, Link};

/// What a flush would do, in order. It prints one line a step.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct Blog;
/// # #[derive(Model, Clone)] #[model(base = Blog, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone)] #[model(base = Blog, table = "posts", default)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub title: String }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<Blog>::builder(Sqlite::memory()).build()?;
/// let mut s = SessionMaker::new(engine).session();
/// let ann = s.add(User { name: "ann".into(), ..User::default() });
/// s.add(Post { author: ann.into(), title: "Hello".into(), ..Post::default() });
/// let plan = s.plan()?;
/// assert_eq!(
///     plan.to_string(),
///     "1 insert users(name)   -> key of #1\n\
///      2 insert posts(author_id, title)   -> key of #2; author_id = key of #1"
/// );
/// assert_eq!((plan.steps()[1].table(), plan.steps()[1].rows()), ("posts", 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<PlanStep>,
}

/// Rows of one table that are written alike, one after the other.
#[derive(Clone, PartialEq, Eq)]
pub struct PlanStep {
    action: Action,
    table: &'static str,
    columns: Vec<&'static str>,
    rows: usize,
    reason: Option<String>,
    text: String,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }
}

impl PlanStep {
    /// What is done to each row.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The name of the table.
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// The names of the columns that are written.
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// How many rows are written, each by a statement of its own or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Why the step is there, where it is not plainly what changed: `breaks the cycle at users.pinned_id`.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Describes the steps of a flush.
pub(crate) fn describe(steps: &Steps, stores: &Stores) -> Plan {
    let printer = Printer { stores, numbers: number_inserts(steps) };
    Plan { steps: steps.steps.iter().map(|step| printer.step(step)).collect() }
}

/// Rows that are inserted are named by number, from one.
fn number_inserts(steps: &Steps) -> HashMap<(usize, u32), usize> {
    let inserts = steps.steps.iter().filter(|step| step.action == Action::Insert);
    let rows = inserts.flat_map(|step| step.slots.iter().map(|&slot| (step.table.number, slot)));
    rows.zip(1..).collect()
}

struct Printer<'a> {
    stores: &'a Stores,
    numbers: HashMap<(usize, u32), usize>,
}

impl Printer<'_> {
    fn step(&self, step: &Step) -> PlanStep {
        let columns: Vec<&'static str> =
            step.columns.iter().map(|column| step.table.columns[column].name.as_str()).collect();
        let reason = reason(step, &columns);
        let why = reason.as_ref().map_or(String::new(), |reason| format!("   ({reason})"));
        let text = format!("{}{why}", self.text(step, &columns));
        PlanStep {
            action: step.action,
            table: step.table.name,
            columns,
            rows: step.slots.len(),
            reason,
            text,
        }
    }

    fn text(&self, step: &Step, columns: &[&str]) -> String {
        let (table, rows) = (step.table.name, self.rows(step));
        match step.action {
            Action::Insert => self.insert(step, columns),
            Action::Update | Action::Replace | Action::Link => {
                let links = self.links(step);
                let set = columns.iter().map(|&column| {
                    let link = links.iter().find(|link| link.split(' ').next() == Some(column));
                    link.map_or(column, String::as_str)
                });
                format!("update {table} set {}{rows}", set.collect::<Vec<_>>().join(", "))
            }
            Action::Unlink | Action::Clear => {
                format!("update {table} set {} = null{rows}", columns.join(" = null, "))
            }
            Action::Park => format!("update {table} set {} = {}{rows}", columns.join(", "), parked(step)),
            Action::Delete => format!("delete {table}{rows}"),
        }
    }

    /// `insert posts(author_id, title) x3   -> keys of #3 #4 #5; author_id = key of #1`.
    fn insert(&self, step: &Step, columns: &[&str]) -> String {
        let mut learns = Vec::new();
        if step.table.generated_key.is_some_and(|key| !step.columns.contains(key)) {
            learns.push(self.keys_of(step.slots.iter().map(|&slot| (step.table.number, slot))));
        }
        learns.extend(self.links(step));
        let count = if step.slots.len() == 1 { String::new() } else { format!(" x{}", step.slots.len()) };
        let arrow = if learns.is_empty() { String::new() } else { format!("   -> {}", learns.join("; ")) };
        format!("insert {}({}){count}{arrow}", step.table.name, columns.join(", "))
    }

    /// `author_id = key of #1`, for each column that is filled in by a row that is inserted.
    fn links(&self, step: &Step) -> Vec<String> {
        let mut links = Vec::new();
        for key in step.table.foreign_keys.iter().filter(|key| step.columns.contains(key.columns[0])) {
            let mut named: Vec<(usize, u32)> =
                step.slots.iter().filter_map(|&slot| self.named(step.table, slot, key.field)).collect();
            named.dedup();
            if !named.is_empty() {
                let columns: Vec<&str> = step.table.names(&key.columns).collect();
                links.push(format!("{} = {}", columns.join(", "), self.keys_of(named.into_iter())));
            }
        }
        links
    }

    /// The inserted row that a field names.
    fn named(&self, table: &Table, slot: u32, field: &str) -> Option<(usize, u32)> {
        let mut found = None;
        self.stores.any(table.number).links(slot, &mut |position, link| {
            if let Link::Of(Entity { model, place }) = link
                && table.field_names[position] == field
            {
                found = Some((model, place.slot)).filter(|row| self.numbers.contains_key(row));
            }
        });
        found
    }

    fn keys_of(&self, rows: impl Iterator<Item = (usize, u32)>) -> String {
        let numbers: Vec<usize> = rows.filter_map(|row| self.numbers.get(&row).copied()).collect();
        match numbers[..] {
            [one] => format!("key of #{one}"),
            [first, .., last] if numbers.len() > MANY && last - first + 1 == numbers.len() => {
                format!("keys of #{first} to #{last}")
            }
            _ => format!("keys of {}", list(numbers.iter().map(|number| format!("#{number}")), " ")),
        }
    }

    /// ` where id in [7, 9]`.
    fn rows(&self, step: &Step) -> String {
        let store = self.stores.any(step.table.number);
        let key: Vec<&str> = step.table.names(&step.table.primary_key).collect();
        let name = if key.len() == 1 { key[0].to_owned() } else { format!("({})", key.join(", ")) };
        let slots = if step.action == Action::Replace { &step.replaced } else { &step.slots };
        let key_of = |slot: u32| match self.numbers.get(&(step.table.number, slot)) {
            Some(number) => format!("key of #{number}"),
            None => store.key_text(slot),
        };
        match slots[..] {
            [slot] => format!(" where {name} = {}", key_of(slot)),
            _ => format!(" where {name} in [{}]", list(slots.iter().map(|&slot| key_of(slot)), ", ")),
        }
    }
}

/// How many rows a line names before it only counts them.
const MANY: usize = 8;

fn list(items: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let left = items.len().saturating_sub(MANY);
    let mut named: Vec<String> = items.take(MANY).collect();
    if left > 0 {
        named.push(format!(".. {left} more"));
    }
    named.join(between)
}

fn reason(step: &Step, columns: &[&str]) -> Option<String> {
    match step.action {
        Action::Link | Action::Unlink => {
            let places: Vec<String> =
                columns.iter().map(|column| format!("{}.{column}", step.table.name)).collect();
            Some(format!("breaks the cycle at {}", places.join(", ")))
        }
        Action::Clear => Some("the row that it names is deleted".to_owned()),
        Action::Park => Some("until another row has taken its value".to_owned()),
        Action::Replace => Some("the row of a deleted entity with the same key".to_owned()),
        Action::Insert | Action::Update | Action::Delete => None,
    }
}

fn parked(step: &Step) -> &'static str {
    match step.columns.iter().all(|column| step.table.columns[column].nullable) {
        true => "null",
        false => "a free value",
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{} {step}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
