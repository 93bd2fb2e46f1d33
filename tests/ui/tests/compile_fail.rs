//! Programs that must not compile: one file per rule, named after it. `TRYBUILD=overwrite cargo test` writes the outputs anew.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn programs_fail_with_the_words_beside_them() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

#[test]
fn errors_are_ours_short_and_in_place() {
    let mut complaints = Vec::new();
    for program in programs("fail") {
        let source = fs::read_to_string(&program).expect("the program can be read");
        let output = fs::read_to_string(program.with_extension("stderr")).unwrap_or_default();
        let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let found = orm_ui_tests::check(&name, &source, &output);
        complaints.extend(found.into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn queries_have_forty_errors_at_least_and_half_of_them_in_sixteen_lines() {
    let outputs = programs("fail").into_iter().map(|program| program.with_extension("stderr"));
    let of_queries = outputs
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("query_")));
    let lengths: Vec<usize> = of_queries
        .flat_map(|path| orm_ui_tests::lengths(&fs::read_to_string(path).unwrap_or_default()))
        .collect();
    let short = lengths.iter().filter(|lines| **lines <= 16).count();
    assert!(lengths.len() >= 40 && 2 * short >= lengths.len(), "{short} of {} are short", lengths.len());
}

fn programs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).expect("the folder is there");
    let paths = files.map(|file| file.expect("the folder can be read").path());
    let mut programs: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    programs.sort();
    programs
}
