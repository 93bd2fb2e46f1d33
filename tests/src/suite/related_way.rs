//! Relations over several models, up and down: `many_via` of any length, read-only.

use orm_core::BelongsTo;
use orm_core::expr::{Expr, Firm, Of};
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_way:
    a_way_down_is_one_statement_for_all_parents,
    a_way_up_and_down_is_one_statement,
    each_way_leads_where_its_foreign_keys_do,
    ways_are_eager_one_statement_each,
    ways_as_untracked_rows,
    ways_in_conditions_and_counts,
    ways_are_joined,
    a_way_sees_moves_on_every_step,
    a_way_sees_what_is_added_and_deleted,
    ways_with_a_condition_follow_edits,
}

#[derive(DeclarativeBase)]
pub(super) struct Music;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "labels", default)]
#[relation(plays = many_via(Disc::label, Song::disc, Play::song, order_by = Play::id))]
#[relation(listeners = many_via(Disc::label, Song::disc, Play::song, Play::listener, order_by = Listener::name))]
#[relation(minors = many_via(Disc::label, Song::disc, Play::song, Play::listener, filter = Listener::age.lt(18)))]
#[relation(below = many_via(Label::owner, Label::owner, Disc::label, order_by = Disc::id))]
pub(super) struct Label {
    #[column(primary_key)]
    pub(super) id: Id<Label>,
    pub(super) owner: Option<Id<Label>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "discs", default)]
#[relation(siblings = many_via(Disc::label, Disc::label, order_by = Disc::id))]
pub(super) struct Disc {
    #[column(primary_key)]
    pub(super) id: Id<Disc>,
    pub(super) label: Option<Id<Label>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "songs", default)]
#[relation(plays = many(Play::song, order_by = Play::id))]
pub(super) struct Song {
    #[column(primary_key)]
    pub(super) disc: Id<Disc>,
    #[column(primary_key)]
    pub(super) number: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "plays", default)]
#[relation(labels = many_via(Play::song, Song::disc, Disc::label))]
#[relation(on_the_label = many_via(Play::song, Song::disc, Disc::label, Disc::label, Song::disc, Play::song, order_by = Play::id.desc()))]
pub(super) struct Play {
    #[column(primary_key)]
    pub(super) id: Id<Play>,
    #[column(names("disc_id", "song_number"))]
    pub(super) song: Option<Id<Song, (i64, i64)>>,
    pub(super) listener: Id<Listener>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "listeners", default)]
#[relation(fellows = many_via(Play::listener, Play::song, Play::song, Play::listener, order_by = Listener::id))]
pub(super) struct Listener {
    #[column(primary_key)]
    pub(super) id: Id<Listener>,
    pub(super) name: String,
    pub(super) age: i64,
}

/// Label 1 owns 2, which owns 3; each has two discs of two songs; `cy` is under age.
fn store(db: &Db<Music>) {
    db.run(
        "INSERT INTO labels (id, owner_id) VALUES (1, NULL), (2, 1), (3, 2);
         INSERT INTO discs (id, label_id) VALUES (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, NULL);
         INSERT INTO songs (disc_id, number) VALUES (1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1), (7, 1);
         INSERT INTO listeners (id, name, age) VALUES (1, 'di', 40), (2, 'cy', 9), (3, 'bo', 30), (4, 'al', 50);
         INSERT INTO plays (id, disc_id, song_number, listener_id) VALUES
             (1, 2, 1, 1), (2, 1, 1, 2), (3, 1, 2, 1), (4, 3, 1, 3), (5, 4, 1, 2), (6, 7, 1, 4), (7, NULL, NULL, 1), (8, 1, 1, 3);",
    );
}

fn labels(s: &mut Session<Music>) -> Vec<Handle<Label>> {
    s.query::<Label>().order_by(Label::id).all().unwrap()
}

fn ids<M: BelongsTo<Music>>(s: &Session<Music>, handles: &[Handle<M>], id: impl Fn(&M) -> i64) -> Vec<i64> {
    handles.iter().map(|&handle| id(&s[handle])).collect()
}

fn key<M: Model>(id: &Id<M>) -> i64 {
    match id {
        Id::Key(key) => *key,
        Id::New | Id::Of(_) => 0,
    }
}

fn plays_of(s: &mut Session<Music>, label: Handle<Label>) -> Vec<i64> {
    let plays = s.related(label, Label::plays).unwrap();
    ids(s, &plays, |play| key(&play.id))
}

fn names_of(s: &mut Session<Music>, label: Handle<Label>) -> Vec<String> {
    let listeners = s.related(label, Label::listeners).unwrap();
    listeners.iter().map(|&listener| s[listener].name.clone()).collect()
}

fn a_way_down_is_one_statement_for_all_parents(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let labels = labels(&mut s);
    db.sent();
    let plays: Vec<Vec<i64>> = labels.iter().map(|&label| plays_of(&mut s, label)).collect();
    assert_eq!(plays, [vec![1, 2, 3, 8], vec![4, 5], vec![]]);
    assert_eq!(
        db.sent(),
        ["SELECT discs.id, discs.label_id, songs.disc_id, songs.number, plays.id, plays.disc_id, \
          plays.song_number, plays.listener_id FROM discs LEFT JOIN songs ON songs.disc_id = discs.id \
          LEFT JOIN plays ON (plays.disc_id = songs.disc_id AND plays.song_number = songs.number) \
          WHERE discs.label_id IN (?, ?, ?, ?) ORDER BY plays.id"]
    );
    assert!(s.get::<Disc>(5).unwrap().is_some() && db.sent().is_empty(), "what lies between is held");
    assert!(labels.iter().all(|&label| s.loaded(label, Label::plays)));
}

fn a_way_up_and_down_is_one_statement(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let plays = s.query::<Play>().order_by(Play::id).all().unwrap();
    db.sent();
    let mut found = Vec::new();
    for &play in &plays {
        let others = s.related(play, Play::on_the_label).unwrap();
        found.push(ids(&s, &others, |play| key(&play.id)));
    }
    let (first, second) = (vec![8, 3, 2, 1], vec![5, 4]);
    let wanted = [&first, &first, &first, &second, &second, &vec![], &vec![], &first];
    assert_eq!(found.iter().collect::<Vec<_>>(), wanted);
    assert_eq!(db.sent().len(), 1);
}

fn each_way_leads_where_its_foreign_keys_do(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let labels = labels(&mut s);
    assert_eq!(names_of(&mut s, labels[0]), ["bo", "cy", "di"]);
    assert_eq!(names_of(&mut s, labels[1]), ["bo", "cy"]);
    let minors = s.related(labels[0], Label::minors).unwrap();
    assert_eq!(ids(&s, &minors, |listener| key(&listener.id)), [2]);
    let below = s.related(labels[0], Label::below).unwrap();
    assert_eq!(ids(&s, &below, |disc| key(&disc.id)), [5, 6], "two levels down the same foreign key");
    let disc = s.get_one::<Disc>(3).unwrap();
    let siblings = s.related(disc, Disc::siblings).unwrap();
    assert_eq!(ids(&s, &siblings, |disc| key(&disc.id)), [3, 4]);
    let play = s.get_one::<Play>(4).unwrap();
    assert_eq!(s.related(play, Play::labels).unwrap(), [labels[1]], "a way up leads to a list, too");
    let loose = s.get_one::<Play>(7).unwrap();
    assert_eq!(s.related(loose, Play::labels).unwrap(), []);
    let di = s.get_one::<Listener>(1).unwrap();
    let fellows = s.related(di, Listener::fellows).unwrap();
    assert_eq!(ids(&s, &fellows, |listener| key(&listener.id)), [1], "nobody else heard what di heard");
    let bo = s.get_one::<Listener>(3).unwrap();
    let fellows = s.related(bo, Listener::fellows).unwrap();
    assert_eq!(ids(&s, &fellows, |listener| key(&listener.id)), [2, 3]);
}

fn ways_are_eager_one_statement_each(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    s.raiseload(true);
    let labels = s
        .query::<Label>()
        .order_by(Label::id)
        .with(Label::plays.then(Play::listener))
        .with(Label::listeners.then(Listener::fellows))
        .with(Label::below.then(Disc::siblings))
        .all()
        .unwrap();
    assert_eq!(s.reset_statistics().total(), 7, "the query, and one for each of the six branches");
    for label in labels {
        for play in s.related(label, Label::plays).unwrap() {
            s.related(play, Play::listener).unwrap();
        }
        for listener in s.related(label, Label::listeners).unwrap() {
            s.related(listener, Listener::fellows).unwrap();
        }
        for disc in s.related(label, Label::below).unwrap() {
            s.related(disc, Disc::siblings).unwrap();
        }
    }
    assert_eq!(s.statistics().total(), 0);
}

fn ways_as_untracked_rows(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let labels = s
        .query::<Label>()
        .order_by(Label::id)
        .untracked()
        .with(Label::plays.then(Play::labels))
        .with(Label::minors)
        .with(Label::listeners.then(Listener::fellows))
        .all()
        .unwrap();
    assert_eq!(s.reset_statistics().total(), 6, "the query, and one for each of the five branches");
    let plays = labels[0].related(Label::plays).unwrap();
    assert_eq!(plays.iter().map(|play| key(&play.id)).collect::<Vec<_>>(), [1, 2, 3, 8]);
    assert!(plays.iter().all(|play| key(&play.related(Play::labels).unwrap()[0].id) == 1));
    let listeners = labels[0].related(Label::listeners).unwrap();
    let fellows: Vec<usize> =
        listeners.iter().map(|listener| listener.related(Listener::fellows).unwrap().len()).collect();
    assert_eq!(fellows, [2, 2, 1]);
    assert_eq!(labels[0].related(Label::minors).unwrap().len(), 1);
    assert!(labels[2].related(Label::listeners).unwrap().is_empty());
}

fn ways_in_conditions_and_counts(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    labels(&mut s);
    db.sent();
    let heard = s.query::<Label>().filter(Label::listeners.any(Listener::name.eq("di"))).all().unwrap();
    assert_eq!(ids(&s, &heard, |label| key(&label.id)), [1]);
    assert_eq!(
        db.sent(),
        [
            "SELECT id, owner_id FROM labels WHERE EXISTS (SELECT 1 FROM listeners JOIN plays ON plays.listener_id = listeners.id \
          JOIN songs ON plays.disc_id = songs.disc_id AND plays.song_number = songs.number \
          JOIN discs ON songs.disc_id = discs.id WHERE discs.label_id = labels.id AND listeners.name = ?)"
        ]
    );
    let mut counted = |of: Expr<i64, Firm<Of<Label>>>| -> Vec<i64> {
        let rows = s.query::<Label>().order_by(Label::id).select((of,)).fetch().unwrap();
        rows.into_iter().map(|(count,)| count).collect()
    };
    assert_eq!(counted(Label::plays.count()), [4, 2, 0]);
    assert_eq!(counted(Label::listeners.count()), [3, 2, 0], "each listener once");
    assert_eq!(counted(Label::minors.count()), [1, 1, 0]);
    assert_eq!(counted(Label::below.count()), [2, 0, 0]);
    let alone = s.query::<Disc>().filter(Disc::siblings.count().eq(0)).all().unwrap();
    assert_eq!(ids(&s, &alone, |disc| key(&disc.id)), [7]);
    let all =
        s.query::<Listener>().filter(Listener::fellows.all(Listener::age.gt(20))).order_by(Listener::id);
    let all = all.all().unwrap();
    assert_eq!(ids(&s, &all, |listener| key(&listener.id)), [1, 4]);
}

fn ways_are_joined(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let rows: Vec<(Id<Label>, Option<String>)> = s
        .query::<Label>()
        .left_join(Label::minors)
        .order_by(Label::id)
        .distinct()
        .select((Label::id, Listener::name))
        .fetch()
        .unwrap();
    let rows: Vec<_> = rows.iter().map(|(id, name)| (key(id), name.as_deref())).collect();
    assert_eq!(rows, [(1, Some("cy")), (2, Some("cy")), (3, None)]);
    let plays =
        s.query::<Label>().join(Label::plays).filter(Label::id.eq(1)).select((Play::id,)).fetch().unwrap();
    assert_eq!(plays.len(), 4);
}

fn a_way_sees_moves_on_every_step(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let labels = labels(&mut s);
    plays_of(&mut s, labels[0]);
    names_of(&mut s, labels[0]);
    db.sent();
    let [disc, other] = [1, 3].map(|key| s.get_one::<Disc>(key).unwrap());
    s[disc].label = Some(labels[1].into());
    assert_eq!(plays_of(&mut s, labels[0]), [1]);
    assert_eq!(plays_of(&mut s, labels[1]), [4, 5, 2, 8, 3], "the database's order, then what came");
    assert_eq!(names_of(&mut s, labels[1]), ["bo", "cy", "di"]);
    s[other].label = None;
    assert_eq!(plays_of(&mut s, labels[1]), [5, 2, 8, 3]);
    let play = s.get_one::<Play>(1).unwrap();
    s[play].song = Some(Id::Key((4, 1)));
    assert_eq!(plays_of(&mut s, labels[0]), [0; 0]);
    assert_eq!(names_of(&mut s, labels[0]), [""; 0]);
    let on = s.related(play, Play::labels).unwrap();
    assert_eq!(on, [labels[1]]);
    assert!(db.sent().is_empty(), "nothing of it asks the database");
    s.commit().unwrap();
    assert_eq!(plays_of(&mut s, labels[1]), [1, 2, 3, 5, 8]);
}

fn a_way_sees_what_is_added_and_deleted(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let label = s.add(Label::default());
    let disc = s.add(Disc { label: Some(label.into()), ..Disc::default() });
    let song = s.add(Song { disc: disc.into(), number: 1 });
    let eve = s.add(Listener { name: "eve".into(), ..Listener::default() });
    let play = s.add(Play { song: Some(song.into()), listener: eve.into(), ..Play::default() });
    assert_eq!(s.related(label, Label::plays).unwrap(), [play]);
    assert_eq!(s.related(label, Label::listeners).unwrap(), [eve]);
    assert_eq!(s.related(play, Play::labels).unwrap(), [label]);
    assert_eq!(s.related(eve, Listener::fellows).unwrap(), [eve]);
    assert!(db.sent().is_empty(), "all is new");
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(label, Label::listeners).unwrap(), [eve]);
    s.delete(play);
    assert_eq!(s.related(label, Label::listeners).unwrap(), []);
    assert_eq!(s.related(label, Label::plays).unwrap(), []);
    s.restore(play).unwrap();
    assert_eq!(s.related(label, Label::plays).unwrap(), [play]);
    s.delete(song);
    assert_eq!(s.related(label, Label::plays).unwrap(), [], "the way breaks off in between");
    assert_eq!(s.related(play, Play::labels).unwrap(), []);
    s.rollback().unwrap();
    s.restore(label).unwrap();
    assert_eq!(s.related(label, Label::plays).unwrap(), [], "the disc was withdrawn, too");
}

fn ways_with_a_condition_follow_edits(lab: &Lab) {
    let db = lab.db_of::<Music>();
    store(&db);
    let mut s = db.session();
    let labels = labels(&mut s);
    let minors = |s: &mut Session<Music>, label: usize| {
        let found = s.related(labels[label], Label::minors).unwrap();
        ids(s, &found, |listener| key(&listener.id))
    };
    assert_eq!(minors(&mut s, 0), [2]);
    let [cy, bo] = [2, 3].map(|key| s.get_one::<Listener>(key).unwrap());
    s[cy].age = 18;
    assert_eq!(minors(&mut s, 0), [0; 0]);
    s[cy].age = 17;
    assert_eq!((minors(&mut s, 0), minors(&mut s, 1)), (vec![2], vec![2]));
    s[bo].age = 3;
    s.commit().unwrap();
    assert_eq!(minors(&mut s, 0), [2, 3]);
    let play = s.get_one::<Play>(4).unwrap();
    let al = s.get_one::<Listener>(4).unwrap();
    s[play].listener = al.into();
    assert_eq!(minors(&mut s, 1), [2], "al is of age");
}
