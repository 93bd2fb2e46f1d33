//! The row that a statement stands on, read in place.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

use orm_core::driver::{Row, ValueRef};
use rusqlite::ffi;

/// The current row of a run; SQLite keeps its values until the next step.
pub(super) struct Current<'step> {
    statement: NonNull<ffi::sqlite3_stmt>,
    step: PhantomData<&'step ()>,
}

impl Current<'_> {
    #[inline]
    pub(super) fn of(statement: NonNull<ffi::sqlite3_stmt>) -> Self {
        Current { statement, step: PhantomData }
    }
}

impl Row for Current<'_> {
    fn len(&self) -> usize {
        // SAFETY: the statement is alive.
        let columns = unsafe { ffi::sqlite3_data_count(self.statement.as_ptr()) };
        usize::try_from(columns).unwrap_or(0)
    }

    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        // SAFETY: the statement is alive and stands on a row; beyond the last column SQLite gives a value that is NULL. The value
        // is "unprotected", which asks that no other thread uses the connection: it has no mutex and one user.
        let value = unsafe { ffi::sqlite3_column_value(self.statement.as_ptr(), column as c_int) };
        // SAFETY: the value lives until the next step, as `self` does; here and below.
        match unsafe { ffi::sqlite3_value_type(value) } {
            // SAFETY: as above.
            ffi::SQLITE_INTEGER => ValueRef::Int(unsafe { ffi::sqlite3_value_int64(value) }),
            // SAFETY: as above.
            ffi::SQLITE_FLOAT => ValueRef::Real(unsafe { ffi::sqlite3_value_double(value) }),
            ffi::SQLITE_TEXT => {
                // SAFETY: as above; the text is asked for before its length, as SQLite may convert it from UTF-16 first.
                let start = unsafe { ffi::sqlite3_value_text(value) };
                // SAFETY: `start` is what SQLite gave for this value, which is text and stays text.
                ValueRef::Text(unsafe { bytes(value, start) })
            }
            ffi::SQLITE_BLOB => {
                // SAFETY: as above.
                let start = unsafe { ffi::sqlite3_value_blob(value) };
                // SAFETY: `start` is what SQLite gave for this value.
                ValueRef::Blob(unsafe { bytes(value, start.cast()) })
            }
            _ => ValueRef::Null,
        }
    }

    fn name(&self, column: usize) -> &str {
        // SAFETY: the statement is alive, and is not prepared anew before the row is gone.
        unsafe { column_name(self.statement, column as c_int) }
    }
}

/// The name of a column; empty beyond the last.
///
/// # Safety
/// The statement is alive, and is not prepared anew while the name is used.
pub(super) unsafe fn column_name<'name>(statement: NonNull<ffi::sqlite3_stmt>, column: c_int) -> &'name str {
    // SAFETY: the statement is alive; the name stays until it is prepared anew, or asked for in UTF-16, which nobody does.
    let name = unsafe { ffi::sqlite3_column_name(statement.as_ptr(), column) };
    if name.is_null() {
        return "";
    }
    // SAFETY: the name ends with a zero.
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or("")
}

/// The bytes of a text or blob.
///
/// # Safety
/// `start` is what SQLite gave for `value`, and null only when it is empty or memory ran out; then the next step fails.
#[inline]
unsafe fn bytes<'row>(value: *mut ffi::sqlite3_value, start: *const u8) -> &'row [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: the value is alive.
    let length = unsafe { ffi::sqlite3_value_bytes(value) };
    // SAFETY: SQLite keeps `length` bytes at `start` until the next step.
    unsafe { slice::from_raw_parts(start, length as usize) }
}
