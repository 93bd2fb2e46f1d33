//! The identity map: finds the slot of a key. Keys are compared in the slots that have them, never by a hash alone.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The slots of one model that have keys.
pub(super) struct IdentityMap {
    members: HashTable<Member>,
    hasher: RandomState,
}

/// A slot with its key's hash, so that the map grows without looking at keys.
struct Member {
    hash: KeyHash,
    slot: u32,
}

/// Half of a key's hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(u32);

impl KeyHash {
    /// A whole hash again; the table looks at both ends of it.
    #[inline]
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl IdentityMap {
    pub(super) fn new() -> Self {
        IdentityMap { members: HashTable::new(), hasher: RandomState::default() }
    }

    #[inline]
    pub(super) fn hash<K: Hash>(&self, key: &K) -> KeyHash {
        KeyHash((self.hasher.hash_one(key) >> 32) as u32)
    }

    /// The slot of a key, given its hash and whether a slot has it.
    #[inline]
    pub(super) fn find(&self, hash: KeyHash, has_key: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.members.find(hash.spread(), |member| member.hash == hash && has_key(member.slot));
        found.map(|member| member.slot)
    }

    /// Adds a slot whose key no other has.
    #[inline]
    pub(super) fn add(&mut self, hash: KeyHash, slot: u32) {
        self.members.insert_unique(hash.spread(), Member { hash, slot }, |member| member.hash.spread());
    }

    /// Makes a slot the one of a key; another that has it loses it, and is given back.
    #[inline]
    pub(super) fn claim(&mut self, hash: KeyHash, slot: u32, has_key: impl Fn(u32) -> bool) -> Option<u32> {
        let is_key = |member: &Member| member.hash == hash && has_key(member.slot);
        match self.members.entry(hash.spread(), is_key, |member| member.hash.spread()) {
            Entry::Occupied(mut entry) => Some(std::mem::replace(&mut entry.get_mut().slot, slot)),
            Entry::Vacant(entry) => {
                entry.insert(Member { hash, slot });
                None
            }
        }
    }

    /// Takes a slot out, if it is in.
    pub(super) fn remove(&mut self, hash: KeyHash, slot: u32) {
        if let Ok(entry) = self.members.find_entry(hash.spread(), |member| member.slot == slot) {
            entry.remove();
        }
    }

    /// Makes room for slots that are about to come.
    pub(super) fn reserve(&mut self, count: usize) {
        self.members.reserve(count, |member| member.hash.spread());
    }
}
