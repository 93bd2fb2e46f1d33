//! Who gets which connection, and what becomes of it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use orm_core::driver::{BeginMode, IsolationLevel, Statement, Transact};
use orm_core::engine::{Checkout, Engine, ExecutionOptions, PoolClass, PoolStatus};

use super::{Db, build, checkout, number, server};

const SHORT: Duration = Duration::from_millis(30);

fn status(size: u32, idle: u32, overflow: u32, checked_out: u32) -> PoolStatus {
    PoolStatus { size, idle, overflow, checked_out }
}

fn several(engine: &Engine<Db>, count: usize) -> Vec<Checkout> {
    (0..count).map(|_| checkout(engine)).collect()
}

#[test]
fn s91_nothing_is_opened_before_it_is_asked_for() {
    let (server, builder) = server();
    let engine = build(builder);
    assert_eq!(server.opened(), 0);
    assert_eq!(engine.pool_status(), status(5, 0, 0, 0));
    drop(checkout(&engine));
    assert_eq!(server.events(), ["open 1"]);
}

#[test]
fn s91_the_counters_follow_the_connections() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(3).unlimited_overflow());
    let mut out = several(&engine, 6);
    assert_eq!(engine.pool_status(), status(3, 0, 3, 6));
    out.truncate(3);
    assert_eq!(engine.pool_status(), status(3, 3, 3, 3));
    out.clear();
    assert_eq!(engine.pool_status(), status(3, 3, 0, 0));
    assert_eq!(server.events().iter().filter(|event| event.starts_with("close")).count(), 3);
    let _two = several(&engine, 2);
    assert_eq!(engine.pool_status(), status(3, 1, 0, 2));
    assert_eq!(engine.pool_status().to_string(), "size 3, idle 1, overflow 0, checked out 2");
}

#[test]
fn s91_the_connection_that_waited_longest_comes_first_unless_lifo() {
    for (lifo, expected) in [(false, [1, 2, 3, 1]), (true, [3, 3, 3, 3])] {
        let (_server, builder) = server();
        let engine = build(builder.pool_size(3).pool_use_lifo(lifo));
        several(&engine, 3).into_iter().for_each(drop);
        let order = [(); 4].map(|()| number(&mut checkout(&engine)));
        assert_eq!(order, expected, "lifo: {lifo}");
    }
}

#[test]
fn s92_exhaustion_times_out_with_the_numbers() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2).max_overflow(2).pool_timeout(SHORT));
    let out = several(&engine, 4);
    let error = engine.checkout().expect_err("the fifth waits in vain");
    assert!(error.is_timeout());
    assert!(error.message().contains("within 30ms: pool_size 2 and max_overflow 2"), "{error}");
    assert_eq!(server.opened(), 4);
    drop(out);
    assert_eq!(engine.pool_status(), status(2, 2, 0, 0));
}

#[test]
fn s92_no_time_to_wait_is_no_error_while_one_is_free() {
    let (_server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_timeout(Duration::ZERO));
    for _ in 0..100 {
        drop(checkout(&engine));
    }
    let _out = checkout(&engine);
    assert!(engine.checkout().is_err_and(|error| error.is_timeout()));
}

#[test]
fn s92_a_connection_that_comes_back_goes_to_who_waits() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_timeout(Duration::MAX));
    let out = checkout(&engine);
    let waiting = thread::spawn({
        let engine = engine.clone();
        move || number(&mut checkout(&engine))
    });
    drop(out);
    assert_eq!(waiting.join().unwrap(), 1);
    assert_eq!(server.opened(), 1);
}

#[test]
fn s92_many_threads_never_have_more_than_the_cap() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2).max_overflow(1));
    let start = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (engine, start) = (engine.clone(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                (0..200).for_each(|_| {
                    number(&mut checkout(&engine));
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(server.most_open() <= 3, "{}", server.most_open());
    let end = engine.pool_status();
    assert_eq!((end.checked_out, end.overflow), (0, 0));
}

#[test]
fn s92_a_cap_beyond_the_permits_that_lie_ready_is_reached() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(50).max_overflow(50).pool_timeout(SHORT));
    let _out = several(&engine, 100);
    assert!(engine.checkout().is_err());
    assert_eq!(server.opened(), 100);
}

#[test]
fn s93_overflow_is_closed_after_it_was_rolled_back() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(2));
    let mut out = several(&engine, 3);
    for connection in &mut out {
        connection.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    }
    server.events();
    out.into_iter().for_each(drop);
    assert_eq!(server.events(), ["rollback 1", "rollback 2", "close 2", "rollback 3", "close 3"]);
}

#[test]
fn s94_a_connection_that_cannot_be_opened_gives_its_place_back() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(1).pool_timeout(SHORT));
    let _out = checkout(&engine);
    server.down.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = engine.checkout().expect_err("down");
        assert!(error.is_cannot_open(), "at once, not after the pool's timeout: {error}");
    }
    assert_eq!(engine.pool_status(), status(1, 0, 0, 1));
    server.down.store(false, Ordering::SeqCst);
    drop(checkout(&engine));
}

#[test]
fn s94_a_connection_that_hangs_while_it_opens_blocks_nobody() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2).max_overflow(0));
    let (let_go, wait) = mpsc::channel();
    *server.hang.lock().unwrap() = Some(wait);
    let hanging = thread::spawn({
        let engine = engine.clone();
        move || number(&mut checkout(&engine))
    });
    while server.hang.lock().unwrap().is_some() {
        thread::yield_now();
    }
    assert_eq!(number(&mut checkout(&engine)), 1);
    assert_eq!(engine.pool_status(), status(2, 1, 0, 1));
    let_go.send(()).unwrap();
    assert_eq!(hanging.join().unwrap(), 2);
}

#[test]
fn s95_a_connection_that_is_too_old_is_replaced_when_it_is_taken() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).pool_recycle(Duration::ZERO));
    drop(checkout(&engine));
    assert_eq!(server.events(), ["open 1"]);
    assert_eq!(engine.pool_status().idle, 1, "nothing happens while it is idle");
    drop(checkout(&engine));
    assert_eq!(server.events(), ["close 1", "open 2"]);
}

#[test]
fn s95_a_connection_that_is_young_enough_is_kept() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).pool_recycle(Duration::from_secs(3_600)));
    (0..3).for_each(|_| drop(checkout(&engine)));
    assert_eq!(server.events(), ["open 1"]);
}

#[test]
fn s96_a_fresh_connection_is_not_pinged_and_an_old_one_always() {
    let (server, builder) = server();
    let engine = build(builder.pool_pre_ping(true));
    drop(checkout(&engine));
    drop(checkout(&engine));
    drop(checkout(&engine));
    assert_eq!(server.events(), ["open 1", "ping 1", "ping 1"]);
}

#[test]
fn s96_after_a_restart_of_the_server_all_connections_are_replaced_one_by_one() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(3).pool_pre_ping(true));
    several(&engine, 3).into_iter().for_each(drop);
    server.events();
    server.dead_up_to.store(3, Ordering::SeqCst);
    drop(checkout(&engine));
    assert_eq!(server.events(), ["ping 1", "close 1", "open 4"]);
    drop(checkout(&engine));
    assert_eq!(server.events(), ["close 2", "open 5"], "known to be stale: no ping is needed");
    drop(checkout(&engine));
    assert_eq!(server.events(), ["close 3", "open 6"]);
    drop(checkout(&engine));
    assert_eq!(server.events(), ["ping 4"]);
}

#[test]
fn s96_a_server_that_stays_down_is_an_error_of_the_checkout() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_pre_ping(true));
    drop(checkout(&engine));
    server.dead_up_to.store(1, Ordering::SeqCst);
    server.down.store(true, Ordering::SeqCst);
    assert!(engine.checkout().is_err_and(|error| error.is_cannot_open()));
    assert_eq!(engine.pool_status(), status(1, 0, 0, 0));
    server.down.store(false, Ordering::SeqCst);
    assert_eq!(number(&mut checkout(&engine)), 2);
}

#[test]
fn s96_without_pings_a_lost_connection_fails_once_and_spoils_the_pool() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2));
    several(&engine, 2).into_iter().for_each(drop);
    server.dead_up_to.store(2, Ordering::SeqCst);
    let mut out = checkout(&engine);
    assert!(out.execute(&Statement::new("x"), &[]).is_err_and(|error| error.is_disconnected()));
    drop(out);
    assert_eq!(number(&mut checkout(&engine)), 3);
    assert_eq!(number(&mut checkout(&engine)), 3, "connection 2 was replaced, then 3 is idle");
}

#[test]
fn s97_a_dropped_connection_is_rolled_back_before_reuse() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1));
    let mut out = checkout(&engine);
    out.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    drop(out);
    assert_eq!(server.events(), ["open 1", "rollback 1"]);
    assert!(!checkout(&engine).is_in_transaction());
    drop(checkout(&engine));
    assert_eq!(server.events(), Vec::<String>::new(), "nothing to roll back, nothing sent");
}

#[test]
fn s97_a_connection_that_cannot_be_rolled_back_is_closed() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1));
    let mut out = checkout(&engine);
    out.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    server.broken.store(true, Ordering::SeqCst);
    drop(out);
    assert_eq!(server.events(), ["open 1", "rollback 1", "close 1"]);
    assert_eq!(engine.pool_status(), status(1, 0, 0, 0));
}

#[test]
fn s97_a_panic_gives_the_connection_back() {
    let (_server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_timeout(SHORT));
    let panicking = thread::spawn({
        let engine = engine.clone();
        move || {
            let _out = checkout(&engine);
            std::panic::resume_unwind(Box::new("stop"));
        }
    });
    assert!(panicking.join().is_err());
    drop(checkout(&engine));
}

#[test]
fn s98_an_invalidated_connection_is_closed_now_and_gives_its_place_up() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_timeout(SHORT));
    checkout(&engine).invalidate();
    assert_eq!(server.events(), ["open 1", "close 1"]);
    assert_eq!(engine.pool_status(), status(1, 0, 0, 0));
    assert_eq!(number(&mut checkout(&engine)), 2);
}

#[test]
fn s98_a_detached_connection_lives_beside_the_pool() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0).pool_timeout(SHORT));
    let mut outside = checkout(&engine).detach();
    assert_eq!(engine.pool_status(), status(1, 0, 0, 0));
    let inside = checkout(&engine);
    assert_eq!(number(&mut outside), 1);
    server.events();
    drop(outside.detach());
    assert_eq!(server.events(), ["close 1"], "it is not put back, and detaching it twice changes nothing");
    drop(inside);
    assert_eq!(engine.pool_status(), status(1, 1, 0, 0));
}

#[test]
fn s98_an_invalidated_pool_replaces_its_connections_when_they_are_taken() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2));
    let mut out = several(&engine, 2);
    drop(out.pop());
    server.events();
    engine.invalidate();
    assert_eq!(number(&mut out[0]), 1, "it goes on working");
    drop(out);
    assert_eq!(server.events(), Vec::<String>::new(), "nothing happens yet");
    let fresh = several(&engine, 2);
    assert_eq!(server.events(), ["close 2", "open 3", "close 1", "open 4"]);
    drop(fresh);
    drop(checkout(&engine));
    assert_eq!(server.events(), Vec::<String>::new(), "new ones are kept");
}

#[test]
fn s99_dispose_closes_what_is_idle_and_leaves_what_is_in_use() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2).max_overflow(0).pool_timeout(SHORT));
    let mut used = checkout(&engine);
    drop(checkout(&engine));
    server.events();
    engine.dispose();
    assert_eq!(server.events(), ["close 2"]);
    assert_eq!(engine.pool_status(), status(2, 0, 0, 0));
    let both = several(&engine, 2);
    assert_eq!(number(&mut used), 1, "it keeps working");
    drop(used);
    assert_eq!(server.events(), ["open 3", "open 4", "close 1"], "it is not put into the new pool");
    drop(both);
    assert_eq!(engine.pool_status(), status(2, 2, 0, 0));
}

#[test]
fn s99_a_connection_that_comes_back_to_a_disposed_pool_is_closed_at_once() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(2));
    let mut used = several(&engine, 2);
    engine.dispose();
    server.events();
    used.remove(0);
    assert_eq!(server.events(), ["close 1"], "although the other one still holds the old pool");
}

#[test]
fn s106_a_derived_engine_shares_the_pool_and_sets_its_level() {
    let (server, builder) = server();
    let engine = build(builder.pool_size(1).max_overflow(0));
    let reports =
        engine.execution_options(ExecutionOptions::new().isolation_level(IsolationLevel::Autocommit));
    drop(checkout(&reports));
    assert_eq!(server.events(), ["open 1", "Autocommit 1", "Serializable 1"]);
    drop(checkout(&engine));
    assert_eq!(server.events(), Vec::<String>::new());
    assert_eq!(reports.pool_status(), engine.pool_status());
    reports.dispose();
    assert_eq!(engine.pool_status().idle, 0, "one pool, one dispose");
}

#[test]
fn s106_a_level_is_set_back_to_the_engines_own() {
    let (server, builder) = server();
    let engine = build(builder.isolation_level(IsolationLevel::ReadCommitted));
    let mut out = checkout(&engine);
    out.set_isolation_level(IsolationLevel::RepeatableRead).unwrap();
    drop(out);
    assert_eq!(server.events(), ["open 1", "ReadCommitted 1", "RepeatableRead 1", "ReadCommitted 1"]);
}

#[test]
fn a_pool_that_keeps_nothing_opens_and_closes_each_time() {
    let (server, builder) = server();
    let engine = build(builder.poolclass(PoolClass::Null));
    drop(checkout(&engine));
    let _many = several(&engine, 20);
    assert_eq!(server.events()[..3], ["open 1", "close 1", "open 2"]);
    assert_eq!(engine.pool_status(), status(0, 0, 0, 20));
}

#[test]
fn a_static_pool_has_one_connection() {
    let (server, builder) = server();
    let engine = build(builder.poolclass(PoolClass::Static).pool_timeout(SHORT));
    let out = checkout(&engine);
    assert!(engine.checkout().is_err_and(|error| error.is_timeout()));
    drop(out);
    drop(checkout(&engine));
    assert_eq!(server.opened(), 1);
}
