//! Relations to one row that are joined to the statement of the query, instead of being asked for by another.
//!
//! A join saves a statement, and repeats the row for each that leads to it. So it is chosen where at most two rows are asked for, as
//! `first` and `one` do, and the foreign key is never NULL; elsewhere the query says it.

use std::borrow::Cow;

use super::super::core::Core;
use super::plan::{Branch, Plan, Then};
use crate::expr::{Column, Ends, Fk, Item, JoinKind, Route, SelectTree, TableRef};
use crate::load::Beside;
use crate::schema::{Model, Points};
use crate::store::Source;

use super::Relation;

/// How a query loads what a relation leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// As it pays.
    #[default]
    Chosen,
    /// By a join.
    Joined,
    /// By another SELECT.
    SelectIn,
}

impl<M: Model, F: Points> Column<M, F, Fk>
where
    Column<M, F, Fk>: Relation<M, Target = F::Target>,
{
    /// The row that this foreign key names, loaded by a LEFT JOIN in the statement of the query, as SQLAlchemy's `joinedload`. It
    /// pays where few rows are asked for, or where each names another row; what is loaded is the same. Without it a query that
    /// asks for at most two rows, as `first` and `one` do, joins where the foreign key is never NULL, and others send one more
    /// SELECT .. IN, or none when all that is named is held.
    ///
    /// Only what the query's own rows name is joined, and what that names in turn; deeper down, in a grouped query, with
    /// `populate_existing` and with a lock it is one more SELECT all the same.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User> }
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)]
    /// # pub struct Comment { #[column(primary_key)] pub id: Id<Comment>, pub post: Id<Post> }
    /// # fn page(s: &mut Session<BlogDb>) -> orm_core::Result<Vec<Handle<Comment>>> {
    /// s.query::<Comment>().with(Comment::post.joined().then(Post::author.joined())).all() // one statement
    /// # }
    /// ```
    pub fn joined(self) -> Then<M, F::Target> {
        Then::of(&self).by(Way::Joined)
    }

    /// The row that this foreign key names, loaded by one more SELECT .. IN, as SQLAlchemy's `selectinload`: never by a join.
    pub fn select_in(self) -> Then<M, F::Target> {
        Then::of(&self).by(Way::SelectIn)
    }
}

/// A query with what is joined to it.
pub(crate) struct Joined<'tree> {
    pub(crate) tree: Cow<'tree, SelectTree>,
    pub(crate) beside: Beside,
}

impl Core {
    /// The statement of a query with what its plan joins.
    pub(crate) fn join_planned<'tree>(&mut self, plan: &Plan, tree: &'tree SelectTree) -> Joined<'tree> {
        let mut joined = Joined { tree: Cow::Borrowed(tree), beside: Beside::default() };
        // The place of a row stands behind what was selected, and nothing behind it.
        if !is_one_row_each(tree) || self.marks.is_some() {
            return joined;
        }
        let is_short = tree.limit.is_some_and(|rows| rows <= 2);
        for branch in plan.branches.iter().filter(|branch| branch.is_joined(is_short)) {
            self.join_branch(&mut joined, branch, (tree.from, plan.source()));
        }
        joined
    }

    fn join_branch(&mut self, joined: &mut Joined<'_>, branch: &Branch, (from, source): (TableRef, Source)) {
        let Route::Up(key) = branch.path.route else { return };
        (branch.make_stores)(&mut self.stores);
        let tree = joined.tree.to_mut();
        let number = tree.next_hidden();
        let to = TableRef::hidden(key.target(), number);
        if tree.items.is_empty() {
            tree.items.push(Item::Table(tree.from));
        }
        tree.items.push(Item::Table(to));
        tree.joins.push(Ends { from, to, path: branch.path.clone() }.join(JoinKind::Left, number));
        let source = source.over(branch.path.name);
        joined.beside.add(key.target(), source.clone());
        for next in branch.then.iter().filter(|next| next.is_joined(false)) {
            self.join_branch(joined, next, (to, source.clone()));
        }
    }
}

impl Branch {
    fn is_joined(&self, is_short: bool) -> bool {
        let Route::Up(key) = self.path.route else { return false };
        let is_wanted = match self.way {
            Way::Chosen => is_short && !key.foreign_key().nullable,
            Way::Joined => true,
            Way::SelectIn => false,
        };
        is_wanted && self.depth == 1
    }
}

/// Whether a row of a SELECT is one row of its table, which a join to one row leaves as it is. A lock would take what is joined too.
fn is_one_row_each(tree: &SelectTree) -> bool {
    let is_grouped = !tree.group_by.is_empty() || !tree.having.is_empty();
    tree.compound.is_none() && !is_grouped && !tree.overwrites && tree.lock.is_none()
}
