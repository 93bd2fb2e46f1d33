//! placeholder
use std::marker::PhantomData;
use std::sync::OnceLock;
/// engine
pub struct Engine<B>(PhantomData<fn() -> B>);
/// Keeps the one engine of a base.
pub struct EngineCell<B>(OnceLock<Engine<B>>);
impl<B> EngineCell<B> {
    /// No engine yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        EngineCell(OnceLock::new())
    }
}
