//! Random edits, deletes, new keys and flushes in savepoints of any depth: undoing a frame puts back every value, state and key
//! of when it opened, and asks the database for nothing.

use orm_core::Error;
use orm_core::prelude::*;

use crate::dice::Dice;
use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { undo_random:
    s26_undoing_any_frame_restores_values_states_and_keys_without_sql,
}

fn s26_undoing_any_frame_restores_values_states_and_keys_without_sql(lab: &Lab) {
    for seed in 1..=25 {
        let db = lab.db();
        let mut world = World { db: &db, dice: Dice::new(seed), made: 0, held: Vec::new(), undone: 0 };
        let mut s = db.session();
        for _ in 0..8 {
            world.transaction(&mut s);
        }
        assert!(world.undone > 0, "seed {seed} undoes nothing");
    }
}

/// An entity of any of the models.
#[derive(Clone, Copy)]
enum Held {
    User(Handle<User>),
    Post(Handle<Post>),
    Country(Handle<Country>),
}

impl Held {
    fn state(self, s: &Session<Blog>) -> Option<State> {
        match self {
            Held::User(handle) => s.state(handle),
            Held::Post(handle) => s.state(handle),
            Held::Country(handle) => s.state(handle),
        }
    }

    /// State, key and values, as text.
    fn shown(self, s: &Session<Blog>) -> String {
        let state = self.state(s);
        match self {
            Held::User(handle) => format!("{state:?} {:?} {:?}", s.key(handle), s.find(handle)),
            Held::Post(handle) => format!("{state:?} {:?} {:?}", s.key(handle), s.find(handle)),
            Held::Country(handle) => format!("{state:?} {:?} {:?}", s.key(handle), s.find(handle)),
        }
    }
}

struct World<'a> {
    db: &'a Db<Blog>,
    dice: Dice,
    made: i64,
    held: Vec<Held>,
    undone: usize,
}

impl World<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.dice.below(limit)
    }

    fn shown(&self, s: &Session<Blog>) -> Vec<String> {
        self.held.iter().map(|held| held.shown(s)).collect()
    }

    /// One of those that can be written.
    fn one<T>(&mut self, s: &Session<Blog>, of: impl Fn(Held) -> Option<T>) -> Option<T> {
        let live =
            self.held.iter().filter(|held| matches!(held.state(s), Some(State::Pending | State::Persistent)));
        let mut all: Vec<T> = live.filter_map(|held| of(*held)).collect();
        if all.is_empty() { None } else { Some(all.swap_remove(self.below(all.len()))) }
    }

    fn user(&mut self, s: &Session<Blog>) -> Option<Handle<User>> {
        self.one(s, |held| if let Held::User(user) = held { Some(user) } else { None })
    }

    fn post(&mut self, s: &Session<Blog>) -> Option<Handle<Post>> {
        self.one(s, |held| if let Held::Post(post) = held { Some(post) } else { None })
    }

    fn country(&mut self, s: &Session<Blog>) -> Option<Handle<Country>> {
        self.one(s, |held| if let Held::Country(country) = held { Some(country) } else { None })
    }

    fn transaction(&mut self, s: &mut Session<Blog>) {
        let before = self.shown(s);
        self.block(s, 0);
        if self.below(2) == 0 {
            return s.commit().unwrap();
        }
        self.db.sent();
        s.rollback().unwrap();
        self.check(s, &before, &["ROLLBACK"]);
    }

    fn block(&mut self, s: &mut Session<Blog>, depth: usize) {
        for _ in 0..3 + self.below(6) {
            match self.below(12) {
                0..=2 => self.add(s),
                3..=5 => self.edit(s),
                6 => self.rename(s),
                7 => self.delete(s),
                8 => s.flush().unwrap(),
                _ if depth < 4 => self.nested(s, depth),
                _ => {}
            }
        }
    }

    fn nested(&mut self, s: &mut Session<Blog>, depth: usize) {
        let mut before = Vec::new();
        let is_kept = self.below(2) == 0;
        let result = s.nested(|s| {
            before = self.shown(s);
            self.block(s, depth + 1);
            self.db.sent();
            if is_kept { Ok(()) } else { Err(Error::misuse("undo")) }
        });
        if is_kept {
            return result.unwrap();
        }
        self.check(s, &before, &["ROLLBACK TO", "RELEASE"]);
    }

    /// What was there is as it was, and what came since is withdrawn.
    fn check(&mut self, s: &Session<Blog>, before: &[String], ends: &[&str]) {
        self.undone += 1;
        let sent = self.db.sent();
        assert!(sent.iter().all(|sql| ends.iter().any(|end| sql.starts_with(end))), "{sent:?}");
        let now = self.shown(s);
        assert_eq!(&now[..before.len()], before);
        for held in &self.held[before.len()..] {
            assert_eq!(held.state(s), Some(State::Withdrawn), "{}", held.shown(s));
            assert!(held.shown(s).contains(" None "), "it has no key: {}", held.shown(s));
        }
    }

    fn add(&mut self, s: &mut Session<Blog>) {
        self.made += 1;
        let name = format!("n{}", self.made);
        let held = match (self.below(3), self.user(s)) {
            (0, Some(author)) => Held::Post(s.add(Post::by(author, &name))),
            (1, _) => {
                let parent = self.country(s).map(Id::Of);
                Held::Country(s.add(Country { parent, ..Country::new(&name, "new") }))
            }
            (_, _) => Held::User(s.add(User::named(&name))),
        };
        self.held.push(held);
    }

    fn edit(&mut self, s: &mut Session<Blog>) {
        self.made += 1;
        let (made, user) = (self.made, self.user(s));
        match (self.below(3), user, self.post(s)) {
            (0, Some(author), Some(post)) => s[post].author = author.into(),
            (1, _, Some(post)) => s[post].views = made,
            (_, Some(user), _) => s[user].age += 1,
            (_, None, _) => {}
        }
    }

    /// A row gets another key; those that name it follow.
    fn rename(&mut self, s: &mut Session<Blog>) {
        self.made += 1;
        if let Some(country) = self.country(s) {
            s[country].code = format!("r{}", self.made);
        }
    }

    /// Posts go with their author.
    fn delete(&mut self, s: &mut Session<Blog>) {
        match (self.below(2), self.post(s), self.user(s)) {
            (0, Some(post), _) => s.delete(post),
            (_, _, Some(user)) if s.state(user) == Some(State::Persistent) => s.delete(user),
            (_, _, _) => {}
        }
    }
}
