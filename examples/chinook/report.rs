//! Questions to the data: typed queries where one model answers, SQL with typed rows where several do.

use std::collections::HashMap;

use orm_core::prelude::*;
use rust_decimal::Decimal;

use super::Failure;
use super::models::*;

/// SQLite adds in floats; rounded to cents, the sum is exact again.
const REVENUE_OF_ARTISTS: &str = "
    SELECT Album.ArtistId, COUNT(*), ROUND(SUM(line.UnitPrice * line.Quantity), 2) AS revenue
    FROM InvoiceLine AS line
    JOIN Track ON Track.TrackId = line.TrackId
    JOIN Album ON Album.AlbumId = Track.AlbumId
    GROUP BY Album.ArtistId
    ORDER BY revenue DESC, Album.ArtistId
    LIMIT ?";

/// The artists whose tracks earned the most.
pub fn artists_by_revenue(s: &mut Session<ChinookDb>) -> Result<(), Failure> {
    println!("\nTop artists by revenue");
    let top: Vec<(i64, i64, Decimal)> = s.sql(REVENUE_OF_ARTISTS, params![10])?.fetch()?;
    for (artist, sold, revenue) in top {
        let artist = s.get_one::<Artist>(artist)?;
        let name = s[artist].name.as_deref().unwrap_or("unknown");
        println!("{name:>28} {revenue:>8.2} for {sold} sold");
    }
    Ok(())
}

/// Who reports to whom, level by level, and how many customers they have: the tree is one statement, the customers two.
pub fn employees(s: &mut Session<ChinookDb>) -> Result<(), Failure> {
    println!("\nEmployees");
    let team = Employee::reports.order_by(Employee::last_name).order_by(Employee::first_name);
    let heads = s
        .query::<Employee>()
        .filter(Employee::reports_to.is_null())
        .untracked()
        .with(team.then(Employee::customers).recursive(usize::MAX))
        .with(Employee::customers)
        .all()?;
    print_team(&heads, 1)
}

fn print_team(team: &[Loaded<Employee>], level: usize) -> Result<(), Failure> {
    for person in team {
        println!(
            "{:indent$}{} {}, {}{}",
            "",
            person.first_name,
            person.last_name,
            person.title.as_deref().unwrap_or("no title"),
            match person.related(Employee::customers)?.len() {
                0 => String::new(),
                customers => format!(", {customers} customers"),
            },
            indent = level * 4,
        );
        print_team(person.related(Employee::reports)?, level + 1)?;
    }
    Ok(())
}

/// Every invoice is the sum of its lines, to the cent.
pub fn revenue_agrees(s: &mut Session<ChinookDb>) -> Result<(), Failure> {
    let mut lines: HashMap<Id<Invoice>, Decimal> = HashMap::new();
    for line in s.query::<InvoiceLine>().untracked().all()? {
        *lines.entry(line.invoice).or_default() += line.unit_price * Decimal::from(line.quantity);
    }
    let invoices = s.query::<Invoice>().untracked().all()?;
    for invoice in &invoices {
        if lines.get(&invoice.id) != Some(&invoice.total) {
            return Err(format!("{:?} is not the sum of its lines", invoice.id).into());
        }
    }
    let total: Decimal = invoices.iter().map(|invoice| invoice.total).sum();
    println!("\n{} invoices agree with their lines: {total:.2}", invoices.len());
    Ok(())
}
