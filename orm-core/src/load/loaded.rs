//! Rows of untracked graphs: a struct, and what was loaded of its relations.
//!
//! All rows that a relation leads to from the rows of one level are one vector, grouped by the row that they belong to. A row
//! holds its number among its level, and shares with its level where that number leads: two words a row, and nothing is
//! allocated for each. What was rejected: a vector in each row, which is as many allocations as parents.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::error::Result;
use crate::expr::RelationId;
use crate::row::{Fields, Row};
use crate::schema::Model;
use crate::store::{decode, row_name};

/// A row of an untracked graph: the struct itself, and what the query loaded of its relations.
///
/// It is a value that no session knows. It derefs to the struct; [`related`](Self::related) gives what a relation leads to, as
/// nested values of the same kind. With the feature `serde` it serialises as the struct does, each relation beside the
/// fields under its name: a list for `many`, a struct or nothing for the others. A foreign key that was loaded stands there as
/// the row that it names, in place of the key.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::Loaded;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct BlogDb;
/// # #[derive(Model, Clone, Debug)] #[model(base = BlogDb, table = "users", default)]
/// # #[relation(posts = many(Post::author, order_by = Post::id))]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone, Debug)] #[model(base = BlogDb, table = "posts", default)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub title: String }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<BlogDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// let alice = s.add(User { name: "alice".into(), ..Default::default() });
/// s.add(Post { author: alice.into(), title: "Hello".into(), ..Default::default() });
///
/// let users: Vec<Loaded<User>> = s.query::<User>().untracked().with(User::posts).all()?;
/// assert_eq!(users[0].name, "alice");
/// let posts: &[Loaded<Post>] = users[0].related(User::posts)?;
/// assert_eq!(posts[0].title, "Hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Loaded<M> {
    row: M,
    /// Its number among the rows of its level.
    at: u32,
    /// What was loaded of the rows of its level.
    branches: Option<Arc<Vec<LoadedBranch>>>,
}

/// What a relation leads to from all rows of a level.
pub(crate) struct LoadedBranch {
    pub(crate) id: RelationId,
    pub(crate) name: &'static str,
    /// Whether it is a list; at most one row, if not.
    pub(crate) is_list: bool,
    pub(crate) rows: Arc<dyn Level>,
    /// Where the rows of each row stand.
    pub(crate) spans: Vec<Span>,
}

/// Some rows of a level that stand side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    fn places(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The rows that a relation leads to, without their type.
pub(crate) trait Level: Any + Send + Sync {
    /// Makes room.
    fn expect_rows(&mut self, rows: usize);

    /// Whether there is none.
    fn is_empty(&self) -> bool;

    /// Adds the row whose columns begin at a position.
    ///
    /// # Errors
    /// A value error for a row that does not decode.
    fn push(&mut self, row: &dyn Row, first: usize) -> Result<()>;

    /// Moves every row to its new place.
    fn arrange(&mut self, places: &[u32]);

    /// Copies of some rows in place of all of them.
    fn pick(&mut self, places: &[u32]);

    /// Takes away the rows from a place on.
    fn split_off(&mut self, place: usize) -> Box<dyn Level>;

    /// Says what was loaded of the rows.
    fn attach(&mut self, branches: Vec<LoadedBranch>);

    /// The rows, to be shared.
    fn freeze(self: Box<Self>) -> Arc<dyn Level>;

    /// One of the rows.
    fn node(&self, place: usize) -> Node<'_>;
}

/// A row of a graph without its type, as what prints and serialises it.
pub(crate) struct Node<'a> {
    pub(crate) model: &'static str,
    pub(crate) debug: Option<&'a dyn fmt::Debug>,
    #[cfg(feature = "serde")]
    pub(crate) serialize: Option<&'a dyn erased_serde::Serialize>,
    pub(crate) at: usize,
    pub(crate) branches: &'a [LoadedBranch],
}

impl<M: Model> Level for Vec<Loaded<M>> {
    fn expect_rows(&mut self, rows: usize) {
        self.reserve(rows);
    }

    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    fn push(&mut self, row: &dyn Row, first: usize) -> Result<()> {
        self.push(Loaded::read(row, first)?);
        Ok(())
    }

    fn arrange(&mut self, places: &[u32]) {
        arrange(self, places);
    }

    fn pick(&mut self, places: &[u32]) {
        *self = places.iter().map(|place| self[*place as usize].clone()).collect();
    }

    fn split_off(&mut self, place: usize) -> Box<dyn Level> {
        Box::new(Vec::split_off(self, place))
    }

    fn attach(&mut self, branches: Vec<LoadedBranch>) {
        let branches = Arc::new(branches);
        for (row, at) in self.iter_mut().zip(0..) {
            row.at = at;
            row.branches = Some(Arc::clone(&branches));
        }
    }

    fn freeze(self: Box<Self>) -> Arc<dyn Level> {
        Arc::new(*self)
    }

    fn node(&self, place: usize) -> Node<'_> {
        self[place].node()
    }
}

/// Moves every row to its new place.
pub(crate) fn arrange<T>(rows: &mut [T], places: &[u32]) {
    let mut places = places.to_vec();
    for now in 0..rows.len() {
        while places[now] as usize != now {
            let place = places[now] as usize;
            rows.swap(now, place);
            places.swap(now, place);
        }
    }
}

impl<M: Model> Loaded<M> {
    #[inline]
    pub(crate) fn read(row: &dyn Row, first: usize) -> Result<Self> {
        let decoded = decode(&mut Fields::new(row, first));
        let row = decoded.map_err(|error| error.context(row_name::<M>(row, first)))?;
        Ok(Loaded { row, at: 0, branches: None })
    }

    /// The rows that a relation leads to, if it was loaded.
    pub(crate) fn branch<T: Model>(&self, id: RelationId) -> Option<&[Loaded<T>]> {
        let branches = self.branches.as_deref()?;
        let branch = branches.iter().find(|branch| branch.id == id)?;
        let rows: &dyn Any = &*branch.rows;
        let rows: &Vec<Loaded<T>> = rows.downcast_ref()?;
        rows.get(branch.spans.get(self.at as usize)?.places())
    }

    fn node(&self) -> Node<'_> {
        Node {
            model: M::table().model,
            debug: M::SHOWS.debug.map(|show| show(&self.row)),
            #[cfg(feature = "serde")]
            serialize: M::SHOWS.serialize.map(|show| show(&self.row)),
            at: self.at as usize,
            branches: self.branches.as_deref().map_or(&[], Vec::as_slice),
        }
    }
}

impl<M> Loaded<M> {
    /// The struct alone.
    pub fn into_inner(self) -> M {
        self.row
    }
}

impl<M> Deref for Loaded<M> {
    type Target = M;

    #[inline]
    fn deref(&self) -> &M {
        &self.row
    }
}

/// The struct as it prints itself, and its relations.
impl<M: Model> fmt::Debug for Loaded<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node().fmt(f)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = f.debug_struct("Loaded");
        match self.debug {
            Some(row) => parts.field("row", row),
            None => parts.field("row", &format_args!("{} {{ .. }}", self.model)),
        };
        for branch in self.branches {
            let nodes = branch.nodes(self.at);
            match branch.is_list {
                true => parts.field(branch.name, &nodes.collect::<Vec<_>>()),
                false => parts.field(branch.name, &{ nodes }.next()),
            };
        }
        parts.finish()
    }
}

impl LoadedBranch {
    /// The same from some of the rows.
    pub(crate) fn of_rows(&self, places: &[u32]) -> Self {
        let spans = places.iter().map(|place| self.spans[*place as usize]).collect();
        LoadedBranch { rows: Arc::clone(&self.rows), spans, ..*self }
    }

    /// The rows that it leads to from one row.
    pub(crate) fn nodes(&self, at: usize) -> impl ExactSizeIterator<Item = Node<'_>> {
        let span = self.spans.get(at).copied().unwrap_or_default();
        span.places().map(|place| self.rows.node(place))
    }
}

#[cfg(feature = "serde")]
impl<M: Model + serde::Serialize> serde::Serialize for Loaded<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.node().serialize(serializer)
    }
}
