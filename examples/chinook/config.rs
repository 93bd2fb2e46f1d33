//! Where the sample is: the program's argument, or the variable `CHINOOK`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Failure;

const HELP: &str =
    "this example needs the Chinook sample database (MIT licence), which is not in this repository
  1. get ChinookDatabase/DataSources/Chinook_Sqlite.sql
     of     https://github.com/lerocha/chinook-database
  2. run    CHINOOK=path/to/Chinook_Sqlite.sql cargo run --example chinook
An SQLite database made from it will do as well.";

/// The sample's path; without one, or without a file there, the failure says how to get it.
pub fn sample(argument: Option<OsString>, variable: Option<OsString>) -> Result<PathBuf, Failure> {
    let is_given = |path: &OsString| !path.is_empty();
    let Some(path) = argument.or(variable).filter(is_given).map(PathBuf::from) else {
        return Err(HELP.into());
    };
    if !path.is_file() {
        return Err(format!("there is no file {}\n{HELP}", path.display()).into());
    }
    Ok(path)
}
