//! Queries: one row by a condition, and rows of two tables side by side.

use orm_core::prelude::*;

use super::{BenchDb, Post, User, describe_post, describe_user, open_with_users};
use crate::data;
use crate::witness::{Record, Witness};
use crate::workload::Task;

pub(super) struct FilterByKey {
    maker: SessionMaker<BenchDb>,
    keys: Vec<i64>,
}

impl FilterByKey {
    pub(super) fn new(maker: SessionMaker<BenchDb>) -> Self {
        FilterByKey { maker, keys: data::shuffled_keys() }
    }
}

impl Task for FilterByKey {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        for &key in &self.keys {
            let user = s.query::<User>().filter(User::id.eq(key)).untracked().one();
            witness.see(&user.expect("each key has one user"), describe_user);
        }
        s.commit().expect("the transaction ends");
    }
}

pub(super) struct LeftJoin {
    maker: SessionMaker<BenchDb>,
}

impl LeftJoin {
    pub(super) fn new(rows: usize) -> Result<Self, Error> {
        let maker = open_with_users(rows)?;
        let posts = data::posts_of_every_other(rows).into_iter().map(|post| Post {
            id: post.id.into(),
            user: post.user_id.into(),
            title: post.title,
            body: post.body,
        });
        maker.transaction(|s| {
            s.add_all(posts);
            Ok(())
        })?;
        Ok(LeftJoin { maker })
    }
}

impl Task for LeftJoin {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        let joined = s
            .query::<User>()
            .left_join(User::posts)
            .order_by(User::id)
            .untracked()
            .select((entity::<User>(), entity::<Post>()))
            .fetch()
            .expect("users load with their posts");
        witness.see(joined.as_slice(), describe);
    }
}

fn describe(rows: &[(User, Option<Post>)], record: &mut Record) {
    for (user, post) in rows {
        let post = post.as_ref().map(|post| |record: &mut Record| describe_post(post, record));
        record.user_with_post(|record| describe_user(user, record), post);
    }
}
