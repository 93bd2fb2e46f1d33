//! Runs a part of the suite on SQLite.

orm_tests::refresh!(&orm_tests::fixture::SqliteBackend);
