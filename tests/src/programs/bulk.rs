//! Statements over many rows, merge, and links as a set: as the oracle sees them.

use orm_core::prelude::*;

use super::bridge::{Key, Row, Val};
use super::oracle::{Learn, Oracle, Outcome, REFUSED, Rows, next, version_of};
use super::tables::{Kind, Null, Rule, TABLES};

impl Oracle {
    /// Whether it can be known what becomes of what is held when a statement changes rows of a table: nothing of it is stale,
    /// and nothing is held of the tables that go along.
    pub fn is_foreseen(&self, table: usize, is_delete: bool) -> bool {
        let goes_along = |other: usize| {
            is_delete
                && TABLES[other].columns.iter().any(|(_, kind)| {
                    matches!(kind, Kind::Link(to, Rule::Cascade | Rule::SetNull, _) | Kind::KeyLink(to, Rule::Cascade) if *to == table)
                })
        };
        self.entities.iter().all(|entity| {
            let is_held = matches!(entity.state, Some(State::Persistent | State::Deleted | State::Missing));
            let is_known = entity.is_fresh && !entity.is_unsure && !entity.is(State::Missing);
            let is_there = is_held || entity.is(State::Pending);
            !(is_there && goes_along(entity.table)) && (!is_held || entity.table != table || is_known)
        })
    }

    /// UPDATE of all rows whose plain column has a value.
    ///
    /// # Errors
    /// Of the flush before it.
    pub fn update_all(
        &mut self,
        table: usize,
        change: (Val, Val),
        learn: Learn<'_>,
    ) -> Result<u64, Vec<ErrorKind>> {
        self.flush_first(learn)?;
        let (column, version) = (TABLES[table].plain(), version_of(table));
        let reached: Vec<Key> = self.having(table, change.0);
        for key in &reached {
            let row = self.rows[table].get_mut(key).expect("the row is there");
            row[column] = change.1;
            if let Some(version) = version {
                row[version] = next(row[version]);
            }
            let row = row.clone();
            if let Some(number) =
                self.known(table, key).filter(|&known| self.entities[known].is(State::Persistent))
            {
                self.refresh(number, &row);
            }
        }
        Ok(reached.len() as u64)
    }

    /// DELETE of all rows whose plain column has a value.
    ///
    /// # Errors
    /// Of the flush before it; of a foreign key that would name nothing.
    pub fn delete_all(&mut self, table: usize, with: Val, learn: Learn<'_>) -> Result<u64, Vec<ErrorKind>> {
        self.flush_first(learn)?;
        let mut rows = self.rows.clone();
        let reached = self.having(table, with);
        let mut removed: Vec<(usize, Key)> = reached.iter().map(|key| (table, key.clone())).collect();
        removed.iter().for_each(|(table, key)| drop(rows[*table].remove(key)));
        while let Some((target, key)) = removed.pop() {
            removed.extend(follow(&mut rows, target, key[0]));
        }
        if !is_whole(&rows) {
            // Where an error leaves the transaction of no use, there is nothing more to see.
            self.is_open = self.options.habits;
            return Err(vec![ErrorKind::ForeignKey]);
        }
        self.rows = rows;
        for key in &reached {
            if let Some(number) =
                self.known(table, key).filter(|&known| self.entities[known].is(State::Persistent))
            {
                self.entities[number].state = Some(State::DeletedFlushed);
            }
        }
        Ok(reached.len() as u64)
    }

    fn having(&self, table: usize, val: Val) -> Vec<Key> {
        let column = TABLES[table].plain();
        self.rows[table].iter().filter(|(_, row)| row[column] == val).map(|(key, _)| key.clone()).collect()
    }

    /// `merge`: copies values over the entity of their key, or adds them. Gives its number.
    ///
    /// # Errors
    /// Misuse for one that is marked deleted; of the flush before the row is looked for.
    pub fn merge(&mut self, table: usize, values: Row, learn: Learn<'_>) -> Result<usize, Vec<ErrorKind>> {
        let Some(key) = self.key_of(table, &values) else { return Ok(self.add_more(table, values)) };
        if self.has_failed {
            return Err(super::oracle::all_kinds());
        }
        let pending = self.pending_with(table, &key).next();
        if pending.is_none()
            && self.known(table, &key).is_some_and(|known| self.entities[known].is(State::Deleted))
        {
            return Err(vec![REFUSED]);
        }
        let found = match pending {
            Some(number) => Some(number),
            None => self.get(table, &key, learn)?,
        };
        let Some(number) = found else { return Ok(self.add_more(table, values)) };
        for (column, val) in values.into_iter().enumerate() {
            self.set(number, column, val);
        }
        Ok(number)
    }

    /// The new entities that have a key.
    fn pending_with<'a>(&'a self, table: usize, key: &'a Key) -> impl Iterator<Item = usize> + 'a {
        (0..self.entities.len()).filter(move |&number| {
            let entity = &self.entities[number];
            entity.table == table
                && entity.is(State::Pending)
                && self.key_of(table, &entity.values).as_ref() == Some(key)
        })
    }

    /// Whether several new entities have the key of some values.
    pub fn has_twins(&self, table: usize, values: &[Val]) -> bool {
        self.key_of(table, values).is_some_and(|key| self.pending_with(table, &key).count() > 1)
    }

    fn add_more(&mut self, table: usize, values: Row) -> usize {
        self.add(table, values);
        self.entities.len() - 1
    }

    /// The key that values have.
    pub(super) fn key_of(&self, table: usize, values: &[Val]) -> Option<Key> {
        let parts = values[..TABLES[table].key_width()].iter().map(|&val| match self.resolve(val) {
            Val::Int(part) => Some(part),
            Val::Null | Val::New | Val::Of(_) => None,
        });
        parts.collect()
    }

    /// Whether an entity has a row, and a key that is to change.
    pub fn is_renamed(&self, number: usize) -> bool {
        let entity = &self.entities[number];
        entity.is(State::Persistent)
            && TABLES[entity.table].columns[0].1 == Kind::Natural
            && entity.values[0] != entity.kept[0]
    }

    /// Whether the key of an entity can be changed: nobody names it, held or not.
    pub fn may_be_renamed(&self, number: usize) -> bool {
        let entity = &self.entities[number];
        let names_it = |val: Val| val == Val::Of(number) || int_key(val) == entity.key;
        entity.is(State::Persistent)
            && entity.table == 6
            && !self.rows[7].values().any(|row| names_it(row[1]))
            && !self.entities.iter().any(|other| other.table == 7 && names_it(other.values[1]))
    }

    /// `link`: the link of two entities; a new one if they have none, or the one that was taken away.
    pub fn link(&mut self, item: usize, tag: usize) -> usize {
        if let Some(&known) = self.links(item, tag, State::Persistent).first() {
            return known;
        }
        if let Some(&marked) = self.links(item, tag, State::Deleted).first() {
            self.entities[marked].state = Some(State::Persistent);
            self.entities[marked].was_moved = true;
            return marked;
        }
        self.add_more(7, vec![Val::Of(item), Val::Of(tag), Val::Int(0)])
    }

    /// `unlink`: takes away the links of two entities that are held.
    pub fn unlink(&mut self, item: usize, tag: usize) {
        for number in self.links(item, tag, State::Persistent) {
            self.delete(number);
        }
    }

    pub(super) fn links(&self, item: usize, tag: usize, state: State) -> Vec<usize> {
        let is_link = |&number: &usize| {
            let entity = &self.entities[number];
            let is_there = entity.is(state) || (state == State::Persistent && entity.is(State::Pending));
            entity.table == 7
                && is_there
                && self.named(number, 0) == Some(item)
                && self.named(number, 1) == Some(tag)
        };
        (0..self.entities.len()).filter(is_link).collect()
    }

    fn flush_first(&mut self, learn: Learn<'_>) -> Outcome {
        if self.has_failed {
            return Err(super::oracle::all_kinds());
        }
        if self.options.autoflush { self.flush(learn) } else { Ok(()) }
    }
}

/// The key that a number is.
pub(super) fn int_key(val: Val) -> Option<Key> {
    match val {
        Val::Int(key) => Some(vec![key]),
        Val::Null | Val::New | Val::Of(_) => None,
    }
}

/// Does to the rows that name a removed one what their foreign keys say; gives those that go.
fn follow(rows: &mut Rows, target: usize, key: i64) -> Vec<(usize, Key)> {
    let mut gone = Vec::new();
    for (table, described) in TABLES.iter().enumerate() {
        for (column, (_, kind)) in described.columns.iter().enumerate() {
            let naming = rows[table].iter().filter(|(_, row)| row[column] == Val::Int(key));
            let naming: Vec<Key> = naming.map(|(key, _)| key.clone()).collect();
            match kind {
                Kind::Link(to, Rule::Cascade, _) | Kind::KeyLink(to, Rule::Cascade) if *to == target => {
                    naming.iter().for_each(|key| drop(rows[table].remove(key)));
                    gone.extend(naming.into_iter().map(|key| (table, key)));
                }
                Kind::Link(to, Rule::SetNull, _) if *to == target => {
                    naming
                        .iter()
                        .for_each(|key| rows[table].get_mut(key).expect("it is there")[column] = Val::Null);
                }
                _ => {}
            }
        }
    }
    gone
}

/// Whether every foreign key names a row.
fn is_whole(rows: &Rows) -> bool {
    TABLES.iter().enumerate().all(|(table, described)| {
        described.columns.iter().enumerate().all(|(column, (_, kind))| match kind {
            Kind::Link(to, _, null) => rows[table].values().all(|row| match row[column] {
                Val::Int(key) => rows[*to].contains_key(&vec![key]),
                Val::Null => *null == Null::Allowed,
                Val::New | Val::Of(_) => false,
            }),
            Kind::KeyLink(to, _) => rows[table]
                .values()
                .all(|row| matches!(row[column], Val::Int(key) if rows[*to].contains_key(&vec![key]))),
            Kind::Generated | Kind::Natural | Kind::Plain | Kind::Unique | Kind::Version => true,
        })
    })
}
