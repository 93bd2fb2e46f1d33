//! The rows of a query as the top of an untracked graph.

use super::cells::Output;
use super::level::Keys;
use super::loaded::{Level, Loaded};
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::schema::Model;
use crate::store::Stores;
use crate::value::Value;

/// Rows become structs that no session knows, each with what is loaded of its relations.
pub enum Graph {}

/// How the rows of a graph are loaded.
pub struct GraphOf<T> {
    #[allow(private_interfaces)]
    pub(crate) load: LoadTop<T>,
    #[allow(private_interfaces)]
    pub(crate) level: fn(&mut Vec<T>) -> &mut dyn Level,
}

/// Loads rows, and notes the keys by which their relations are followed.
type LoadTop<T> = fn(&mut dyn Connection, &Statement, &[Value<'_>], &mut [Keys]) -> Result<Vec<T>>;

#[allow(private_interfaces)]
impl<M: Model> Output<M> for Graph {
    type Item = Loaded<M>;

    const GRAPH: Option<GraphOf<Loaded<M>>> =
        Some(GraphOf { load: load_top::<M>, level: |rows| -> &mut dyn Level { rows } });

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        _stores: &mut Stores,
    ) -> Result<Vec<Loaded<M>>> {
        load_top(connection, statement, values, &mut [])
    }
}

fn load_top<M: Model>(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    keys: &mut [Keys],
) -> Result<Vec<Loaded<M>>> {
    let mut rows = Vec::with_capacity(statement.expected_rows());
    connection.query(statement, values, &mut |row| {
        keys.iter_mut().try_for_each(|keys| keys.note(row, 0))?;
        rows.push(Loaded::read(row, 0)?);
        Ok(())
    })?;
    statement.remember_rows(rows.len());
    Ok(rows)
}
