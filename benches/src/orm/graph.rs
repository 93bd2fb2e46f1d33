//! Rows nested in rows: values that no session knows, and entities.

use orm_core::Loaded;
use orm_core::prelude::*;

use super::{BenchDb, Comment, Post, User, describe_post, describe_user, key_of, new_users, open};
use crate::data::{GRAPH_USERS, graph_comments, graph_posts};
use crate::witness::{Record, Witness};
use crate::workload::{Task, Tracking};

pub(super) struct LoadGraph {
    maker: SessionMaker<BenchDb>,
    tracking: Tracking,
}

/// Entities nested in entities.
type Nested = Vec<(Handle<User>, Vec<(Handle<Post>, Vec<Handle<Comment>>)>)>;

impl LoadGraph {
    pub(super) fn new(tracking: Tracking) -> Result<Self, Error> {
        let maker = open()?;
        maker.transaction(|s| {
            s.add_all(new_users(GRAPH_USERS));
            s.add_all(graph_posts().into_iter().map(|post| Post {
                id: post.id.into(),
                user: post.user_id.into(),
                title: post.title,
                body: post.body,
            }));
            s.add_all(graph_comments().into_iter().map(|comment| Comment {
                id: comment.id.into(),
                post: comment.post_id.into(),
                body: comment.body,
            }));
            Ok(())
        })?;
        Ok(LoadGraph { maker, tracking })
    }
}

impl Task for LoadGraph {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        match self.tracking {
            Tracking::Untracked => {
                let users = load_values(&mut s).expect("a graph loads");
                witness.see(&users, |users, record| {
                    describe_values(users, record).expect("all of it is loaded");
                });
            }
            Tracking::Tracked => {
                let users = load_entities(&mut s).expect("a graph loads");
                witness.see(&users, |users, record| describe_entities(&s, users, record));
            }
        }
    }
}

fn load_values(s: &mut Session<BenchDb>) -> Result<Vec<Loaded<User>>, Error> {
    s.query::<User>().order_by(User::id).untracked().with(User::posts.then(Post::comments)).all()
}

fn load_entities(s: &mut Session<BenchDb>) -> Result<Nested, Error> {
    let users = s.query::<User>().order_by(User::id).with(User::posts.then(Post::comments)).all()?;
    let mut nested = Vec::with_capacity(users.len());
    for user in users {
        let mut posts = Vec::new();
        for post in s.related(user, User::posts)? {
            posts.push((post, s.related(post, Post::comments)?));
        }
        nested.push((user, posts));
    }
    Ok(nested)
}

fn describe_values(users: &[Loaded<User>], record: &mut Record) -> Result<(), Error> {
    for user in users {
        describe_user(user, record);
        for post in user.related(User::posts)? {
            describe_post(post, record);
            for comment in post.related(Post::comments)? {
                describe_comment(comment, record);
            }
        }
    }
    Ok(())
}

fn describe_entities(s: &Session<BenchDb>, users: &Nested, record: &mut Record) {
    for (user, posts) in users {
        describe_user(&s[*user], record);
        for (post, comments) in posts {
            describe_post(&s[*post], record);
            comments.iter().for_each(|&comment| describe_comment(&s[comment], record));
        }
    }
}

fn describe_comment(comment: &Comment, record: &mut Record) {
    record.comment(key_of(&comment.id), key_of(&comment.post), &comment.body);
}
