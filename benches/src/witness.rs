//! Sees what a run produces: nothing while it is measured, everything while it is tested.
//!
//! Without this a benchmark could be fast because it does not do the work. The same code runs in both cases; the price
//! of a witness that looks away is one branch for each result shown to it.

use std::hint::black_box;

use crate::data::{Family, Graph, Post, User, WithPost};

/// What a run shows its results to.
#[derive(Debug, Default)]
pub struct Witness {
    record: Option<Record>,
}

/// What a run produced or what its tables hold, a line a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Record {
    lines: Vec<String>,
}

impl Witness {
    /// A witness that writes down what it is shown.
    #[must_use]
    pub fn awake() -> Self {
        Self { record: Some(Record::default()) }
    }

    /// A witness that looks away; the compiler must believe that it looks.
    #[must_use]
    pub fn asleep() -> Self {
        Self { record: None }
    }

    /// Shows a result. `describe` is called by a witness that is awake only.
    #[inline]
    pub fn see<T: ?Sized>(&mut self, result: &T, describe: impl FnOnce(&T, &mut Record)) {
        let result = black_box(result);
        if let Some(record) = &mut self.record {
            describe(result, record);
        }
    }

    /// What has been written down: nothing if the witness was asleep.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record.unwrap_or_default()
    }
}

impl Record {
    /// Writes down a user.
    pub fn user(&mut self, id: i64, name: &str, hair_color: Option<&str>) {
        self.lines.push(format!("{id} {name:?} {hair_color:?}"));
    }

    /// Writes down a user with its post, if it has one, on one line.
    pub fn user_with_post(&mut self, user: impl FnOnce(&mut Self), post: Option<impl FnOnce(&mut Self)>) {
        user(self);
        if let Some(post) = post {
            let user = self.lines.pop().unwrap_or_default();
            post(self);
            let post = self.lines.pop().unwrap_or_default();
            self.lines.push(format!("{user} with {post}"));
        }
    }

    /// Writes down a post.
    pub fn post(&mut self, id: i64, user_id: i64, title: &str, body: Option<&str>) {
        self.lines.push(format!("{id} {user_id} {title:?} {body:?}"));
    }

    /// Writes down a comment.
    pub fn comment(&mut self, id: i64, post_id: i64, body: &str) {
        self.lines.push(format!("{id} {post_id} {body:?}"));
    }

    /// One line for each row, in the order in which they were written down.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// Writes down a user that is a plain struct.
pub fn describe_user(user: &User, record: &mut Record) {
    record.user(user.id, &user.name, user.hair_color.as_deref());
}

/// Writes down users that are plain structs.
pub fn describe_users(users: &[User], record: &mut Record) {
    for user in users {
        describe_user(user, record);
    }
}

/// Writes down a post that is a plain struct.
pub fn describe_post(post: &Post, record: &mut Record) {
    record.post(post.id, post.user_id, &post.title, post.body.as_deref());
}

/// Writes down posts that are plain structs.
pub fn describe_posts(posts: &[Post], record: &mut Record) {
    for post in posts {
        describe_post(post, record);
    }
}

/// Writes down users with their posts, which are plain structs.
pub fn describe_joined(rows: &[WithPost], record: &mut Record) {
    for (user, post) in rows {
        let post = post.as_ref().map(|post| |record: &mut Record| describe_post(post, record));
        record.user_with_post(|record| describe_user(user, record), post);
    }
}

/// Writes down users, posts and comments, each after the one that it belongs to.
pub fn describe_graph(graph: &Graph, record: &mut Record) {
    for Family { parent: user, children: posts } in graph {
        describe_user(user, record);
        for Family { parent: post, children: comments } in posts {
            record.post(post.id, post.user_id, &post.title, post.body.as_deref());
            for comment in comments {
                record.comment(comment.id, comment.post_id, &comment.body);
            }
        }
    }
}
