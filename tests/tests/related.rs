//! Runs parts of the suite on SQLite.

orm_tests::related!(&orm_tests::fixture::SqliteBackend);
orm_tests::related_links!(&orm_tests::fixture::SqliteBackend);
orm_tests::related_eager!(&orm_tests::fixture::SqliteBackend);
orm_tests::related_write!(&orm_tests::fixture::SqliteBackend);
orm_tests::related_random!(&orm_tests::fixture::SqliteBackend);
orm_tests::related_forget!(&orm_tests::fixture::SqliteBackend);
