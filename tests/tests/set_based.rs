//! Runs a part of the suite on SQLite.

orm_tests::set_based!(&orm_tests::fixture::SqliteBackend);
