//! What relations lead to: as the session tells it, and as the oracle says it.
//!
//! The oracle looks at the foreign keys as they are now of all entities, and at the rows that nobody holds yet.

use orm_core::prelude::*;

use super::bridge::{Held, Key, Mapped, Val};
use super::entity::Entity;
use super::oracle::Oracle;
use super::tables::*;

/// What a relation leads to, and the entities that it goes by.
#[derive(Debug, Default)]
pub struct Answer {
    /// Entities between.
    pub middles: Vec<usize>,
    /// Where it leads.
    pub targets: Vec<usize>,
}

impl Oracle {
    /// Whether an entity can be asked for what its relations lead to.
    pub fn is_asked(&self, number: usize) -> bool {
        let entity = &self.entities[number];
        !self.has_failed && (entity.is(State::Pending) || entity.is(State::Persistent))
    }

    /// What a relation of an entity leads to; rows that nobody held get numbers.
    pub fn related(&mut self, number: usize, path: Path) -> Answer {
        match path {
            Path::Up(column) => Answer { targets: self.up(number, column), ..Answer::default() },
            Path::Down(table, column) => {
                Answer { targets: self.down(number, table, column), ..Answer::default() }
            }
            Path::One(table, column) => {
                let all = self.down(number, table, column);
                Answer { middles: all.clone(), targets: all }
            }
            Path::Through(table, back, on) => {
                let middles = self.down(number, table, back);
                let targets = middles.iter().flat_map(|&link| self.up(link, on)).collect();
                Answer { middles, targets }
            }
            Path::Via((table, back), (end, on)) => {
                let middles = self.down(number, table, back);
                let targets = middles.iter().flat_map(|&middle| self.down(middle, end, on)).collect();
                Answer { middles, targets }
            }
        }
    }

    /// What a foreign key names: from memory, if that is of this transaction.
    fn up(&mut self, number: usize, column: usize) -> Vec<usize> {
        let table = target_of(self.entities[number].table, column);
        let named = self.named(number, column);
        let key = match named.map(|named| &self.entities[named]) {
            Some(entity) if entity.is(State::Pending) => return vec![named.expect("it is there")],
            Some(entity) if entity.is(State::Persistent) || entity.is(State::Missing) => entity.key.clone(),
            Some(_) => return Vec::new(),
            None => match self.resolve(self.entities[number].values[column]) {
                Val::Int(key) => Some(vec![key]),
                Val::Null | Val::New | Val::Of(_) => None,
            },
        };
        if let (Some(named), Some(key)) = (named, &key)
            && !self.entities[named].is_fresh
            && !self.rows[table].contains_key(key)
        {
            self.entities[named].state = Some(State::Missing);
        }
        let row = key.and_then(|key| Some((self.rows[table].get(&key)?.clone(), key)));
        row.map(|(row, key)| self.meet(table, &key, &row)).into_iter().collect()
    }

    /// Who names an entity by a foreign key: held, or a row that is loaded now.
    fn down(&mut self, number: usize, table: usize, column: usize) -> Vec<usize> {
        let parent = &self.entities[number];
        let key = parent.key.as_ref().filter(|_| parent.is(State::Persistent)).map(|key| Val::Int(key[0]));
        let rows = self.rows[table].clone();
        for (child, row) in rows.iter().filter(|(_, row)| Some(row[column]) == key) {
            let is_unsure = self.known(table, child).is_some_and(|known| self.entities[known].is_unsure);
            if !is_unsure {
                self.meet(table, child, row);
            }
        }
        let names = |&other: &usize| {
            let entity: &Entity = &self.entities[other];
            // Whose row was seen in a transaction that is undone may have none.
            let has_row = entity.is_fresh || entity.key.as_ref().is_some_and(|key| rows.contains_key(key));
            entity.table == table
                && (entity.is(State::Pending) || (entity.is(State::Persistent) && has_row))
                && self.named(other, column) == Some(number)
        };
        (0..self.entities.len()).filter(names).collect()
    }

    /// The entity that a foreign key names now: itself, as long as that is not flushed; then whoever has its key.
    pub(super) fn named(&self, number: usize, column: usize) -> Option<usize> {
        let entity = &self.entities[number];
        let table = target_of(entity.table, column);
        let by_key = |key: &Key| self.known(table, key);
        match entity.values[column] {
            Val::Of(named) => {
                let is_written = entity.key.is_some() && entity.kept[column] == entity.values[column];
                let target = &self.entities[named];
                match &target.key {
                    Some(key) if is_written || target.state.is_none() => by_key(key),
                    Some(_) | None => Some(named),
                }
            }
            Val::Int(key) => by_key(&vec![key]),
            Val::Null | Val::New => None,
        }
    }
}

fn target_of(table: usize, column: usize) -> usize {
    match TABLES[table].columns[column].1 {
        Kind::Link(target, ..) | Kind::KeyLink(target, _) => target,
        Kind::Generated | Kind::Natural | Kind::Plain | Kind::Unique | Kind::Version => {
            panic!("no foreign key")
        }
    }
}

/// What `related` gives, as a list.
trait Listed {
    fn list(self) -> Vec<Held>;
}

impl<M: Mapped> Listed for Vec<Handle<M>> {
    fn list(self) -> Vec<Held> {
        self.into_iter().map(M::held).collect()
    }
}

impl<M: Mapped> Listed for Option<Handle<M>> {
    fn list(self) -> Vec<Held> {
        self.into_iter().map(M::held).collect()
    }
}

impl<M: Mapped> Listed for Handle<M> {
    fn list(self) -> Vec<Held> {
        vec![M::held(self)]
    }
}

/// What a relation leads to, and the entities between.
type Told = (Vec<Held>, Vec<Held>);

/// Asks the session for what a relation of an entity leads to.
///
/// # Errors
/// As [`Session::related`].
pub fn ask(s: &mut Session<Proof>, held: Held, relation: &str) -> orm_core::Result<Told> {
    let mut middles = Vec::new();
    let targets = match (held, relation) {
        (Held::Author(of), "books") => s.related(of, Author::books)?.list(),
        (Held::Author(of), "edited") => s.related(of, Author::edited)?.list(),
        (Held::Book(of), "author") => s.related(of, Book::author)?.list(),
        (Held::Book(of), "editor") => s.related(of, Book::editor)?.list(),
        (Held::Node(of), "parent") => s.related(of, Node::parent)?.list(),
        (Held::Node(of), "next") => s.related(of, Node::next)?.list(),
        (Held::Node(of), "children") => s.related(of, Node::children)?.list(),
        (Held::Person(of), "favourite") => s.related(of, Person::favourite)?.list(),
        (Held::Person(of), "balls") => s.related(of, Person::balls)?.list(),
        (Held::Person(of), "admirers") => {
            let found = s.related(of, Person::admirers)?.list();
            middles = s.related(of, Person::balls)?.list();
            found
        }
        (Held::Ball(of), "owner") => s.related(of, Ball::owner)?.list(),
        (Held::Ball(of), "fan") => {
            let found = s.related(of, Ball::fan)?.list();
            middles = s.related(of, Ball::fans)?.list();
            found
        }
        (Held::Ball(of), "fans") => s.related(of, Ball::fans)?.list(),
        (Held::Item(of), "taggings") => s.related(of, Item::taggings)?.list(),
        (Held::Item(of), "tags") => {
            let found = s.related(of, Item::tags)?.list();
            middles = s.related(of, Item::taggings)?.list();
            found
        }
        (Held::Tag(of), "taggings") => s.related(of, Tag::taggings)?.list(),
        (Held::Tag(of), "items") => {
            let found = s.related(of, Tag::items)?.list();
            middles = s.related(of, Tag::taggings)?.list();
            found
        }
        (Held::Tagging(of), "item") => s.related(of, Tagging::item)?.list(),
        (Held::Tagging(of), "tag") => s.related(of, Tagging::tag)?.list(),
        (held, relation) => panic!("{held:?} has no relation `{relation}`"),
    };
    Ok((middles, targets))
}
