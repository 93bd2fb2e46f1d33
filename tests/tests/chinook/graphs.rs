//! Graphs of the sample, as values and as entities: what hand-written joins give, in as many statements as relations.

#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

use std::fmt::Debug;

use orm_core::prelude::*;
use orm_core::{FromRow, Loaded};
use rust_decimal::Decimal;
use tempfile::TempDir;

use super::chinook::models::*;
use super::{db, sample};

struct Shop {
    engine: Engine<ChinookDb>,
    _folder: TempDir,
}

impl Shop {
    fn open() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let engine = db::original(&sample()?, folder.path()).unwrap();
        Some(Shop { engine, _folder: folder })
    }

    /// The rows of a join, and what a graph makes of the same data in so many statements.
    fn check<T: FromRow + PartialEq + Debug>(
        &self,
        join: &'static str,
        statements: u64,
        graph: impl FnOnce(&mut Session<ChinookDb>, &mut Vec<T>) -> orm_core::Result<()>,
    ) {
        let expected: Vec<T> = self.engine.session().sql(join, params![]).unwrap().fetch().unwrap();
        let mut s = self.engine.session();
        let mut found = Vec::new();
        graph(&mut s, &mut found).unwrap();
        assert_eq!(s.statistics().total(), statements, "{:?}", s.statistics());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
    }
}

fn key<M>(id: &Id<M>) -> i64 {
    *id.key().expect("a stored row has a key")
}

type Song = (i64, Option<String>, i64, String, i64, String, Option<String>, i64, Option<i64>, Decimal);

/// An artist without an album is in no row.
const SONGS: &str = "
    SELECT artist.ArtistId, artist.Name, album.AlbumId, album.Title, track.TrackId, track.Name, track.Composer,
           track.Milliseconds, track.Bytes, track.UnitPrice
    FROM Artist AS artist JOIN Album AS album ON album.ArtistId = artist.ArtistId
    JOIN Track AS track ON track.AlbumId = album.AlbumId
    ORDER BY artist.ArtistId, album.AlbumId, track.TrackId";

fn song(artist: &Artist, album: &Album, track: &Track) -> Song {
    let Track { name, composer, milliseconds, bytes, unit_price, .. } = track.clone();
    let (artist, artist_name) = (key(&artist.id), artist.name.clone());
    let (album, title) = (key(&album.id), album.title.clone());
    (artist, artist_name, album, title, key(&track.id), name, composer, milliseconds, bytes, unit_price)
}

#[test]
fn artists_with_albums_with_tracks_are_three_statements() {
    let Some(shop) = Shop::open() else { return };
    let query = || select::<Artist>().order_by(Artist::id);
    shop.check(SONGS, 3, |s, songs| {
        for artist in &query().untracked().with(Artist::albums.then(Album::tracks)).all(s)? {
            for album in artist.related(Artist::albums)? {
                songs.extend(album.related(Album::tracks)?.iter().map(|track| song(artist, album, track)));
            }
        }
        Ok(())
    });
    shop.check(SONGS, 3, |s, songs| {
        for artist in query().with(Artist::albums.then(Album::tracks)).all(s)? {
            for album in s.related(artist, Artist::albums)? {
                for track in s.related(album, Album::tracks)? {
                    songs.push(song(&s[artist], &s[album], &s[track]));
                }
            }
        }
        Ok(())
    });
}

type Entry = (i64, Option<String>, i64, String, Option<i64>, Decimal);

const PLAYLISTS: &str = "
    SELECT list.PlaylistId, list.Name, track.TrackId, track.Name, track.GenreId, track.UnitPrice
    FROM Playlist AS list JOIN PlaylistTrack AS entry ON entry.PlaylistId = list.PlaylistId
    JOIN Track AS track ON track.TrackId = entry.TrackId
    ORDER BY list.PlaylistId, track.TrackId";

fn entry(list: &Playlist, track: &Track) -> Entry {
    let genre = track.genre.as_ref().map(key);
    (key(&list.id), list.name.clone(), key(&track.id), track.name.clone(), genre, track.unit_price)
}

#[test]
fn playlists_with_tracks_are_two_statements() {
    let Some(shop) = Shop::open() else { return };
    let query = || select::<Playlist>().order_by(Playlist::id);
    shop.check(PLAYLISTS, 2, |s, entries| {
        for list in &query().untracked().with(Playlist::tracks).all(s)? {
            entries.extend(list.related(Playlist::tracks)?.iter().map(|track| entry(list, track)));
        }
        Ok(())
    });
    shop.check(PLAYLISTS, 2, |s, entries| {
        for list in query().with(Playlist::tracks).all(s)? {
            let tracks = s.related(list, Playlist::tracks)?;
            entries.extend(tracks.into_iter().map(|track| entry(&s[list], &s[track])));
        }
        Ok(())
    });
}

type Member = (i64, String, String, Option<String>, Option<i64>, i64);

/// Depth first, those of one head in the order of their keys.
const STAFF: &str = "
    WITH RECURSIVE staff AS (
        SELECT EmployeeId, 0 AS level, printf('%04d', EmployeeId) AS place FROM Employee WHERE ReportsTo IS NULL
        UNION ALL
        SELECT e.EmployeeId, level + 1, place || printf('%04d', e.EmployeeId)
        FROM staff JOIN Employee AS e ON e.ReportsTo = staff.EmployeeId)
    SELECT e.EmployeeId, e.FirstName, e.LastName, e.Title, e.ReportsTo, level
    FROM staff JOIN Employee AS e ON e.EmployeeId = staff.EmployeeId ORDER BY place";

fn member(employee: &Employee, level: i64) -> Member {
    let Employee { first_name, last_name, title, reports_to, .. } = employee.clone();
    (key(&employee.id), first_name, last_name, title, reports_to.as_ref().map(key), level)
}

#[test]
fn the_tree_of_employees_is_one_statement() {
    let Some(shop) = Shop::open() else { return };
    let query = || select::<Employee>().filter(Employee::reports_to.is_null());
    fn walk(employee: &Loaded<Employee>, level: i64, members: &mut Vec<Member>) -> orm_core::Result<()> {
        members.push(member(employee, level));
        employee.related(Employee::reports)?.iter().try_for_each(|below| walk(below, level + 1, members))
    }
    shop.check(STAFF, 1, |s, members| {
        let heads = query().untracked().with(Employee::reports.recursive(usize::MAX)).all(s)?;
        heads.iter().try_for_each(|head| walk(head, 0, members))
    });
    shop.check(STAFF, 1, |s, members| {
        let heads = query().with(Employee::reports.recursive(10)).all(s)?;
        let mut open: Vec<(Handle<Employee>, i64)> = heads.into_iter().map(|head| (head, 0)).collect();
        while let Some((employee, level)) = open.pop() {
            members.push(member(&s[employee], level));
            let below = s.related(employee, Employee::reports)?;
            open.extend(below.into_iter().rev().map(|employee| (employee, level + 1)));
        }
        Ok(())
    });
}

type Sold = (i64, String, i64, Decimal, Option<String>, i64, i64, Decimal, i64);

const SALES: &str = "
    SELECT customer.CustomerId, customer.Email, invoice.InvoiceId, invoice.Total, invoice.BillingCity, line.InvoiceLineId,
           line.TrackId, line.UnitPrice, line.Quantity
    FROM Customer AS customer JOIN Invoice AS invoice ON invoice.CustomerId = customer.CustomerId
    JOIN InvoiceLine AS line ON line.InvoiceId = invoice.InvoiceId
    ORDER BY customer.LastName DESC, customer.CustomerId, invoice.InvoiceId, line.InvoiceLineId";

fn sold(customer: &Customer, invoice: &Invoice, line: &InvoiceLine) -> Sold {
    let invoiced = (key(&invoice.id), invoice.total, invoice.billing_city.clone());
    let (id, track) = (key(&line.id), key(&line.track));
    let (invoice, total, city) = invoiced;
    (
        key(&customer.id),
        customer.email.clone(),
        invoice,
        total,
        city,
        id,
        track,
        line.unit_price,
        line.quantity,
    )
}

#[test]
fn customers_with_invoices_with_lines_are_three_statements() {
    let Some(shop) = Shop::open() else { return };
    let query = || select::<Customer>().order_by((Customer::last_name.desc(), Customer::id));
    shop.check(SALES, 3, |s, sales| {
        for customer in &query().untracked().with(Customer::invoices.then(Invoice::lines)).all(s)? {
            for invoice in customer.related(Customer::invoices)? {
                sales.extend(
                    invoice.related(Invoice::lines)?.iter().map(|line| sold(customer, invoice, line)),
                );
            }
        }
        Ok(())
    });
    shop.check(SALES, 3, |s, sales| {
        for customer in query().with(Customer::invoices.then(Invoice::lines)).all(s)? {
            for invoice in s.related(customer, Customer::invoices)? {
                for line in s.related(invoice, Invoice::lines)? {
                    sales.push(sold(&s[customer], &s[invoice], &s[line]));
                }
            }
        }
        Ok(())
    });
}
