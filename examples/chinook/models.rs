//! The 11 tables as structs. The database chose the names, the types and the keys; `table` and `name` say so.

use std::fmt;

use chrono::NaiveDateTime;
use orm_core::prelude::*;
use rust_decimal::Decimal;

/// The database of the music shop.
#[derive(DeclarativeBase)]
pub struct ChinookDb;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Artist")]
#[relation(albums = many(Album::artist, order_by = Album::id))]
pub struct Artist {
    #[column(primary_key, name = "ArtistId")]
    pub id: Id<Artist>,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Album")]
#[relation(tracks = many(Track::album, order_by = Track::id))]
pub struct Album {
    #[column(primary_key, name = "AlbumId")]
    pub id: Id<Album>,
    #[column(name = "Title", length = 160)]
    pub title: String,
    #[column(name = "ArtistId", index)]
    pub artist: Id<Artist>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Genre")]
pub struct Genre {
    #[column(primary_key, name = "GenreId")]
    pub id: Id<Genre>,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "MediaType")]
pub struct MediaType {
    #[column(primary_key, name = "MediaTypeId")]
    pub id: Id<MediaType>,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Track")]
pub struct Track {
    #[column(primary_key, name = "TrackId")]
    pub id: Id<Track>,
    #[column(name = "Name", length = 200)]
    pub name: String,
    #[column(name = "AlbumId", index)]
    pub album: Option<Id<Album>>,
    #[column(name = "MediaTypeId", index)]
    pub media_type: Id<MediaType>,
    #[column(name = "GenreId", index)]
    pub genre: Option<Id<Genre>>,
    #[column(name = "Composer", length = 220)]
    pub composer: Option<String>,
    #[column(name = "Milliseconds")]
    pub milliseconds: i64,
    #[column(name = "Bytes")]
    pub bytes: Option<i64>,
    #[column(name = "UnitPrice")]
    pub unit_price: Decimal,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Playlist")]
#[relation(tracks = many_through(PlaylistTrack::playlist, PlaylistTrack::track, order_by = Track::id))]
pub struct Playlist {
    #[column(primary_key, name = "PlaylistId")]
    pub id: Id<Playlist>,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
}

/// A track of a playlist: the key is both foreign keys.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "PlaylistTrack")]
pub struct PlaylistTrack {
    #[column(primary_key, name = "PlaylistId", index)]
    pub playlist: Id<Playlist>,
    #[column(primary_key, name = "TrackId", index)]
    pub track: Id<Track>,
}

/// Someone who works here, and the one they report to.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Employee")]
#[relation(reports = many(Employee::reports_to, order_by = Employee::id))]
#[relation(customers = many(Customer::support_rep, order_by = Customer::id))]
pub struct Employee {
    #[column(primary_key, name = "EmployeeId")]
    pub id: Id<Employee>,
    #[column(name = "LastName", length = 20)]
    pub last_name: String,
    #[column(name = "FirstName", length = 20)]
    pub first_name: String,
    #[column(name = "Title", length = 30)]
    pub title: Option<String>,
    #[column(name = "ReportsTo", index)]
    pub reports_to: Option<Id<Employee>>,
    #[column(name = "BirthDate")]
    pub birth_date: Option<NaiveDateTime>,
    #[column(name = "HireDate")]
    pub hire_date: Option<NaiveDateTime>,
    #[column(name = "Address", length = 70)]
    pub address: Option<String>,
    #[column(name = "City", length = 40)]
    pub city: Option<String>,
    #[column(name = "State", length = 40)]
    pub state: Option<String>,
    #[column(name = "Country", length = 40)]
    pub country: Option<String>,
    #[column(name = "PostalCode", length = 10)]
    pub postal_code: Option<String>,
    #[column(name = "Phone", length = 24)]
    pub phone: Option<String>,
    #[column(name = "Fax", length = 24)]
    pub fax: Option<String>,
    #[column(name = "Email", length = 60)]
    pub email: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Customer")]
#[relation(invoices = many(Invoice::customer, order_by = Invoice::id))]
pub struct Customer {
    #[column(primary_key, name = "CustomerId")]
    pub id: Id<Customer>,
    #[column(name = "FirstName", length = 40)]
    pub first_name: String,
    #[column(name = "LastName", length = 20)]
    pub last_name: String,
    #[column(name = "Company", length = 80)]
    pub company: Option<String>,
    #[column(name = "Address", length = 70)]
    pub address: Option<String>,
    #[column(name = "City", length = 40)]
    pub city: Option<String>,
    #[column(name = "State", length = 40)]
    pub state: Option<String>,
    #[column(name = "Country", length = 40)]
    pub country: Option<String>,
    #[column(name = "PostalCode", length = 10)]
    pub postal_code: Option<String>,
    #[column(name = "Phone", length = 24)]
    pub phone: Option<String>,
    #[column(name = "Fax", length = 24)]
    pub fax: Option<String>,
    #[column(name = "Email", length = 60)]
    pub email: String,
    #[column(name = "SupportRepId", index)]
    pub support_rep: Option<Id<Employee>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "Invoice")]
#[relation(lines = many(InvoiceLine::invoice, order_by = InvoiceLine::id))]
pub struct Invoice {
    #[column(primary_key, name = "InvoiceId")]
    pub id: Id<Invoice>,
    #[column(name = "CustomerId", index)]
    pub customer: Id<Customer>,
    #[column(name = "InvoiceDate")]
    pub date: NaiveDateTime,
    #[column(name = "BillingAddress", length = 70)]
    pub billing_address: Option<String>,
    #[column(name = "BillingCity", length = 40)]
    pub billing_city: Option<String>,
    #[column(name = "BillingState", length = 40)]
    pub billing_state: Option<String>,
    #[column(name = "BillingCountry", length = 40)]
    pub billing_country: Option<String>,
    #[column(name = "BillingPostalCode", length = 10)]
    pub billing_postal_code: Option<String>,
    #[column(name = "Total")]
    pub total: Decimal,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ChinookDb, table = "InvoiceLine")]
pub struct InvoiceLine {
    #[column(primary_key, name = "InvoiceLineId")]
    pub id: Id<InvoiceLine>,
    #[column(name = "InvoiceId", index)]
    pub invoice: Id<Invoice>,
    #[column(name = "TrackId", index)]
    pub track: Id<Track>,
    #[column(name = "UnitPrice")]
    pub unit_price: Decimal,
    #[column(name = "Quantity")]
    pub quantity: i64,
}

/// Calls a generic function for every model. The order does not matter: the session finds the one that foreign keys allow.
macro_rules! each_model {
    ($function:ident($($argument:expr),*)) => {
        [
            $function::<Album>($($argument),*)?,
            $function::<Artist>($($argument),*)?,
            $function::<Customer>($($argument),*)?,
            $function::<Employee>($($argument),*)?,
            $function::<Genre>($($argument),*)?,
            $function::<Invoice>($($argument),*)?,
            $function::<InvoiceLine>($($argument),*)?,
            $function::<MediaType>($($argument),*)?,
            $function::<Playlist>($($argument),*)?,
            $function::<PlaylistTrack>($($argument),*)?,
            $function::<Track>($($argument),*)?,
        ]
    };
}
pub(crate) use each_model;

/// How many rows of a table something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub table: &'static str,
    pub rows: usize,
}

impl Count {
    pub fn of<M: Model>(rows: usize) -> Self {
        Count { table: M::table().name, rows }
    }
}

/// `Album: 347 rows`.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} rows", self.table, self.rows)
    }
}

/// The rows of all tables.
pub fn rows(counts: &[Count]) -> usize {
    counts.iter().map(|count| count.rows).sum()
}
