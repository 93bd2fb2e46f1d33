//! Random edits against a naive model: after each step every relation leads to what the model says, flushed or not.

use orm_core::prelude::*;

use crate::dice::Dice;
use crate::fixture::Lab;
use crate::models::*;

rules! { related_random:
    relations_follow_random_edits,
    relations_follow_random_edits_in_small_batches,
}

fn relations_follow_random_edits(lab: &Lab) {
    (1..=20).for_each(|seed| run(lab, seed, 500));
}

fn relations_follow_random_edits_in_small_batches(lab: &Lab) {
    (21..=40).for_each(|seed| run(lab, seed, 1));
}

/// A post, its author and its editor.
type NaivePost = (Handle<Post>, usize, Option<usize>);

/// What is to be, by handles.
#[derive(Clone, Default)]
struct Naive {
    posts: Vec<NaivePost>,
    comments: Vec<(Handle<Comment>, Handle<Post>)>,
    members: Vec<(usize, usize)>,
}

struct World {
    s: Session<Blog>,
    users: Vec<Handle<User>>,
    groups: Vec<Handle<Group>>,
    now: Naive,
    committed: Naive,
    dice: Dice,
}

impl World {
    fn below(&mut self, limit: usize) -> usize {
        self.dice.below(limit)
    }

    fn step(&mut self) {
        match self.below(12) {
            0 | 1 => self.add_post(),
            2 => self.add_comment(),
            3 | 4 => self.move_post(),
            5 => self.move_comment(),
            6 => self.delete_post(),
            7 | 8 => self.toggle_member(),
            9 => self.s.flush().unwrap(),
            10 => {
                self.s.commit().unwrap();
                self.committed = self.now.clone();
            }
            _ => {
                self.s.rollback().unwrap();
                self.now = self.committed.clone();
            }
        }
    }

    fn add_post(&mut self) {
        let author = self.below(self.users.len());
        let post = match self.below(2) {
            0 => Post::by(self.users[author], "by handle"),
            _ => Post::by(author as i64 + 1, "by key"),
        };
        let handle = self.s.add(post);
        self.now.posts.push((handle, author, None));
    }

    fn add_comment(&mut self) {
        if self.now.posts.is_empty() {
            return;
        }
        let at = self.below(self.now.posts.len());
        let post = self.now.posts[at].0;
        let comment = self.s.add(Comment { post: post.into(), body: "b".into(), ..Comment::default() });
        self.now.comments.push((comment, post));
    }

    fn move_post(&mut self) {
        if self.now.posts.is_empty() {
            return;
        }
        let (at, to) = (self.below(self.now.posts.len()), self.below(self.users.len()));
        let post = self.now.posts[at].0;
        match self.below(3) {
            0 => {
                self.s[post].author = self.users[to].into();
                self.now.posts[at].1 = to;
            }
            1 => {
                self.s[post].editor = Some((to as i64 + 1).into());
                self.now.posts[at].2 = Some(to);
            }
            _ => {
                self.s[post].editor = None;
                self.now.posts[at].2 = None;
            }
        }
    }

    fn move_comment(&mut self) {
        if self.now.comments.is_empty() {
            return;
        }
        let (at, to) = (self.below(self.now.comments.len()), self.below(self.now.posts.len()));
        let post = self.now.posts[to].0;
        self.s[self.now.comments[at].0].post = post.into();
        self.now.comments[at].1 = post;
    }

    /// A post goes with its comments.
    fn delete_post(&mut self) {
        if self.now.posts.is_empty() {
            return;
        }
        let at = self.below(self.now.posts.len());
        let (post, ..) = self.now.posts.remove(at);
        for (comment, _) in self.now.comments.iter().filter(|(_, of)| *of == post) {
            self.s.delete(*comment);
        }
        self.now.comments.retain(|(_, of)| *of != post);
        self.s.delete(post);
    }

    fn toggle_member(&mut self) {
        let edge = (self.below(self.users.len()), self.below(self.groups.len()));
        let (user, group) = (self.users[edge.0], self.groups[edge.1]);
        if self.now.members.contains(&edge) {
            self.s.unlink(user, User::groups, group).unwrap();
            self.now.members.retain(|other| *other != edge);
        } else {
            self.s.link(group, Group::members, user).unwrap();
            self.now.members.push(edge);
        }
    }

    /// Some of what relations lead to, so that lists are known for some and not for others.
    fn check(&mut self, context: &str) {
        for user in 0..self.users.len() {
            if self.below(3) == 0 {
                continue;
            }
            let handle = self.users[user];
            let of = |is: &dyn Fn(&NaivePost) -> bool| -> Vec<Handle<Post>> {
                self.now.posts.iter().filter(|post| is(post)).map(|post| post.0).collect()
            };
            let (written, edited) = (of(&|post| post.1 == user), of(&|post| post.2 == Some(user)));
            let received = self.now.comments.iter().filter(|(_, post)| written.contains(post));
            let received: Vec<Handle<Comment>> = received.map(|(comment, _)| *comment).collect();
            let groups = self.now.members.iter().filter(|edge| edge.0 == user);
            let groups: Vec<Handle<Group>> = groups.map(|edge| self.groups[edge.1]).collect();
            same(self.s.related(handle, User::posts).unwrap(), written, context);
            same(self.s.related(handle, User::edited).unwrap(), edited, context);
            same(self.s.related(handle, User::received).unwrap(), received, context);
            same(self.s.related(handle, User::groups).unwrap(), groups, context);
        }
        for (post, author, editor) in self.now.posts.clone() {
            assert_eq!(self.s.related(post, Post::author).unwrap(), self.users[author], "{context}");
            assert_eq!(
                self.s.related(post, Post::editor).unwrap(),
                editor.map(|at| self.users[at]),
                "{context}"
            );
        }
    }
}

fn same<M: Model>(found: Vec<Handle<M>>, wanted: Vec<Handle<M>>, context: &str) {
    let mut found: Vec<String> = found.iter().map(|handle| format!("{handle:?}")).collect();
    let mut wanted: Vec<String> = wanted.iter().map(|handle| format!("{handle:?}")).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{context}");
}

fn run(lab: &Lab, seed: u64, lazy_batch: usize) {
    let db = lab.db();
    let mut s = db.maker().lazy_batch(lazy_batch).session();
    let users = s.add_all(["ann", "bob", "cat"].map(User::named));
    let groups =
        s.add_all(["one", "two", "three"].map(|name| Group { name: name.into(), ..Group::default() }));
    s.commit().unwrap();
    let dice = Dice::new(seed);
    let mut world = World { s, users, groups, now: Naive::default(), committed: Naive::default(), dice };
    for step in 0..60 {
        world.step();
        if world.below(2) == 0 {
            world.check(&format!("seed {seed}, step {step}"));
        }
    }
}
