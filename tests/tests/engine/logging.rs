//! What subscribers see of a statement.

use std::fmt;
use std::sync::{Arc, Mutex};

use orm_core::driver::{BeginMode, Statement, Transact, Value};
use orm_core::engine::ExecutionOptions;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{build, checkout, server};

/// Collects the events of one target as `field=value` texts.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Collected {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        if event.metadata().target() == "orm::sql" {
            let mut text = Text::default();
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "elapsed_us" {
            self.0.push_str(&format!("{}={value:?} ", field.name()));
        } else {
            self.0.push_str("elapsed_us ");
        }
    }
}

fn collected(run: impl FnOnce()) -> Vec<String> {
    let collected = Collected::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(collected.clone()), run);
    std::mem::take(&mut *collected.0.lock().unwrap())
}

#[test]
fn a_statement_is_an_event_with_its_time_and_rows_and_without_values() {
    let engine = build(server().1);
    let events = collected(|| {
        let mut out = checkout(&engine);
        out.transact(Transact::Begin(BeginMode::Immediate)).unwrap();
        out.execute(&Statement::new("UPDATE"), &[Value::Text("secret".into())]).unwrap();
        out.query(&Statement::new("SELECT"), &[Value::Int(7)], &mut |_| Ok(())).unwrap();
        out.transact(Transact::Rollback).unwrap();
    });
    assert_eq!(
        events,
        [
            "sql=\"BEGIN IMMEDIATE\" rows=0 elapsed_us ",
            "sql=\"UPDATE\" rows=1 elapsed_us ",
            "sql=\"SELECT\" rows=2 elapsed_us ",
            "sql=\"ROLLBACK\" rows=0 elapsed_us ",
        ]
    );
}

#[test]
fn values_are_shown_when_asked_for_and_a_token_marks_the_engine() {
    let engine = build(server().1.show_values(true));
    let engine = engine.execution_options(ExecutionOptions::new().logging_token("reports"));
    let events = collected(|| {
        let mut out = checkout(&engine);
        out.execute(&Statement::new("UPDATE"), &[Value::Text("seen".into()), Value::Null]).unwrap();
    });
    assert_eq!(events, ["sql=\"UPDATE\" rows=1 elapsed_us token=\"reports\" values=['seen', NULL] "]);
}

#[test]
fn a_failed_statement_is_an_event_too() {
    let (server, builder) = server();
    let engine = build(builder);
    let events = collected(|| {
        let mut out = checkout(&engine);
        server.dead_up_to.store(1, std::sync::atomic::Ordering::SeqCst);
        out.execute(&Statement::new("UPDATE"), &[]).expect_err("dead");
    });
    assert_eq!(events, ["sql=\"UPDATE\" rows=0 elapsed_us failure=\"Disconnected\" "]);
}

#[test]
fn errors_hold_values_only_when_asked_for() {
    for show in [false, true] {
        let (server, builder) = server();
        let engine = build(builder.show_values(show));
        let mut out = checkout(&engine);
        server.dead_up_to.store(1, std::sync::atomic::Ordering::SeqCst);
        let error =
            out.execute(&Statement::new("UPDATE"), &[Value::Text("secret".into())]).expect_err("dead");
        assert_eq!(error.to_string().contains("secret"), show, "{error}");
    }
}

/// Runs one test of this program by itself, and returns what it writes on stderr.
fn stderr_of(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(program);
    command.args(["--exact", test, "--nocapture", "--include-ignored"]).env("RUST_BACKTRACE", "0");
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
#[ignore = "run by `echo_prints_on_stderr_without_a_subscriber`"]
fn echoes() {
    let engine = build(server().1.echo(true));
    let quiet = engine.execution_options(ExecutionOptions::new().echo(false));
    let marked = engine.execution_options(ExecutionOptions::new().logging_token("reports"));
    for engine in [engine, quiet, marked] {
        checkout(&engine).execute(&Statement::new("UPDATE t"), &[Value::Text("secret".into())]).unwrap();
    }
}

#[test]
fn echo_prints_on_stderr_without_a_subscriber() {
    let stderr = stderr_of("logging::echoes");
    let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("orm: ")).collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].starts_with("orm: UPDATE t -- ") && lines[0].ends_with("s, 1 rows"), "{stderr}");
    assert!(lines[1].starts_with("orm: [reports] UPDATE t -- "), "{stderr}");
    assert!(!stderr.contains("secret"));
}
