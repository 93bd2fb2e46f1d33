//! The table of states once more, for relations: what each kind leads to when what it leads to, or goes over, is in each state.

use orm_core::BelongsTo;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_state:
    many_in_every_state,
    one_in_every_state,
    a_self_reference_down_in_every_state,
    many_of_a_composite_key_in_every_state,
    many_through_in_every_state_of_the_end,
    many_through_in_every_state_of_the_link,
    many_via_in_every_state_of_the_end,
    many_via_in_every_state_of_what_is_between,
    a_required_foreign_key_in_every_state,
    a_nullable_foreign_key_in_every_state,
    a_self_reference_up_in_every_state,
    a_composite_foreign_key_in_every_state,
    owners_in_every_state,
}

#[derive(DeclarativeBase)]
struct Web;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "hubs", default)]
#[relation(inner = many(Hub::outer, order_by = Hub::id))]
#[relation(leaves = many(Leaf::hub, order_by = Leaf::id))]
#[relation(badge = one(Badge::hub))]
#[relation(tags = many_through(Tagged::hub, Tagged::tag, order_by = Tag::id))]
#[relation(twigs = many_via(Leaf::hub, Twig::leaf, order_by = Twig::id))]
struct Hub {
    #[column(primary_key)]
    id: Id<Hub>,
    #[column(on_delete = set_null)]
    outer: Option<Id<Hub>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "leaves", default)]
struct Leaf {
    #[column(primary_key)]
    id: Id<Leaf>,
    #[column(on_delete = cascade)]
    hub: Id<Hub>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "twigs", default)]
struct Twig {
    #[column(primary_key)]
    id: Id<Twig>,
    #[column(on_delete = cascade)]
    leaf: Id<Leaf>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "badges", default)]
struct Badge {
    #[column(primary_key)]
    id: Id<Badge>,
    #[column(on_delete = set_null)]
    hub: Option<Id<Hub>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "tags", default)]
struct Tag {
    #[column(primary_key)]
    id: Id<Tag>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "tagged", default)]
#[relation(notes = many(Note::tagged, order_by = Note::id))]
struct Tagged {
    #[column(primary_key, on_delete = cascade)]
    hub: Id<Hub>,
    #[column(primary_key, on_delete = cascade)]
    tag: Id<Tag>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Web, table = "notes", default)]
struct Note {
    #[column(primary_key)]
    id: Id<Note>,
    #[column(names("hub_id", "tag_id"), on_delete = set_null)]
    tagged: Option<Id<Tagged, (i64, i64)>>,
}

type S = Session<Web>;

/// A kind of relation: from an owner over an actor, whose state is tried, to an end.
trait Kind {
    type Owner: BelongsTo<Web>;
    type Actor: BelongsTo<Web>;

    /// Takes away all rows of actors behind the session's back.
    const GONE: &'static str;

    /// Whether the owner names the actor.
    const IS_UP: bool = false;

    fn owner(s: &mut S) -> Handle<Self::Owner>;

    /// A pending actor between an owner and an end, which it gives too.
    fn add(s: &mut S, owner: Handle<Self::Owner>) -> (Handle<Self::Actor>, String);

    /// Lets another owner have an actor.
    fn give(s: &mut S, actor: Handle<Self::Actor>, to: Handle<Self::Owner>);

    fn ends(s: &mut S, owner: Handle<Self::Owner>) -> Vec<String>;
}

/// What becomes of an actor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Pending,
    Persistent,
    Moved,
    Marked,
    Restored,
    Deleted,
    Undone,
    Withdrawn,
    Expunged,
    Stale,
    Missing,
}

use Fate::*;

const FATES: [Fate; 11] =
    [Pending, Persistent, Moved, Marked, Restored, Deleted, Undone, Withdrawn, Expunged, Stale, Missing];

/// Whether it is to be seen from its owner.
fn is_seen(fate: Fate) -> bool {
    match fate {
        Pending | Persistent | Restored | Undone | Expunged | Stale => true,
        Moved | Marked | Deleted | Withdrawn | Missing => false,
    }
}

fn debug<M: Model>(handles: impl IntoIterator<Item = Handle<M>>) -> Vec<String> {
    handles.into_iter().map(|handle| format!("{handle:?}")).collect()
}

/// A required foreign key: not to be found is nothing.
fn found<M: Model>(found: orm_core::Result<Handle<M>>) -> Vec<String> {
    match found {
        Ok(end) => debug([end]),
        Err(error) => {
            assert!(error.is_not_found(), "{error}");
            Vec::new()
        }
    }
}

/// What can become of any entity.
fn befall<M: BelongsTo<Web>>(s: &mut S, handle: Handle<M>, fate: Fate) {
    match fate {
        Pending | Persistent => {}
        Marked | Withdrawn => s.delete(handle),
        Restored => {
            s.delete(handle);
            s.restore(handle).unwrap();
        }
        Deleted => {
            s.delete(handle);
            s.flush().unwrap();
        }
        Undone => {
            s.delete(handle);
            s.rollback().unwrap();
        }
        Expunged => drop(s.expunge(handle).unwrap()),
        Stale => s.expire(handle).unwrap(),
        Moved | Missing => unreachable!("it depends on the relation"),
    }
}

struct Case<K: Kind> {
    db: Db<Web>,
    s: S,
    owners: [Handle<K::Owner>; 2],
    actor: Handle<K::Actor>,
    end: String,
}

impl<K: Kind> Case<K> {
    /// Two owners, the first with an actor; all stored but what is to be pending.
    fn new(lab: &Lab, fate: Fate, is_loaded: bool) -> Self {
        let db = lab.db_of::<Web>();
        let mut s = db.session();
        let owners = [K::owner(&mut s), K::owner(&mut s)];
        let is_new = matches!(fate, Pending | Withdrawn);
        let before = (!is_new || K::IS_UP).then(|| K::add(&mut s, owners[0]));
        if is_loaded {
            s.flush().unwrap();
            owners.iter().for_each(|&owner| drop(K::ends(&mut s, owner)));
        }
        if !is_new {
            s.commit().unwrap();
        }
        let (actor, end) = match before {
            Some(before) if !is_new => before,
            Some(_) | None => K::add(&mut s, owners[0]),
        };
        if is_loaded {
            owners.iter().for_each(|&owner| drop(K::ends(&mut s, owner)));
        }
        db.sent();
        Case { db, s, owners, actor, end }
    }

    fn meet(&mut self, fate: Fate) {
        let (s, actor) = (&mut self.s, self.actor);
        match fate {
            Moved => K::give(s, actor, self.owners[1]),
            Missing => {
                s.execute(K::GONE, params![]).unwrap();
                s.expire(actor).unwrap();
            }
            Pending | Persistent | Marked | Restored | Deleted | Undone | Withdrawn | Expunged | Stale => {
                befall(s, actor, fate);
            }
        }
        self.db.sent();
    }

    fn check(&mut self, fate: Fate, context: &str) {
        let ends = K::ends(&mut self.s, self.owners[0]);
        let expected = if is_seen(fate) { vec![self.end.clone()] } else { Vec::new() };
        assert_eq!(ends, expected, "{context}");
        assert_eq!(
            self.s.find(self.actor).is_none(),
            fate == Expunged,
            "{context}: its row comes as another entity"
        );
        if fate == Moved && !K::IS_UP {
            assert_eq!(K::ends(&mut self.s, self.owners[1]), std::slice::from_ref(&self.end));
        }
    }
}

fn run<K: Kind>(lab: &Lab) {
    for fate in FATES.into_iter().filter(|fate| !(K::IS_UP && matches!(fate, Moved | Withdrawn))) {
        for is_loaded in [false, true] {
            let mut case = Case::<K>::new(lab, fate, is_loaded);
            case.meet(fate);
            let context = format!("{fate:?}, loaded: {is_loaded}");
            case.check(fate, &context);
            let sent = case.db.sent();
            // A foreign key that names no row is looked up each time: the row may have come.
            let is_dangling = fate == Missing || (K::IS_UP && fate == Deleted);
            let knows = is_loaded && !matches!(fate, Undone | Expunged | Stale) && !is_dangling;
            assert!(!knows || sent.is_empty(), "{context}: {sent:?}");
            case.check(fate, &context);
            assert!(is_dangling || case.db.sent().is_empty(), "{context}: it is known now");
        }
    }
}

/// The same for an owner: deleting it takes what names it along, or clears its name, and not what it names.
fn run_owner<K: Kind>(lab: &Lab) {
    for fate in [Pending, Persistent, Marked, Restored, Deleted, Undone, Withdrawn, Stale] {
        let db = lab.db_of::<Web>();
        let mut s = db.session();
        let owner = K::owner(&mut s);
        let (_, end) = K::add(&mut s, owner);
        let is_new = matches!(fate, Pending | Withdrawn);
        if !is_new {
            s.commit().unwrap();
            assert_eq!(K::ends(&mut s, owner), std::slice::from_ref(&end));
        }
        befall(&mut s, owner, fate);
        db.sent();
        let expected = if fate == Deleted && !K::IS_UP { vec![] } else { vec![end] };
        assert_eq!(K::ends(&mut s, owner), expected, "{fate:?}");
        let asks = matches!(fate, Undone | Stale) || (K::IS_UP && fate == Deleted);
        assert!(asks || db.sent().is_empty(), "{fate:?}");
    }
}

/// Makes a kind of relation and its rule.
macro_rules! kinds {
    ($($kind:ident $rule:ident: $owner:ident -> $actor:ident, $gone:literal, $is_up:literal,
        owner = $own:expr, add = $add:expr, give = $give:expr, ends = $ends:expr;)*) => {$(
        struct $kind;

        impl Kind for $kind {
            type Owner = $owner;
            type Actor = $actor;
            const GONE: &'static str = $gone;
            const IS_UP: bool = $is_up;

            fn owner(s: &mut S) -> Handle<$owner> {
                let own: fn(&mut S) -> Handle<$owner> = $own;
                own(s)
            }

            fn add(s: &mut S, owner: Handle<$owner>) -> (Handle<$actor>, String) {
                let add: fn(&mut S, Handle<$owner>) -> (Handle<$actor>, String) = $add;
                add(s, owner)
            }

            fn give(s: &mut S, actor: Handle<$actor>, to: Handle<$owner>) {
                let give: fn(&mut S, Handle<$actor>, Handle<$owner>) = $give;
                give(s, actor, to);
            }

            fn ends(s: &mut S, owner: Handle<$owner>) -> Vec<String> {
                let ends: fn(&mut S, Handle<$owner>) -> Vec<String> = $ends;
                ends(s, owner)
            }
        }

        fn $rule(lab: &Lab) {
            run::<$kind>(lab);
        }
        )*

        fn owners_in_every_state(lab: &Lab) {
            $(run_owner::<$kind>(lab);)*
        }
    };
}

fn hub(s: &mut S) -> Handle<Hub> {
    s.add(Hub::default())
}

/// An actor that is the end too.
fn alone<M: BelongsTo<Web>>(s: &mut S, value: M) -> (Handle<M>, String) {
    let handle = s.add(value);
    (handle, format!("{handle:?}"))
}

fn leaf_on(s: &mut S, hub: Handle<Hub>) -> Handle<Leaf> {
    s.add(Leaf { hub: hub.into(), ..Leaf::default() })
}

fn tag_on(s: &mut S, hub: Handle<Hub>) -> (Handle<Tagged>, Handle<Tag>) {
    let tag = s.add(Tag::default());
    (s.add(Tagged { hub: hub.into(), tag: tag.into() }), tag)
}

/// The only link of a tag names another hub: a key that is set anew is a new row.
fn tag_again(s: &mut S, tag: Handle<Tag>, to: Handle<Hub>) {
    let links = s.no_autoflush(|s| s.query::<Tagged>().filter(Tagged::tag.eq(tag)).all()).unwrap();
    links.into_iter().for_each(|link| s[link].hub = to.into());
}

kinds! {
    ManyKind many_in_every_state: Hub -> Leaf, "DELETE FROM leaves", false,
        owner = hub,
        add = |s, owner| alone(s, Leaf { hub: owner.into(), ..Leaf::default() }),
        give = |s, leaf, to| s[leaf].hub = to.into(),
        ends = |s, owner| debug(s.related(owner, Hub::leaves).unwrap());
    OneKind one_in_every_state: Hub -> Badge, "DELETE FROM badges", false,
        owner = hub,
        add = |s, owner| alone(s, Badge { hub: Some(owner.into()), ..Badge::default() }),
        give = |s, badge, to| s[badge].hub = Some(to.into()),
        ends = |s, owner| debug(s.related(owner, Hub::badge).unwrap());
    InnerKind a_self_reference_down_in_every_state: Hub -> Hub, "DELETE FROM hubs WHERE outer_id IS NOT NULL", false,
        owner = hub,
        add = |s, owner| alone(s, Hub { outer: Some(owner.into()), ..Hub::default() }),
        give = |s, inner, to| s[inner].outer = Some(to.into()),
        ends = |s, owner| debug(s.related(owner, Hub::inner).unwrap());
    NotesKind many_of_a_composite_key_in_every_state: Tagged -> Note, "DELETE FROM notes", false,
        owner = |s| { let hub = hub(s); tag_on(s, hub).0 },
        add = |s, owner| alone(s, Note { tagged: Some(owner.into()), ..Note::default() }),
        give = |s, note, to| s[note].tagged = Some(to.into()),
        ends = |s, owner| debug(s.related(owner, Tagged::notes).unwrap());
    EndKind many_through_in_every_state_of_the_end: Hub -> Tag, "DELETE FROM tags", false,
        owner = hub,
        add = |s, owner| { let tag = tag_on(s, owner).1; (tag, format!("{tag:?}")) },
        give = tag_again,
        ends = |s, owner| debug(s.related(owner, Hub::tags).unwrap());
    LinkKind many_through_in_every_state_of_the_link: Hub -> Tagged, "DELETE FROM tagged", false,
        owner = hub,
        add = |s, owner| { let (link, tag) = tag_on(s, owner); (link, format!("{tag:?}")) },
        give = |s, link, to| s[link].hub = to.into(),
        ends = |s, owner| debug(s.related(owner, Hub::tags).unwrap());
    TwigKind many_via_in_every_state_of_the_end: Hub -> Twig, "DELETE FROM twigs", false,
        owner = hub,
        add = |s, owner| { let leaf = leaf_on(s, owner); alone(s, Twig { leaf: leaf.into(), ..Twig::default() }) },
        give = |s, twig, to| { let leaf = leaf_on(s, to); s[twig].leaf = leaf.into() },
        ends = |s, owner| debug(s.related(owner, Hub::twigs).unwrap());
    BetweenKind many_via_in_every_state_of_what_is_between: Hub -> Leaf, "DELETE FROM leaves", false,
        owner = hub,
        add = |s, owner| {
            let leaf = leaf_on(s, owner);
            let twig = s.add(Twig { leaf: leaf.into(), ..Twig::default() });
            (leaf, format!("{twig:?}"))
        },
        give = |s, leaf, to| s[leaf].hub = to.into(),
        ends = |s, owner| debug(s.related(owner, Hub::twigs).unwrap());
    RequiredKind a_required_foreign_key_in_every_state: Leaf -> Hub, "DELETE FROM hubs", true,
        owner = |s| { let hub = hub(s); leaf_on(s, hub) },
        add = |s, owner| { let hub = hub(s); s[owner].hub = hub.into(); (hub, format!("{hub:?}")) },
        give = |_, _, _| {},
        ends = |s, owner| found(s.related(owner, Leaf::hub));
    NullableKind a_nullable_foreign_key_in_every_state: Badge -> Hub, "DELETE FROM hubs", true,
        owner = |s| s.add(Badge::default()),
        add = |s, owner| { let hub = hub(s); s[owner].hub = Some(hub.into()); (hub, format!("{hub:?}")) },
        give = |_, _, _| {},
        ends = |s, owner| debug(s.related(owner, Badge::hub).unwrap());
    OuterKind a_self_reference_up_in_every_state: Hub -> Hub, "DELETE FROM hubs WHERE outer_id IS NULL", true,
        owner = hub,
        add = |s, owner| { let hub = hub(s); s[owner].outer = Some(hub.into()); (hub, format!("{hub:?}")) },
        give = |_, _, _| {},
        ends = |s, owner| debug(s.related(owner, Hub::outer).unwrap());
    TaggedKind a_composite_foreign_key_in_every_state: Note -> Tagged, "DELETE FROM tagged", true,
        owner = |s| s.add(Note::default()),
        add = |s, owner| {
            let hub = hub(s);
            let link = tag_on(s, hub).0;
            s[owner].tagged = Some(link.into());
            (link, format!("{link:?}"))
        },
        give = |_, _, _| {},
        ends = |s, owner| debug(s.related(owner, Note::tagged).unwrap());
}
