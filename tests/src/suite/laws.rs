//! What holds whatever a program does: random work beside a plain model of what the database has to hold.

use std::collections::BTreeMap;

use orm_core::prelude::*;

use crate::dice::Dice;
use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { laws:
    random_work_leaves_what_a_plain_model_says,
    random_work_with_faults_leaves_what_a_plain_model_says,
    random_work_with_deletes_leaves_what_a_plain_model_says,

    random_trees_are_stored_and_deleted_in_any_order,
}

/// A post as the plain model has it: its title, views, and the number of its author.
#[derive(Clone, Debug, PartialEq)]
struct Plain {
    title: String,
    views: i64,
    author: Handle<User>,
}

/// What has to be in the session.
#[derive(Clone, Debug, Default)]
struct World {
    users: BTreeMap<usize, (Handle<User>, String)>,
    posts: BTreeMap<usize, (Handle<Post>, Plain)>,
}

/// What may happen in a game.
#[derive(Clone, Copy, Default)]
struct Rules {
    faults: bool,
    deletes: bool,
}

struct Game<'a> {
    db: &'a Db<Blog>,
    dice: Dice,
    rules: Rules,
    next: usize,
    world: World,
    committed: World,
}

impl Game<'_> {
    fn step(&mut self, s: &mut Session<Blog>) {
        self.next += 1;
        match self.dice.below(16) {
            0..=2 => self.add_user(s),
            3..=6 => self.add_post(s),
            7..=8 => self.edit_user(s),
            9..=11 => self.edit_post(s),
            12 if self.rules.deletes => self.delete_post(s),
            13 if self.rules.deletes => self.delete_user(s),
            14 => s.flush().unwrap(),
            _ => self.nested(s),
        }
    }

    fn add_user(&mut self, s: &mut Session<Blog>) {
        let name = format!("user {}", self.next);
        let user = s.add(User::named(&name));
        self.world.users.insert(self.next, (user, name));
    }

    fn add_post(&mut self, s: &mut Session<Blog>) {
        let Some((author, _)) = self.user() else { return };
        let title = format!("post {}", self.next);
        let post = s.add(Post::by(author, &title));
        self.world.posts.insert(self.next, (post, Plain { title, views: 0, author }));
    }

    fn user(&mut self) -> Option<(Handle<User>, usize)> {
        let place = self.dice.below(self.world.users.len().max(1));
        self.world.users.iter().nth(place).map(|(&key, &(user, _))| (user, key))
    }

    fn post(&mut self) -> Option<usize> {
        let place = self.dice.below(self.world.posts.len().max(1));
        self.world.posts.keys().nth(place).copied()
    }

    fn edit_user(&mut self, s: &mut Session<Blog>) {
        let Some((user, key)) = self.user() else { return };
        let name = format!("renamed {}", self.next);
        s[user].name.clone_from(&name);
        self.world.users.insert(key, (user, name));
    }

    fn edit_post(&mut self, s: &mut Session<Blog>) {
        let (Some(key), Some((author, _))) = (self.post(), self.user()) else { return };
        let is_moved = self.dice.below(2) == 0;
        let (post, plain) = self.world.posts.get_mut(&key).unwrap();
        s[*post].views += 1;
        plain.views += 1;
        if is_moved {
            s[*post].author = author.into();
            plain.author = author;
        }
    }

    fn delete_post(&mut self, s: &mut Session<Blog>) {
        let Some(key) = self.post() else { return };
        let (post, _) = self.world.posts.remove(&key).unwrap();
        s.delete(post);
    }

    /// Deletes a user, and all posts first, so that nothing hangs on the cascade.
    fn delete_user(&mut self, s: &mut Session<Blog>) {
        let Some((user, key)) = self.user() else { return };
        self.world.posts.retain(|_, (post, plain)| {
            let stays = plain.author != user;
            if !stays {
                s.delete(*post);
            }
            stays
        });
        s.delete(user);
        self.world.users.remove(&key);
    }

    fn nested(&mut self, s: &mut Session<Blog>) {
        let before = self.world.clone();
        let is_kept = self.dice.below(2) == 0;
        let steps = self.dice.below(6);
        let done = s.nested(|s| {
            (0..steps).for_each(|_| self.step(s));
            if is_kept { Ok(()) } else { Err(Error::misuse("undone")) }
        });
        assert_eq!(done.is_ok(), is_kept, "{done:?}");
        if !is_kept {
            self.world = before;
        }
    }

    fn commit(&mut self, s: &mut Session<Blog>) {
        s.commit().unwrap();
        self.committed = self.world.clone();
    }

    fn rollback(&mut self, s: &mut Session<Blog>) {
        s.rollback().unwrap();
        self.world = self.committed.clone();
    }

    /// The session holds what the world says, and, after a flush, so does the database.
    fn check(&self, s: &mut Session<Blog>) {
        for (user, name) in self.world.users.values() {
            assert_eq!((&s[*user].name, s.state(*user).is_some()), (name, true));
        }
        for (post, plain) in self.world.posts.values() {
            assert_eq!((&s[*post].title, s[*post].views), (&plain.title, plain.views));
            assert_eq!(s.key(s[*post].author), s.key(plain.author));
        }
        let mut posts: Vec<_> = s.query::<Post>().untracked().all().unwrap();
        posts.sort_by_key(|post| post.title.clone());
        let mut expected: Vec<_> = self.world.posts.values().collect();
        expected.sort_by_key(|(_, plain)| plain.title.clone());
        assert_eq!(posts.len(), expected.len());
        for (row, (post, plain)) in posts.iter().zip(expected) {
            assert_eq!((&row.title, row.views), (&plain.title, plain.views));
            assert_eq!((s.key(row.id), s.key(row.author)), (s.key(*post), s.key(plain.author)));
        }
        assert_eq!(s.query::<User>().count().unwrap(), self.world.users.len() as u64);
        assert!(s.plan().unwrap().is_empty());
    }
}

fn play(lab: &Lab, seed: u64, rules: Rules) {
    let db = lab.db();
    let mut s = db.session();
    let dice = Dice::new(seed);
    let mut game =
        Game { db: &db, dice, rules, next: 0, world: World::default(), committed: World::default() };
    for _ in 0..60 {
        for _ in 0..game.dice.below(12) {
            game.step(&mut s);
        }
        match game.dice.below(if rules.faults { 4 } else { 3 }) {
            0 => game.rollback(&mut s),
            1 => game.check(&mut s),
            2 => game.commit(&mut s),
            _ => {
                let nth = 1 + game.dice.below(5);
                game.db.probe.fail_nth(nth, Error::database("a fault"));
                match s.commit() {
                    Ok(()) => game.committed = game.world.clone(),
                    Err(_) => game.rollback(&mut s),
                }
                game.db.probe.forget_faults();
            }
        }
        game.check(&mut s);
    }
}

fn random_work_leaves_what_a_plain_model_says(lab: &Lab) {
    for seed in 1..=20 {
        play(lab, 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed), Rules::default());
    }
}

fn random_work_with_faults_leaves_what_a_plain_model_says(lab: &Lab) {
    for seed in 1..=20 {
        play(lab, 0xD1B5_4A32_D192_ED03_u64.wrapping_mul(seed), Rules { faults: true, ..Rules::default() });
    }
}

fn random_work_with_deletes_leaves_what_a_plain_model_says(lab: &Lab) {
    for seed in 1..=20 {
        for faults in [false, true] {
            play(lab, 0xA076_1D64_78BD_642F_u64.wrapping_mul(seed), Rules { faults, deletes: true });
        }
    }
}

fn random_trees_are_stored_and_deleted_in_any_order(lab: &Lab) {
    let mut dice = Dice::new(42);
    for _ in 0..20 {
        let db = lab.db();
        let mut s = db.session();
        let mut all: Vec<Handle<Employee>> = Vec::new();
        for number in 0..30 {
            all.push(s.add(Employee::under(None, &number.to_string())));
        }
        // Each is under one that was added later or earlier, in a shuffled order, so that there is no cycle.
        let mut order = all.clone();
        (1..order.len()).rev().for_each(|place| order.swap(place, dice.below(place + 1)));
        for place in 1..order.len() {
            let manager = order[dice.below(place)];
            s[order[place]].manager = manager.into();
        }
        s.commit().unwrap();
        let rows: Vec<Employee> = s.query().untracked().all().unwrap();
        assert!(rows.iter().all(|row| row.manager.is_none_or(|manager| manager.key() < row.id.key())));
        assert_eq!(rows.iter().filter(|row| row.manager.is_none()).count(), 1);
        (1..order.len()).rev().for_each(|place| order.swap(place, dice.below(place + 1)));
        order.into_iter().for_each(|employee| s.delete(employee));
        s.commit().unwrap();
        assert_eq!(s.query::<Employee>().count().unwrap(), 0);
    }
}
