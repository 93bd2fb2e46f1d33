//! From a request to an answer. A real program has a web framework here; the functions it calls are the same.

use orm_core::prelude::*;

use crate::services::{self, Refusal};

/// Answers `METHOD /path words`.
pub fn handle(request: &str) -> String {
    answer(request).unwrap_or_else(|refusal| refusal)
}

fn answer(request: &str) -> Result<String, String> {
    let words: Vec<&str> = request.split([' ', '/']).filter(|word| !word.is_empty()).collect();
    let answer = match words[..] {
        ["POST", "users", name, email] => services::create_user(name, email)
            .map(|user| format!("201 user {} is {}", shown(&user.id), user.name)),
        ["GET", "users", id] => {
            services::user(number(id)?).map(|user| format!("200 {} <{}>", user.name, user.email))
        }
        ["POST", "users", id, "posts", title] => services::create_post(number(id)?, title)
            .map(|post| format!("201 post {} is {}", shown(&post.id), post.title)),
        ["GET", "users", id, "posts"] => services::posts_of(number(id)?).map(|posts| {
            let titles: Vec<String> = posts.into_iter().map(|post| post.title).collect();
            format!("200 {}", titles.join(", "))
        }),
        ["DELETE", "users", id] => services::delete_user(number(id)?).map(|()| "204".to_owned()),
        _ => return Err("404 no such page".to_owned()),
    };
    answer.map_err(|refusal| format!("{} {refusal}", status(&refusal)))
}

fn number(word: &str) -> Result<i64, String> {
    word.parse().map_err(|_| format!("400 {word} is no number"))
}

/// The key of a row that is stored.
fn shown<M>(id: &Id<M>) -> String {
    id.key().map(i64::to_string).unwrap_or_default()
}

fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::NoSuchUser(_) => 404,
        Refusal::EmailTaken(_) | Refusal::HasPosts(_) => 409,
        Refusal::Database(_) => 500,
    }
}
