//! A prepared statement on SQLite's C interface: bind, step, read columns in place.
//!
//! It is as thin as it can be and still be sound: a statement keeps its connection alive, a row borrows the statement
//! that stands on it, a text borrows the row, and bound texts outlive the query they are bound to. A failure panics:
//! no workload has one.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::{slice, str};

use rusqlite::{Connection, ffi};

/// A statement that is prepared once and kept.
pub(super) struct Statement {
    handle: NonNull<ffi::sqlite3_stmt>,
    parameters: usize,
    columns: usize,
    /// The handle of `connection`.
    database: *mut ffi::sqlite3,
    /// Keeps the database open as long as the statement is there: fields are dropped after `Statement::drop` has run.
    _connection: Rc<Connection>,
}

/// A value bound to a parameter.
#[derive(Clone, Copy)]
pub(super) enum Parameter<'value> {
    Integer(i64),
    Text(&'value str),
    Null,
}

/// The rows of a query that runs. Dropped, it resets the statement.
pub(super) struct Rows<'statement> {
    statement: &'statement mut Statement,
}

/// The row a statement stands on.
pub(super) struct Row<'rows> {
    statement: &'rows Statement,
}

impl Statement {
    pub(super) fn prepare(connection: &Rc<Connection>, sql: &str) -> Self {
        let length = c_int::try_from(sql.len()).expect("statements are short");
        let flags = ffi::SQLITE_PREPARE_PERSISTENT;
        let mut handle = ptr::null_mut();
        // SAFETY: the handle is not closed, and not used after its connection has gone: the statement holds both.
        let database = unsafe { connection.handle() };
        // SAFETY: the database is open and used by this thread only (an `Rc` is not shared by threads); `sql` has
        // `length` bytes; `handle` is a place to write to, the tail is not wanted.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                database,
                sql.as_ptr().cast::<c_char>(),
                length,
                flags,
                &mut handle,
                ptr::null_mut(),
            )
        };
        let mut statement = Self {
            handle: NonNull::new(handle).expect("the statement has no mistake"),
            parameters: 0,
            columns: 0,
            database,
            _connection: Rc::clone(connection),
        };
        statement.expect_code(code, ffi::SQLITE_OK);
        statement.measure();
        statement
    }

    /// Runs a statement that returns no rows.
    #[inline]
    pub(super) fn execute<const N: usize>(&mut self, parameters: [Parameter<'_>; N]) {
        self.bind(parameters);
        let code = self.step();
        self.expect_code(code, ffi::SQLITE_DONE);
        self.reset();
    }

    /// Starts a query. The values are borrowed until its rows are dropped.
    #[inline]
    pub(super) fn query<'statement, const N: usize>(
        &'statement mut self,
        parameters: [Parameter<'statement>; N],
    ) -> Rows<'statement> {
        self.bind(parameters);
        Rows { statement: self }
    }

    /// The same of a statement that takes keys.
    #[inline]
    pub(super) fn query_keys(&mut self, keys: impl ExactSizeIterator<Item = i64>) -> Rows<'_> {
        assert_eq!(keys.len(), self.parameters, "each parameter is bound");
        for (key, number) in keys.zip(1..) {
            let code = self.bind_one(number, Parameter::Integer(key));
            self.expect_code(code, ffi::SQLITE_OK);
        }
        Rows { statement: self }
    }

    /// The key of the row inserted last on this connection.
    #[inline]
    pub(super) fn last_insert_rowid(&self) -> i64 {
        // SAFETY: the database is open and used by this thread only.
        unsafe { ffi::sqlite3_last_insert_rowid(self.database) }
    }

    fn measure(&mut self) {
        // SAFETY: the handle is a statement that is not finalized.
        let parameters = unsafe { ffi::sqlite3_bind_parameter_count(self.handle.as_ptr()) };
        // SAFETY: as above.
        let columns = unsafe { ffi::sqlite3_column_count(self.handle.as_ptr()) };
        self.parameters = usize::try_from(parameters).expect("a count is not negative");
        self.columns = usize::try_from(columns).expect("a count is not negative");
    }

    /// Binds all parameters, so that no value of an earlier run is left.
    #[inline]
    fn bind<const N: usize>(&mut self, parameters: [Parameter<'_>; N]) {
        assert_eq!(N, self.parameters, "each parameter is bound");
        for (parameter, number) in parameters.into_iter().zip(1..) {
            let code = self.bind_one(number, parameter);
            self.expect_code(code, ffi::SQLITE_OK);
        }
    }

    #[inline]
    fn bind_one(&mut self, number: c_int, parameter: Parameter<'_>) -> c_int {
        let handle = self.handle.as_ptr();
        match parameter {
            // SAFETY: the handle is a statement that is not finalized.
            Parameter::Integer(value) => unsafe { ffi::sqlite3_bind_int64(handle, number, value) },
            Parameter::Text(value) => {
                let length = c_int::try_from(value.len()).expect("texts are short");
                // SAFETY: as above. `value` has `length` bytes of UTF-8. SQLite does not copy them (SQLITE_STATIC),
                // and reads them in `step` only: `execute` returns before the borrow ends, the rows of `query` hold
                // it, and both bind all parameters anew before the statement is stepped again.
                unsafe {
                    ffi::sqlite3_bind_text(
                        handle,
                        number,
                        value.as_ptr().cast::<c_char>(),
                        length,
                        ffi::SQLITE_STATIC(),
                    )
                }
            }
            // SAFETY: the handle is a statement that is not finalized.
            Parameter::Null => unsafe { ffi::sqlite3_bind_null(handle, number) },
        }
    }

    #[inline]
    fn step(&mut self) -> c_int {
        // SAFETY: the handle is a statement that is not finalized; no text of the row before is borrowed any more,
        // since a row borrows what is borrowed mutably here.
        unsafe { ffi::sqlite3_step(self.handle.as_ptr()) }
    }

    #[inline]
    fn reset(&mut self) {
        // SAFETY: as for `step`. The code repeats that of the last step, which has been looked at.
        unsafe { ffi::sqlite3_reset(self.handle.as_ptr()) };
    }

    #[inline]
    fn expect_code(&self, code: c_int, wanted: c_int) {
        assert!(code == wanted, "SQLite: {} (code {code})", self.message());
    }

    #[cold]
    fn message(&self) -> String {
        // SAFETY: the database is open and used by this thread only.
        let message = unsafe { ffi::sqlite3_errmsg(self.database) };
        // SAFETY: SQLite's message ends in NUL and lives until the next call, which comes after the copy.
        unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the handle is finalized here and nowhere else, and its connection is still open.
        unsafe { ffi::sqlite3_finalize(self.handle.as_ptr()) };
    }
}

impl<'value> Parameter<'value> {
    #[inline]
    pub(super) fn from_optional_text(text: Option<&'value str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl Rows<'_> {
    /// Steps to the next row.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Row<'_>> {
        let code = self.statement.step();
        if code == ffi::SQLITE_ROW {
            return Some(Row { statement: self.statement });
        }
        self.statement.expect_code(code, ffi::SQLITE_DONE);
        None
    }
}

impl Drop for Rows<'_> {
    #[inline]
    fn drop(&mut self) {
        self.statement.reset();
    }
}

impl Row<'_> {
    /// The integer in a column; 0 if there is none.
    #[inline]
    pub(super) fn integer(&self, column: c_int) -> i64 {
        let handle = self.handle_for(column);
        // SAFETY: the statement stands on a row that has this column.
        unsafe { ffi::sqlite3_column_int64(handle, column) }
    }

    /// The text in a column that is not NULL.
    #[inline]
    pub(super) fn text(&self, column: c_int) -> &str {
        self.optional_text(column).expect("the column is NOT NULL")
    }

    /// The text in a column, `None` for NULL.
    #[inline]
    pub(super) fn optional_text(&self, column: c_int) -> Option<&str> {
        let handle = self.handle_for(column);
        // SAFETY: the statement stands on a row that has this column.
        let text = unsafe { ffi::sqlite3_column_text(handle, column) };
        if text.is_null() {
            return None;
        }
        // SAFETY: as above; asked after the text, so it is the length of this text.
        let length = unsafe { ffi::sqlite3_column_bytes(handle, column) };
        let length = usize::try_from(length).expect("a length is not negative");
        // SAFETY: SQLite's text has this many bytes. It stays until the statement is stepped or reset, which the
        // borrow of the row prevents, or the value is converted: no other function for texts or blobs is called.
        let bytes = unsafe { slice::from_raw_parts(text, length) };
        Some(str::from_utf8(bytes).expect("the text is UTF-8"))
    }

    #[inline]
    fn handle_for(&self, column: c_int) -> *mut ffi::sqlite3_stmt {
        debug_assert!(usize::try_from(column).is_ok_and(|column| column < self.statement.columns));
        self.statement.handle.as_ptr()
    }
}
