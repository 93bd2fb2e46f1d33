//! Runs a part of the suite on SQLite.

orm_tests::moved!(&orm_tests::fixture::SqliteBackend);
