//! What differs from one installation to the next. With orm-core's feature `serde` it can come from a file.

use std::path::Path;

use orm_core::engine::EngineConfig;

/// The program's configuration.
pub struct Config {
    /// The database.
    pub database: EngineConfig,
}

impl Config {
    /// The configuration of this example: a file in a folder.
    pub fn for_folder(folder: &Path) -> Self {
        let url = format!("sqlite:///{}", folder.join("service.db").display());
        let database = EngineConfig { url, pool_size: Some(4), ..Default::default() };
        Config { database }
    }
}
