//! The one engine of a base, for programs that bind it.

use std::sync::OnceLock;

use super::Engine;
use crate::error::{Error, Result};
use crate::schema::DeclarativeBase;

/// Keeps the one engine of a base; the derive of the base makes it.
pub struct EngineCell<B>(OnceLock<Engine<B>>);

impl<B> EngineCell<B> {
    /// No engine yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        EngineCell(OnceLock::new())
    }
}

impl<B: DeclarativeBase> EngineCell<B> {
    pub(crate) fn bind(&self, engine: Engine<B>) -> Result<()> {
        self.0.set(engine).map_err(|_| {
            Error::misuse(format!(
                "`{base}` has an engine already: bind it once, at the start of the program, or make sessions of the other \
                 engine by `SessionMaker::new`",
                base = B::NAME
            ))
        })
    }

    pub(crate) fn engine(&self) -> Result<Engine<B>> {
        self.0.get().cloned().ok_or_else(|| {
            Error::misuse(format!(
                "`{base}` has no engine yet: call `{base}::bind(engine)` first",
                base = B::NAME
            ))
        })
    }
}
