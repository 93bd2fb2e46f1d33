//! Tables made from models, dropped, and held against the database.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use orm_core::driver::Driver;
use orm_core::prelude::*;
use orm_core::{Difference, DifferenceKind, Metadata};
use orm_sqlite::Sqlite;

#[derive(DeclarativeBase)]
struct ClubDb;

#[derive(ColumnEnum, Clone, Copy, Debug, PartialEq)]
enum Rank {
    Junior,
    Senior,
}

// Declared before the models that it names.
#[derive(Model, Clone, Debug)]
#[model(base = ClubDb, table = "players", default, index(team, name))]
struct Player {
    #[column(primary_key, never_reuse)]
    id: Id<Player>,
    #[column(on_delete = cascade)]
    team: Id<Team>,
    #[column(length = 20, unique)]
    name: String,
    #[column(server_default = "'Junior'")]
    rank: Generated<Rank>,
    #[column(default = true)]
    active: bool,
    #[column(computed = "lower(name)")]
    folded: Generated<String>,
}

#[derive(Model, Clone, Debug)]
#[model(base = ClubDb, table = "teams", default)]
struct Team {
    #[column(primary_key)]
    id: Id<Team>,
    captain: Option<Id<Player>>,
}

#[derive(Model, Clone, Debug)]
#[model(base = ClubDb, table = "select \"; DROP TABLE teams; --", default)]
struct Odd {
    #[column(primary_key, name = "group")]
    id: Id<Odd>,
    #[column(name = "it's 🦀; \"", index)]
    crab: String,
}

fn engine() -> Engine<ClubDb> {
    let engine = Engine::<ClubDb>::builder(Sqlite::memory()).build().unwrap();
    engine.create_all().unwrap();
    engine
}

/// A team whose captain is one of its players.
fn add_team(engine: &Engine<ClubDb>) {
    let script =
        "INSERT INTO teams (id) VALUES (1); INSERT INTO players (team_id, name, active) VALUES (1, 'Ann', 1);
                  UPDATE teams SET captain_id = 1";
    engine.checkout().unwrap().run_script(script).unwrap();
}

fn differences_after(script: &str) -> Vec<Difference> {
    let engine = engine();
    engine.checkout().unwrap().run_script(script).unwrap();
    engine.metadata().verify(&engine).unwrap()
}

#[test]
fn tables_made_from_the_models_have_no_difference() {
    let engine = engine();
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
    engine.create_all().unwrap();
    assert_eq!(engine.metadata().tables().len(), 3);
}

#[test]
fn the_schema_is_text_without_a_database() {
    let sqlite = Sqlite::memory();
    let metadata = Metadata::<ClubDb>::new();
    let expected = "\
CREATE TABLE IF NOT EXISTS players (
  id INTEGER NOT NULL CONSTRAINT pk_players PRIMARY KEY AUTOINCREMENT,
  team_id INTEGER NOT NULL,
  name VARCHAR(20) NOT NULL,
  rank TEXT DEFAULT 'Junior' NOT NULL,
  active BOOLEAN NOT NULL,
  folded TEXT GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
  CONSTRAINT uq_players_name UNIQUE (name),
  CONSTRAINT fk_players_team_id_teams FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
  CONSTRAINT ck_players_rank CHECK (rank IN ('Junior', 'Senior')),
  CONSTRAINT ck_players_active CHECK (active IN (0, 1))
);
";
    let script = metadata.create_all_script(sqlite.dialect());
    assert!(script.starts_with(expected), "{script}");
    assert_eq!(metadata.drop_all_sql(sqlite.dialect())[0], "PRAGMA defer_foreign_keys = ON");
}

#[test]
fn create_all_leaves_rows_alone() {
    let engine = engine();
    add_team(&engine);
    engine.create_all().unwrap();
    assert_eq!(SessionMaker::new(engine).session().query::<Player>().count().unwrap(), 1);
}

#[test]
fn tables_that_name_each_other_are_dropped_with_their_rows() {
    let engine = engine();
    add_team(&engine);
    engine.drop_all().unwrap();
    let missing = engine.metadata().verify(&engine).unwrap();
    assert!(missing.iter().all(|found| found.kind() == DifferenceKind::MissingTable));
    assert_eq!(missing.len(), 3);
    engine.drop_all().unwrap();
    engine.create_all().unwrap();
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
}

#[test]
fn what_a_stranger_still_names_is_not_dropped() {
    let engine = engine();
    add_team(&engine);
    let script = "CREATE TABLE stranger (team REFERENCES teams (id)); INSERT INTO stranger VALUES (1)";
    engine.checkout().unwrap().run_script(script).unwrap();
    assert!(engine.drop_all().unwrap_err().is_foreign_key());
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
}

#[test]
fn a_key_is_not_given_again_where_the_model_says_so() {
    let engine = engine();
    add_team(&engine);
    let script = "UPDATE teams SET captain_id = NULL; DELETE FROM players; INSERT INTO players (team_id, name, active) VALUES (1, 'Bo', 1)";
    engine.checkout().unwrap().run_script(script).unwrap();
    let mut s = SessionMaker::new(engine).session();
    let player = s.query::<Player>().one().unwrap();
    assert_eq!(s[player].id, Id::Key(2));
    assert_eq!(s[player].folded.get().map(String::as_str), Some("bo"));
    assert_eq!(s[player].rank.get(), Some(&Rank::Junior));
}

#[test]
fn the_database_refuses_what_no_model_could_read() {
    let engine = engine();
    add_team(&engine);
    for change in ["rank = 'Boss'", "active = 2", "team_id = 7"] {
        let error =
            engine.checkout().unwrap().run_script(&format!("UPDATE players SET {change}")).unwrap_err();
        assert!(error.is_check() || error.is_foreign_key(), "{change}: {error}");
    }
}

#[test]
fn a_name_is_a_name_whatever_it_holds() {
    let mut s = SessionMaker::new(engine()).session();
    let odd = s.add(Odd { crab: "Robert'); DROP TABLE teams; --".into(), ..Default::default() });
    s.commit().unwrap();
    s[odd].crab.push('!');
    s.commit().unwrap();
    assert_eq!(s.query::<Odd>().filter(Odd::crab.eq("Robert'); DROP TABLE teams; --!")).count().unwrap(), 1);
    assert_eq!(s.query::<Team>().count().unwrap(), 0);
}

#[test]
fn every_difference_is_listed() {
    let script = "DROP TABLE players;
        CREATE TABLE Players (ID INT NOT NULL PRIMARY KEY, team_id INTEGER REFERENCES teams (id), name INTEGER NOT NULL,
            active BOOLEAN NOT NULL, folded TEXT NOT NULL, extra TEXT NOT NULL, more TEXT)";
    let words: Vec<String> = differences_after(script).iter().map(Difference::to_string).collect();
    let expected = [
        "the database has a column `players.extra` that is NOT NULL without a default, which `Player` does not know: every INSERT would fail",
        "`players.folded` is not computed by the database; `Player::folded` is `lower(name)`",
        "the database does not generate `players.id`, which is INT; `Player::id` is left to it and needs INTEGER",
        "`players.name` is INTEGER in the database; `Player::name` needs VARCHAR(20)",
        "`players.name` is not unique in the database",
        "column `players.rank` is missing",
        "`players.team_id` allows NULL in the database, but `Player::team` does not",
        "`players.team_id` deletes with NO ACTION, the model says CASCADE",
        "`players(team_id, name)` have no index in the database",
    ];
    assert_eq!(words, expected);
}

#[derive(DeclarativeBase)]
struct TwinDb;

#[derive(Model, Clone)]
#[model(base = TwinDb, table = "cards")]
struct Card {
    #[column(primary_key)]
    id: Id<Card>,
    face: String,
}

#[derive(Model, Clone)]
#[model(base = TwinDb, table = "cards")]
struct OtherCard {
    #[column(primary_key)]
    id: Id<OtherCard>,
    back: String,
}

#[test]
fn two_shapes_of_one_table_are_not_created() {
    let engine = Engine::<TwinDb>::builder(Sqlite::memory()).build().unwrap();
    let words = engine.create_all().unwrap_err().to_string();
    assert!(words.starts_with("`Card` and `OtherCard` are both models of the table `cards`"), "{words}");
    assert_eq!(engine.metadata().verify(&engine).unwrap().len(), 1);
}

#[test]
fn expressions_are_compared_by_what_they_say() {
    let made_by_hand = |rank: &str, folded: &str, name: &str| {
        let script = format!(
            "DROP TABLE players;
             CREATE TABLE players (id INTEGER PRIMARY KEY AUTOINCREMENT, [team_id] INT NOT NULL REFERENCES teams ON DELETE CASCADE,
                name VARCHAR(9) NOT NULL UNIQUE {name}, rank TEXT NOT NULL {rank}, active INT NOT NULL,
                \"folded\" TEXT NOT NULL AS {folded} VIRTUAL);
             CREATE INDEX any ON players (team_id, name)"
        );
        let found = differences_after(&script);
        found.iter().map(|found| (found.kind(), found.to_string())).collect::<Vec<_>>()
    };
    let same = made_by_hand(
        "CHECK (((\"rank\" in ( 'Senior' , 'Junior' )))) DEFAULT \"Junior\"",
        "(/* small */ LOWER( Name ))",
        "COLLATE binary CHECK (name <> '')",
    );
    assert_eq!(same, []);
    let other = made_by_hand(
        "DEFAULT 'Senior' CONSTRAINT ck_players_rank CHECK (rank IN ('Senior'))",
        "(upper(name))",
        "COLLATE NOCASE",
    );
    let expected = [
        (
            DifferenceKind::Computed,
            "`players.folded` is computed by `upper(name)` in the database, `Player::folded` is `lower(name)`",
        ),
        (
            DifferenceKind::Collation,
            "`players.name` compares texts by NOCASE in the database, `Player::name` by BINARY",
        ),
        (
            DifferenceKind::Default,
            "`players.rank` has the default `'Senior'` in the database, `Player::rank` says `'Junior'`",
        ),
        (
            DifferenceKind::Check,
            "`players.rank` is checked by `rank IN ('Senior')` in the database, the model says `rank IN ('Junior', 'Senior')`",
        ),
    ];
    assert_eq!(other, expected.map(|(kind, words)| (kind, words.to_owned())));
}
