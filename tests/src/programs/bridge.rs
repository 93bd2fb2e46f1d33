//! From plain data to typed calls: each model as rows of plain values.

use orm_core::prelude::*;
use orm_core::schema::BelongsTo;

use super::tables::*;

/// A value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Val {
    /// NULL.
    Null,
    /// A key that the database shall make.
    New,
    /// A number; a natural key is the text `t3` for 3.
    Int(i64),
    /// The entity of a number.
    Of(usize),
}

/// The values of a row, and its key: the first of them.
pub type Row = Vec<Val>;
/// A key.
pub type Key = Vec<i64>;

/// The names that entities go by: handles, by number.
#[derive(Default)]
pub struct Names(pub Vec<Held>);

impl Names {
    fn number(&self, held: Held) -> usize {
        self.0.iter().position(|other| *other == held).unwrap_or(usize::MAX)
    }
}

/// A column's value of some type.
trait Cell {
    fn put(val: Val, names: &Names) -> Self;
    fn see(&self, names: &Names) -> Val;
}

impl Cell for i64 {
    fn put(val: Val, _: &Names) -> Self {
        match val {
            Val::Int(number) => number,
            Val::Null | Val::New | Val::Of(_) => panic!("{val:?} is no number"),
        }
    }
    fn see(&self, _: &Names) -> Val {
        Val::Int(*self)
    }
}

impl Cell for String {
    fn put(val: Val, names: &Names) -> Self {
        format!("t{}", i64::put(val, names))
    }
    fn see(&self, _: &Names) -> Val {
        Val::Int(code_of(self))
    }
}

impl Cell for Version {
    fn put(_: Val, _: &Names) -> Self {
        Version::default()
    }
    fn see(&self, _: &Names) -> Val {
        Val::Int(self.get())
    }
}

impl<M: Mapped, K: KeyCell> Cell for Id<M, K> {
    fn put(val: Val, names: &Names) -> Self {
        match val {
            Val::New | Val::Null => Id::New,
            Val::Int(number) => Id::Key(K::put_key(number)),
            Val::Of(entity) => Id::Of(M::handle(names.0[entity])),
        }
    }
    fn see(&self, names: &Names) -> Val {
        match self {
            Id::New => Val::New,
            Id::Key(key) => Val::Int(key.see_key()),
            Id::Of(handle) => Val::Of(names.number(M::held(*handle))),
        }
    }
}

impl<M: Mapped, K: KeyCell> Cell for Option<Id<M, K>> {
    fn put(val: Val, names: &Names) -> Self {
        (val != Val::Null).then(|| Id::put(val, names))
    }
    fn see(&self, names: &Names) -> Val {
        self.as_ref().map_or(Val::Null, |id| id.see(names))
    }
}

/// A key's single value.
trait KeyCell {
    fn put_key(number: i64) -> Self;
    fn see_key(&self) -> i64;
}

impl KeyCell for i64 {
    fn put_key(number: i64) -> Self {
        number
    }
    fn see_key(&self) -> i64 {
        *self
    }
}

impl KeyCell for String {
    fn put_key(number: i64) -> Self {
        format!("t{number}")
    }
    fn see_key(&self) -> i64 {
        code_of(self)
    }
}

/// The number of a natural key.
pub fn code_of(text: &str) -> i64 {
    text.strip_prefix('t').and_then(|number| number.parse().ok()).unwrap_or(i64::MIN)
}

/// A whole key.
trait WholeKey: Sized {
    fn put_whole(key: &[i64]) -> Self;
    fn see_whole(&self) -> Key;
}

impl<K: KeyCell> WholeKey for K {
    fn put_whole(key: &[i64]) -> Self {
        K::put_key(key[0])
    }
    fn see_whole(&self) -> Key {
        vec![self.see_key()]
    }
}

impl<A: KeyCell, B: KeyCell> WholeKey for (A, B) {
    fn put_whole(key: &[i64]) -> Self {
        (A::put_key(key[0]), B::put_key(key[1]))
    }
    fn see_whole(&self) -> Key {
        vec![self.0.see_key(), self.1.see_key()]
    }
}

/// A model that programs use.
pub(super) trait Mapped: BelongsTo<Proof> + Sized {
    fn handle(held: Held) -> Handle<Self>;
    fn held(handle: Handle<Self>) -> Held;
    fn make(row: &[Val], names: &Names) -> Self;
    fn row(&self, names: &Names) -> Row;
    fn set(&mut self, column: usize, val: Val, names: &Names);
    fn update_all(s: &mut S, from: i64, to: i64) -> Result<u64>;
    fn delete_all(s: &mut S, with: i64) -> Result<u64>;
}

macro_rules! mapped {
    ($($number:literal $model:ident { $($position:literal $field:ident),* } $plain:ident)*) => {
        /// A handle of any model.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Held {
            $(#[doc = "Of that model."] $model(Handle<$model>),)*
        }

        impl Held {
            /// The number of its table.
            pub fn table(self) -> usize {
                match self { $(Held::$model(_) => $number,)* }
            }
        }

        $(impl Mapped for $model {
            fn handle(held: Held) -> Handle<Self> {
                match held { Held::$model(handle) => handle, other => panic!("{other:?} is of another model") }
            }
            fn held(handle: Handle<Self>) -> Held { Held::$model(handle) }
            fn make(row: &[Val], names: &Names) -> Self {
                $model { $($field: Cell::put(row[$position], names)),* }
            }
            fn row(&self, names: &Names) -> Row { vec![$(self.$field.see(names)),*] }
            fn set(&mut self, column: usize, val: Val, names: &Names) {
                match column { $($position => self.$field = Cell::put(val, names),)* _ => panic!("no such column") }
            }
            fn update_all(s: &mut S, from: i64, to: i64) -> Result<u64> {
                update::<$model>().set($model::$plain, to).filter($model::$plain.eq(from)).execute(s)
            }
            fn delete_all(s: &mut S, with: i64) -> Result<u64> {
                delete::<$model>().filter($model::$plain.eq(with)).execute(s)
            }
        })*

        /// The typed calls of a table.
        pub fn calls(table: usize) -> &'static dyn Calls {
            match table { $($number => &Of::<$model>(std::marker::PhantomData),)* _ => panic!("no such table") }
        }
    };
}

mapped! {
    0 Author { 0 id, 1 name } name
    1 Book { 0 id, 1 author, 2 editor, 3 title } title
    2 Node { 0 id, 1 parent, 2 next, 3 label } label
    3 Person { 0 id, 1 favourite, 2 name } name
    4 Ball { 0 id, 1 owner, 2 colour } colour
    5 Item { 0 id, 1 name } name
    6 Tag { 0 code, 1 name } name
    7 Tagging { 0 item, 1 tag, 2 weight } weight
    8 Account { 0 id, 1 number, 2 amount } amount
    9 Doc { 0 id, 1 title, 2 pages, 3 version } pages
}

type S = Session<Proof>;
type Result<T> = orm_core::Result<T>;

/// The calls of a session, for entities of a table.
#[allow(missing_docs)]
pub trait Calls: Sync {
    fn add(&self, s: &mut S, row: &[Val], names: &Names) -> Held;
    fn row(&self, s: &S, held: Held, names: &Names) -> Option<Row>;
    fn set(&self, s: &mut S, held: Held, change: (usize, Val), names: &Names);
    fn state(&self, s: &S, held: Held) -> Option<State>;
    fn key(&self, s: &S, held: Held) -> Option<Key>;
    fn delete(&self, s: &mut S, held: Held);
    fn restore(&self, s: &mut S, held: Held) -> Result<()>;
    fn expunge(&self, s: &mut S, held: Held, names: &Names) -> Result<Row>;
    fn refresh(&self, s: &mut S, held: Held) -> Result<()>;
    fn expire(&self, s: &mut S, held: Held) -> Result<()>;
    fn get(&self, s: &mut S, key: &[i64]) -> Result<Option<Held>>;
    fn query(&self, s: &mut S) -> Result<Vec<Held>>;
    fn count(&self, s: &mut S) -> Result<u64>;
    fn merge(&self, s: &mut S, row: &[Val], names: &Names) -> Result<Held>;
    fn update_all(&self, s: &mut S, from: i64, to: i64) -> Result<u64>;
    fn delete_all(&self, s: &mut S, with: i64) -> Result<u64>;
}

struct Of<M>(std::marker::PhantomData<fn() -> M>);

impl<M: Mapped> Calls for Of<M>
where
    M::Key: WholeKey,
{
    fn add(&self, s: &mut S, row: &[Val], names: &Names) -> Held {
        M::held(s.add(M::make(row, names)))
    }
    fn row(&self, s: &S, held: Held, names: &Names) -> Option<Row> {
        Some(s.find(M::handle(held))?.row(names))
    }
    fn set(&self, s: &mut S, held: Held, (column, val): (usize, Val), names: &Names) {
        s[M::handle(held)].set(column, val, names);
    }
    fn state(&self, s: &S, held: Held) -> Option<State> {
        s.state(M::handle(held))
    }
    fn key(&self, s: &S, held: Held) -> Option<Key> {
        s.key(M::handle(held)).map(|key| key.see_whole())
    }
    fn delete(&self, s: &mut S, held: Held) {
        s.delete(M::handle(held));
    }
    fn restore(&self, s: &mut S, held: Held) -> Result<()> {
        s.restore(M::handle(held))
    }
    fn expunge(&self, s: &mut S, held: Held, names: &Names) -> Result<Row> {
        s.expunge(M::handle(held)).map(|value| value.row(names))
    }
    fn refresh(&self, s: &mut S, held: Held) -> Result<()> {
        s.refresh(M::handle(held))
    }
    fn expire(&self, s: &mut S, held: Held) -> Result<()> {
        s.expire(M::handle(held))
    }
    fn get(&self, s: &mut S, key: &[i64]) -> Result<Option<Held>> {
        let id: Id<M, M::Key> = Id::Key(M::Key::put_whole(key));
        Ok(s.get::<M>(id)?.map(M::held))
    }
    fn query(&self, s: &mut S) -> Result<Vec<Held>> {
        Ok(s.query::<M>().all()?.into_iter().map(M::held).collect())
    }
    fn count(&self, s: &mut S) -> Result<u64> {
        s.query::<M>().count()
    }
    fn merge(&self, s: &mut S, row: &[Val], names: &Names) -> Result<Held> {
        s.merge(M::make(row, names)).map(M::held)
    }
    fn update_all(&self, s: &mut S, from: i64, to: i64) -> Result<u64> {
        M::update_all(s, from, to)
    }
    fn delete_all(&self, s: &mut S, with: i64) -> Result<u64> {
        M::delete_all(s, with)
    }
}
