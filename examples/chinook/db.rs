//! Engines: one on the sample, one on a database made from the models. Both are of one base.

use std::fs;
use std::path::Path;

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

use super::Failure;
use super::models::ChinookDb;

/// How every SQLite database begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The sample. A script is run into a new file; a database is opened as it is, and never written.
pub fn original(sample: &Path, folder: &Path) -> Result<Engine<ChinookDb>, Failure> {
    let content = fs::read(sample)?;
    if content.starts_with(SQLITE) {
        let file = Sqlite::file(sample).read_only();
        return Ok(Engine::builder(file).build()?);
    }
    let Ok(script) = String::from_utf8(content) else {
        return Err(format!("{} is neither an SQL script nor an SQLite database", sample.display()).into());
    };
    let engine = Engine::builder(Sqlite::file(folder.join("original.db"))).build()?;
    engine.checkout()?.run_script(&script)?;
    Ok(engine)
}

/// An empty database with the tables of the models.
pub fn from_models(folder: &Path) -> Result<Engine<ChinookDb>, Failure> {
    let engine = Engine::builder(Sqlite::file(folder.join("copy.db"))).build()?;
    engine.create_all()?;
    Ok(engine)
}

/// Holds the models against a database: the number of tables, or every difference in words.
pub fn verify(engine: &Engine<ChinookDb>) -> Result<usize, Failure> {
    let metadata = engine.metadata();
    let differences = metadata.verify(engine)?;
    if differences.is_empty() {
        return Ok(metadata.tables().len());
    }
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    Err(format!("the database is not as the models say:\n  {}", lines.join("\n  ")).into())
}
