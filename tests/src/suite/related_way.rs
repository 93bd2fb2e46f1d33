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
    ways_follow_random_edits,
    ways_follow_random_edits_in_small_batches,
}

#[derive(DeclarativeBase)]
struct Music;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "labels", default)]
#[relation(plays = many_via(Disc::label, Song::disc, Play::song, order_by = Play::id))]
#[relation(listeners = many_via(Disc::label, Song::disc, Play::song, Play::listener, order_by = Listener::name))]
#[relation(minors = many_via(Disc::label, Song::disc, Play::song, Play::listener, filter = Listener::age.lt(18)))]
#[relation(below = many_via(Label::owner, Label::owner, Disc::label, order_by = Disc::id))]
struct Label {
    #[column(primary_key)]
    id: Id<Label>,
    owner: Option<Id<Label>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "discs", default)]
#[relation(siblings = many_via(Disc::label, Disc::label, order_by = Disc::id))]
struct Disc {
    #[column(primary_key)]
    id: Id<Disc>,
    label: Option<Id<Label>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "songs", default)]
#[relation(plays = many(Play::song, order_by = Play::id))]
struct Song {
    #[column(primary_key)]
    disc: Id<Disc>,
    #[column(primary_key)]
    number: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "plays", default)]
#[relation(labels = many_via(Play::song, Song::disc, Disc::label))]
#[relation(on_the_label = many_via(Play::song, Song::disc, Disc::label, Disc::label, Song::disc, Play::song, order_by = Play::id.desc()))]
struct Play {
    #[column(primary_key)]
    id: Id<Play>,
    #[column(names("disc_id", "song_number"))]
    song: Option<Id<Song, (i64, i64)>>,
    listener: Id<Listener>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "listeners", default)]
#[relation(fellows = many_via(Play::listener, Play::song, Play::song, Play::listener, order_by = Listener::id))]
struct Listener {
    #[column(primary_key)]
    id: Id<Listener>,
    name: String,
    age: i64,
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

fn ways_follow_random_edits(lab: &Lab) {
    (1..=12).for_each(|seed| World::run(lab, seed, 500));
}

fn ways_follow_random_edits_in_small_batches(lab: &Lab) {
    (13..=24).for_each(|seed| World::run(lab, seed, 1));
}

/// What is to be, by positions; `None` is a row that was deleted.
#[derive(Clone, Default)]
struct Naive {
    discs: Vec<Option<usize>>,
    plays: Vec<Option<(usize, usize)>>,
}

struct World {
    s: Session<Music>,
    labels: Vec<Handle<Label>>,
    discs: Vec<Handle<Disc>>,
    songs: Vec<Handle<Song>>,
    listeners: Vec<Handle<Listener>>,
    plays: Vec<Handle<Play>>,
    now: Naive,
    committed: Naive,
    random: u64,
}

impl World {
    /// Three labels, four discs with two songs each, and three listeners, of whom the first is under age.
    fn new(lab: &Lab, seed: u64, lazy_batch: usize) -> (Db<Music>, Self) {
        let db = lab.db_of::<Music>();
        let mut s = db.maker().lazy_batch(lazy_batch).session();
        let labels = s.add_all([(); 3].map(|()| Label::default()));
        let discs = s.add_all([(); 4].map(|()| Disc::default()));
        let of_disc = |at: usize| Song { disc: discs[at / 2].into(), number: (at % 2) as i64 };
        let songs = s.add_all((0..8).map(of_disc).collect::<Vec<_>>());
        let listeners = s.add_all([9, 30, 40].map(|age| Listener { age, ..Listener::default() }));
        s.commit().unwrap();
        let now = Naive { discs: vec![None; 4], plays: Vec::new() };
        let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let committed = now.clone();
        (db, World { s, labels, discs, songs, listeners, plays: Vec::new(), now, committed, random })
    }

    fn run(lab: &Lab, seed: u64, lazy_batch: usize) {
        let (_db, mut world) = World::new(lab, seed, lazy_batch);
        for step in 0..60 {
            world.step();
            if world.below(2) == 0 {
                world.check(&format!("seed {seed}, step {step}"));
            }
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % limit as u64) as usize
    }

    fn step(&mut self) {
        match self.below(12) {
            0..=2 => {
                let (song, listener) = (self.below(8), self.below(3));
                let (of, by) = (self.songs[song].into(), self.listeners[listener].into());
                self.plays.push(self.s.add(Play { song: Some(of), listener: by, ..Play::default() }));
                self.now.plays.push(Some((song, listener)));
            }
            3..=5 => {
                let (disc, label) = (self.below(4), self.below(4));
                self.s[self.discs[disc]].label = self.labels.get(label).map(|&label| label.into());
                self.now.discs[disc] = (label < 3).then_some(label);
            }
            6 | 7 => self.move_play(),
            8 => self.s.flush().unwrap(),
            9 => {
                self.s.commit().unwrap();
                self.committed = self.now.clone();
            }
            10 => {
                self.s.rollback().unwrap();
                self.plays.truncate(self.committed.plays.len());
                self.now = self.committed.clone();
            }
            _ => {
                self.s.flush().unwrap();
                self.s.expire_all();
            }
        }
    }

    fn move_play(&mut self) {
        let at = self.below(self.plays.len().max(1));
        let Some((play, true)) = self.plays.get(at).map(|play| (*play, self.now.plays[at].is_some())) else {
            return;
        };
        match self.below(3) {
            0 => {
                self.s.delete(play);
                self.now.plays[at] = None;
            }
            _ => {
                let (song, listener) = (self.below(8), self.below(3));
                self.s[play].song = Some(self.songs[song].into());
                self.s[play].listener = self.listeners[listener].into();
                self.now.plays[at] = Some((song, listener));
            }
        }
    }

    fn check(&mut self, context: &str) {
        for label in 0..3 {
            if self.below(3) == 0 {
                continue;
            }
            let on_label = |play: &(usize, (usize, usize))| self.now.discs[play.1.0 / 2] == Some(label);
            let held = self.now.plays.iter().enumerate().filter_map(|(at, play)| Some((at, (*play)?)));
            let plays: Vec<_> = held.filter(on_label).collect();
            let mut heard: Vec<usize> = plays.iter().map(|play| play.1.1).collect();
            heard.sort_unstable();
            heard.dedup();
            let minors =
                heard.iter().filter(|&&listener| listener == 0).map(|&at| self.listeners[at]).collect();
            let heard: Vec<_> = heard.iter().map(|&at| self.listeners[at]).collect();
            let played: Vec<_> = plays.iter().map(|play| self.plays[play.0]).collect();
            let handle = self.labels[label];
            same(self.s.related(handle, Label::plays).unwrap(), played.clone(), context);
            same(self.s.related(handle, Label::listeners).unwrap(), heard, context);
            same(self.s.related(handle, Label::minors).unwrap(), minors, context);
            for &play in &played {
                assert_eq!(self.s.related(play, Play::labels).unwrap(), [handle], "{context}");
                same(self.s.related(play, Play::on_the_label).unwrap(), played.clone(), context);
            }
        }
    }
}

fn same<M: Model>(found: Vec<Handle<M>>, wanted: Vec<Handle<M>>, context: &str) {
    let sorted = |handles: Vec<Handle<M>>| {
        let mut texts: Vec<String> = handles.iter().map(|handle| format!("{handle:?}")).collect();
        texts.sort();
        texts
    };
    assert_eq!(sorted(found), sorted(wanted), "{context}");
}
