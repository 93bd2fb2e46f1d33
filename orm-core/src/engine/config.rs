//! An engine's options as plain data, to be read from a configuration file.

use std::time::Duration;

use super::options::PoolClass;
use crate::driver::IsolationLevel;
use crate::error::{Error, Result};

/// An engine's options as they stand in a configuration file; with feature `serde` it can be deserialised. Unknown fields are
/// an error. What is left out keeps its default; times are in seconds.
///
/// ```
/// # use orm_core::engine::EngineConfig;
/// let config = EngineConfig { url: "sqlite:///users.db".into(), pool_size: Some(10), ..Default::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EngineConfig {
    /// Where the database is; the driver is made from it.
    pub url: String,
    /// See [`EngineBuilder::pool_size`](super::EngineBuilder::pool_size).
    #[cfg_attr(feature = "serde", serde(default))]
    pub pool_size: Option<u32>,
    /// See [`EngineBuilder::max_overflow`](super::EngineBuilder::max_overflow); a number, or `"unlimited"`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub max_overflow: Option<Overflow>,
    /// Seconds; see [`EngineBuilder::pool_timeout`](super::EngineBuilder::pool_timeout).
    #[cfg_attr(feature = "serde", serde(default))]
    pub pool_timeout: Option<f64>,
    /// Seconds; see [`EngineBuilder::pool_recycle`](super::EngineBuilder::pool_recycle).
    #[cfg_attr(feature = "serde", serde(default))]
    pub pool_recycle: Option<f64>,
    /// See [`EngineBuilder::pool_pre_ping`](super::EngineBuilder::pool_pre_ping).
    #[cfg_attr(feature = "serde", serde(default))]
    pub pool_pre_ping: Option<bool>,
    /// See [`EngineBuilder::pool_use_lifo`](super::EngineBuilder::pool_use_lifo).
    #[cfg_attr(feature = "serde", serde(default))]
    pub pool_use_lifo: Option<bool>,
    /// Seconds; see [`EngineBuilder::connect_timeout`](super::EngineBuilder::connect_timeout).
    #[cfg_attr(feature = "serde", serde(default))]
    pub connect_timeout: Option<f64>,
    /// See [`EngineBuilder::poolclass`](super::EngineBuilder::poolclass); `"queue"`, `"null"` or `"static"`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub poolclass: Option<PoolClass>,
    /// See [`EngineBuilder::isolation_level`](super::EngineBuilder::isolation_level); such as `"autocommit"` or
    /// `"serializable"`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub isolation_level: Option<IsolationLevel>,
    /// See [`EngineBuilder::echo`](super::EngineBuilder::echo).
    #[cfg_attr(feature = "serde", serde(default))]
    pub echo: Option<bool>,
    /// See [`EngineBuilder::show_values`](super::EngineBuilder::show_values).
    #[cfg_attr(feature = "serde", serde(default))]
    pub show_values: Option<bool>,
    /// See [`EngineBuilder::label_length`](super::EngineBuilder::label_length).
    #[cfg_attr(feature = "serde", serde(default))]
    pub label_length: Option<usize>,
    /// See [`EngineBuilder::statement_cache_size`](super::EngineBuilder::statement_cache_size).
    #[cfg_attr(feature = "serde", serde(default))]
    pub statement_cache_size: Option<usize>,
}

/// How many connections there may be above `pool_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// So many.
    AtMost(u32),
    /// Any number.
    Unlimited,
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Overflow {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "max_overflow is a number, or \"unlimited\"")]
        enum Either {
            Number(u32),
            Word(Word),
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Unlimited,
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Number(number) => Overflow::AtMost(number),
            Either::Word(Word::Unlimited) => Overflow::Unlimited,
        })
    }
}

/// A time that a configuration gives in seconds.
pub(crate) fn seconds(field: &str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| Error::config(format!("{field} is {value}: it takes a number of seconds, 0 or more")))
}
