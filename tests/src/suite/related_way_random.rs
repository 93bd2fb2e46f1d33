//! Relations over several models beside a naive model: random edits, moves, flushes, rollbacks.

use orm_core::prelude::*;

use super::related_way::{Disc, Label, Listener, Music, Play, Song};
use crate::dice::Dice;
use crate::fixture::{Db, Lab};

rules! { related_way_random:
    ways_follow_random_edits,
    ways_follow_random_edits_in_small_batches,
}

fn ways_follow_random_edits(lab: &Lab) {
    (1..=12).for_each(|seed| World::run(lab, seed, 500));
}

fn ways_follow_random_edits_in_small_batches(lab: &Lab) {
    (13..=24).for_each(|seed| World::run(lab, seed, 1));
}

/// What is to be, by positions; `None` is a row that was deleted.
#[derive(Clone, Default)]
struct Naive {
    discs: Vec<Option<usize>>,
    plays: Vec<Option<(usize, usize)>>,
}

struct World {
    s: Session<Music>,
    labels: Vec<Handle<Label>>,
    discs: Vec<Handle<Disc>>,
    songs: Vec<Handle<Song>>,
    listeners: Vec<Handle<Listener>>,
    plays: Vec<Handle<Play>>,
    now: Naive,
    committed: Naive,
    dice: Dice,
}

impl World {
    /// Three labels, four discs with two songs each, and three listeners, of whom the first is under age.
    fn new(lab: &Lab, seed: u64, lazy_batch: usize) -> (Db<Music>, Self) {
        let db = lab.db_of::<Music>();
        let mut s = db.maker().lazy_batch(lazy_batch).session();
        let labels = s.add_all([(); 3].map(|()| Label::default()));
        let discs = s.add_all([(); 4].map(|()| Disc::default()));
        let of_disc = |at: usize| Song { disc: discs[at / 2].into(), number: (at % 2) as i64 };
        let songs = s.add_all((0..8).map(of_disc).collect::<Vec<_>>());
        let listeners = s.add_all([9, 30, 40].map(|age| Listener { age, ..Listener::default() }));
        s.commit().unwrap();
        let now = Naive { discs: vec![None; 4], plays: Vec::new() };
        let dice = Dice::new(seed);
        let committed = now.clone();
        (db, World { s, labels, discs, songs, listeners, plays: Vec::new(), now, committed, dice })
    }

    fn run(lab: &Lab, seed: u64, lazy_batch: usize) {
        let (_db, mut world) = World::new(lab, seed, lazy_batch);
        for step in 0..60 {
            world.step();
            if world.below(2) == 0 {
                world.check(&format!("seed {seed}, step {step}"));
            }
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.dice.below(limit)
    }

    fn step(&mut self) {
        match self.below(12) {
            0..=2 => {
                let (song, listener) = (self.below(8), self.below(3));
                let (of, by) = (self.songs[song].into(), self.listeners[listener].into());
                self.plays.push(self.s.add(Play { song: Some(of), listener: by, ..Play::default() }));
                self.now.plays.push(Some((song, listener)));
            }
            3..=5 => {
                let (disc, label) = (self.below(4), self.below(4));
                self.s[self.discs[disc]].label = self.labels.get(label).map(|&label| label.into());
                self.now.discs[disc] = (label < 3).then_some(label);
            }
            6 | 7 => self.move_play(),
            8 => self.s.flush().unwrap(),
            9 => {
                self.s.commit().unwrap();
                self.committed = self.now.clone();
            }
            10 => {
                self.s.rollback().unwrap();
                self.plays.truncate(self.committed.plays.len());
                self.now = self.committed.clone();
            }
            _ => {
                self.s.flush().unwrap();
                self.s.expire_all();
            }
        }
    }

    fn move_play(&mut self) {
        let at = self.below(self.plays.len().max(1));
        let Some((play, true)) = self.plays.get(at).map(|play| (*play, self.now.plays[at].is_some())) else {
            return;
        };
        match self.below(3) {
            0 => {
                self.s.delete(play);
                self.now.plays[at] = None;
            }
            _ => {
                let (song, listener) = (self.below(8), self.below(3));
                self.s[play].song = Some(self.songs[song].into());
                self.s[play].listener = self.listeners[listener].into();
                self.now.plays[at] = Some((song, listener));
            }
        }
    }

    fn check(&mut self, context: &str) {
        for label in 0..3 {
            if self.below(3) == 0 {
                continue;
            }
            let on_label = |play: &(usize, (usize, usize))| self.now.discs[play.1.0 / 2] == Some(label);
            let held = self.now.plays.iter().enumerate().filter_map(|(at, play)| Some((at, (*play)?)));
            let plays: Vec<_> = held.filter(on_label).collect();
            let mut heard: Vec<usize> = plays.iter().map(|play| play.1.1).collect();
            heard.sort_unstable();
            heard.dedup();
            let minors =
                heard.iter().filter(|&&listener| listener == 0).map(|&at| self.listeners[at]).collect();
            let heard: Vec<_> = heard.iter().map(|&at| self.listeners[at]).collect();
            let played: Vec<_> = plays.iter().map(|play| self.plays[play.0]).collect();
            let handle = self.labels[label];
            same(self.s.related(handle, Label::plays).unwrap(), played.clone(), context);
            same(self.s.related(handle, Label::listeners).unwrap(), heard, context);
            same(self.s.related(handle, Label::minors).unwrap(), minors, context);
            for &play in &played {
                assert_eq!(self.s.related(play, Play::labels).unwrap(), [handle], "{context}");
                same(self.s.related(play, Play::on_the_label).unwrap(), played.clone(), context);
            }
        }
    }
}

fn same<M: Model>(found: Vec<Handle<M>>, wanted: Vec<Handle<M>>, context: &str) {
    let sorted = |handles: Vec<Handle<M>>| {
        let mut texts: Vec<String> = handles.iter().map(|handle| format!("{handle:?}")).collect();
        texts.sort();
        texts
    };
    assert_eq!(sorted(found), sorted(wanted), "{context}");
}
