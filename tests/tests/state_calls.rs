//! Runs a part of the suite on SQLite.

orm_tests::state_calls!(&orm_tests::fixture::SqliteBackend);
