//! What is done to every field of an entity, whatever its model: each visitor is one such thing.

use std::any::Any;

use crate::error::Result;
use crate::row::Fields;
use crate::schema::{Model, Table, Visitor, VisitorMut};
use crate::util::columns::ColumnSet;
use crate::value::{Encoder, Entity, Field, Ids, Link, Value, Version};

/// The values of the wanted columns, in the order of the table.
///
/// # Errors
/// Of the first column that cannot be encoded, naming it.
#[inline]
pub(crate) fn encode<'a, M: Model>(
    value: &'a M,
    wanted: &ColumnSet,
    ids: &'a dyn Ids,
    out: &mut Vec<Value<'a>>,
) -> Result<()> {
    let mut encoding = Encoding { encoder: Encoder::new(wanted, ids, out) };
    let done = value.visit(&mut encoding);
    let position = encoding.encoder.position();
    done.map_err(|error| error.context(place(M::table(), position)))
}

struct Encoding<'a, 'w> {
    encoder: Encoder<'a, 'w>,
}

impl<'a> Visitor<'a> for Encoding<'a, '_> {
    #[inline]
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        field.encode(&mut self.encoder)
    }
}

/// Where a value stands: `in User.name (column users.name)`.
#[cold]
pub(crate) fn place(table: &Table, column: usize) -> String {
    match table.columns.get(column) {
        Some(column) => {
            format!("in {}.{} (column {}.{})", table.model, column.field, table.name, column.name)
        }
        None => format!("in {}", table.model),
    }
}

/// The columns whose value is left to the database.
pub(crate) fn unset_columns<M: Model>(value: &M) -> ColumnSet {
    let mut unset = Unset { next: 0, columns: ColumnSet::EMPTY };
    value.visit(&mut unset).expect("invariant: looking for unset fields does not fail");
    unset.columns
}

struct Unset {
    next: usize,
    columns: ColumnSet,
}

impl<'a> Visitor<'a> for Unset {
    #[inline]
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        if field.is_unset() {
            (self.next..self.next + T::WIDTH).for_each(|column| self.columns.insert(column));
        }
        self.next += T::WIDTH;
        Ok(())
    }
}

/// Shows the foreign keys of a value, each with the position of its field.
pub(crate) fn links<'a, M: Model>(value: &'a M, each: &mut dyn FnMut(usize, Link<'a>)) {
    let mut links = Links { field: 0, each };
    value.visit(&mut links).expect("invariant: looking at links does not fail");
}

struct Links<'a, 'f> {
    field: usize,
    each: &'f mut dyn FnMut(usize, Link<'a>),
}

impl<'a> Visitor<'a> for Links<'a, '_> {
    #[inline]
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        if T::IS_ID {
            (self.each)(self.field, field.link());
        }
        self.field += 1;
        Ok(())
    }
}

/// Shows the entities that a value names by foreign keys, each with the position of its field.
pub(crate) fn entities<M: Model>(value: &M, each: &mut dyn FnMut(usize, Entity)) {
    let mut entities = Entities { field: 0, each };
    value.visit(&mut entities).expect("invariant: looking at links does not fail");
}

struct Entities<'f> {
    field: usize,
    each: &'f mut dyn FnMut(usize, Entity),
}

impl<'a> Visitor<'a> for Entities<'_> {
    #[inline]
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        if T::IS_ID
            && let Link::Of(entity) = field.link()
        {
            (self.each)(self.field, entity);
        }
        self.field += 1;
        Ok(())
    }
}

/// What the foreign key in the field at a position names.
pub(crate) fn link<M: Model>(value: &M, field: u16) -> Link<'_> {
    let mut only = OnlyLink { left: field, found: Link::None };
    value.visit(&mut only).expect("invariant: looking at a link does not fail");
    only.found
}

struct OnlyLink<'a> {
    left: u16,
    found: Link<'a>,
}

impl<'a> Visitor<'a> for OnlyLink<'a> {
    #[inline]
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        if T::IS_ID && self.left == 0 {
            self.found = field.link();
        }
        self.left = self.left.wrapping_sub(1);
        Ok(())
    }
}

/// Writes keys in place of the entities that have one, and tells which fields named which entity.
pub(crate) fn resolve<M: Model>(value: &mut M, ids: &dyn Ids, each: &mut dyn FnMut(usize, Entity)) {
    let mut resolve = Resolve { field: 0, ids, each };
    value.visit_mut(&mut resolve).expect("invariant: resolving does not fail");
}

struct Resolve<'a> {
    field: usize,
    ids: &'a dyn Ids,
    each: &'a mut dyn FnMut(usize, Entity),
}

impl VisitorMut for Resolve<'_> {
    #[inline]
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if T::IS_ID
            && let Link::Of(entity) = field.link()
        {
            field.resolve(self.ids);
            if !matches!(field.link(), Link::Of(_)) {
                (self.each)(self.field, entity);
            }
        }
        self.field += 1;
        Ok(())
    }
}

/// Names an entity again in the field at a position.
pub(crate) fn relink<M: Model>(value: &mut M, field: usize, entity: Entity) {
    let mut relink = Relink { left: field, entity: Some(entity) };
    value.visit_mut(&mut relink).expect("invariant: relinking does not fail");
}

/// Lets the field at a position name nothing, if it can.
pub(crate) fn unlink<M: Model>(value: &mut M, field: usize) {
    let mut relink = Relink { left: field, entity: None };
    value.visit_mut(&mut relink).expect("invariant: unlinking does not fail");
}

struct Relink {
    left: usize,
    entity: Option<Entity>,
}

impl VisitorMut for Relink {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        match self.entity {
            _ if self.left > 0 => {}
            Some(entity) => field.relink(entity),
            None => field.unlink(),
        }
        self.left = self.left.wrapping_sub(1);
        Ok(())
    }
}

/// Leaves columns to the database again.
pub(crate) fn unset<M: Model>(value: &mut M, columns: &ColumnSet) {
    let mut unset = UnsetAgain { next: 0, columns };
    value.visit_mut(&mut unset).expect("invariant: unsetting does not fail");
}

struct UnsetAgain<'a> {
    next: usize,
    columns: &'a ColumnSet,
}

impl VisitorMut for UnsetAgain<'_> {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if self.columns.contains(self.next) {
            field.unset();
        }
        self.next += T::WIDTH;
        Ok(())
    }
}

/// Sets the version to that of a row that is about to be inserted.
pub(crate) fn set_first_version<M: Model>(value: &mut M) {
    set_version(value, |_| Version::default().next());
}

/// Sets the version to that of its row after the next write.
pub(crate) fn set_next_version<M: Model>(value: &mut M) {
    set_version(value, Version::next);
}

/// Sets the version by a function of what it was.
pub(crate) fn set_version<M: Model>(value: &mut M, next: fn(Version) -> Version) {
    value.visit_mut(&mut SetVersion { next }).expect("invariant: a version is counted without failing");
}

struct SetVersion {
    next: fn(Version) -> Version,
}

impl VisitorMut for SetVersion {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if let Some(version) = field.version() {
            *version = (self.next)(*version);
        }
        Ok(())
    }
}

/// The version of a value, which has one.
pub(crate) fn version<M: Model>(value: &M) -> Version {
    let mut copy = value.clone();
    let mut read = ReadVersion(Version::default());
    copy.visit_mut(&mut read).expect("invariant: a version is read without failing");
    read.0
}

struct ReadVersion(Version);

impl VisitorMut for ReadVersion {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if let Some(version) = field.version() {
            self.0 = *version;
        }
        Ok(())
    }
}

/// Takes what the database put into the columns of a row; the row holds only those columns. `made` are those that an
/// expression made; of others, fields change that can be left to the database.
///
/// # Errors
/// Of the first column that does not hold what its field expects, naming it.
pub(crate) fn assign<M: Model>(
    value: &mut M,
    columns: &ColumnSet,
    made: &ColumnSet,
    row: &mut Fields<'_>,
) -> Result<()> {
    let mut assign = Assign { next: 0, columns, made, row };
    let done = value.visit_mut(&mut assign);
    let position = assign.next;
    done.map_err(|error| error.context(place(M::table(), position)))
}

struct Assign<'a, 'row> {
    next: usize,
    columns: &'a ColumnSet,
    made: &'a ColumnSet,
    row: &'a mut Fields<'row>,
}

impl VisitorMut for Assign<'_, '_> {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if self.made.contains(self.next) && self.columns.contains(self.next) {
            *field = T::decode(self.row)?;
        } else if self.columns.contains(self.next) {
            field.assign(self.row)?;
        }
        self.next += T::WIDTH;
        Ok(())
    }
}

/// Sets the integer in the field at a position.
///
/// # Errors
/// Of a number that its type does not hold, naming it.
pub(crate) fn set_integer<M: Model>(value: &mut M, field: u16, number: i64) -> Result<()> {
    let mut set = SetInteger { left: usize::from(field), number };
    value.visit_mut(&mut set).map_err(|error| {
        let column = M::table().fields[usize::from(field)].start;
        error.context(place(M::table(), column))
    })
}

struct SetInteger {
    left: usize,
    number: i64,
}

impl VisitorMut for SetInteger {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if self.left == 0 {
            let row = [Value::Int(self.number)];
            *field = T::decode(&mut Fields::new(&&row[..], 0))?;
        }
        self.left = self.left.wrapping_sub(1);
        Ok(())
    }
}

/// Copies some columns' fields of one value over another's.
pub(crate) fn copy_fields<M: Model>(from: &M, to: &mut M, wanted: &ColumnSet) {
    let mut gathered = Gather { fields: Vec::new(), next: 0, wanted };
    from.visit(&mut gathered).expect("invariant: gathering does not fail");
    let mut scatter = Scatter { fields: gathered.fields.into_iter(), next: 0, wanted };
    to.visit_mut(&mut scatter).expect("invariant: scattering does not fail");
}

struct Gather<'w> {
    fields: Vec<Box<dyn Any>>,
    next: usize,
    wanted: &'w ColumnSet,
}

impl<'a> Visitor<'a> for Gather<'_> {
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()> {
        if self.wanted.contains(self.next) {
            self.fields.push(Box::new(field.clone()));
        }
        self.next += T::WIDTH;
        Ok(())
    }
}

struct Scatter<'w> {
    fields: std::vec::IntoIter<Box<dyn Any>>,
    next: usize,
    wanted: &'w ColumnSet,
}

impl VisitorMut for Scatter<'_> {
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()> {
        if self.wanted.contains(self.next)
            && let Some(source) = self.fields.next().and_then(|source| source.downcast::<T>().ok())
        {
            *field = *source;
        }
        self.next += T::WIDTH;
        Ok(())
    }
}
