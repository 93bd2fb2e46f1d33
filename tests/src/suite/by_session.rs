//! Rules of foreign keys that the session carries out: few statements, and every row that it writes runs its hooks.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use models::*;

rules! { by_session:
    s37_children_of_many_parents_are_loaded_level_by_level,
    s37_a_tree_is_loaded_level_by_level,
    a_composite_key_is_one_statement_too,
    cleared_rows_run_their_hooks_of_an_update,
    a_cleared_row_that_changes_as_well_runs_its_hooks_once,
    an_error_of_such_a_hook_aborts_the_flush,
}

pub(super) mod models {
    use orm_core::prelude::*;
    use orm_core::{Error, HookContext};

    #[derive(DeclarativeBase)]
    pub(in crate::suite) struct Firm;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Firm, table = "teams", default)]
    pub(in crate::suite) struct Team {
        #[column(primary_key)]
        pub id: Id<Team>,
        #[column(on_delete = cascade, by = session)]
        pub parent: Option<Id<Team>>,
    }

    /// Cleared with its team, and told so.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Firm, table = "staff", default, hooks)]
    pub(super) struct Staff {
        #[column(primary_key)]
        pub id: Id<Staff>,
        #[column(on_delete = set_null, by = session)]
        pub team: Option<Id<Team>>,
        pub name: String,
        pub log: String,
    }

    impl Hooks for Staff {
        fn before_update(&mut self, _: &HookContext<'_, Self>) -> orm_core::Result<()> {
            if self.name == "refuses" {
                return Err(Error::misuse("not this one"));
            }
            if !self.log.contains("before") {
                self.log.push_str("before ");
            }
            Ok(())
        }

        fn after_update(&mut self, _: &HookContext<'_, Self>) -> orm_core::Result<()> {
            if self.team.is_some() {
                return Err(Error::misuse("it is cleared by now"));
            }
            if !self.log.contains("after") {
                self.log.push_str("after ");
            }
            Ok(())
        }
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Firm, table = "rooms")]
    pub(super) struct Room {
        #[column(primary_key)]
        pub floor: i64,
        #[column(primary_key)]
        pub door: i64,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Firm, table = "desks", default)]
    pub(super) struct Desk {
        #[column(primary_key)]
        pub id: Id<Desk>,
        #[column(names("room_floor", "room_door"), on_delete = cascade, by = session)]
        pub room: Id<Room, (i64, i64)>,
    }
}

fn firm(lab: &Lab, rows: &str) -> (Db<Firm>, Session<Firm>) {
    let db: Db<Firm> = lab.db_of();
    db.run(rows);
    let session = db.session();
    (db, session)
}

fn selects(sent: &[String]) -> Vec<&str> {
    sent.iter().map(String::as_str).filter(|sql| sql.starts_with("SELECT")).collect()
}

const TEAMS: &str = "SELECT id, parent_id FROM teams WHERE parent_id IN (?, ?) ORDER BY id";

fn s37_children_of_many_parents_are_loaded_level_by_level(lab: &Lab) {
    let rows = "INSERT INTO teams VALUES (1, NULL), (2, NULL), (3, 1), (4, 2);
                INSERT INTO staff VALUES (1, 1, 'a', ''), (2, 3, 'b', ''), (3, 4, 'c', '')";
    let (db, mut s) = firm(lab, rows);
    let teams = [1, 2].map(|id| s.get_one::<Team>(id).unwrap());
    teams.into_iter().for_each(|team| s.delete(team));
    db.sent();
    s.commit().unwrap();
    let staff = "SELECT id, team_id, name, log FROM staff WHERE team_id IN (?, ?) ORDER BY id";
    assert_eq!(selects(&db.sent()), [staff, TEAMS, staff, TEAMS]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM teams"), [(0,)]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM staff WHERE team_id IS NULL"), [(3,)]);
}

fn s37_a_tree_is_loaded_level_by_level(lab: &Lab) {
    let rows = "INSERT INTO teams VALUES (1, NULL), (2, 1), (3, 1), (4, 2), (5, 3), (6, 3)";
    let (db, mut s) = firm(lab, rows);
    let root = s.get_one::<Team>(1).unwrap();
    s.delete(root);
    db.sent();
    s.commit().unwrap();
    // The root, its two children, its three grandchildren: what names each level, by both foreign keys.
    assert_eq!(selects(&db.sent()).len(), 6);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM teams"), [(0,)]);
}

fn a_composite_key_is_one_statement_too(lab: &Lab) {
    let rows =
        "INSERT INTO rooms VALUES (1, 1), (1, 2); INSERT INTO desks VALUES (1, 1, 1), (2, 1, 2), (3, 1, 2)";
    let (db, mut s) = firm(lab, rows);
    let rooms = [1, 2].map(|door| s.get_one::<Room>((1, door)).unwrap());
    rooms.into_iter().for_each(|room| s.delete(room));
    db.sent();
    s.commit().unwrap();
    assert_eq!(selects(&db.sent()).len(), 1);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM desks"), [(0,)]);
}

const STAFF: &str =
    "INSERT INTO teams VALUES (1, NULL); INSERT INTO staff VALUES (1, 1, 'a', ''), (2, 1, 'b', '')";

fn cleared_rows_run_their_hooks_of_an_update(lab: &Lab) {
    let (db, mut s) = firm(lab, STAFF);
    let team = s.get_one::<Team>(1).unwrap();
    s.delete(team);
    db.sent();
    s.flush().unwrap();
    let log = "UPDATE staff SET log = ? WHERE id = ?";
    let clear = "UPDATE staff SET team_id = ? WHERE id = ?";
    assert_eq!(db.sent()[2..], [log, log, clear, clear, "DELETE FROM teams WHERE id = ?"]);
    let staff = s.query::<Staff>().order_by(Staff::id).all().unwrap();
    assert_eq!((s[staff[1]].team, s[staff[1]].log.as_str()), (None, "before after "));
    s.rollback().unwrap();
    assert_eq!((s[staff[1]].team, s[staff[1]].log.as_str()), (Some(1.into()), ""));
}

fn a_cleared_row_that_changes_as_well_runs_its_hooks_once(lab: &Lab) {
    let (_db, mut s) = firm(lab, STAFF);
    let team = s.get_one::<Team>(1).unwrap();
    let one = s.get_one::<Staff>(1).unwrap();
    s[one].name = "changed".into();
    s.delete(team);
    s.flush().unwrap();
    assert_eq!((s[one].team, s[one].log.as_str()), (None, "before after "));
}

fn an_error_of_such_a_hook_aborts_the_flush(lab: &Lab) {
    let rows = "INSERT INTO teams VALUES (1, NULL); INSERT INTO staff VALUES (1, 1, 'refuses', '')";
    let (db, mut s) = firm(lab, rows);
    let team = s.get_one::<Team>(1).unwrap();
    s.delete(team);
    db.sent();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("before_update"), "{error}");
    assert_eq!(db.sent().last().unwrap(), "ROLLBACK");
    assert_eq!(s.state(team), Some(State::Persistent));
}
