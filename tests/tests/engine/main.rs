//! The engine and its pool, against a driver without a database. Scenarios S91 to S106.

#![allow(missing_docs, clippy::unwrap_used)]

mod fake;
mod logging;
mod options;
mod pool;

use std::sync::Arc;

use orm_core::__private::{DeclarativeBase, EngineCell};
use orm_core::driver::Statement;
use orm_core::engine::{Checkout, Engine, EngineBuilder};

use fake::{Fake, Server};

/// A base without models.
pub(crate) struct Db;

impl DeclarativeBase for Db {
    const NAME: &'static str = "Db";

    fn engine_cell() -> &'static EngineCell<Self> {
        static CELL: EngineCell<Db> = EngineCell::new();
        &CELL
    }
}

/// A server, and an engine on it that is not built yet.
fn server() -> (Arc<Server>, EngineBuilder<Db>) {
    let server = Arc::new(Server::default());
    let builder = Engine::<Db>::builder(Fake(Arc::clone(&server)));
    (server, builder)
}

fn build(builder: EngineBuilder<Db>) -> Engine<Db> {
    builder.build().expect("the options make sense")
}

fn checkout(engine: &Engine<Db>) -> Checkout {
    engine.checkout().expect("a connection")
}

/// The number of the connection that one gets now.
fn number(checkout: &mut Checkout) -> i64 {
    let done = checkout.execute(&Statement::new("number"), &[]).expect("alive");
    done.generated.expect("a number")
}
