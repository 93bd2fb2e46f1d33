//! What an analyst asks of the sample: by the typed API, and held against SQL that is written by hand.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../../examples/chinook/main.rs"]
mod chinook;

use std::path::Path;

use chinook::models::*;
use orm_core::expr::{
    Cast, concat, count_all, dense_rank, lag, length, lower, month, order_by, partition_by, row_number,
    sum_over, year,
};
use orm_core::prelude::*;
use orm_core::{Cell, Picked, Select};

/// Runs the questions on the sample, if it is here.
fn ask(questions: impl FnOnce(&mut Session<ChinookDb>)) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = std::env::var_os("CHINOOK").map(|path| workspace.join(path));
    let sample = named.unwrap_or_else(|| workspace.join("../shared/data/chinook.sql"));
    if !sample.is_file() {
        eprintln!("skipped: the Chinook sample is not here; set CHINOOK to its path");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = chinook::db::original(&sample, folder.path()).unwrap();
    questions(&mut engine.session());
}

/// The rows of a statement are those of SQL, of which there are some.
fn same<M, S, C, T>(s: &mut Session<ChinookDb>, statement: Select<M, S, Picked<C>>, sql: &'static str)
where
    M: orm_core::BelongsTo<ChinookDb>,
    S: orm_core::expr::Standalone,
    C: Cell<Value = T>,
    T: FromRow + PartialEq + std::fmt::Debug,
{
    let typed = statement.fetch(s).unwrap();
    let by_hand: Vec<T> = s.sql(sql, params![]).unwrap().fetch().unwrap();
    assert!(!by_hand.is_empty(), "{sql}");
    assert_eq!(typed, by_hand, "{sql}");
}

#[test]
fn questions_of_sales() {
    ask(|s| {
        // Revenue by country, and the place of each country.
        let total = || sum(Invoice::total.cast::<f64>());
        same(
            s,
            select::<Invoice>()
                .group_by(Invoice::billing_country)
                .order_by((total().desc(), Invoice::billing_country))
                .select((Invoice::billing_country, total(), count(Invoice::id))),
            "SELECT BillingCountry, SUM(CAST(Total AS REAL)), COUNT(*) FROM Invoice
             GROUP BY BillingCountry ORDER BY 2 DESC, 1",
        );
        // Revenue of each country by year, beside the year before.
        let by_year = || year(Invoice::date);
        same(
            s,
            select::<Invoice>()
                .group_by((Invoice::billing_country, by_year()))
                .order_by((Invoice::billing_country, by_year()))
                .select((
                    Invoice::billing_country,
                    by_year(),
                    total(),
                    lag(total(), 1).over(partition_by(Invoice::billing_country).order_by(by_year())),
                )),
            "SELECT BillingCountry, CAST(strftime('%Y', InvoiceDate) AS INTEGER) AS y, SUM(CAST(Total AS REAL)),
             LAG(SUM(CAST(Total AS REAL))) OVER (PARTITION BY BillingCountry ORDER BY CAST(strftime('%Y', InvoiceDate) AS INTEGER))
             FROM Invoice GROUP BY 1, 2 ORDER BY 1, 2",
        );
        // The three greatest invoices of each country, without a subquery: all places, by window.
        same(
            s,
            select::<Invoice>().order_by(Invoice::id).select((
                Invoice::id,
                row_number().over(
                    partition_by(Invoice::billing_country).order_by((Invoice::total.desc(), Invoice::id)),
                ),
            )),
            "SELECT InvoiceId, ROW_NUMBER() OVER (PARTITION BY BillingCountry ORDER BY Total DESC, InvoiceId)
             FROM Invoice ORDER BY 1",
        );
        // The median invoice.
        let middle = select::<Invoice>().count(s).unwrap() / 2;
        same(
            s,
            select::<Invoice>()
                .order_by((Invoice::total, Invoice::id))
                .limit(1)
                .offset(middle)
                .select((Invoice::id, Invoice::total)),
            "SELECT InvoiceId, Total FROM Invoice ORDER BY Total, InvoiceId
             LIMIT 1 OFFSET (SELECT COUNT(*) / 2 FROM Invoice)",
        );
    });
}

#[test]
fn questions_of_tracks() {
    ask(|s| {
        // Tracks that were never sold.
        let sales = select::<InvoiceLine>().correlate::<Track>().filter(InvoiceLine::track.eq(Track::id));
        same(
            s,
            select::<Track>().filter(!exists(sales)).order_by(Track::id).select((Track::id, Track::name)),
            "SELECT TrackId, Name FROM Track WHERE TrackId NOT IN (SELECT TrackId FROM InvoiceLine) ORDER BY 1",
        );
        // The genres with the longest tracks.
        same(
            s,
            select::<Track>()
                .join(Track::genre)
                .group_by(Genre::id)
                .having(count(Track::id).ge(20))
                .order_by(avg(Track::milliseconds).desc())
                .limit(5)
                .select((Genre::name, avg(Track::milliseconds), max(Track::milliseconds))),
            "SELECT g.Name, AVG(Milliseconds), MAX(Milliseconds) FROM Track t JOIN Genre g ON g.GenreId = t.GenreId
             GROUP BY g.GenreId HAVING COUNT(*) >= 20 ORDER BY 2 DESC LIMIT 5",
        );
        // The artists who sold the most tracks.
        same(
            s,
            select::<InvoiceLine>()
                .join(InvoiceLine::track)
                .join(Track::album)
                .join(Album::artist)
                .group_by(Artist::id)
                .order_by((sum(InvoiceLine::quantity).desc(), Artist::id))
                .limit(10)
                .select((Artist::name, sum(InvoiceLine::quantity))),
            "SELECT a.Name, SUM(l.Quantity) FROM InvoiceLine l JOIN Track t ON t.TrackId = l.TrackId
             JOIN Album b ON b.AlbumId = t.AlbumId JOIN Artist a ON a.ArtistId = b.ArtistId
             GROUP BY a.ArtistId ORDER BY 2 DESC, a.ArtistId LIMIT 10",
        );
        // Composers in lower case, by how long their names are.
        same(
            s,
            select::<Track>()
                .filter(Track::composer.contains("jimi"))
                .distinct()
                .order_by((length(Track::composer).desc(), Track::composer))
                .select((lower(Track::composer), length(Track::composer), Track::composer)),
            "SELECT DISTINCT lower(Composer), length(Composer), Composer FROM Track WHERE Composer LIKE '%jimi%'
             ORDER BY 2 DESC, 3",
        );
        // The pairs of playlists that share the most tracks.
        let other = alias!(PlaylistTrack as other);
        same(
            s,
            select::<PlaylistTrack>()
                .join(other.on(other
                    .col(PlaylistTrack::track)
                    .eq(PlaylistTrack::track)
                    .and(other.col(PlaylistTrack::playlist).gt(PlaylistTrack::playlist))))
                .group_by((PlaylistTrack::playlist, other.col(PlaylistTrack::playlist)))
                .order_by((count_all().desc(), PlaylistTrack::playlist, other.col(PlaylistTrack::playlist)))
                .limit(5)
                .select((PlaylistTrack::playlist, other.col(PlaylistTrack::playlist), count_all())),
            "SELECT a.PlaylistId, b.PlaylistId, COUNT(*) FROM PlaylistTrack a JOIN PlaylistTrack b
             ON a.TrackId = b.TrackId AND b.PlaylistId > a.PlaylistId GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5",
        );
    });
}

#[test]
fn questions_of_people() {
    ask(|s| {
        // Each employee and the one they report to.
        let boss = alias!(Employee as boss);
        same(
            s,
            select::<Employee>()
                .left_join(Employee::reports_to.alias(boss))
                .order_by(Employee::id)
                .select((Employee::last_name, boss.col(Employee::last_name))),
            "SELECT e.LastName, b.LastName FROM Employee e LEFT JOIN Employee b ON b.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId",
        );
        // What the customers of each employee paid, as a place among all.
        let paid = || sum(Invoice::total.cast::<f64>());
        same(
            s,
            select::<Invoice>()
                .join(Invoice::customer)
                .join(Customer::support_rep)
                .group_by(Employee::id)
                .order_by(Employee::id)
                .select((Employee::last_name, paid(), dense_rank().over(order_by(paid().desc())))),
            "SELECT e.LastName, SUM(CAST(i.Total AS REAL)), DENSE_RANK() OVER (ORDER BY SUM(CAST(i.Total AS REAL)) DESC)
             FROM Invoice i JOIN Customer c ON c.CustomerId = i.CustomerId JOIN Employee e ON e.EmployeeId = c.SupportRepId
             GROUP BY e.EmployeeId ORDER BY e.EmployeeId",
        );
        // Customers who bought of at least ten genres.
        same(
            s,
            select::<InvoiceLine>()
                .join(InvoiceLine::invoice)
                .join(Invoice::customer)
                .join(InvoiceLine::track)
                .group_by(Customer::id)
                .having(count(Track::genre).distinct().ge(10))
                .order_by(Customer::id)
                .select((concat((Customer::first_name, " ", Customer::last_name)), count(Track::genre).distinct())),
            "SELECT c.FirstName || ' ' || c.LastName, COUNT(DISTINCT t.GenreId) FROM InvoiceLine l
             JOIN Invoice i ON i.InvoiceId = l.InvoiceId JOIN Customer c ON c.CustomerId = i.CustomerId
             JOIN Track t ON t.TrackId = l.TrackId GROUP BY c.CustomerId HAVING COUNT(DISTINCT t.GenreId) >= 10
             ORDER BY c.CustomerId",
        );
        // What each customer has spent so far, invoice by invoice.
        let so_far = sum_over(Invoice::total.cast::<f64>())
            .over(partition_by(Invoice::customer).order_by((Invoice::date, Invoice::id)).rows(..=0));
        same(
            s,
            select::<Invoice>().order_by(Invoice::id).select((Invoice::customer, Invoice::id, so_far)),
            "SELECT CustomerId, InvoiceId, SUM(CAST(Total AS REAL)) OVER (PARTITION BY CustomerId
             ORDER BY InvoiceDate, InvoiceId ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM Invoice ORDER BY InvoiceId",
        );
    });
}

#[test]
fn questions_of_what_there_is() {
    ask(|s| {
        // The albums with the most tracks.
        same(
            s,
            select::<Track>()
                .join(Track::album)
                .group_by(Album::id)
                .order_by((count(Track::id).desc(), Album::id))
                .limit(10)
                .select((Album::title, count(Track::id), sum(Track::milliseconds))),
            "SELECT a.Title, COUNT(*), SUM(t.Milliseconds) FROM Track t JOIN Album a ON a.AlbumId = t.AlbumId
             GROUP BY a.AlbumId ORDER BY 2 DESC, a.AlbumId LIMIT 10",
        );
        // Of each media type: its tracks, and those without a composer.
        same(
            s,
            select::<Track>().join(Track::media_type).group_by(MediaType::id).order_by(MediaType::id).select(
                (MediaType::name, count(Track::id), count(Track::id).filter(Track::composer.is_null())),
            ),
            "SELECT m.Name, COUNT(*), SUM(t.Composer IS NULL) FROM Track t
             JOIN MediaType m ON m.MediaTypeId = t.MediaTypeId GROUP BY m.MediaTypeId ORDER BY m.MediaTypeId",
        );
        // Customers by country, with and without a company.
        same(
            s,
            select::<Customer>()
                .group_by((Customer::country, Customer::company.is_null()))
                .having(count(Customer::id).gt(1))
                .order_by((Customer::country, Customer::company.is_null()))
                .select((Customer::country, Customer::company.is_null(), count(Customer::id))),
            "SELECT Country, Company IS NULL, COUNT(*) FROM Customer GROUP BY 1, 2 HAVING COUNT(*) > 1 ORDER BY 1, 2",
        );
        // Playlists that hold nothing.
        let tracks = select::<PlaylistTrack>()
            .correlate::<Playlist>()
            .filter(PlaylistTrack::playlist.eq(Playlist::id));
        same(
            s,
            select::<Playlist>().filter(!exists(tracks)).order_by(Playlist::id).select((Playlist::id, Playlist::name)),
            "SELECT p.PlaylistId, p.Name FROM Playlist p LEFT JOIN PlaylistTrack t ON t.PlaylistId = p.PlaylistId
             WHERE t.TrackId IS NULL ORDER BY 1",
        );
        // Revenue month by month, and the part of the cheap invoices in it.
        let day = Invoice::date;
        same(
            s,
            select::<Invoice>()
                .group_by((year(day), month(day)))
                .order_by((year(day), month(day)))
                .select((
                    year(day),
                    month(day),
                    sum(Invoice::total.cast::<f64>()),
                    sum(Invoice::total.cast::<f64>()).filter(Invoice::total.cast::<f64>().lt(2.0)),
                )),
            "SELECT CAST(strftime('%Y', InvoiceDate) AS INTEGER), CAST(strftime('%m', InvoiceDate) AS INTEGER),
             SUM(CAST(Total AS REAL)), SUM(CASE WHEN Total < 2 THEN CAST(Total AS REAL) END)
             FROM Invoice GROUP BY 1, 2 ORDER BY 1, 2",
        );
        // Customers who bought in every year that had sales.
        let years = select::<Invoice>().select(count(year(day)).distinct()).scalar();
        same(
            s,
            select::<Invoice>()
                .group_by(Invoice::customer)
                .having(count(year(day)).distinct().eq(years))
                .order_by(Invoice::customer)
                .select((Invoice::customer, count(Invoice::id))),
            "SELECT CustomerId, COUNT(*) FROM Invoice GROUP BY 1
             HAVING COUNT(DISTINCT strftime('%Y', InvoiceDate)) = (SELECT COUNT(DISTINCT strftime('%Y', InvoiceDate)) FROM Invoice)
             ORDER BY 1",
        );
        // Tracks that last longer than the average of their genre.
        let same_genre = alias!(Track as same_genre);
        let mean = same_genre
            .select()
            .correlate::<Track>()
            .filter(same_genre.col(Track::genre).eq(Track::genre))
            .select(avg(same_genre.col(Track::milliseconds)))
            .scalar();
        same(
            s,
            select::<Track>()
                .filter(Track::milliseconds.cast::<f64>().gt(mean))
                .order_by(Track::id)
                .limit(100)
                .select((Track::id, Track::milliseconds)),
            "SELECT TrackId, Milliseconds FROM Track t WHERE Milliseconds >
             (SELECT AVG(Milliseconds) FROM Track o WHERE o.GenreId = t.GenreId) ORDER BY 1 LIMIT 100",
        );
    });
}
