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

/// Who reports to whom, level by level, and whose customers they are.
pub fn employees(s: &mut Session<ChinookDb>) -> Result<(), Failure> {
    println!("\nEmployees");
    let mut teams: HashMap<Option<i64>, Vec<Handle<Employee>>> = HashMap::new();
    for employee in s.query::<Employee>().order_by((Employee::last_name, Employee::first_name)).all()? {
        let boss = s[employee].reports_to.and_then(|boss| s.key(boss));
        teams.entry(boss).or_default().push(employee);
    }
    print_team(s, &teams, None, 1)
}

fn print_team(
    s: &mut Session<ChinookDb>,
    teams: &HashMap<Option<i64>, Vec<Handle<Employee>>>,
    boss: Option<i64>,
    level: usize,
) -> Result<(), Failure> {
    for &employee in teams.get(&boss).into_iter().flatten() {
        let customers = s.query::<Customer>().filter(Customer::support_rep.eq(employee)).count()?;
        let person = &s[employee];
        println!(
            "{:indent$}{} {}, {}{}",
            "",
            person.first_name,
            person.last_name,
            person.title.as_deref().unwrap_or("no title"),
            match customers {
                0 => String::new(),
                customers => format!(", {customers} customers"),
            },
            indent = level * 4,
        );
        let key = s.key(employee);
        print_team(s, teams, key, level + 1)?;
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
