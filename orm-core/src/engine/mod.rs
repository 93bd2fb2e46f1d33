//! An engine: one database, its pool, and the base it belongs to. Rank 8.
//!
//! An [`Engine`] is made once, by its [`EngineBuilder`], and opens nothing until a connection is asked for. A
//! [`Checkout`] is a connection of its pool, which goes back when it is dropped. r2d2 does the waiting; which connection is
//! handed out, how old it may be and what becomes of it afterwards is decided here. Nothing here knows which database it is.
//!
//! # From SQLAlchemy's `create_engine`
//!
//! | there | here | meaning |
//! |---|---|---|
//! | `url` | `Engine::builder(Sqlite::url("sqlite:///users.db")?)` | the driver is a value; its URL is one way to make it |
//! | `pool_size` (5) | [`pool_size`](EngineBuilder::pool_size) | connections that are *kept*; none is opened in advance. `0`, there "no limit", is an error here |
//! | `max_overflow` (10) | [`max_overflow`](EngineBuilder::max_overflow) | connections *above* `pool_size`, closed when they come back: at most `pool_size + max_overflow` are open |
//! | `max_overflow=-1` | [`unlimited_overflow`](EngineBuilder::unlimited_overflow) | a number that is none is a method here |
//! | `pool_timeout` (30 s) | [`pool_timeout`](EngineBuilder::pool_timeout) | how long a caller waits for a free connection before an error that gives the numbers |
//! | `pool_recycle` (-1) | [`pool_recycle`](EngineBuilder::pool_recycle) | the greatest age *since it was opened*, not the time it lay idle, looked at when a connection is taken |
//! | `pool_pre_ping` | [`pool_pre_ping`](EngineBuilder::pool_pre_ping) | tests a connection when it is taken, but for one just opened; a dead one is replaced, and so are all that were opened before |
//! | `pool_use_lifo` | [`pool_use_lifo`](EngineBuilder::pool_use_lifo) | the connection that came back last is taken first; default: the one that has waited longest |
//! | `poolclass` | [`poolclass`](EngineBuilder::poolclass) | [`PoolClass::Queue`], [`Null`](PoolClass::Null), [`Static`](PoolClass::Static) |
//! | `echo` | [`echo`](EngineBuilder::echo) | each statement with its time and rows on stderr; at target `orm::sql` a `tracing` subscriber sees the same without it |
//! | `hide_parameters` | [`show_values`](EngineBuilder::show_values) | the other way round: bound values are hidden in logs and errors unless this is called |
//! | `connect_args` | methods of the driver, such as `Sqlite::pragma` | what only this kind of database knows |
//! | `connect_args["timeout"]` | [`connect_timeout`](EngineBuilder::connect_timeout) | how long opening one connection may take; SQLAlchemy itself has no `connect_timeout` |
//! | `isolation_level` | [`isolation_level`](EngineBuilder::isolation_level) | of every connection; one that changed its own is set back before it is used again |
//! | `execution_options` | [`execution_options`](EngineBuilder::execution_options) | defaults of every connection; [`Engine::execution_options`] makes an engine with others on the same pool |
//! | `label_length` | [`label_length`](EngineBuilder::label_length) | a cap for the names of constraints and indexes that `create_all` generates, there for column labels; at most the database's own |
//! | `max_identifier_length` | none | the dialect knows it; `label_length` can only make names shorter |
//! | `pool_reset_on_return` | none | always "rollback": what was not committed is not saved by dropping it |
//! | `pool`, `creator`, `module`, `plugins` | none | a [`Driver`](crate::driver::Driver) of your own opens connections as it likes |
//! | `echo="debug"` | none | rows are not logged: they may hold secrets |
//! | `echo_pool`, `pool_logging_name` | none | the pool tells at target `orm::pool` of `tracing` |
//! | `logging_name`, `logging_token` | [`ExecutionOptions::logging_token`] | a word that marks the statements of an engine |
//! | `insertmanyvalues_page_size`, `use_insertmanyvalues` | none | how rows are batched follows from what the database can do |
//! | `json_serializer`, `json_deserializer` | none | `Json<T>` goes by serde |
//! | `enable_from_linting` | none | a query over a model that was not joined does not compile |
//! | `paramstyle` | none | how the place of a bound value is written is the dialect's business; raw SQL is written as the database has it |
//! | `implicit_returning`, `future`, `empty_in_strategy` | none | without effect in SQLAlchemy 2.0: RETURNING is used where there is one, and a list without values finds nothing |
//! | `skip_autocommit_rollback` | none | a connection is asked whether it is in a transaction, so nothing needless is sent |
//! | `query_cache_size` | [`statement_cache_size`](EngineBuilder::statement_cache_size) | prepared statements kept by each connection |
//! | `engine.connect()`, `engine.begin()` | [`Engine::connect`], [`Engine::begin`] | a connection for statements of your own, without and with a transaction |
//! | `engine.dispose()` | [`Engine::dispose`] | an empty pool; connections in use are closed when they come back |
//! | `connection.invalidate()`, `detach()` | [`Checkout::invalidate`], [`Checkout::detach`]; for all, [`Engine::invalidate`] | closed now; out of the pool; replaced when next taken |
//! | `pool.status()` | [`Engine::pool_status`] | the numbers, and printed as a text |
//! | `Session(bind=connection, join_transaction_mode="create_savepoint")` | [`Engine::begin_outer`] | an engine inside a transaction, for test suites |
//! | `engine_from_config` | [`config`](EngineBuilder::config) | an [`EngineConfig`], which serde can read; unknown fields are an error |
//! | `encoding` | none | removed in SQLAlchemy 2.0: text is Unicode everywhere; a Rust `String` is UTF-8, and so is what drivers speak |
//! | `legacy_schema_aliasing` | none | removed in SQLAlchemy 2.0: it kept a bug of version 1.0 alive, in how tables of SQL Server were named |
//!
//! `pool_size` and its kin are checked against the pool's class and the database when the engine is built: options that mean
//! nothing together are an error, never ignored.

mod builder;
mod cell;
mod checkout;
mod config;
mod core;
mod labels;
mod logged;
mod options;
mod outer;
mod permits;
mod pool;
pub(crate) mod schema;

pub use builder::EngineBuilder;
pub use cell::EngineCell;
pub use checkout::Checkout;
pub use config::{EngineConfig, Overflow};
pub use core::Engine;
pub(crate) use core::EngineCore;
pub use options::{ExecutionOptions, PoolClass};
pub use outer::OuterTransaction;
pub use pool::PoolStatus;
