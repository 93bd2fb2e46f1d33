//! Two databases, row by row: every row is in both, and all its values are equal.

use std::fmt::Debug;

use orm_core::BelongsTo;
use orm_core::prelude::*;

use super::Failure;
use super::models::*;

/// The rows of each table, if there is no difference.
pub fn compare_all(
    left: &mut Session<ChinookDb>,
    right: &mut Session<ChinookDb>,
) -> Result<[Count; 11], Failure> {
    Ok(each_model!(compare(left, right)))
}

/// One SELECT a table on each side: after it, `get` finds every row in the identity map.
fn compare<M: BelongsTo<ChinookDb> + PartialEq + Debug>(
    left: &mut Session<ChinookDb>,
    right: &mut Session<ChinookDb>,
) -> Result<Count, Failure> {
    let (ours, theirs) = (left.query::<M>().all()?, right.query::<M>().all()?);
    let counts = [ours.len(), theirs.len()].map(Count::of::<M>);
    if counts[0] != counts[1] {
        return Err(format!("not the same number of rows: {} and {}", counts[0], counts[1]).into());
    }
    for entity in ours {
        let key = left.key(entity).ok_or("a row without a key")?;
        let other = right.get_one::<M>(key)?;
        if left[entity] != right[other] {
            return Err(format!("{:?} became {:?}", left[entity], right[other]).into());
        }
    }
    Ok(counts[0])
}
