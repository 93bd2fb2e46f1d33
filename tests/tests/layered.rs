//! The example `layered`: what a service returns is read after its session is closed.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../../examples/layered/main.rs"]
mod layered;

use layered::{config, db, models, routes, services};
use orm_core::prelude::Id;

/// One test, since the program has one engine.
#[test]
fn s114_what_a_service_returns_is_readable_after_the_session_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    db::init(&config::Config::for_folder(folder.path())).unwrap();

    let ann = services::create_user("ann", "ann@example.org").unwrap();
    assert_eq!((ann.id, ann.name.as_str()), (Id::Key(1), "ann"));
    let post = services::create_post(1, "Hello").unwrap();
    assert_eq!(post, models::Post { id: Id::Key(1), author: Id::Key(1), title: "Hello".into() });
    assert_eq!(services::user(1).unwrap(), ann);
    assert_eq!(services::posts_of(1).unwrap(), [post]);

    assert_eq!(routes::handle("POST /users eve ann@example.org"), "409 ann@example.org is taken");
    assert_eq!(routes::handle("POST /users/7/posts Nobody"), "404 there is no user 7");
    assert_eq!(routes::handle("DELETE /users/1"), "409 user 1 has posts");
    assert_eq!(routes::handle("DELETE /users/9"), "404 there is no user 9");
    assert_eq!(routes::handle("POST /users bob bob@example.org"), "201 user 2 is bob");
    assert_eq!(routes::handle("DELETE /users/2"), "204");
    assert_eq!(services::user(1).unwrap().name, "ann", "what failed changed nothing");
}
