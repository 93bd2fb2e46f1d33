//! Lists with positions, as SQLAlchemy's `ordering_list`: `replace` numbers them from 0, and the flush writes what differs.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_position:
    new_rows_are_inserted_with_their_positions,
    the_list_is_read_by_position,
    a_swap_writes_two_rows,
    an_insertion_writes_what_stands_behind_it,
    the_same_order_writes_nothing,
    who_leaves_closes_the_gap,
    who_comes_from_another_list_leaves_a_gap_there,
    a_deleted_row_leaves_a_gap_until_the_list_is_replaced,
    one_that_is_given_twice_stands_where_it_comes_first,
    a_position_may_be_null,
}

#[derive(DeclarativeBase)]
struct Music;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "albums", default)]
#[relation(songs = many(Song::album, position = Song::place))]
#[relation(bonus = many(Song::bonus_of, position = Song::bonus_place))]
struct Album {
    #[column(primary_key)]
    id: Id<Album>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Music, table = "songs", default)]
struct Song {
    #[column(primary_key)]
    id: Id<Song>,
    album: Option<Id<Album>>,
    place: i32,
    bonus_of: Option<Id<Album>>,
    bonus_place: Option<u16>,
}

type Stored = (Db<Music>, Session<Music>, [Handle<Album>; 2], [Handle<Song>; 4]);

/// Two albums; the first has the songs 1 to 4 in this order.
fn stored(lab: &Lab) -> Stored {
    let db = lab.db_of::<Music>();
    let mut s = db.session();
    let albums = [(); 2].map(|()| s.add(Album::default()));
    let songs = [(); 4].map(|()| s.add(Song::default()));
    s.replace(albums[0], Album::songs, &songs).unwrap();
    s.commit().unwrap();
    s.related(albums[0], Album::songs).unwrap();
    db.sent();
    (db, s, albums, songs)
}

/// The rows: song, album and place.
fn rows(db: &Db<Music>) -> Vec<(i64, Option<i64>, i32)> {
    db.by_hand("SELECT id, album_id, place FROM songs ORDER BY id")
}

/// The keys of the songs that a flush updates.
fn updated(s: &Session<Music>, songs: [Handle<Song>; 4]) -> Vec<usize> {
    let is_updated = |&number: &usize| s.is_modified(songs[number - 1]);
    (1..=4).filter(is_updated).collect()
}

fn new_rows_are_inserted_with_their_positions(lab: &Lab) {
    let db = lab.db_of::<Music>();
    let mut s = db.session();
    let album = s.add(Album::default());
    let songs = [(); 3].map(|()| s.add(Song::default()));
    s.replace(album, Album::songs, &[songs[2], songs[0], songs[1]]).unwrap();
    s.commit().unwrap();
    assert!(db.sent().iter().all(|sql| !sql.starts_with("UPDATE")));
    assert_eq!(rows(&db), [(1, Some(1), 1), (2, Some(1), 2), (3, Some(1), 0)]);
}

fn the_list_is_read_by_position(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[0], Album::songs, &[songs[3], songs[1], songs[0], songs[2]]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(s.related(albums[0], Album::songs).unwrap(), [songs[3], songs[1], songs[0], songs[2]]);
    assert!(db.only().ends_with("ORDER BY place"));
}

fn a_swap_writes_two_rows(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[0], Album::songs, &[songs[0], songs[2], songs[1], songs[3]]).unwrap();
    assert_eq!(updated(&s, songs), [2, 3]);
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE songs SET place = ? WHERE id = ?"; 2]);
    s.commit().unwrap();
    assert_eq!(rows(&db), [(1, Some(1), 0), (2, Some(1), 2), (3, Some(1), 1), (4, Some(1), 3)]);
}

fn an_insertion_writes_what_stands_behind_it(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    let new = s.add(Song::default());
    let mut wanted = s.related(albums[0], Album::songs).unwrap();
    wanted.insert(2, new);
    s.replace(albums[0], Album::songs, &wanted).unwrap();
    assert_eq!(updated(&s, songs), [3, 4]);
    s.flush().unwrap();
    let insert = "INSERT INTO songs (album_id, place, bonus_of_id, bonus_place) VALUES (?, ?, ?, ?)";
    let update = "UPDATE songs SET place = ? WHERE id = ?";
    assert_eq!(db.sent(), [update, update, insert]);
    assert_eq!(s.related(albums[0], Album::songs).unwrap(), wanted);
    assert_eq!(s[new].place, 2);
}

fn the_same_order_writes_nothing(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[0], Album::songs, &songs).unwrap();
    assert_eq!(updated(&s, songs), [0; 0]);
    s.replace(albums[0], Album::songs, &[songs[1], songs[0]]).unwrap();
    s.replace(albums[0], Album::songs, &songs).unwrap();
    s.flush().unwrap();
    assert_eq!(db.sent(), [""; 0]);
}

fn who_leaves_closes_the_gap(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[0], Album::songs, &[songs[0], songs[2], songs[3]]).unwrap();
    assert_eq!(updated(&s, songs), [2, 3, 4]);
    s.commit().unwrap();
    assert_eq!(rows(&db), [(1, Some(1), 0), (2, None, 1), (3, Some(1), 1), (4, Some(1), 2)]);
}

fn who_comes_from_another_list_leaves_a_gap_there(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[1], Album::songs, &[songs[3], songs[1]]).unwrap();
    assert_eq!(s.related(albums[0], Album::songs).unwrap(), [songs[0], songs[2]]);
    assert_eq!(updated(&s, songs), [2, 4]);
    s.commit().unwrap();
    assert_eq!(rows(&db), [(1, Some(1), 0), (2, Some(2), 1), (3, Some(1), 2), (4, Some(2), 0)]);
}

fn a_deleted_row_leaves_a_gap_until_the_list_is_replaced(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.delete(songs[0]);
    s.flush().unwrap();
    let left = s.related(albums[0], Album::songs).unwrap();
    assert_eq!((left.as_slice(), s[songs[3]].place), (&songs[1..], 3));
    s.replace(albums[0], Album::songs, &left).unwrap();
    s.commit().unwrap();
    assert_eq!(rows(&db), [(2, Some(1), 0), (3, Some(1), 1), (4, Some(1), 2)]);
}

fn one_that_is_given_twice_stands_where_it_comes_first(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[0], Album::songs, &[songs[1], songs[0], songs[1], songs[2], songs[3]]).unwrap();
    assert_eq!(updated(&s, songs), [1, 2]);
    s.commit().unwrap();
    assert_eq!(rows(&db)[..2], [(1, Some(1), 1), (2, Some(1), 0)]);
}

fn a_position_may_be_null(lab: &Lab) {
    let (db, mut s, albums, songs) = stored(lab);
    s.replace(albums[1], Album::bonus, &[songs[3], songs[0]]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(s.related(albums[1], Album::bonus).unwrap(), [songs[3], songs[0]]);
    let places = songs.map(|song| s[song].bonus_place);
    assert_eq!(places, [Some(1), None, None, Some(0)]);
    db.sent();
}
