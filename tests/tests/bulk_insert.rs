//! Runs a part of the suite on SQLite.

orm_tests::bulk_insert!(&orm_tests::fixture::SqliteBackend);
