//! From rows to structs that rows become, field by field.

use super::cells::{Cell, Cells};
use super::search::Search;
use crate::error::Result;
use crate::expr::{AsRow, End, RowStruct};

#[allow(private_interfaces)]
impl<R: RowStruct, C: Cell<Value = R::Fields>> Cell for AsRow<R, C> {
    type Value = R;

    const BY_NAME: bool = true;

    fn width() -> usize {
        C::width()
    }

    fn find(search: &mut Search<'_>) -> Result<()> {
        search.find_struct(R::NAME, R::COLUMNS, C::find)
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<R> {
        let fields = C::read(cells).map_err(|error| error.context(format!("in a `{}`", R::NAME)))?;
        Ok(R::from_fields(fields))
    }
}

#[allow(private_interfaces)]
impl Cell for End {
    type Value = End;

    fn width() -> usize {
        0
    }

    fn find(_search: &mut Search<'_>) -> Result<()> {
        Ok(())
    }

    fn read(_cells: &mut Cells<'_, '_>) -> Result<End> {
        Ok(End)
    }
}
