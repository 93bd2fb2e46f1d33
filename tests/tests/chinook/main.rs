//! The example `chinook`: on its sample, where there is one, and without. The sample is the file that the variable `CHINOOK`
//! names, or `../shared/data/chinook.sql` beside the workspace.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../../../examples/chinook/main.rs"]
mod chinook;
mod graphs;

use std::fs;
use std::path::{Path, PathBuf};

use chinook::{compare, config, copy, db, models};

/// The sample, or nothing: it is no part of the repository.
fn sample() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if let Some(path) = std::env::var_os("CHINOOK") {
        return Some(workspace.join(path));
    }
    let beside = workspace.join("../shared/data/chinook.sql");
    if !beside.is_file() {
        eprintln!("skipped: the Chinook sample is not here; set CHINOOK to its path");
        return None;
    }
    Some(beside)
}

/// The sample with a statement more, in a folder.
fn changed(sample: &Path, folder: &Path, statement: &str) -> PathBuf {
    let path = folder.join("changed.sql");
    let script = fs::read_to_string(sample).expect("the sample is a script") + statement;
    fs::write(&path, script).expect("the folder can be written");
    path
}

#[test]
fn every_row_of_the_sample_is_copied_and_found_equal() {
    let Some(sample) = sample() else { return };
    assert_eq!(chinook::run(&sample).unwrap(), 15_607);
}

#[test]
fn without_the_sample_it_tells_how_to_get_it() {
    for argument in [None, Some("".into()), Some("no such file".into())] {
        let failure = config::sample(argument, None).unwrap_err().to_string();
        assert!(failure.contains("https://github.com/lerocha/chinook-database"), "{failure}");
        assert!(failure.contains("CHINOOK=") && failure.contains("--example chinook"), "{failure}");
    }
}

#[test]
fn the_argument_comes_before_the_variable() {
    let (argument, variable) = ("Cargo.toml".into(), "no such file".into());
    let path = config::sample(Some(argument), Some(variable)).unwrap();
    assert_eq!(path, Path::new("Cargo.toml"));
}

#[test]
fn a_schema_that_differs_fails_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("artists.sql");
    fs::write(&script, "CREATE TABLE Artist (ArtistId INTEGER PRIMARY KEY, Name INTEGER)").unwrap();
    let failure = chinook::run(&script).unwrap_err().to_string();
    assert!(failure.contains("table `Track` is missing"), "{failure}");
    assert!(failure.contains("`Artist.Name` is INTEGER"), "{failure}");
}

#[test]
fn a_row_that_differs_fails_and_is_shown() {
    let Some(sample) = sample() else { return };
    let folder = tempfile::tempdir().unwrap();
    let original = db::original(&sample, folder.path()).unwrap();
    let duplicate = db::from_models(folder.path()).unwrap();
    let mut source = original.session();
    copy::copy_all(&mut source, &mut duplicate.session()).unwrap();

    let mut target = duplicate.session();
    let track = target.get_one::<models::Track>(7).unwrap();
    target[track].bytes = None;
    target.commit().unwrap();
    let failure = compare::compare_all(&mut source, &mut target).unwrap_err().to_string();
    assert!(failure.starts_with("Track { id: Key(7)") && failure.contains("bytes: None"), "{failure}");
}

#[test]
fn employees_who_report_to_each_other_are_copied() {
    let Some(sample) = sample() else { return };
    let folder = tempfile::tempdir().unwrap();
    let circle = "UPDATE Employee SET ReportsTo = 8 WHERE EmployeeId = 1;";
    let script = changed(&sample, folder.path(), circle);
    assert_eq!(chinook::run(&script).unwrap(), 15_607);
}

#[test]
fn an_invoice_that_is_not_the_sum_of_its_lines_is_found() {
    let Some(sample) = sample() else { return };
    let folder = tempfile::tempdir().unwrap();
    let wrong = "UPDATE Invoice SET Total = 0.01 WHERE InvoiceId = 5;";
    let script = changed(&sample, folder.path(), wrong);
    let failure = chinook::run(&script).unwrap_err().to_string();
    assert!(failure.contains("Key(5) is not the sum"), "{failure}");
}
