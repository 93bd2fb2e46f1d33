//! Rows nested in rows: one statement for each level, children put to their parents as they come.

use std::rc::Rc;

use rusqlite::Connection;

use super::statement::{Row, Statement};
use super::{SELECT_USERS, decode_post, decode_user};
use crate::data::{Comment, Family, GRAPH_COMMENTS, GRAPH_POSTS, GRAPH_USERS, Graph, Post, User};
use crate::witness::{Witness, describe_graph};
use crate::workload::Task;

pub(super) struct LoadGraph {
    users: Statement,
    posts: Statement,
    comments: Statement,
}

impl LoadGraph {
    pub(super) fn new(connection: Connection) -> Self {
        let connection = Rc::new(connection);
        let posts = select_of("id, user_id, title, body FROM posts WHERE user_id", GRAPH_USERS);
        let comments = select_of("id, post_id, body FROM comments WHERE post_id", GRAPH_POSTS);
        LoadGraph {
            users: Statement::prepare(&connection, SELECT_USERS),
            posts: Statement::prepare(&connection, &posts),
            comments: Statement::prepare(&connection, &comments),
        }
    }

    fn load(&mut self) -> Graph {
        let mut users = self.load_users();
        let mut posts = self.load_posts(&users);
        self.load_comments(&mut posts);
        let mut at = 0;
        for family in posts {
            at = find(&users, at, |user: &User| user.id == family.parent.user_id);
            users[at].children.push(family);
        }
        users
    }

    fn load_users(&mut self) -> Graph {
        let mut users = Vec::with_capacity(GRAPH_USERS);
        let mut rows = self.users.query([]);
        while let Some(row) = rows.next() {
            users.push(Family { parent: decode_user(&row), children: Vec::new() });
        }
        users
    }

    fn load_posts(&mut self, users: &Graph) -> Vec<Family<Post, Comment>> {
        let mut posts = Vec::with_capacity(GRAPH_POSTS);
        let mut rows = self.posts.query_keys(users.iter().map(|user| user.parent.id));
        while let Some(row) = rows.next() {
            posts.push(Family { parent: decode_post(&row), children: Vec::new() });
        }
        posts
    }

    fn load_comments(&mut self, posts: &mut [Family<Post, Comment>]) {
        let mut at = 0;
        let mut rows = self.comments.query_keys(posts.iter().map(|post| post.parent.id));
        while let Some(row) = rows.next() {
            let comment = decode_comment(&row);
            at = find(posts, at, |post: &Post| post.id == comment.post_id);
            posts[at].children.push(comment);
        }
    }
}

impl Task for LoadGraph {
    fn run(&mut self, witness: &mut Witness) {
        let graph = self.load();
        assert_eq!(graph.len() + GRAPH_POSTS + GRAPH_COMMENTS, 999);
        witness.see(&graph, describe_graph);
    }
}

/// Rows whose column is one of so many keys.
fn select_of(columns: &str, keys: usize) -> String {
    format!("SELECT {columns} IN ({})", vec!["?"; keys].join(", "))
}

/// The place of a parent: mostly that of the child before, or the next one.
#[inline]
fn find<P, C>(families: &[Family<P, C>], at: usize, is_parent: impl Fn(&P) -> bool) -> usize {
    if is_parent(&families[at].parent) {
        return at;
    }
    let behind = families[at..].iter().position(|family| is_parent(&family.parent));
    let place = behind
        .map(|place| at + place)
        .or_else(|| families.iter().position(|family| is_parent(&family.parent)));
    place.expect("each child has its parent")
}

#[inline]
fn decode_comment(row: &Row<'_>) -> Comment {
    Comment { id: row.integer(0), post_id: row.integer(1), body: row.text(2).to_owned() }
}
