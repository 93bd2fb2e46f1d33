//! Writing relations: links of a link model as a set of edges, and lists as a whole.

use std::collections::{HashMap, HashSet};

use super::super::core::Core;
use super::super::entities::Session;
use super::Relation;
use crate::error::{Error, Result};
use crate::expr::{AsPath, Direct, KeyField, Many, Path, Route, Through};
use crate::schema::{BelongsTo, Model};
use crate::store::{State, visit};
use crate::value::{Entity, Handle, NoIds};

/// A link model that `link` can make: its other columns take their defaults.
#[diagnostic::on_unimplemented(
    message = "`link` cannot make a `{Self}`: it has no default",
    label = "`{Self}` is not `Default`",
    note = "write `#[model(.., default)]` on `{Self}`, or add a `{Self}` of your own with `add`"
)]
pub trait LinkModel: Model {
    #[doc(hidden)]
    fn unlinked() -> Self;
}

#[diagnostic::do_not_recommend]
impl<L: Model + Default> LinkModel for L {
    fn unlinked() -> Self {
        L::default()
    }
}

/// A relation whose list can be replaced as a whole.
#[diagnostic::on_unimplemented(
    message = "the list of `{Self}` cannot be replaced",
    label = "not a relation of `{M}` that `replace` can write",
    note = "`replace` takes a `many` or a `many_through` of `{M}`; one over a model between is read-only"
)]
pub trait Replace<B, M>: Relation<M> {
    #[doc(hidden)]
    fn replace(
        self,
        session: &mut Session<B>,
        handle: Handle<M>,
        removed: Vec<Handle<Self::Target>>,
        added: Vec<Handle<Self::Target>>,
    ) -> Result<()>;
}

/// An edge of a relation over a link model.
struct Edge {
    back: KeyField,
    on: KeyField,
    from: Entity,
    to: Entity,
}

impl<B> Session<B> {
    /// Links two entities by a row of the link model, whose other columns take their defaults. Links are a set: an entity that
    /// is linked already stays linked once, and a link that was taken away and not flushed yet comes back. No SQL; that the
    /// database has the link, and the session does not know it, is found by the flush. Gives the link, an entity like others.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # #[relation(groups = many_through(Membership::user, Membership::group, order_by = Group::id))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Group { #[column(primary_key)] pub id: Id<Group>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Membership {
    /// #     #[column(primary_key, on_delete = cascade)] pub user: Id<User>,
    /// #     #[column(primary_key, on_delete = cascade)] pub group: Id<Group>, pub role: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// let [admins, staff] = ["admins", "staff"].map(|name| s.add(Group { name: name.into(), ..Default::default() }));
    /// let membership = s.link(alice, User::groups, admins)?;
    /// s[membership].role = "head".into();
    /// s.commit()?;
    ///
    /// s.replace(alice, User::groups, &[staff])?; // unlinks admins, links staff
    /// assert_eq!(s.related(alice, User::groups)?, [staff]);
    /// s.unlink(alice, User::groups, staff)?;
    /// assert_eq!(s.related(alice, User::groups)?, []);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone.
    pub fn link<M: BelongsTo<B>, T: BelongsTo<B>, L: BelongsTo<B> + LinkModel>(
        &mut self,
        from: Handle<M>,
        relation: Many<M, T, Through<L>>,
        to: Handle<T>,
    ) -> Result<Handle<L>> {
        let edge = self.edge(from, &relation, to)?;
        let link = self.edge_value::<L>(&edge);
        let known = self.core.links_of(&relation.path(), &edge).first().copied();
        let known = known.or_else(|| self.core.unlinked(&edge)).or_else(|| self.core.link_of_key(&link));
        let Some(slot) = known else { return Ok(self.add(link)) };
        let store = self.core.stores.any(edge.back.table.number);
        let handle = Handle::at(self.core.stores.session(), slot, store.generation(slot));
        if store.state(slot) == State::Deleted {
            self.restore(handle)?;
        }
        Ok(handle)
    }

    /// Takes a link away; nothing happens where there is none. What the session does not know of the links is loaded.
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone; whatever the database reports.
    pub fn unlink<M: BelongsTo<B>, T: BelongsTo<B>, L: BelongsTo<B>>(
        &mut self,
        from: Handle<M>,
        relation: Many<M, T, Through<L>>,
        to: Handle<T>,
    ) -> Result<()> {
        let edge = self.edge(from, &relation, to)?;
        let path = relation.path();
        let mut links = self.core.links_of(&path, &edge);
        if links.is_empty() {
            self.core.load_path(&path, &[from.place.slot])?;
            links = self.core.links_of(&path, &edge);
        }
        for slot in links {
            let generation = self.core.stores.any(edge.back.table.number).generation(slot);
            self.delete::<L>(Handle::at(self.core.stores.session(), slot, generation));
        }
        Ok(())
    }

    /// Makes a relation lead to these entities and no others: the difference is applied. Over a link model, links come and go.
    /// Of a plain `many`, the foreign keys are set: those that come name this entity, those that go name nothing, and are
    /// deleted by the flush where the foreign key says `orphan = delete`; one that is pending is withdrawn then.
    ///
    /// The list has the order that is given until it is loaded again; a column that holds the position is what brings that order
    /// back. A relation that names it by `position` has it numbered from 0; the flush writes the numbers that differ. A row that is
    /// added, moved or deleted otherwise leaves the numbers of the others as they are.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// #[derive(Model, Clone)]
    /// #[model(base = Db, default)]
    /// #[relation(parts = many(Part::item, position = Part::place))]
    /// pub struct Item {
    ///     #[column(primary_key)]
    ///     pub id: Id<Item>,
    /// }
    ///
    /// #[derive(Model, Clone)]
    /// #[model(base = Db, default)]
    /// pub struct Part {
    ///     #[column(primary_key)]
    ///     pub id: Id<Part>,
    ///     pub item: Option<Id<Item>>,
    ///     pub place: i32,
    /// }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    ///
    /// let item = s.add(Item::default());
    /// let [a, b, c] = [(); 3].map(|()| s.add(Part::default()));
    /// s.replace(item, Item::parts, &[c, a])?;
    /// s.commit()?;
    ///
    /// let mut parts = s.related(item, Item::parts)?;
    /// parts.insert(1, b);
    /// s.replace(item, Item::parts, &parts)?; // b gets 1, a gets 2
    /// s.commit()?;
    /// assert_eq!(s.related(item, Item::parts)?, [c, b, a]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone, and for an entity that cannot go since its foreign key
    /// is never NULL: nothing is changed then. Whatever the database reports.
    pub fn replace<M: BelongsTo<B>, R: Replace<B, M>>(
        &mut self,
        handle: Handle<M>,
        relation: R,
        targets: &[Handle<R::Target>],
    ) -> Result<()>
    where
        R::Target: BelongsTo<B>,
    {
        R::make_stores(&mut self.core.stores);
        let path = relation.path();
        targets.iter().try_for_each(|target| self.core.check_held(target.entity()))?;
        self.core.check_held(handle.entity())?;
        self.core.load_path(&path, &[handle.place.slot])?;
        let slots = self.core.reach(&path, handle.place.slot)?;
        let (stores, number) = (&self.core.stores, R::Target::table().number);
        let now: Vec<Handle<R::Target>> = slots
            .iter()
            .map(|&slot| Handle::at(stores.session(), slot, stores.any(number).generation(slot)))
            .collect();
        let wanted: HashSet<Handle<R::Target>> = targets.iter().copied().collect();
        let mut had: HashSet<Handle<R::Target>> = now.iter().copied().collect();
        let removed = now.into_iter().filter(|target| !wanted.contains(target)).collect();
        let added = targets.iter().copied().filter(|target| had.insert(*target)).collect();
        relation.replace(self, handle, removed, added)?;
        let order: Vec<u32> = targets.iter().map(|target| target.place.slot).collect();
        if let Some(field) = path.position {
            self.number_places(field, targets)?;
        }
        self.core.keep_order(&path, handle.place.slot, &order);
        Ok(())
    }

    /// Numbers entities from 0, each where it stands first.
    fn number_places<T: BelongsTo<B>>(&mut self, field: u16, targets: &[Handle<T>]) -> Result<()> {
        let mut seen = HashSet::new();
        let places = targets.iter().filter(|target| seen.insert(**target)).zip(0..);
        for (&target, place) in places {
            if let Some(value) = self.find_mut(target) {
                visit::set_integer(value, field, place)?;
            }
        }
        Ok(())
    }

    fn edge<M: BelongsTo<B>, T: BelongsTo<B>, L: BelongsTo<B>>(
        &mut self,
        from: Handle<M>,
        relation: &Many<M, T, Through<L>>,
        to: Handle<T>,
    ) -> Result<Edge> {
        <Many<M, T, Through<L>> as Relation<M>>::make_stores(&mut self.core.stores);
        self.core.stores.typed_mut::<M>();
        self.core.check_held(from.entity())?;
        self.core.check_held(to.entity())?;
        match relation.path().route {
            Route::DownUp(back, on) => Ok(Edge { back, on, from: from.entity(), to: to.entity() }),
            Route::Up(_) | Route::Down(_) | Route::Along(_) => {
                unreachable!("a relation over a link model goes down to it and up again")
            }
        }
    }

    fn edge_value<L: LinkModel>(&self, edge: &Edge) -> L {
        let mut value = L::unlinked();
        visit::relink(&mut value, usize::from(edge.back.field), edge.from);
        visit::relink(&mut value, usize::from(edge.on.field), edge.to);
        value
    }
}

impl Core {
    /// Lists what a relation leads to in an order, if it does lead there.
    fn keep_order(&mut self, path: &Path, slot: u32, order: &[u32]) {
        let mut seen = HashSet::new();
        let order = order.iter().copied().filter(|end| seen.insert(*end));
        let (key, members) = match path.route {
            Route::Down(key) => (key, order.collect()),
            Route::DownUp(back, on) => {
                let places: HashMap<u32, usize> = order.zip(0..).collect();
                let mut links = self.lists.members(path.list(0), back, &mut self.stores, slot);
                let place = |link: &u32| places.get(&self.stores.named(on, *link)?).copied();
                links.sort_by_key(|link| place(link).unwrap_or(usize::MAX));
                (back, links)
            }
            Route::Up(_) | Route::Along(_) => return,
        };
        let pairs: Vec<(u32, u32)> = members.into_iter().map(|member| (slot, member)).collect();
        self.lists.load(path.list(0), key, &self.stores, &[slot], &pairs);
    }

    /// The links of an edge, as far as is known.
    fn links_of(&mut self, path: &Path, edge: &Edge) -> Vec<u32> {
        let (from, to) = (edge.from.place.slot, edge.to.place.slot);
        let mut links = self.lists.members(path.list(0), edge.back, &mut self.stores, from);
        links.retain(|&link| self.stores.named(edge.on, link) == Some(to));
        links
    }

    /// A link of an edge that is marked deleted.
    fn unlinked(&self, edge: &Edge) -> Option<u32> {
        let (from, to) = (edge.from.place.slot, edge.to.place.slot);
        let of_link = self.deleted.iter().filter(|entity| entity.model == edge.back.table.number);
        let is_edge = |&slot: &u32| {
            self.stores.any(edge.back.table.number).state(slot) == State::Deleted
                && self.stores.named(edge.back, slot) == Some(from)
                && self.stores.named(edge.on, slot) == Some(to)
        };
        of_link.map(|entity| entity.place.slot).find(is_edge)
    }

    /// The link that is held under the key which a value would have.
    fn link_of_key<L: Model>(&self, value: &L) -> Option<u32> {
        let resolved = self.stores.resolved(value);
        let store = self.stores.typed::<L>()?;
        let slot = store.find(&resolved.key(&NoIds)?)?;
        matches!(store.at(slot).state, State::Persistent).then_some(slot)
    }
}

impl<B, M: BelongsTo<B>, T: BelongsTo<B>, L: BelongsTo<B> + LinkModel> Replace<B, M>
    for Many<M, T, Through<L>>
{
    fn replace(
        self,
        session: &mut Session<B>,
        handle: Handle<M>,
        removed: Vec<Handle<T>>,
        added: Vec<Handle<T>>,
    ) -> Result<()> {
        removed.into_iter().try_for_each(|target| session.unlink(handle, self, target))?;
        added.into_iter().try_for_each(|target| session.link(handle, self, target).map(drop))
    }
}

impl<B, M: BelongsTo<B>, T: BelongsTo<B>> Replace<B, M> for Many<M, T, Direct> {
    fn replace(
        self,
        session: &mut Session<B>,
        handle: Handle<M>,
        removed: Vec<Handle<T>>,
        added: Vec<Handle<T>>,
    ) -> Result<()> {
        let path = self.path();
        let key = path.route.first_key();
        if let Some(child) = removed.first().filter(|_| !key.foreign_key().nullable) {
            let (name, field) = (path.name, key.foreign_key().field);
            return Err(Error::misuse(format!(
                "{child:?} cannot leave `{name}`: its `{field}` is never NULL; delete it, or let it name another"
            )));
        }
        for child in removed {
            if let Some(value) = session.find_mut(child) {
                visit::unlink(value, usize::from(key.field));
            }
            // A row that is not there yet has not to be deleted, but is not to come.
            if key.foreign_key().orphan_delete && session.state(child) == Some(State::Pending) {
                session.delete(child);
            }
        }
        for child in added {
            if let Some(value) = session.find_mut(child) {
                visit::relink(value, usize::from(key.field), handle.entity());
            }
        }
        Ok(())
    }
}
