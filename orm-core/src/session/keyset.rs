//! Pages that go on behind a row, instead of counting from the start.

use super::core::Core;
use super::cursor;
use super::entities::Session;
use super::select::Select;
use crate::compile::Keyset;
use crate::driver::{Connection, Done, IsolationLevel, LiveSchema, Row, Statement, Transact, Value};
use crate::error::{Error, Result};
use crate::expr::Standalone;
use crate::load::Output;
use crate::schema::{BelongsTo, Model};

/// Some of the rows of a query, and where the others go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysetPage<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor that the next page begins behind, if there is one. It is a text that fits into a URL.
    pub next: Option<String>,
}

impl<T> KeysetPage<T> {
    /// Whether there are more rows.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }
}

impl<M: BelongsTo<B>, B, S, O: Output<M>> Select<M, S, O, &mut Session<B>> {
    /// At most so many rows behind a cursor, `next` of the page before; the first ones without one. One statement, which finds
    /// its first row by an index on the order, however many rows came before. Rows that are added or deleted between two pages
    /// move no other row. Where the order leaves two rows in one place, the primary key decides.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # s.add_all(["ann", "bob", "cid"].map(|name| User { name: name.into(), ..Default::default() }));
    /// let first = s.query::<User>().order_by(User::name.desc()).page_after(None, 2)?;
    /// let cursor: String = first.next.expect("there is a third user"); // goes to the browser, and comes back
    /// let second = s.query::<User>().order_by(User::name.desc()).page_after(Some(&cursor), 2)?;
    /// assert_eq!((second.items.len(), second.next), (1, None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A value error for a text that is no cursor, or one of another order; misuse for pages of no rows, for a query with a limit of its
    /// own, and for rows that no key tells apart; as [`all`](Self::all).
    pub fn page_after(self, after: Option<&str>, per_page: u64) -> Result<KeysetPage<O::Item>>
    where
        S: Standalone,
    {
        if per_page == 0 {
            return Err(Error::misuse("a page has at least one row"));
        }
        let Select { mut tree, plan, on: session, .. } = self;
        let core: &mut Core = &mut session.core;
        let keyset = Keyset::add_to(&mut tree)?;
        let order = keyset.fingerprint(&tree, core.dialect());
        if let Some(text) = after {
            keyset.restrict(&mut tree, cursor::decode(text, order, keyset.width())?);
        }
        tree.limit = Some(per_page.saturating_add(1));
        core.marks = Some(Box::new(Marks::new(keyset.width(), per_page)));
        let items = core.run_planned::<M, O>(&tree, &plan);
        let marks = core.marks.take();
        let last = marks.filter(|marks| marks.has_more).map(|marks| marks.last);
        Ok(KeysetPage { items: items?, next: last.map(|last| cursor::encode(order, &last)) })
    }
}

impl<M: Model, S, O: Output<M>> Select<M, S, O> {
    /// At most so many rows behind a cursor, in a session.
    ///
    /// # Errors
    /// As the same end of a query.
    pub fn page_after<B>(
        &self,
        session: &mut Session<B>,
        after: Option<&str>,
        per_page: u64,
    ) -> Result<KeysetPage<O::Item>>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).page_after(after, per_page)
    }
}

/// What is noted of the rows of a page.
pub(crate) struct Marks {
    /// How many columns stand behind what was selected: the place of the row.
    width: usize,
    /// How many rows the page has.
    most: u64,
    seen: u64,
    /// The place of the last row.
    last: Vec<Value<'static>>,
    has_more: bool,
}

impl Marks {
    fn new(width: usize, most: u64) -> Self {
        Marks { width, most, seen: 0, last: Vec::new(), has_more: false }
    }

    /// Whether a row is one of the page.
    fn note(&mut self, row: &dyn Row) -> Result<bool> {
        self.seen += 1;
        if self.seen == self.most {
            let columns = row.len() - self.width..row.len();
            self.last = columns.map(|column| row.value(column).to_value()).collect::<Result<_>>()?;
        }
        self.has_more = self.seen > self.most;
        Ok(!self.has_more)
    }
}

/// The connection as it is, or one that shows the rows of a page only.
pub(super) fn marked<'a>(
    connection: &'a mut dyn Connection,
    marks: Option<&'a mut Marks>,
    place: &'a mut Option<Marked<'a>>,
) -> &'a mut dyn Connection {
    match marks {
        Some(marks) => place.insert(Marked { connection, marks }),
        None => connection,
    }
}

/// A connection that shows the rows of a page, and notes where they end.
pub(super) struct Marked<'a> {
    connection: &'a mut dyn Connection,
    marks: &'a mut Marks,
}

impl Connection for Marked<'_> {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.connection.execute(statement, values)
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let Marked { connection, marks } = self;
        connection.query(statement, values, &mut |row| if marks.note(row)? { each(row) } else { Ok(()) })
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.connection.run_script(sql)
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        self.connection.transact(step)
    }

    fn is_in_transaction(&self) -> bool {
        self.connection.is_in_transaction()
    }

    fn ping(&mut self) -> Result<()> {
        self.connection.ping()
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.connection.set_isolation_level(level)
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.connection.live_schema()
    }
}
