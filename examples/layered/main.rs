//! A web service in layers, as one would write it with Flask and SQLAlchemy: `cargo run --example layered`.
//!
//! | module | knows |
//! |---|---|
//! | `config` | where the database is, and how the engine is tuned |
//! | `models` | the tables |
//! | `db` | the engine and the sessions, made once |
//! | `services` | what the program does; each function is one transaction and returns plain values |
//! | `routes` | requests and answers; no session comes here |

#![allow(unreachable_pub, reason = "what a program's files share is `pub`, as it would be in a library")]

pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod models;
pub(crate) mod routes;
pub(crate) mod services;

use orm_core::Error;

fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config::Config::for_folder(folder.path());
    db::init(&config)?;

    for request in REQUESTS {
        println!("{request}\n  {}", routes::handle(request));
    }
    Ok(())
}

const REQUESTS: [&str; 13] = [
    "POST /users ann ann@example.org",
    "POST /users bob bob@example.org",
    "POST /users eve ann@example.org",
    "POST /users/1/posts Hello",
    "POST /users/1/posts Again",
    "POST /users/7/posts Nobody",
    "GET /users/1",
    "GET /users/9",
    "GET /users/1/posts",
    "DELETE /users/2",
    "DELETE /users/1",
    "GET /users/x",
    "GET /teapot",
];
