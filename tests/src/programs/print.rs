//! A program as a test.

use std::fmt::Write;

use super::bridge::Val;
use super::oracle::Options;
use super::program::{Made, Op, Program};
use super::tables::{Kind, Null, SCHEMAS, TABLES};

/// The program as a test that can be pasted.
pub fn print(program: &Program, made: &[Made], why: &str) -> String {
    let schema = &SCHEMAS[program.schema];
    let mut text = String::new();
    let Options { autoflush, expire_on_commit, watches, values, habits } = program.options;
    let maker = if habits { "other_maker" } else { "maker" };
    let _ = writeln!(text, "// {}: {why}", schema.name);
    let _ = writeln!(text, "#[test]\nfn rule_that_was_broken() {{");
    let _ = writeln!(
        text,
        "    let maker = orm_tests::programs::{maker}().autoflush({autoflush}).expire_on_commit({expire_on_commit});"
    );
    let _ = writeln!(text, "    let s = &mut maker.lazy_batch(1).session();");
    if watches {
        let _ = writeln!(text, "    // After each call, every relation of every entity is looked at.");
    }
    let mut depth = 1;
    for made in made {
        if matches!(made.op, Op::Release | Op::Undo) && depth > 1 && values {
            let end = if made.op == Op::Release { "commit" } else { "rollback" };
            let result = if made.failed { "unwrap_err()" } else { "unwrap()" };
            depth -= 1;
            let _ = writeln!(text, "    savepoint{depth}.{end}(s).{result};");
            if made.failed && made.op == Op::Release {
                let _ = writeln!(text, "    savepoint{depth}.rollback(s).ok();");
            }
            continue;
        }
        if matches!(made.op, Op::Release | Op::Undo) && depth > 1 {
            let end = if made.op == Op::Release { "Ok(())" } else { "Err(Error::misuse(\"undo\"))" };
            let _ = writeln!(text, "{}{end}", "    ".repeat(depth));
            depth -= 1;
        }
        if values && made.op == Op::Begin {
            let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
            let _ = writeln!(text, "    let savepoint{depth} = s.begin_nested().{end};");
        } else {
            let indent = if values { 1 } else { depth };
            let _ = writeln!(text, "{}{}", "    ".repeat(indent), line(made));
        }
        if made.op == Op::Begin && !made.failed {
            depth += 1;
        }
    }
    for depth in (1..if values { 1 } else { depth }).rev() {
        let _ = writeln!(text, "{}Ok(())\n{}}}).unwrap();", "    ".repeat(depth + 1), "    ".repeat(depth));
    }
    let _ = writeln!(text, "    // {}\n}}", why.lines().next().unwrap_or_default());
    text
}

fn line(made: &Made) -> String {
    let model = |table: usize| TABLES[table].model;
    let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
    let entity = made.first;
    match &made.op {
        Op::Add { table, values } => {
            let fields = TABLES[*table].columns.iter().zip(values);
            let fields: Vec<String> =
                fields.map(|((name, kind), val)| format!("{name}: {}", literal(*kind, *val))).collect();
            format!("let e{entity} = s.add({} {{ {} }});", model(*table), fields.join(", "))
        }
        Op::Set { table, entity, column, val } => {
            let (name, kind) = TABLES[*table].columns[*column];
            format!("s[e{entity}].{name} = {};", literal(kind, *val))
        }
        Op::Delete(entity) => format!("s.delete(e{entity});"),
        Op::Restore(entity) => format!("s.restore(e{entity}).{end};"),
        Op::Expunge(entity) => format!("s.expunge(e{entity}).{end};"),
        Op::Refresh(entity) => format!("s.refresh(e{entity}).{end};"),
        Op::Expire(entity) => format!("s.expire(e{entity}).{end};"),
        Op::ExpireAll => "s.expire_all();".to_owned(),
        Op::EvictClean => "s.evict_clean();".to_owned(),
        Op::Get { table, key } => {
            let key = key_text(*table, key);
            let call = format!("s.get::<{}>({key}).{end}", model(*table));
            if made.came > 0 { format!("let e{entity} = {call}.unwrap();") } else { format!("{call};") }
        }
        Op::Query(table) => {
            format!("let found = s.query::<{}>().all().{end}; //{}", model(*table), news(made))
        }
        Op::Count(table) => format!("s.query::<{}>().count().{end};", model(*table)),
        Op::Related { table, entity: of, relation } => {
            let (name, path) =
                (TABLES[*table].relations[*relation].name, TABLES[*table].relations[*relation].path);
            let news = news(made);
            format!("let found = s.related(e{of}, {}::{name}).{end}; // {path:?}{news}", model(*table))
        }
        Op::Merge { table, values } => {
            let fields = TABLES[*table].columns.iter().zip(values);
            let fields: Vec<String> =
                fields.map(|((name, kind), val)| format!("{name}: {}", literal(*kind, *val))).collect();
            let call = format!("s.merge({} {{ {} }}).{end}", model(*table), fields.join(", "));
            if made.came > 0 { format!("let e{entity} = {call};") } else { format!("{call};") }
        }
        Op::UpdateAll { table, from, to } => {
            let (of, name) = (model(*table), TABLES[*table].columns[TABLES[*table].plain()].0);
            format!(
                "update::<{of}>().set({of}::{name}, {to}).filter({of}::{name}.eq({from})).execute(s).{end};"
            )
        }
        Op::DeleteAll { table, with } => {
            let (of, name) = (model(*table), TABLES[*table].columns[TABLES[*table].plain()].0);
            format!("delete::<{of}>().filter({of}::{name}.eq({with})).execute(s).{end};")
        }
        Op::Link(item, tag, is_back) | Op::Unlink(item, tag, is_back) => {
            let call = if matches!(made.op, Op::Link(..)) { "link" } else { "unlink" };
            let edge = if *is_back {
                format!("e{tag}, Tag::items, e{item}")
            } else {
                format!("e{item}, Item::tags, e{tag}")
            };
            let new =
                if made.came == 1 && call == "link" { format!("let e{entity} = ") } else { String::new() };
            format!("{new}s.{call}({edge}).{end}; //{}", news(made))
        }
        Op::Replace(item, tags) => {
            let tags: Vec<String> = tags.iter().map(|tag| format!("e{tag}")).collect();
            format!("s.replace(e{item}, Item::tags, &[{}]).{end}; //{}", tags.join(", "), news(made))
        }
        Op::Flush => format!("s.flush().{end};"),
        Op::Commit => format!("s.commit().{end};"),
        Op::Rollback => format!("s.rollback().{end};"),
        Op::Begin if made.failed => "s.nested(|_| Ok(())).unwrap_err();".to_owned(),
        Op::Begin => "s.nested(|s| {".to_owned(),
        Op::Release | Op::Undo => format!("}}).{end};"),
        Op::Outside { table, key, change } => {
            format!("// someone else changes {} {key:?}: {change:?}", model(*table))
        }
    }
}

/// The entities that came by a call.
fn news(made: &Made) -> String {
    (0..made.came).map(|more| format!(" new: e{}", made.first + more)).collect()
}

fn literal(kind: Kind, val: Val) -> String {
    let is_text = matches!(kind, Kind::Natural | Kind::KeyLink(6, _));
    let is_link = matches!(kind, Kind::Link(..) | Kind::KeyLink(..));
    let plain = match val {
        Val::Null => return "None".to_owned(),
        Val::New => return "Id::New".to_owned(),
        Val::Of(number) => format!("e{number}"),
        Val::Int(_) if kind == Kind::Version => return "Version::default()".to_owned(),
        Val::Int(number) if is_text => format!("\"t{number}\""),
        Val::Int(number) => number.to_string(),
    };
    match (is_link, matches!(kind, Kind::Link(_, _, Null::Allowed)), val) {
        (true, true, Val::Int(_)) => format!("Some(Id::Key({plain}))"),
        (true, _, _) => format!("{plain}.into()"),
        (false, _, _) if is_text => format!("{plain}.into()"),
        (false, _, _) => plain,
    }
}

fn key_text(table: usize, key: &[i64]) -> String {
    let parts: Vec<String> = TABLES[table]
        .columns
        .iter()
        .zip(key)
        .map(|((_, kind), part)| match kind {
            Kind::Natural | Kind::KeyLink(6, _) => format!("\"t{part}\".to_owned()"),
            _ => part.to_string(),
        })
        .collect();
    if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(", ")) }
}
