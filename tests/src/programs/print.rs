//! A program as a test that can be pasted: it compiles against the public API.
//!
//! What is born in a closure and used after it is kept in an `Option` around the closure.

use std::fmt::Write;

use super::bridge::{Key, Val};
use super::oracle::Options;
use super::program::{Made, Op, Program};
use super::tables::{Kind, Null, SCHEMAS, TABLES};

/// The program as a test of a name.
pub fn print(program: &Program, made: &[Made], (name, why): (&str, &str)) -> String {
    let Options { autoflush, expire_on_commit, watches, values, habits } = program.options;
    let maker = if habits { "other_maker" } else { "maker" };
    let why = why.lines().next().unwrap_or_default();
    let mut text = format!(
        "// {}: {why}\n#[test]\nfn {name}() {{\n    use orm_core::prelude::*;\n    use orm_tests::programs::{{self, tables::*}};\n    \
         let maker = programs::{maker}().autoflush({autoflush}).expire_on_commit({expire_on_commit}).lazy_batch(1);\n    \
         let s = &mut maker.session();\n",
        SCHEMAS[program.schema].name
    );
    if watches {
        text.push_str("    // After each call, every relation of every entity is looked at.\n");
    }
    let mut printer = Printer { text, made, values, open: Vec::new() };
    made.iter().enumerate().for_each(|(at, made)| printer.call(at, made));
    while !values && !printer.open.is_empty() {
        printer.line("Ok(())");
        printer.close("unwrap()");
    }
    let _ = writeln!(printer.text, "    // {why}\n}}");
    printer.text
}

struct Printer<'a> {
    text: String,
    made: &'a [Made],
    /// Whether savepoints are values, not closures.
    values: bool,
    /// The calls that opened the savepoints which are open.
    open: Vec<usize>,
}

impl Printer<'_> {
    fn line(&mut self, line: &str) {
        let depth = if self.values { 1 } else { 1 + self.open.len() };
        let _ = writeln!(self.text, "{}{line}", "    ".repeat(depth));
    }

    fn call(&mut self, at: usize, made: &Made) {
        let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
        match made.op {
            Op::Begin if self.values => {
                self.line(&format!("let savepoint{} = s.begin_nested().{end};", self.open.len()));
                self.open.extend((!made.failed).then_some(at));
            }
            Op::Begin if made.failed => self.line("s.nested(|_| Ok(())).unwrap_err();"),
            Op::Begin => {
                let outlive = if self.open.is_empty() { self.born_in(at) } else { Vec::new() };
                outlive.iter().for_each(|entity| self.line(&format!("let mut e{entity} = None;")));
                self.line("s.nested(|s| {");
                self.open.push(at);
            }
            Op::Release | Op::Undo if self.open.is_empty() => {}
            Op::Release | Op::Undo if self.values => {
                let number = self.open.len() - 1;
                let call = if made.op == Op::Release { "commit" } else { "rollback" };
                self.line(&format!("savepoint{number}.{call}(s).{end};"));
                if made.failed && made.op == Op::Release {
                    self.line(&format!("savepoint{number}.rollback(s).ok();"));
                }
                self.open.pop();
            }
            Op::Release | Op::Undo => {
                self.line(if made.op == Op::Release { "Ok(())" } else { "Err(Error::misuse(\"undo\"))" });
                self.close(end);
            }
            _ => self.plain(at, made),
        }
    }

    fn plain(&mut self, at: usize, made: &Made) {
        let call = call_text(made);
        let gives = match made.op {
            Op::Add { .. } | Op::Merge { .. } | Op::Link(..) => Some(call.clone()),
            Op::Get { .. } => Some(format!("{call}.unwrap()")),
            _ => None,
        };
        let Some(first) = gives.filter(|_| made.news.len() == 1) else {
            self.line(&format!("{call};"));
            for (more, new) in made.news.iter().enumerate() {
                let found = match &new.key {
                    Some(key) => {
                        format!("s.get_one::<{}>({}).unwrap()", model(new.table), key_text(new.table, key))
                    }
                    // It is among those that were added last.
                    None => format!(
                        "s.new_entities::<{}>().into_iter().nth_back({}).unwrap()",
                        model(new.table),
                        made.news.len() - 1 - more
                    ),
                };
                self.born(at, made.first + more, &found);
            }
            return;
        };
        self.born(at, made.first, &first);
    }

    fn born(&mut self, at: usize, entity: usize, text: &str) {
        let outlives =
            self.open.first().is_some_and(|&first| !self.values && self.born_in(first).contains(&entity));
        if outlives && at > self.open[0] {
            self.line(&format!("let e{entity} = *e{entity}.insert({text});"));
        } else {
            self.line(&format!("let e{entity} = {text};"));
        }
    }

    /// Ends the innermost closure: what was born in it is known around it.
    fn close(&mut self, end: &str) {
        let begin = self.open.pop().expect("a closure is open");
        self.line(&format!("}}).{end};"));
        for entity in self.born_in(begin) {
            let is_known = self.text.contains(&format!("let e{entity} = *e{entity}.insert("));
            if is_known {
                self.line(&format!("let e{entity} = e{entity}.unwrap();"));
            }
        }
    }

    /// The entities that are born in the closure which a call opens.
    fn born_in(&self, begin: usize) -> Vec<usize> {
        let mut depth = 0;
        let mut born = Vec::new();
        for made in &self.made[begin..] {
            match made.op {
                Op::Begin if !made.failed => depth += 1,
                Op::Release | Op::Undo => depth -= 1,
                _ => born.extend(made.first..made.first + made.news.len()),
            }
            if depth == 0 {
                break;
            }
        }
        born
    }
}

fn model(table: usize) -> &'static str {
    TABLES[table].model
}

/// The call, as an expression.
fn call_text(made: &Made) -> String {
    let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
    let plain = |table: usize| TABLES[table].columns[TABLES[table].plain()].0;
    match &made.op {
        Op::Add { table, values } => format!("s.add({})", struct_text(*table, values)),
        Op::Merge { table, values } => format!("s.merge({}).{end}", struct_text(*table, values)),
        Op::Set { table, entity, column, val } => {
            let (name, kind) = TABLES[*table].columns[*column];
            format!("s[e{entity}].{name} = {}", literal(kind, *val))
        }
        Op::Delete(entity) => format!("s.delete(e{entity})"),
        Op::Restore(entity) => format!("s.restore(e{entity}).{end}"),
        Op::Expunge(entity) => format!("s.expunge(e{entity}).{end}"),
        Op::Refresh(entity) => format!("s.refresh(e{entity}).{end}"),
        Op::Expire(entity) => format!("s.expire(e{entity}).{end}"),
        Op::ExpireAll => "s.expire_all()".to_owned(),
        Op::EvictClean => "s.evict_clean()".to_owned(),
        Op::Get { table, key } => format!("s.get::<{}>({}).{end}", model(*table), key_text(*table, key)),
        Op::Query(table) => format!("s.query::<{}>().all().{end}", model(*table)),
        Op::Count(table) => format!("s.query::<{}>().count().{end}", model(*table)),
        Op::Related { table, entity, relation } => {
            let name = TABLES[*table].relations[*relation].name;
            format!("s.related(e{entity}, {}::{name}).ok()", model(*table))
        }
        Op::UpdateAll { table, from, to } => {
            let (of, name) = (model(*table), plain(*table));
            format!(
                "update::<{of}>().set({of}::{name}, {to}).filter({of}::{name}.eq({from})).execute(s).{end}"
            )
        }
        Op::DeleteAll { table, with } => {
            let (of, name) = (model(*table), plain(*table));
            format!("delete::<{of}>().filter({of}::{name}.eq({with})).execute(s).{end}")
        }
        Op::Link(item, tag, is_back) => format!("s.link({}).{end}", edge(*item, *tag, *is_back)),
        Op::Unlink(item, tag, is_back) => format!("s.unlink({}).{end}", edge(*item, *tag, *is_back)),
        Op::Replace(item, tags) => {
            let tags: Vec<String> = tags.iter().map(|tag| format!("e{tag}")).collect();
            format!("s.replace(e{item}, Item::tags, &[{}]).{end}", tags.join(", "))
        }
        Op::Flush => format!("s.flush().{end}"),
        Op::Commit => format!("s.commit().{end}"),
        Op::Rollback => format!("s.rollback().{end}"),
        Op::Outside { table, key, change } => {
            format!("programs::someone_else(&maker, {:?})", super::calls::outside_sql(*table, key, *change))
        }
        Op::Begin | Op::Release | Op::Undo => String::new(),
    }
}

fn edge(item: usize, tag: usize, is_back: bool) -> String {
    if is_back { format!("e{tag}, Tag::items, e{item}") } else { format!("e{item}, Item::tags, e{tag}") }
}

fn struct_text(table: usize, values: &[Val]) -> String {
    let fields = TABLES[table].columns.iter().zip(values);
    let fields: Vec<String> =
        fields.map(|((name, kind), val)| format!("{name}: {}", literal(*kind, *val))).collect();
    format!("{} {{ {} }}", model(table), fields.join(", "))
}

fn literal(kind: Kind, val: Val) -> String {
    let is_optional = matches!(kind, Kind::Link(_, _, Null::Allowed));
    let text = match (kind, val) {
        (Kind::Version, _) => return "Version::default()".to_owned(),
        (_, Val::Null) => return "None".to_owned(),
        (_, Val::New) => return "Id::New".to_owned(),
        (_, Val::Of(number)) => format!("Id::Of(e{number})"),
        (Kind::Natural, Val::Int(number)) => return format!("\"t{number}\".to_owned()"),
        (Kind::KeyLink(6, _), Val::Int(number)) => format!("Id::Key(\"t{number}\".to_owned())"),
        (Kind::Generated | Kind::Link(..) | Kind::KeyLink(..), Val::Int(number)) => {
            format!("Id::Key({number})")
        }
        (Kind::Plain | Kind::Unique, Val::Int(number)) => return number.to_string(),
    };
    if is_optional { format!("Some({text})") } else { text }
}

fn key_text(table: usize, key: &Key) -> String {
    let part = |((_, kind), part): (&(&str, Kind), &i64)| match kind {
        Kind::Natural | Kind::KeyLink(6, _) => format!("\"t{part}\".to_owned()"),
        _ => part.to_string(),
    };
    let parts: Vec<String> = TABLES[table].columns.iter().zip(key).map(part).collect();
    if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(", ")) }
}
