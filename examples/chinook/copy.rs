//! Reads everything, and writes it again: entities of one session become new entities of another, with their keys.

use orm_core::BelongsTo;
use orm_core::prelude::*;

use super::Failure;
use super::models::*;

/// Loads every row into the session.
pub fn read_all(source: &mut Session<ChinookDb>) -> Result<[Count; 11], Failure> {
    Ok(each_model!(read(source)))
}

/// Writes what the one session holds through the other, in one commit.
pub fn copy_all(
    source: &mut Session<ChinookDb>,
    target: &mut Session<ChinookDb>,
) -> Result<[Count; 11], Failure> {
    let copied = each_model!(copy(source, target));
    target.commit()?;
    Ok(copied)
}

fn read<M: BelongsTo<ChinookDb>>(source: &mut Session<ChinookDb>) -> Result<Count, Error> {
    let entities = source.query::<M>().all()?;
    Ok(Count::of::<M>(entities.len()))
}

/// A key that is set is kept: `add` leaves only `Id::New` to the database. Nothing is written before the commit.
fn copy<M: BelongsTo<ChinookDb>>(
    source: &mut Session<ChinookDb>,
    target: &mut Session<ChinookDb>,
) -> Result<Count, Error> {
    let entities = source.query::<M>().all()?;
    let added = target.add_all(entities.iter().map(|&entity| source[entity].clone()));
    Ok(Count::of::<M>(added.len()))
}
