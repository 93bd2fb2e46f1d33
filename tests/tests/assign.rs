//! Runs a part of the suite on SQLite.

orm_tests::assign!(&orm_tests::fixture::SqliteBackend);
