//! Rows nested in rows, children found by a map of their parents' keys.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row, params_from_iter};

use super::{decode_post, load_users};
use crate::data::{Comment, Family, Graph, Post};
use crate::witness::{Witness, describe_graph};
use crate::workload::Task;

pub(super) struct LoadGraph {
    connection: Connection,
}

impl LoadGraph {
    pub(super) fn new(connection: Connection) -> Self {
        LoadGraph { connection }
    }

    fn load(&self) -> Result<Graph> {
        let users = load_users(&self.connection)?;
        let user_keys: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts: Vec<Post> = self.load_of(
            "SELECT id, user_id, title, body FROM posts WHERE user_id",
            &user_keys,
            decode_post,
        )?;
        let post_keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments =
            self.load_of("SELECT id, post_id, body FROM comments WHERE post_id", &post_keys, decode_comment)?;
        let posts = nest(posts, comments, |post| post.id, |comment: &Comment| comment.post_id);
        Ok(nest(users, posts, |user| user.id, |family| family.parent.user_id))
    }

    fn load_of<T>(&self, sql: &str, keys: &[i64], decode: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        let sql = format!("{sql} IN ({})", vec!["?"; keys.len()].join(", "));
        self.connection.prepare_cached(&sql)?.query_map(params_from_iter(keys), decode)?.collect()
    }
}

impl Task for LoadGraph {
    fn run(&mut self, witness: &mut Witness) {
        let graph = self.load().expect("a graph loads");
        witness.see(&graph, describe_graph);
    }
}

fn nest<P, C>(
    parents: Vec<P>,
    children: Vec<C>,
    key: fn(&P) -> i64,
    named: fn(&C) -> i64,
) -> Vec<Family<P, C>> {
    let mut of_parent: HashMap<i64, Vec<C>> = HashMap::new();
    for child in children {
        of_parent.entry(named(&child)).or_default().push(child);
    }
    let family = |parent| {
        let children = of_parent.remove(&key(&parent)).unwrap_or_default();
        Family { parent, children }
    };
    parents.into_iter().map(family).collect()
}

fn decode_comment(row: &Row<'_>) -> Result<Comment> {
    Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, body: row.get(2)? })
}
