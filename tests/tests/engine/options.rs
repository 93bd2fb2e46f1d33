//! What an engine is told, and what makes no sense.

use std::sync::Arc;
use std::time::Duration;

use orm_core::__private::{DeclarativeBase, EngineCell};
use orm_core::driver::IsolationLevel;
use orm_core::engine::{Engine, EngineBuilder, EngineConfig, Overflow, PoolClass};

use super::fake::{Fake, Server};
use super::{Db, build, server};

fn refusal(builder: EngineBuilder<Db>) -> String {
    let error = builder.build().expect_err("refused");
    assert!(error.is_config(), "{error:?}");
    error.to_string()
}

#[test]
fn s104_options_that_mean_nothing_together_are_refused() {
    type Change = fn(EngineBuilder<Db>) -> EngineBuilder<Db>;
    let never_with_null: [(&str, Change); 6] = [
        ("pool_size", |builder| builder.pool_size(1)),
        ("max_overflow", |builder| builder.max_overflow(1)),
        ("pool_timeout", |builder| builder.pool_timeout(Duration::ZERO)),
        ("pool_recycle", |builder| builder.pool_recycle(Duration::ZERO)),
        ("pool_pre_ping", |builder| builder.pool_pre_ping(true)),
        ("pool_use_lifo", |builder| builder.pool_use_lifo(false)),
    ];
    for (name, change) in never_with_null {
        let error = refusal(change(server().1).poolclass(PoolClass::Null));
        assert!(error.contains("PoolClass::Null") && error.contains(name), "{error}");
    }
    let error = refusal(server().1.poolclass(PoolClass::Static).unlimited_overflow());
    assert!(error.contains("PoolClass::Static") && error.contains("max_overflow"), "{error}");
    build(server().1.poolclass(PoolClass::Static).pool_pre_ping(true).pool_recycle(Duration::from_secs(1)));
}

#[test]
fn s104_values_out_of_range_are_refused() {
    assert!(refusal(server().1.pool_size(0)).contains("unlimited_overflow"));
    assert!(refusal(server().1.pool_size(1).max_overflow(u32::MAX)).contains("unlimited_overflow"));
    assert!(refusal(server().1.label_length(31)).contains("names of fake have 8 to 30 bytes"));
    assert!(refusal(server().1.label_length(0)).contains("label_length is 0"));
    assert!(refusal(server().1.statement_cache_size(0)).contains("statement_cache_size"));
    build(server().1.label_length(30));
}

#[test]
fn s104_the_defaults_are_sqlalchemys() {
    let (_server, builder) = server();
    let engine = build(builder);
    assert_eq!(engine.pool_status().size, 5);
    let out: Vec<_> = (0..15).map(|_| engine.checkout().unwrap()).collect();
    assert_eq!(engine.pool_status().overflow, 10);
    drop(out);
}

#[test]
fn a_configuration_sets_what_it_names() {
    let config = EngineConfig {
        url: "fake:".into(),
        pool_size: Some(1),
        max_overflow: Some(Overflow::AtMost(0)),
        pool_timeout: Some(0.01),
        ..EngineConfig::default()
    };
    let engine = build(server().1.config(&config));
    let _out = engine.checkout().unwrap();
    let error = engine.checkout().expect_err("the cap is one");
    assert!(error.message().contains("10ms"), "{error}");
}

#[test]
fn a_time_that_is_none_is_refused() {
    for time in [-1.0, f64::NAN, f64::INFINITY] {
        let config = EngineConfig { pool_recycle: Some(time), ..EngineConfig::default() };
        assert!(refusal(server().1.config(&config)).contains("pool_recycle"));
    }
}

#[test]
fn a_configuration_is_read_from_json_and_knows_its_fields() {
    let text = r#"{"url": "sqlite://", "pool_size": 3, "max_overflow": "unlimited", "pool_recycle": 1.5, "echo": true}"#;
    let config: EngineConfig = serde_json::from_str(text).unwrap();
    assert_eq!(config.max_overflow, Some(Overflow::Unlimited));
    assert_eq!((config.pool_size, config.pool_recycle, config.echo), (Some(3), Some(1.5), Some(true)));
    let text = r#"{"url": "x", "poolclass": "null", "isolation_level": "read_committed"}"#;
    let config: EngineConfig = serde_json::from_str(text).unwrap();
    assert_eq!(config.isolation_level, Some(IsolationLevel::ReadCommitted));
    let engine = build(server().1.config(&config));
    assert_eq!(engine.pool_status().size, 0, "the pool keeps nothing");
    let read = |text: &str| serde_json::from_str::<EngineConfig>(text).map_err(|error| error.to_string());
    assert!(
        read(r#"{"url": "x", "max_overflow": 4}"#)
            .is_ok_and(|config| config.max_overflow == Some(Overflow::AtMost(4)))
    );
    assert!(read(r#"{"url": "x", "pool_sise": 3}"#).is_err_and(|error| error.contains("pool_sise")));
    assert!(read(r#"{"url": "x", "encoding": "utf8"}"#).is_err_and(|error| error.contains("encoding")));
    assert!(read(r#"{"pool_size": 3}"#).is_err_and(|error| error.contains("url")));
    assert!(read(r#"{"url": "x", "max_overflow": "many"}"#).is_err_and(|error| error.contains("unlimited")));
}

struct Bound;

impl DeclarativeBase for Bound {
    const NAME: &'static str = "Bound";

    fn engine_cell() -> &'static EngineCell<Self> {
        static CELL: EngineCell<Bound> = EngineCell::new();
        &CELL
    }
}

#[test]
fn a_base_has_one_engine() {
    let error = Bound::engine().expect_err("none yet");
    assert!(error.is_misuse() && error.message().contains("`Bound::bind(engine)`"), "{error}");
    let engine = || Engine::<Bound>::builder(Fake(Arc::new(Server::default()))).build().unwrap();
    let first = engine();
    Bound::bind(first.clone()).unwrap();
    let out = first.checkout().unwrap();
    assert_eq!(Bound::engine().unwrap().pool_status(), first.pool_status());
    drop(out);
    let error = Bound::bind(engine()).expect_err("a second one");
    assert!(error.is_misuse() && error.message().contains("`Bound` has an engine already"), "{error}");
}

#[test]
fn an_engine_is_cheap_to_clone_and_goes_to_other_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send>() {}
    shared::<Engine<Db>>();
    sent::<orm_core::engine::Checkout>();
    let (server, builder) = server();
    let engine = build(builder);
    drop(engine.clone().checkout().unwrap());
    assert_eq!(format!("{engine:?}"), "Engine(nowhere; size 5, idle 1, overflow 0, checked out 0)");
    drop(engine);
    assert_eq!(server.events(), ["open 1", "close 1"]);
}
