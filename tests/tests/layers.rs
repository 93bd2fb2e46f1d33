//! The rules of ARCHITECTURE.md that the compiler does not hold: modules use lower ones only, unsafe code has one place,
//! the core knows no database, files stay short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of orm-core, each with its rank: a module uses those of lower rank, and itself.
const RANKS: [(&str, u8); 18] = [
    ("error", 0),
    ("util", 0),
    ("value", 1),
    ("row", 2),
    ("schema", 3),
    ("expr", 4),
    ("stmt", 5),
    ("compile", 6),
    ("driver", 7),
    ("verify", 7),
    ("engine", 8),
    ("store", 8),
    ("load", 9),
    ("uow", 9),
    ("session", 10),
    ("__private", 11),
    ("prelude", 11),
    ("lib", 12),
];

/// Files that use a higher module: the file, the module, and why. The same list stands in ARCHITECTURE.md.
const EXCEPTIONS: [(&str, &str, &str); 10] = [
    ("value/key.rs", "row", FIELDS),
    ("value/field.rs", "row", FIELDS),
    ("value/generated.rs", "row", FIELDS),
    ("value/key.rs", "schema", FIELDS),
    ("value/field.rs", "schema", FIELDS),
    ("value/id.rs", "schema", FIELDS),
    ("schema/model.rs", "session", BASES),
    ("schema/model.rs", "engine", BASES),
    ("schema/derived.rs", "engine", BASES),
    ("schema/registry.rs", "store", STORES),
];

const FIELDS: &str = "a model has fields, and a field that is an id names a model";
const STORES: &str =
    "a flush may load rows of a model that the session never met, and only its entry knows its type";
const BASES: &str = "a base gives its engine and its sessions, so its trait names them";

/// The most lines of a file of library code.
const MAX_LINES: usize = 500;

#[test]
fn modules_use_lower_ones_only() {
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for file in library_files("orm-core") {
        let module = file.name.split(['/', '.']).next().unwrap_or_default();
        let own = rank(module).unwrap_or_else(|| panic!("module `{module}` has no rank"));
        for (number, line) in file.code() {
            assert!(!line.contains("crate::{"), "{}:{number}: one module a line: {line}", file.name);
            for other in modules_of(line).into_iter().filter(|other| *other != module) {
                // Items of the crate's root are re-exports and macros.
                let Some(theirs) = rank(other) else { continue };
                if theirs < own {
                    continue;
                }
                match EXCEPTIONS.iter().find(|known| (known.0, known.1) == (file.name.as_str(), other)) {
                    Some(known) => drop(used.insert((known.0, known.1))),
                    None => complaints.push(format!("{}:{number} uses `{other}`: {line}", file.name)),
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception is not needed any more; these are: {used:?}");
}

#[test]
fn exceptions_are_in_the_architecture() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it can be read");
    for (file, _, _) in EXCEPTIONS {
        assert!(text.contains(&format!("`{file}`")), "ARCHITECTURE.md does not list `{file}`");
    }
    for (module, _) in RANKS.iter().filter(|(module, _)| *module != "lib") {
        assert!(text.contains(&format!("`{module}`")), "ARCHITECTURE.md does not list `{module}`");
    }
}

#[test]
fn crates_without_unsafe_code_forbid_it() {
    for krate in ["orm-core", "orm-derive"] {
        let text = fs::read_to_string(root().join(krate).join("src/lib.rs")).expect("it can be read");
        assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{krate} does not forbid unsafe code");
    }
}

#[test]
fn unsafe_code_is_under_raw_only() {
    for file in library_files("orm-sqlite").iter().filter(|file| !file.name.starts_with("raw/")) {
        for (number, line) in file.code() {
            let is_lint = line.contains("(unsafe_code)");
            assert!(is_lint || !words(line).any(|word| word == "unsafe"), "{}:{number}: {line}", file.name);
        }
    }
}

#[test]
fn core_names_no_database() {
    for file in library_files("orm-core") {
        for (number, line) in file.code() {
            let line = line.to_lowercase();
            let named = ["sqlite", "postgres", "mysql", "rusqlite"].iter().find(|name| line.contains(*name));
            assert_eq!(named, None, "{}:{number}: {line}", file.name);
        }
    }
}

#[test]
fn files_are_short() {
    for krate in ["orm-core", "orm-derive", "orm-sqlite"] {
        for file in library_files(krate) {
            let lines = file.library_text().lines().count();
            assert!(lines <= MAX_LINES, "{krate}/src/{} has {lines} lines", file.name);
        }
    }
}

/// A source file of a crate; its name is its path in `src`.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// All before its tests.
    fn library_text(&self) -> &str {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        &self.text[..tests]
    }

    /// The lines that are no comment, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.library_text()
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default().trim()))
            .filter(|(_, line)| !line.is_empty())
    }
}

#[test]
fn every_part_of_the_suite_is_run() {
    let suite = root().join("tests/src/suite");
    let listed = fs::read_to_string(suite.join("mod.rs")).expect("the file can be read");
    let (_, listed) = listed.split_once("$crate::suite! { $backend;").expect("the macro lists its parts");
    let (listed, _) = listed.split_once('}').expect("the list ends");
    for file in fs::read_dir(&suite).expect("the folder is there") {
        let path = file.expect("the folder can be read").path();
        let part = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(part == "mod" || listed.split_whitespace().any(|word| word == part), "{part} is not run");
    }
}

/// The files of a crate without those that are compiled for tests only.
fn library_files(krate: &str) -> Vec<Source> {
    let source = root().join(krate).join("src");
    let mut files = Vec::new();
    gather(&source, &source, &mut files);
    assert!(files.len() > 3, "{krate} has sources");
    let tests: Vec<String> = files.iter().flat_map(test_modules).collect();
    files.retain(|file| !tests.contains(&file.name));
    files
}

fn gather(folder: &Path, source: &Path, files: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            gather(&path, source, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(source).expect("it lies in there").to_string_lossy().into_owned();
            files.push(Source { name, text: fs::read_to_string(&path).expect("the file can be read") });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
}

/// The files of `#[cfg(test)] mod name;`, beside `mod.rs` or in the folder named after the file.
fn test_modules(file: &Source) -> Vec<String> {
    let folder = match file.name.strip_suffix("mod.rs").or(file.name.strip_suffix("lib.rs")) {
        Some(folder) => folder.to_owned(),
        None => format!("{}/", file.name.trim_end_matches(".rs")),
    };
    let mut lines = file.text.lines();
    let mut found = Vec::new();
    while lines.by_ref().any(|line| line == "#[cfg(test)]") {
        let item = lines.by_ref().find(|line| !line.starts_with("#["));
        let name = item.and_then(|line| line.trim_start_matches("pub(crate) ").strip_prefix("mod "));
        if let Some(name) = name.and_then(|name| name.strip_suffix(';')) {
            found.push(format!("{folder}{name}.rs"));
        }
    }
    found
}

/// The modules that a line names by a path from the crate's root; `$crate` in a macro speaks to users.
fn modules_of(line: &str) -> Vec<&str> {
    let paths = line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$'));
    paths.filter_map(|(at, path)| words(&line[at + path.len()..]).next()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
