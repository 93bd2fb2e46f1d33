//! Each call on both sides: the session's, and the oracle's.

use orm_core::prelude::*;

use super::bridge::{Held, Key, Row, Val, calls};
use super::entity::Entity;
use super::oracle::Outcome;
use super::program::Op;
use super::run::{Run, S};
use super::tables::{Item, Kind, Path, Related, TABLES, Tag, Tagging};

impl Run<'_, '_> {
    /// Makes a call on both sides.
    pub(super) fn call(&mut self, s: &mut S, op: &Op) -> (orm_core::Result<()>, Outcome) {
        match op {
            Op::Add { table, values } => {
                let held = calls(*table).add(s, values, &self.names);
                self.names.0.push(held);
                self.oracle.add(*table, values.clone());
                (Ok(()), Ok(()))
            }
            Op::Set { table, entity, column, val } => {
                calls(*table).set(s, self.names.0[*entity], (*column, *val), &self.names);
                self.oracle.set(*entity, *column, *val);
                (Ok(()), Ok(()))
            }
            Op::Delete(entity) => {
                let held = self.names.0[*entity];
                calls(held.table()).delete(s, held);
                self.oracle.delete(*entity);
                (Ok(()), Ok(()))
            }
            Op::Restore(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).restore(s, held), self.oracle.restore(*entity))
            }
            Op::Expunge(entity) => self.expunge(s, *entity),
            Op::Refresh(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).refresh(s, held), self.oracle.read_again(*entity))
            }
            Op::Expire(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).expire(s, held), self.oracle.expire(*entity))
            }
            Op::ExpireAll => {
                s.expire_all();
                self.oracle.expire_all();
                (Ok(()), Ok(()))
            }
            Op::EvictClean => {
                s.evict_clean();
                self.oracle.evict_clean();
                (Ok(()), Ok(()))
            }
            Op::Get { table, key } => self.get(s, *table, key),
            Op::Query(table) => self.query(s, *table),
            Op::Count(table) => self.count(s, *table),
            Op::Merge { table, values } => self.merge(s, *table, values),
            Op::UpdateAll { table, from, to } => {
                let result = calls(*table).update_all(s, *from, *to);
                let change = (Val::Int(*from), Val::Int(*to));
                let expected = self.predict(s, |oracle, learn| oracle.update_all(*table, change, learn));
                self.same_count(result, expected)
            }
            Op::DeleteAll { table, with } => {
                let result = calls(*table).delete_all(s, *with);
                let expected =
                    self.predict(s, |oracle, learn| oracle.delete_all(*table, Val::Int(*with), learn));
                self.same_count(result, expected)
            }
            Op::Link(item, tag, is_back) => self.link(s, (*item, *tag), *is_back),
            Op::Unlink(item, tag, is_back) => self.unlink(s, (*item, *tag), *is_back),
            Op::Replace(item, tags) => self.replace(s, *item, tags),
            Op::Related { entity, relation, .. } => (Ok(()), self.related(s, *entity, *relation)),
            Op::Flush => {
                let result = s.flush();
                let expected = self.predict(s, |oracle, learn| oracle.flush(learn));
                self.check_settled(s, result.is_ok());
                (result, expected)
            }
            Op::Commit => {
                let result = s.commit();
                let expected = self.predict(s, |oracle, learn| oracle.commit(learn));
                self.check_settled(s, result.is_ok());
                (result, expected)
            }
            Op::Rollback => {
                self.oracle.rollback();
                (s.rollback(), Ok(()))
            }
            Op::Outside { table, key, change } => {
                self.outside(*table, key, *change);
                (Ok(()), Ok(()))
            }
            Op::Begin | Op::Release | Op::Undo => (Ok(()), Ok(())),
        }
    }

    fn expunge(&mut self, s: &mut S, entity: usize) -> (orm_core::Result<()>, Outcome) {
        let held = self.names.0[entity];
        let result = calls(held.table()).expunge(s, held, &self.names);
        let expected = self.oracle.expunge(entity);
        if let Ok(row) = &result {
            let row: Row = row.iter().map(|&val| self.oracle.resolve(val)).collect();
            let shown = self.oracle.shown(entity);
            if row != shown && !self.oracle.entities[entity].is_idle {
                self.break_rule(format!("expunge gave {row:?}, not {shown:?}"));
            }
        }
        (result.map(|_| ()), expected)
    }

    fn get(&mut self, s: &mut S, table: usize, key: &Key) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).get(s, key);
        let expected = self.predict(s, |oracle, learn| oracle.get(table, key, learn));
        if let (Ok(found), Ok(expected)) = (&result, &expected) {
            self.meet(
                &found.iter().copied().collect::<Vec<_>>(),
                &expected.iter().copied().collect::<Vec<_>>(),
            );
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn query(&mut self, s: &mut S, table: usize) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).query(s);
        let expected = self.predict(s, |oracle, learn| oracle.query(table, learn));
        if let (Ok(found), Ok(expected)) = (&result, &expected) {
            let mut found = found.clone();
            found.sort_by_key(|held| calls(table).key(s, *held));
            self.meet(&found, expected);
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    /// Looks at every relation of every entity.
    pub(super) fn watch(&mut self, s: &mut S) {
        if !self.oracle.options.watches {
            return;
        }
        for entity in 0..self.oracle.entities.len() {
            let relations = TABLES[self.oracle.entities[entity].table].relations.len();
            for relation in 0..relations {
                let relation_of = &TABLES[self.oracle.entities[entity].table].relations[relation];
                if self.broken.is_none()
                    && self.oracle.is_asked(entity)
                    && self.oracle.is_decided(relation_of)
                {
                    let _ = self.related(s, entity, relation);
                }
            }
        }
        if self.broken.is_none() {
            self.compare_entities(s);
        }
    }

    /// Compares what a relation leads to. Nothing can fail but for a foreign key that names nothing.
    fn related(&mut self, s: &mut S, entity: usize, relation: usize) -> Outcome {
        let held = self.names.0[entity];
        let relation = &TABLES[held.table()].relations[relation];
        let name = relation.name;
        let told = super::related::ask(s, held, name);
        let targets = self.oracle.related(entity, relation);
        let told = match told {
            Ok(told) => told,
            Err(error) => {
                let is_right = matches!(relation.path, Path::Up(_)) && targets.is_empty();
                if !is_right {
                    self.break_rule(format!("`{name}` of e{entity} failed: {error}"));
                }
                return Ok(());
            }
        };
        self.learn_names(s);
        let number = |held: &Held| self.names.0.iter().position(|other| other == held);
        let found: Vec<Option<usize>> = told.iter().map(number).collect();
        let is_right = match relation.path {
            Path::One(..) => {
                let is_one = |number: &Option<usize>| number.is_some_and(|one| targets.contains(&one));
                found.is_empty() == targets.is_empty() && found.iter().all(is_one)
            }
            _ => same(&found, &targets),
        };
        if !is_right {
            self.break_rule(format!("`{name}` of e{entity} leads to {found:?}, not to {targets:?}"));
        }
        self.check_order(entity, relation, &found);
        Ok(())
    }

    /// What did not move has the order of the database.
    fn check_order(&mut self, entity: usize, relation: &Related, found: &[Option<usize>]) {
        let Path::Down(table, _) = relation.path else { return };
        let stayed = found.iter().flatten().map(|&number| &self.oracle.entities[number]);
        let stayed = stayed.filter(|entity| !entity.was_moved && !entity.is_unsure);
        let rank = |entity: &Entity| {
            relation.is_ranked.then(|| std::cmp::Reverse(entity.values[TABLES[table].plain()]))
        };
        if !stayed.map(|entity| (rank(entity), &entity.key)).is_sorted() {
            self.break_rule(format!("`{}` of e{entity} is not in order: {found:?}", relation.name));
        }
    }

    fn merge(&mut self, s: &mut S, table: usize, values: &Row) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).merge(s, values, &self.names);
        let expected = self.predict(s, |oracle, learn| oracle.merge(table, values.clone(), learn));
        if let (Ok(held), Ok(number)) = (&result, &expected) {
            self.meet(&[*held], &[*number]);
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn same_count(
        &mut self,
        result: orm_core::Result<u64>,
        expected: Result<u64, Vec<ErrorKind>>,
    ) -> (orm_core::Result<()>, Outcome) {
        if let (Ok(rows), Ok(expected)) = (&result, &expected)
            && rows != expected
        {
            self.break_rule(format!("{rows} rows were reached, not {expected}"));
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn ends(&self, item: usize, tag: usize) -> (Handle<Item>, Handle<Tag>) {
        match (self.names.0[item], self.names.0[tag]) {
            (Held::Item(item), Held::Tag(tag)) => (item, tag),
            other => panic!("{other:?} are no item and no tag"),
        }
    }

    fn link(
        &mut self,
        s: &mut S,
        (item, tag): (usize, usize),
        is_back: bool,
    ) -> (orm_core::Result<()>, Outcome) {
        let (of, to) = self.ends(item, tag);
        let result = if is_back { s.link(to, Tag::items, of) } else { s.link(of, Item::tags, to) };
        let known = self.oracle.links(item, tag, State::Persistent);
        let expected = self.oracle.link(item, tag);
        if let Ok(link) = &result {
            // Of two links which have yet to be found to be twins, it may be any.
            let given = self.names.0.iter().position(|held| *held == Held::Tagging(*link));
            let one = given.filter(|given| known.contains(given)).unwrap_or(expected);
            self.meet(&[Held::Tagging(*link)], &[one]);
        }
        (result.map(|_| ()), Ok(()))
    }

    /// What is linked is looked at first, so that all links are known.
    fn unlink(
        &mut self,
        s: &mut S,
        (item, tag): (usize, usize),
        is_back: bool,
    ) -> (orm_core::Result<()>, Outcome) {
        let (of, to) = self.ends(item, tag);
        let (looked, result) = if is_back {
            (self.related(s, tag, 1), s.unlink(to, Tag::items, of))
        } else {
            (self.related(s, item, 1), s.unlink(of, Item::tags, to))
        };
        self.oracle.unlink(item, tag);
        (result, looked)
    }

    fn replace(&mut self, s: &mut S, item: usize, tags: &[usize]) -> (orm_core::Result<()>, Outcome) {
        let looked = self.related(s, item, 1);
        let Held::Item(of) = self.names.0[item] else { panic!("no item") };
        let wanted: Vec<Handle<Tag>> = tags.iter().map(|&tag| self.ends(item, tag).1).collect();
        let result = s.replace(of, Item::tags, &wanted);
        let now = self.oracle.related(item, &TABLES[5].relations[1]);
        for &tag in now.iter().filter(|tag| !tags.contains(tag)) {
            self.oracle.unlink(item, tag);
        }
        let first = self.oracle.entities.len();
        for &tag in tags.iter().filter(|tag| !now.contains(tag)) {
            self.oracle.link(item, tag);
        }
        let news = s.new_entities::<Tagging>().into_iter().map(Held::Tagging);
        let news: Vec<Held> = news.filter(|held| !self.names.0.contains(held)).collect();
        self.meet(&news, &(first..self.oracle.entities.len()).collect::<Vec<_>>());
        (result, looked)
    }

    fn count(&mut self, s: &mut S, table: usize) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).count(s);
        let expected = self.predict(s, |oracle, learn| oracle.count(table, learn));
        if let (Ok(rows), Ok(expected)) = (&result, &expected)
            && rows != expected
        {
            self.break_rule(format!("counted {rows} rows, not {expected}"));
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn outside(&mut self, table: usize, key: &Key, change: Option<(usize, Val)>) {
        if !self.oracle.rows[table].contains_key(key) {
            return;
        }
        self.oracle.outside(table, key, change);
        self.bench.tap.run(&outside_sql(table, key, change));
        self.bench.tap.set_used(true);
    }
}

/// Whether both are the same set.
fn same(found: &[Option<usize>], expected: &[usize]) -> bool {
    let sorted = |mut all: Vec<Option<usize>>| {
        all.sort_unstable();
        all.dedup();
        all
    };
    sorted(found.to_vec()) == sorted(expected.iter().copied().map(Some).collect())
}

pub(super) fn outside_sql(table: usize, key: &Key, change: Option<(usize, Val)>) -> String {
    let text = TABLES[table].select;
    let names: Vec<&str> = text["SELECT ".len()..text.find(" FROM").unwrap()].split(", ").collect();
    let name = text.split(" FROM ").nth(1).unwrap().split(' ').next().unwrap();
    let kinds = TABLES[table].columns;
    let parts = names.iter().zip(kinds).zip(key).map(|((column, (_, kind)), part)| match kind {
        Kind::Natural | Kind::KeyLink(6, _) => format!("{column} = 't{part}'"),
        _ => format!("{column} = {part}"),
    });
    let condition = parts.collect::<Vec<_>>().join(" AND ");
    let version = super::oracle::version_of(table).map(|column| format!(", {0} = {0} + 1", names[column]));
    match change {
        None => format!("DELETE FROM {name} WHERE {condition}"),
        Some((column, Val::Int(number))) => {
            let column = names[column];
            format!("UPDATE {name} SET {column} = {number}{} WHERE {condition}", version.unwrap_or_default())
        }
        Some(other) => panic!("{other:?} is not changed from outside"),
    }
}
