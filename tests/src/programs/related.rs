//! What relations lead to: as the session tells it, and as the oracle says it.
//!
//! The oracle looks at the foreign keys as they are now of all entities, and at the rows that nobody holds yet.

use orm_core::prelude::*;

use super::bridge::{Held, Key, Mapped, Row, Val};
use super::entity::Entity;
use super::oracle::Oracle;
use super::tables::*;

/// Which of the rows that name another count.
#[derive(Clone, Copy)]
enum Only {
    All,
    /// All, but those that lead nowhere by a column are not loaded.
    Leading(usize),
    /// Those with so much in their plain column.
    Least(i64),
}

impl Oracle {
    /// Whether an entity can be asked for what its relations lead to.
    pub fn is_asked(&self, number: usize) -> bool {
        let entity = &self.entities[number];
        !self.has_failed && (entity.is(State::Pending) || entity.is(State::Persistent))
    }

    /// What a relation of an entity leads to; rows that nobody held get numbers.
    pub fn related(&mut self, number: usize, relation: &Related) -> Vec<usize> {
        let only = if relation.is_filtered { Only::Least(LEAST) } else { Only::All };
        match relation.path {
            Path::Up(column) => self.up(number, column),
            Path::Down(table, column) | Path::One(table, column) => self.down(number, (table, column), only),
            Path::Through(table, back, on) => {
                let links = self.down(number, (table, back), Only::Leading(on));
                links.iter().flat_map(|&link| self.up(link, on)).collect()
            }
            Path::Via(steps) => {
                let mut found = vec![number];
                for (at, &step) in steps.iter().enumerate() {
                    let only = if at + 1 == steps.len() { only } else { Only::All };
                    found = found.iter().flat_map(|&number| self.down(number, step, only)).collect();
                }
                found
            }
        }
    }

    /// Whether it is known who meets the condition of a relation: of a row that was set before it was seen, or whose savepoint
    /// was undone, only some columns are known.
    pub fn is_decided(&self, relation: &Related) -> bool {
        let is_open = |entity: &Entity| (entity.is_touched && !entity.is_fresh) || entity.is_unsure;
        let is_open = |entity: &Entity| is_open(entity) && entity.is(State::Persistent);
        !relation.is_filtered || !self.entities.iter().any(is_open)
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
        // What is withdrawn names an entity again that was expunged since: that leads nowhere, and nothing is looked for.
        let is_gone = matches!(self.entities[number].values[column], Val::Of(given) if self.entities[given].state.is_none())
            && self.entities[number].is(State::Pending);
        if let (Some(named), Some(key)) = (named, &key)
            && !is_gone
            && !self.entities[named].is_fresh
            && !self.rows[table].contains_key(key)
        {
            self.entities[named].state = Some(State::Missing);
        }
        let row = key.and_then(|key| Some((self.rows[table].get(&key)?.clone(), key)));
        row.map(|(row, key)| self.meet(table, &key, &row)).into_iter().collect()
    }

    /// Who names an entity by a foreign key: held, or a row that is loaded now.
    fn down(&mut self, number: usize, (table, column): (usize, usize), only: Only) -> Vec<usize> {
        let meets = |row: &Row| match only {
            Only::Least(least) => row[TABLES[table].plain()] >= Val::Int(least),
            Only::All | Only::Leading(_) => true,
        };
        let is_loaded = |row: &Row| match only {
            Only::Leading(on) => row[on] != Val::Null,
            Only::All | Only::Least(_) => meets(row),
        };
        let parent = &self.entities[number];
        let key = parent.key.as_ref().filter(|_| parent.is(State::Persistent)).map(|key| Val::Int(key[0]));
        let rows = self.rows[table].clone();
        for (child, row) in rows.iter().filter(|(_, row)| Some(row[column]) == key && is_loaded(row)) {
            let is_unsure = self.known(table, child).is_some_and(|known| self.entities[known].is_unsure);
            if !is_unsure {
                self.meet(table, child, row);
            }
            // What it leads to comes with it.
            if let Only::Leading(on) = only
                && let Val::Int(end) = row[on]
            {
                let (target, end) = (target_of(table, on), vec![end]);
                let row = self.rows[target].get(&end).cloned();
                if let Some(row) = row {
                    self.meet(target, &end, &row);
                }
            }
        }
        let names = |&other: &usize| {
            let entity: &Entity = &self.entities[other];
            // Whose row was seen in a transaction that is undone may have none.
            let has_row = entity.is_fresh || entity.key.as_ref().is_some_and(|key| rows.contains_key(key));
            entity.table == table
                && meets(&entity.values)
                && (entity.is_fresh || entity.is(State::Pending) || !matches!(only, Only::Least(_)))
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

/// Asks the session for what a relation of an entity leads to.
///
/// # Errors
/// As [`Session::related`].
pub fn ask(s: &mut Session<Proof>, held: Held, relation: &str) -> orm_core::Result<Vec<Held>> {
    macro_rules! ask {
        ($($model:ident: $($name:ident)*;)*) => {
            match (held, relation) {
                $($((Held::$model(of), stringify!($name)) => s.related(of, $model::$name)?.list(),)*)*
                (held, relation) => panic!("{held:?} has no relation `{relation}`"),
            }
        };
    }
    Ok(ask! {
        Author: books edited long editors;
        Book: author editor;
        Node: parent children next second leaders before previous;
        Person: favourite balls admirers fond;
        Ball: owner fan fans;
        Item: taggings tags heavy;
        Tag: taggings items;
        Tagging: item tag;
    })
}
