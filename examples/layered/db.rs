//! The one engine of the program, and its sessions.

use std::sync::OnceLock;

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

use crate::config::Config;

/// All that lives in the service's database.
#[derive(DeclarativeBase)]
pub struct ServiceDb;

static SESSIONS: OnceLock<SessionMaker<ServiceDb>> = OnceLock::new();

/// Makes the engine and the tables; called once, by `main`.
pub fn init(config: &Config) -> Result<(), Error> {
    let driver = Sqlite::url(&config.database.url)?;
    let engine = Engine::<ServiceDb>::builder(driver).config(&config.database).build()?;
    engine.create_all()?;
    ServiceDb::bind(engine.clone())?;
    SESSIONS.get_or_init(|| SessionMaker::new(engine));
    Ok(())
}

/// Runs one unit of work: committed when it returns `Ok`, rolled back when it returns `Err`.
pub fn transaction<T, E: From<Error>>(
    work: impl FnOnce(&mut Session<ServiceDb>) -> Result<T, E>,
) -> Result<T, E> {
    SESSIONS.get().expect("`main` calls `init`").try_transaction(work)
}
