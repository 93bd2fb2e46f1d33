//! Runs a part of the suite on SQLite.

orm_tests::rename!(&orm_tests::fixture::SqliteBackend);
