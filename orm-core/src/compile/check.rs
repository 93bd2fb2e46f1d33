//! What is wrong with a statement that only its whole shows; asked before its text is written, once for each shape.

use super::compound::check_compound;
use super::grouping::check_groups;
use crate::error::Result;
use crate::stmt::SelectTree;

/// # Errors
/// Misuse that names what cannot be sent.
pub(crate) fn check_select(select: &SelectTree) -> Result<()> {
    let Some(compound) = &select.compound else { return check_groups(select) };
    check_select(&compound.first)?;
    compound.rest.iter().try_for_each(|(_, part)| check_select(part))?;
    check_compound(select)
}
