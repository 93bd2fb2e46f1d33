//! Values that a program keeps with a session.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

/// A value of each type, at most: what a program wants to have at hand wherever its session is, as SQLAlchemy's
/// `Session.info`. A factory's info is copied into each session.
///
/// ```
/// # use orm_core::Info;
/// #[derive(Clone, Debug, PartialEq)]
/// struct Tenant(u32);
/// let mut info = Info::default();
/// assert_eq!(info.insert(Tenant(7)), None);
/// assert_eq!(info.get::<Tenant>(), Some(&Tenant(7)));
/// assert_eq!(info.remove::<Tenant>(), Some(Tenant(7)));
/// assert_eq!(info.get::<Tenant>(), None);
/// ```
#[derive(Clone, Default)]
pub struct Info(HashMap<TypeId, Box<dyn Kept>>);

/// A value that can be copied, without its type.
trait Kept: Any + Send + Sync {
    fn copy(&self) -> Box<dyn Kept>;
}

impl<T: Any + Clone + Send + Sync> Kept for T {
    fn copy(&self) -> Box<dyn Kept> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Kept> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

impl Info {
    /// The value of a type.
    pub fn get<T: Any + Clone + Send + Sync>(&self) -> Option<&T> {
        (&**self.0.get(&TypeId::of::<T>())? as &dyn Any).downcast_ref()
    }

    /// The value of a type, to be changed.
    pub fn get_mut<T: Any + Clone + Send + Sync>(&mut self) -> Option<&mut T> {
        (&mut **self.0.get_mut(&TypeId::of::<T>())? as &mut dyn Any).downcast_mut()
    }

    /// Keeps a value, and gives the one of its type that was kept before.
    pub fn insert<T: Any + Clone + Send + Sync>(&mut self, value: T) -> Option<T> {
        own(self.0.insert(TypeId::of::<T>(), Box::new(value))?)
    }

    /// Takes the value of a type out.
    pub fn remove<T: Any + Clone + Send + Sync>(&mut self) -> Option<T> {
        own(self.0.remove(&TypeId::of::<T>())?)
    }
}

fn own<T: Any>(kept: Box<dyn Kept>) -> Option<T> {
    (kept as Box<dyn Any>).downcast().ok().map(|value| *value)
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Info({} values)", self.0.len())
    }
}
