//! Runs a part of the suite on SQLite.

orm_tests::delete_rule!(&orm_tests::fixture::SqliteBackend);
