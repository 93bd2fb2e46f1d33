//! The rows all implementations work on, the same in each run: nothing here is random or depends on a clock.

/// How many gets by key one run does, and how many users it chooses from.
pub const GETS: usize = 10_000;

/// How many users write the posts of a table of posts: each writes the same number.
pub const AUTHORS: usize = 1_000;

/// A row of `users`: three columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The primary key, 0 for a user that has no row yet.
    pub id: i64,
    /// A text that is always there.
    pub name: String,
    /// A text that may be NULL; it is for one user in four.
    pub hair_color: Option<String>,
}

/// A row of `posts`: four columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The primary key.
    pub id: i64,
    /// The author, a row of `users`.
    pub user_id: i64,
    /// A text that is always there.
    pub title: String,
    /// A text that may be NULL; it is for every other post.
    pub body: Option<String>,
}

/// A row of `comments`: three columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The primary key.
    pub id: i64,
    /// What it is about, a row of `posts`.
    pub post_id: i64,
    /// A text that is always there.
    pub body: String,
}

/// A row, and the rows that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family<P, C> {
    /// The row.
    pub parent: P,
    /// Those that name it.
    pub children: Vec<C>,
}

/// Users with their posts with their comments.
pub type Graph = Vec<Family<User, Family<Post, Comment>>>;

/// The users of a graph.
pub const GRAPH_USERS: usize = 9;

/// The posts of a graph, ten for each user.
pub const GRAPH_POSTS: usize = 90;

/// The comments of a graph, ten for each post.
pub const GRAPH_COMMENTS: usize = 900;

/// The posts of a graph, with their keys; those of one user stand side by side.
#[must_use]
pub fn graph_posts() -> Vec<Post> {
    let keyed = |(index, post)| Post { id: as_key(index + 1), ..post };
    new_posts(GRAPH_USERS, GRAPH_POSTS / GRAPH_USERS).into_iter().enumerate().map(keyed).collect()
}

/// The comments of a graph, with their keys; those of one post stand side by side.
#[must_use]
pub fn graph_comments() -> Vec<Comment> {
    let each = GRAPH_COMMENTS / GRAPH_POSTS;
    (0..GRAPH_COMMENTS)
        .map(|index| Comment {
            id: as_key(index + 1),
            post_id: as_key(index / each + 1),
            body: format!("What someone says, number {index}"),
        })
        .collect()
}

/// `count` users without keys. Stored in this order in an empty table they get the keys `1..=count`.
#[must_use]
pub fn new_users(count: usize) -> Vec<User> {
    (1..=count)
        .map(|number| User {
            id: 0,
            name: format!("User {number}"),
            hair_color: hair_color(number).map(str::to_owned),
        })
        .collect()
}

/// `count` posts of the users `1..=AUTHORS`, with their keys `1..=count`.
#[must_use]
pub fn posts(count: usize) -> Vec<Post> {
    (0..count)
        .map(|index| Post {
            id: as_key(index + 1),
            user_id: as_key(index % AUTHORS + 1),
            title: format!("Post {index}"),
            body: (index % 2 == 0).then(|| format!("What the post {index} has to say")),
        })
        .collect()
}

/// `each` posts for every one of `parents` users, without keys; `user_id` counts the users from one.
#[must_use]
pub fn new_posts(parents: usize, each: usize) -> Vec<Post> {
    posts(parents * each)
        .into_iter()
        .enumerate()
        .map(|(index, post)| Post { id: 0, user_id: as_key(index / each + 1), ..post })
        .collect()
}

/// Selects users with their posts.
pub const SELECT_JOINED: &str = "SELECT users.id, users.name, users.hair_color, posts.id, posts.user_id, posts.title, posts.body \
     FROM users LEFT JOIN posts ON posts.user_id = users.id ORDER BY users.id";

/// A user, and its post if it has one.
pub type WithPost = (User, Option<Post>);

/// Posts of `count` users: every other one has a post.
#[must_use]
pub fn posts_of_every_other(count: usize) -> Vec<Post> {
    let post = |(index, post): (usize, Post)| Post { user_id: as_key(2 * index + 1), ..post };
    posts(count / 2).into_iter().enumerate().map(post).collect()
}

/// How many flushes without a change one run does.
pub const FLUSHES: usize = 1_000;

/// Every key of `1..=GETS` once, far from the order of the rows.
#[must_use]
pub fn shuffled_keys() -> Vec<i64> {
    // Coprime to GETS, so that each step reaches a key not met before.
    const STRIDE: usize = 6_367;
    (0..GETS).map(|index| as_key(index * STRIDE % GETS + 1)).collect()
}

/// The hair colour that a run of a changing workload sets: not the one of the run before, nor any of [`new_users`].
#[must_use]
pub fn changed_hair_color(turn: usize) -> &'static str {
    if turn.is_multiple_of(2) { "green" } else { "white" }
}

fn hair_color(number: usize) -> Option<&'static str> {
    [None, Some("black"), Some("brown"), Some("blond")][number % 4]
}

fn as_key(number: usize) -> i64 {
    i64::try_from(number).expect("invariant: keys are small")
}
