//! Writing what `s[h].x = ..` cannot say: SQL expressions, and columns that did not change.

use super::entities::Session;
use crate::error::{Error, Result};
use crate::expr::{Comparable, In, Operand, Within};
use crate::schema::BelongsTo;
use crate::store::{Demand, State};
use crate::util::columns::ColumnSet;
use crate::value::{Column, Handle};

impl<B> Session<B> {
    /// Has the next flush write an SQL expression to a column: what the database makes of the row as it is then, whoever
    /// changed it. The entity takes the value back with that statement; until then it shows the old one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub nick: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// s.flush()?;
    /// s.set(alice, User::nick, User::name)?;
    /// s.flush()?; // UPDATE users SET nick = name WHERE id = ? RETURNING nick
    /// assert_eq!(s[alice].nick, "alice");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a column of the key, and for one that the session or the database counts or computes; for a withdrawn
    /// entity, and for a handle of another session or of an entity that is gone.
    pub fn set<M, T, R, E, I>(
        &mut self,
        handle: Handle<M>,
        column: Column<M, T, R>,
        expression: E,
    ) -> Result<()>
    where
        M: BelongsTo<B>,
        T: Comparable,
        E: Operand<T::Base>,
        E::Uses: Within<In<M>, I>,
    {
        let columns = self.writable(handle, column)?;
        let demand = Demand { slot: handle.place.slot, columns, expression: Some(expression.into_operand()) };
        self.demand(handle, demand);
        Ok(())
    }

    /// Has the next flush write a column although its value is the row's, as SQLAlchemy's `flag_modified`.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn touch<M: BelongsTo<B>, T, R>(&mut self, handle: Handle<M>, column: Column<M, T, R>) -> Result<()> {
        let columns = self.writable(handle, column)?;
        self.demand(handle, Demand { slot: handle.place.slot, columns, expression: None });
        Ok(())
    }

    fn demand<M: BelongsTo<B>>(&mut self, handle: Handle<M>, demand: Demand) {
        self.core.pending.disturb();
        self.core.stores.demand(handle.entity().model, demand);
    }

    /// The columns of a field that a program may write in an entity.
    fn writable<M: BelongsTo<B>, T, R>(
        &self,
        handle: Handle<M>,
        column: Column<M, T, R>,
    ) -> Result<ColumnSet> {
        let table = M::table();
        let field = usize::from(column.field);
        let columns: ColumnSet = table.fields[field].clone().collect();
        let is_key = table.primary_key.iter().any(|&column| columns.contains(column));
        let why = match self.state(handle) {
            Some(State::Withdrawn) => Some("the entity is withdrawn: restore it first"),
            None => Some("the handle is of another session, or its entity is gone"),
            Some(_) if is_key => Some("it is part of the key"),
            Some(_) if columns.intersects(&table.managed) => Some("the program does not write it"),
            Some(_) => None,
        };
        match why {
            Some(why) => {
                let name = table.field_names[field];
                Err(Error::misuse(format!("`{}.{name}` of {handle:?} cannot be set: {why}", table.model)))
            }
            None => Ok(columns),
        }
    }
}
