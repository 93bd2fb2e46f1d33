//! One prepared statement, and one run of it.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use orm_core::driver::{Done, Value};
use orm_core::{Error, Result};
use rusqlite::ffi;

use super::row::{Current, column_name};
use crate::error::classify;
use crate::text::Kind;

/// A database handle, and where the database is. The connection that owns the handle outlives it.
pub(super) struct Handle {
    pub(super) db: NonNull<ffi::sqlite3>,
    pub(super) place: Box<str>,
}

impl Handle {
    /// What the statement that has just ended did.
    #[inline]
    pub(super) fn done(&self, kind: Kind) -> Done {
        if kind == Kind::Other {
            return Done::default();
        }
        let db = self.db.as_ptr();
        // SAFETY: the handle is open.
        let rows = unsafe { ffi::sqlite3_changes64(db) } as u64;
        let generated = if kind == Kind::Insert && rows == 1 {
            // SAFETY: the handle is open.
            Some(unsafe { ffi::sqlite3_last_insert_rowid(db) })
        } else {
            None
        };
        Done { rows, generated }
    }

    /// The error that the last call has left.
    #[cold]
    pub(super) fn failure(&self, sql: &str) -> Error {
        // SAFETY: the handle is open.
        let code = unsafe { ffi::sqlite3_extended_errcode(self.db.as_ptr()) };
        // SAFETY: the handle is open; the text ends with a zero and stays until the next call, which comes after `to_string_lossy`.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.db.as_ptr())) };
        classify(code, &message.to_string_lossy(), &self.place).with_statement(sql)
    }
}

/// How long a statement will be kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It is run once.
    Once,
    /// It goes into a cache.
    Cached,
}

/// A prepared statement.
pub(super) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
    values: usize,
    pub(super) kind: Kind,
}

impl Prepared {
    /// Prepares a text that holds exactly one statement.
    #[cold]
    pub(super) fn only(handle: &Handle, sql: &str, keep: Keep) -> Result<Self> {
        let (prepared, mut rest) = Self::first(handle, sql, keep)?;
        let Some(prepared) = prepared else {
            return Err(Error::misuse("the text holds no SQL statement").with_statement(sql));
        };
        while !rest.is_empty() {
            let (second, after) = Self::first(handle, rest, Keep::Once)?;
            if second.is_some() {
                return Err(Error::misuse(
                    "the text holds more than one SQL statement: run them one by one, or all by `run_script`",
                )
                .with_statement(sql));
            }
            rest = after;
        }
        Ok(prepared)
    }

    /// Prepares the first statement of a text, if there is one before its end; also returns the text after it.
    pub(super) fn first<'sql>(
        handle: &Handle,
        sql: &'sql str,
        keep: Keep,
    ) -> Result<(Option<Self>, &'sql str)> {
        let length = c_int::try_from(sql.len()).map_err(|_| Error::value("the SQL is longer than 2 GiB"))?;
        if sql.as_bytes().contains(&0) {
            return Err(Error::misuse("the SQL holds a NUL character: bind the text as a value"));
        }
        let flags = if keep == Keep::Cached { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
        let start: *const c_char = sql.as_ptr().cast();
        let mut statement = ptr::null_mut();
        let mut tail = ptr::null();
        // SAFETY: the handle is open; `start` is readable for `length` bytes; both out-pointers are ours.
        let code = unsafe {
            let db = handle.db.as_ptr();
            ffi::sqlite3_prepare_v3(db, start, length, flags as c_uint, &raw mut statement, &raw mut tail)
        };
        let used = (tail as usize).wrapping_sub(start as usize);
        if code != ffi::SQLITE_OK {
            return Err(handle.failure(if keep == Keep::Once { failing(sql, used) } else { sql }));
        }
        // The tail points into the text, behind a whole statement, hence at the start of a character.
        let rest = sql.get(used..).unwrap_or("");
        let prepared = NonNull::new(statement).map(|statement| Prepared {
            // SAFETY: the statement was just prepared.
            values: unsafe { ffi::sqlite3_bind_parameter_count(statement.as_ptr()) } as usize,
            kind: Kind::of(&sql[..sql.len() - rest.len()]),
            statement,
        });
        Ok((prepared, rest))
    }

    /// Binds the values and is ready to step; they stay borrowed until the run ends.
    #[inline]
    pub(super) fn run<'run>(
        &'run mut self,
        handle: &Handle,
        sql: &str,
        values: &'run [Value<'run>],
    ) -> Result<Run<'run>> {
        if values.len() != self.values {
            return Err(self.wrong_count(values.len(), sql));
        }
        let run = Run { statement: self.statement, borrowed: PhantomData };
        for (value, index) in values.iter().zip(1..) {
            // SAFETY: the run borrows the values for as long as it steps.
            if unsafe { run.bind(index, value, ffi::SQLITE_STATIC()) } != ffi::SQLITE_OK {
                return Err(handle.failure(sql));
            }
        }
        Ok(run)
    }

    /// The same for values that do not live as long: SQLite copies them.
    pub(super) fn run_copied<'run>(
        &'run mut self,
        handle: &Handle,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Run<'run>> {
        if values.len() != self.values {
            return Err(self.wrong_count(values.len(), sql));
        }
        let run = Run { statement: self.statement, borrowed: PhantomData };
        for (value, index) in values.iter().zip(1..) {
            // SAFETY: SQLite copies what is bound as transient.
            if unsafe { run.bind(index, value, ffi::SQLITE_TRANSIENT()) } != ffi::SQLITE_OK {
                return Err(handle.failure(sql));
            }
        }
        Ok(run)
    }

    /// The names of the columns that it returns.
    pub(super) fn column_names(&self) -> Vec<&str> {
        // SAFETY: the statement is alive.
        let columns = unsafe { ffi::sqlite3_column_count(self.statement.as_ptr()) };
        // SAFETY: the statement is alive, and is not prepared anew while `self` is borrowed.
        (0..columns).map(|column| unsafe { column_name(self.statement, column) }).collect()
    }

    #[cold]
    fn wrong_count(&self, given: usize, sql: &str) -> Error {
        let wanted = self.values;
        Error::misuse(format!("the statement takes {wanted} values, and {given} were given"))
            .with_statement(sql)
    }
}

/// What a script's error is about: SQLite gave up at `used`, and the statement goes up to a semicolon.
#[cold]
fn failing(script: &str, used: usize) -> &str {
    let Some((seen, rest)) = script.split_at_checked(used) else {
        return script;
    };
    if seen.trim_end().ends_with(';') {
        return seen;
    }
    rest.find(';').map_or(script, |end| &script[..=used + end])
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the statement was prepared, is finalized once, and its connection is still open: the owner drops its
        // statements first.
        unsafe { ffi::sqlite3_finalize(self.statement.as_ptr()) };
    }
}

/// A statement that runs. While it lives, the statement and the values bound to it are borrowed.
pub(super) struct Run<'run> {
    statement: NonNull<ffi::sqlite3_stmt>,
    borrowed: PhantomData<(&'run mut Prepared, &'run [Value<'run>])>,
}

impl Run<'_> {
    /// Binds a value.
    ///
    /// # Safety
    /// With `SQLITE_STATIC` the value stays where it is until the run ends.
    #[inline]
    unsafe fn bind(&self, index: c_int, value: &Value<'_>, keeping: ffi::sqlite3_destructor_type) -> c_int {
        let statement = self.statement.as_ptr();
        match value {
            // SAFETY: the statement is alive and not stepped since its last reset; an index out of range is an error code.
            Value::Null => unsafe { ffi::sqlite3_bind_null(statement, index) },
            // SAFETY: as above.
            Value::Int(value) => unsafe { ffi::sqlite3_bind_int64(statement, index, *value) },
            // SAFETY: as above.
            Value::Real(value) => unsafe { ffi::sqlite3_bind_double(statement, index, *value) },
            Value::Text(text) => {
                let start: *const c_char = text.as_ptr().cast();
                let Ok(length) = c_int::try_from(text.len()) else { return ffi::SQLITE_TOOBIG };
                // SAFETY: as above; the text is readable for `length` bytes, and stays or is copied.
                unsafe { ffi::sqlite3_bind_text(statement, index, start, length, keeping) }
            }
            Value::Blob(bytes) => {
                let start: *const c_void = bytes.as_ptr().cast();
                // SAFETY: as above; an empty slice has a pointer that is not null, so it is an empty blob and not NULL.
                unsafe { ffi::sqlite3_bind_blob64(statement, index, start, bytes.len() as u64, keeping) }
            }
        }
    }

    /// The next row; `None` at the end, an error code when the statement failed.
    #[inline]
    pub(super) fn step(&mut self) -> Result<Option<Current<'_>>, Failed> {
        // SAFETY: the statement is alive, every parameter was bound by this run, and what is bound is still borrowed.
        match unsafe { ffi::sqlite3_step(self.statement.as_ptr()) } {
            // The row is borrowed from this run, so it is gone before the next step.
            ffi::SQLITE_ROW => Ok(Some(Current::of(self.statement))),
            ffi::SQLITE_DONE => Ok(None),
            _ => Err(Failed),
        }
    }

    /// Steps to the end, whatever rows come.
    #[inline]
    pub(super) fn finish(&mut self) -> Result<(), Failed> {
        while self.step()?.is_some() {}
        Ok(())
    }
}

/// A step failed; the handle knows how.
pub(super) struct Failed;

impl Drop for Run<'_> {
    #[inline]
    fn drop(&mut self) {
        // The code repeats the error of the last step, which was seen.
        // SAFETY: the statement is alive; after this SQLite reads none of the bound values.
        unsafe { ffi::sqlite3_reset(self.statement.as_ptr()) };
    }
}
