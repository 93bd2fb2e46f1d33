//! Whether values of a model can be printed and serialised: known where the model is derived, since its type is concrete there.
//! What holds rows of models whose types it does not know asks here.

use std::fmt::Debug;

/// A value of `M` as what prints it.
pub type AsDebug<M> = fn(&M) -> &dyn Debug;

/// A value of `M` as what serialises it.
#[cfg(feature = "serde")]
pub type AsSerialize<M> = fn(&M) -> &dyn erased_serde::Serialize;

/// Without the feature `serde` there is nothing that serialises.
#[cfg(not(feature = "serde"))]
pub type AsSerialize<M> = fn(&M) -> std::convert::Infallible;

/// How values of `M` are printed and serialised, if they can be.
pub struct Shows<M> {
    /// Derives `Debug`.
    pub debug: Option<AsDebug<M>>,
    /// Derives `Serialize`.
    pub serialize: Option<AsSerialize<M>>,
}

impl<M> Shows<M> {
    /// Nothing is known.
    pub const NOTHING: Self = Shows { debug: None, serialize: None };
}

/// Asks the compiler what a concrete type implements: its own constants come before those of [`ShowsNothing`], and are there
/// only if the type implements the trait.
pub struct Probe<M>(std::marker::PhantomData<M>);

/// The answer where a type does not implement a trait.
pub trait ShowsNothing<M> {
    /// No `Debug`.
    const DEBUG: Option<AsDebug<M>> = None;
    /// No `Serialize`.
    const SERIALIZE: Option<AsSerialize<M>> = None;
}

impl<M> ShowsNothing<M> for Probe<M> {}

impl<M: Debug> Probe<M> {
    /// It is printed as itself.
    pub const DEBUG: Option<AsDebug<M>> = Some(|value| value);
}

#[cfg(feature = "serde")]
impl<M: serde::Serialize> Probe<M> {
    /// It is serialised as itself.
    pub const SERIALIZE: Option<AsSerialize<M>> = Some(|value| value);
}

/// What a concrete type implements; derives write it.
#[doc(hidden)]
#[macro_export]
macro_rules! __shows {
    ($model:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::ShowsNothing as _;
        $crate::__private::Shows {
            debug: $crate::__private::Probe::<$model>::DEBUG,
            serialize: $crate::__private::Probe::<$model>::SERIALIZE,
        }
    }};
}
