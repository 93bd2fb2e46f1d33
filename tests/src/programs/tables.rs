//! The tables that programs work on, as models and as plain data.

use orm_core::prelude::*;

/// The base of the models.
#[derive(DeclarativeBase)]
pub struct Proof;

/// A parent.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "authors")]
#[relation(books = many(Book::author, order_by = Book::id))]
#[relation(edited = many(Book::editor, order_by = Book::id))]
#[relation(long = many(Book::author, order_by = (Book::title.desc(), Book::id), filter = Book::title.ge(2)))]
#[relation(editors = many_through(Book::author, Book::editor))]
pub struct Author {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Author>,
    /// Any number.
    pub name: i64,
}

/// A child that goes with its author, and stays without its editor.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "books")]
pub struct Book {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Book>,
    /// Cascade.
    #[column(on_delete = cascade)]
    pub author: Id<Author>,
    /// Set null.
    #[column(on_delete = set_null)]
    pub editor: Option<Id<Author>>,
    /// Any number.
    pub title: i64,
}

/// A tree.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "nodes")]
#[relation(children = many(Node::parent, order_by = Node::id))]
#[relation(second = many_via(Node::parent, Node::parent))]
#[relation(leaders = many_via(Node::parent, Node::next, filter = Node::label.ge(2)))]
#[relation(before = many(Node::next, order_by = (Node::label.desc(), Node::id)))]
#[relation(previous = one(Node::next))]
pub struct Node {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Node>,
    /// Cascade.
    #[column(on_delete = cascade)]
    pub parent: Option<Id<Node>>,
    /// No action.
    pub next: Option<Id<Node>>,
    /// Any number.
    pub label: i64,
}

/// The half of a cycle at which it can be broken.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "persons")]
#[relation(balls = many(Ball::owner, order_by = Ball::id))]
#[relation(admirers = many_via(Ball::owner, Person::favourite))]
#[relation(fond = many_via(Ball::owner, Person::favourite, filter = Person::name.ge(2)))]
pub struct Person {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Person>,
    /// Set null.
    #[column(on_delete = set_null)]
    pub favourite: Option<Id<Ball>>,
    /// Any number.
    pub name: i64,
}

/// The other half of the cycle.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "balls")]
#[relation(fan = one(Person::favourite))]
#[relation(fans = many(Person::favourite, order_by = Person::id))]
pub struct Ball {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Ball>,
    /// No action.
    pub owner: Id<Person>,
    /// Any number.
    pub colour: i64,
}

/// One side of a many-to-many.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "items")]
#[relation(taggings = many(Tagging::item, order_by = Tagging::tag))]
#[relation(tags = many_through(Tagging::item, Tagging::tag))]
#[relation(heavy = many(Tagging::item, order_by = (Tagging::weight.desc(), Tagging::tag), filter = Tagging::weight.ge(2)))]
pub struct Item {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Item>,
    /// Any number.
    pub name: i64,
}

/// The other side, with a natural key.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "tags")]
#[relation(taggings = many(Tagging::tag, order_by = Tagging::item))]
#[relation(items = many_through(Tagging::tag, Tagging::item))]
pub struct Tag {
    /// The key.
    #[column(primary_key)]
    pub code: String,
    /// Any number.
    pub name: i64,
}

/// The link of the two, with a composite key.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "taggings", default)]
pub struct Tagging {
    /// Cascade.
    #[column(primary_key, on_delete = cascade)]
    pub item: Id<Item>,
    /// No action.
    #[column(primary_key)]
    pub tag: Id<Tag, String>,
    /// Any number.
    pub weight: i64,
}

/// A row with a unique value.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "accounts")]
pub struct Account {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Account>,
    /// Unique.
    #[column(unique)]
    pub number: i64,
    /// Any number.
    pub amount: i64,
}

/// A row with a version.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Proof, table = "docs")]
pub struct Doc {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Doc>,
    /// Any number.
    pub title: i64,
    /// Any number.
    pub pages: i64,
    /// The optimistic lock.
    #[column(version)]
    pub version: Version,
}

/// What the database does with a row whose foreign key names a deleted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It goes too.
    Cascade,
    /// It stays, and names none.
    SetNull,
    /// The delete fails.
    NoAction,
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The key, made by the database.
    Generated,
    /// The key, set by the program.
    Natural,
    /// Any number.
    Plain,
    /// A number that no other row has.
    Unique,
    /// Counts the writes.
    Version,
    /// Names a row of the table of that number.
    Link(usize, Rule, Null),
    /// The same, as a part of the key.
    KeyLink(usize, Rule),
}

/// Whether a foreign key may name nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// It may.
    Allowed,
    /// It may not.
    Refused,
}

/// Where a relation leads, by the columns of foreign keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// To what a foreign key of the row names.
    Up(usize),
    /// To the rows of a table that name the row.
    Down(usize, usize),
    /// To one of them.
    One(usize, usize),
    /// To the rows that name it in one column, and on to what they name in another.
    Through(usize, usize, usize),
    /// To the rows that name it, and on to those that name them, table by table.
    Via(&'static [(usize, usize)]),
}

/// A relation as plain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its name.
    pub name: &'static str,
    /// Where it leads.
    pub path: Path,
    /// It leads only to rows whose plain column is [`LEAST`] or more.
    pub is_filtered: bool,
    /// What is greatest in the plain column comes first; else the order is that of the keys, if it is any.
    pub is_ranked: bool,
}

/// What relations with a condition ask of a number.
pub const LEAST: i64 = 2;

const fn to(name: &'static str, path: Path) -> Related {
    Related { name, path, is_filtered: false, is_ranked: false }
}

impl Related {
    const fn filtered(self) -> Self {
        Related { is_filtered: true, ..self }
    }

    const fn ranked(self) -> Self {
        Related { is_ranked: true, ..self }
    }
}

/// A table as plain data.
pub struct Table {
    /// The model's name.
    pub model: &'static str,
    /// All columns of all rows, by key; the key's columns come first.
    pub select: &'static str,
    /// Names and kinds of the model's fields.
    pub columns: &'static [(&'static str, Kind)],
    /// The relations that lead from it.
    pub relations: &'static [Related],
}

impl Table {
    /// The column that statements over many rows look at and set.
    pub fn plain(&self) -> usize {
        self.columns.iter().rposition(|(_, kind)| *kind == Kind::Plain).expect("each table has one")
    }

    /// The columns of the key: they come first.
    pub fn key_width(&self) -> usize {
        let is_key = |kind| matches!(kind, Kind::Generated | Kind::Natural | Kind::KeyLink(..));
        self.columns.iter().filter(|(_, kind)| is_key(*kind)).count()
    }
}

/// The tables, by their number.
pub const TABLES: &[Table] = &[
    Table {
        model: "Author",
        select: "SELECT id, name FROM authors ORDER BY id",
        columns: &[("id", Kind::Generated), ("name", Kind::Plain)],
        relations: &[
            to("books", Path::Down(1, 1)),
            to("edited", Path::Down(1, 2)),
            to("long", Path::Down(1, 1)).filtered().ranked(),
            to("editors", Path::Through(1, 1, 2)),
        ],
    },
    Table {
        model: "Book",
        select: "SELECT id, author_id, editor_id, title FROM books ORDER BY id",
        columns: &[
            ("id", Kind::Generated),
            ("author", Kind::Link(0, Rule::Cascade, Null::Refused)),
            ("editor", Kind::Link(0, Rule::SetNull, Null::Allowed)),
            ("title", Kind::Plain),
        ],
        relations: &[to("author", Path::Up(1)), to("editor", Path::Up(2))],
    },
    Table {
        model: "Node",
        select: "SELECT id, parent_id, next_id, label FROM nodes ORDER BY id",
        columns: &[
            ("id", Kind::Generated),
            ("parent", Kind::Link(2, Rule::Cascade, Null::Allowed)),
            ("next", Kind::Link(2, Rule::NoAction, Null::Allowed)),
            ("label", Kind::Plain),
        ],
        relations: &[
            to("parent", Path::Up(1)),
            to("children", Path::Down(2, 1)),
            to("next", Path::Up(2)),
            to("second", Path::Via(&[(2, 1), (2, 1)])),
            to("leaders", Path::Via(&[(2, 1), (2, 2)])).filtered(),
            to("before", Path::Down(2, 2)).ranked(),
            to("previous", Path::One(2, 2)),
        ],
    },
    Table {
        model: "Person",
        select: "SELECT id, favourite_id, name FROM persons ORDER BY id",
        columns: &[
            ("id", Kind::Generated),
            ("favourite", Kind::Link(4, Rule::SetNull, Null::Allowed)),
            ("name", Kind::Plain),
        ],
        relations: &[
            to("favourite", Path::Up(1)),
            to("balls", Path::Down(4, 1)),
            to("admirers", Path::Via(&[(4, 1), (3, 1)])),
            to("fond", Path::Via(&[(4, 1), (3, 1)])).filtered(),
        ],
    },
    Table {
        model: "Ball",
        select: "SELECT id, owner_id, colour FROM balls ORDER BY id",
        columns: &[
            ("id", Kind::Generated),
            ("owner", Kind::Link(3, Rule::NoAction, Null::Refused)),
            ("colour", Kind::Plain),
        ],
        relations: &[to("owner", Path::Up(1)), to("fan", Path::One(3, 1)), to("fans", Path::Down(3, 1))],
    },
    Table {
        model: "Item",
        select: "SELECT id, name FROM items ORDER BY id",
        columns: &[("id", Kind::Generated), ("name", Kind::Plain)],
        relations: &[
            to("taggings", Path::Down(7, 0)),
            to("tags", Path::Through(7, 0, 1)),
            to("heavy", Path::Down(7, 0)).filtered().ranked(),
        ],
    },
    Table {
        model: "Tag",
        select: "SELECT code, name FROM tags ORDER BY code",
        columns: &[("code", Kind::Natural), ("name", Kind::Plain)],
        relations: &[to("taggings", Path::Down(7, 1)), to("items", Path::Through(7, 1, 0))],
    },
    Table {
        model: "Tagging",
        select: "SELECT item_id, tag_id, weight FROM taggings ORDER BY item_id, tag_id",
        columns: &[
            ("item", Kind::KeyLink(5, Rule::Cascade)),
            ("tag", Kind::KeyLink(6, Rule::NoAction)),
            ("weight", Kind::Plain),
        ],
        relations: &[to("item", Path::Up(0)), to("tag", Path::Up(1))],
    },
    Table {
        model: "Account",
        select: "SELECT id, number, amount FROM accounts ORDER BY id",
        columns: &[("id", Kind::Generated), ("number", Kind::Unique), ("amount", Kind::Plain)],
        relations: &[],
    },
    Table {
        model: "Doc",
        select: "SELECT id, title, pages, version FROM docs ORDER BY id",
        columns: &[
            ("id", Kind::Generated),
            ("title", Kind::Plain),
            ("pages", Kind::Plain),
            ("version", Kind::Version),
        ],
        relations: &[],
    },
];

/// The tables that one program works on.
pub struct Schema {
    /// What it is called.
    pub name: &'static str,
    /// Its tables.
    pub tables: &'static [usize],
    /// Empties its tables.
    pub clear: &'static str,
}

/// The schemas.
pub const SCHEMAS: &[Schema] = &[
    Schema { name: "parent and child", tables: &[0, 1], clear: "DELETE FROM books; DELETE FROM authors" },
    Schema { name: "tree", tables: &[2], clear: "UPDATE nodes SET next_id = NULL; DELETE FROM nodes" },
    Schema {
        name: "cycle",
        tables: &[3, 4],
        clear: "UPDATE persons SET favourite_id = NULL; DELETE FROM balls; DELETE FROM persons",
    },
    Schema {
        name: "many-to-many",
        tables: &[5, 6, 7],
        clear: "DELETE FROM taggings; DELETE FROM tags; DELETE FROM items",
    },
    Schema { name: "unique and version", tables: &[8, 9], clear: "DELETE FROM accounts; DELETE FROM docs" },
];
