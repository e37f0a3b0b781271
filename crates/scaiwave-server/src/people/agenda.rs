//! Keys with a time each, the earliest first.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use call_model::UnixMillis;

/// What is due when.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    times: HashMap<K, UnixMillis>,
    order: BTreeSet<(UnixMillis, K)>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { times: HashMap::new(), order: BTreeSet::new() }
    }
}

impl<K: Clone + Hash + Ord> Agenda<K> {
    /// Sets a key's only time; `None` takes it off. Answers the time it had.
    pub(super) fn set(&mut self, key: &K, at: Option<UnixMillis>) -> Option<UnixMillis> {
        let before = match at {
            Some(at) => self.times.insert(key.clone(), at),
            None => self.times.remove(key),
        };
        if let Some(before) = before {
            self.order.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, key.clone()));
        }
        before
    }

    /// Takes the earliest key off whose time has come.
    pub(super) fn pop(&mut self, now: UnixMillis) -> Option<K> {
        let (at, key) = self.order.first().filter(|(at, _)| *at <= now)?.clone();
        self.order.remove(&(at, key.clone()));
        self.times.remove(&key);
        Some(key)
    }

    /// When the next key is due.
    pub(super) fn next(&self) -> Option<UnixMillis> {
        self.order.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_time_and_the_earliest_comes_first() {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.set(&"a", Some(UnixMillis(5))), None);
        assert_eq!(agenda.set(&"b", Some(UnixMillis(3))), None);
        assert_eq!(agenda.set(&"a", Some(UnixMillis(2))), Some(UnixMillis(5)));
        assert_eq!(agenda.next(), Some(UnixMillis(2)));
        assert_eq!(agenda.pop(UnixMillis(1)), None);
        assert_eq!(
            (agenda.pop(UnixMillis(9)), agenda.pop(UnixMillis(9)), agenda.pop(UnixMillis(9))),
            (Some("a"), Some("b"), None)
        );
        agenda.set(&"c", Some(UnixMillis(1)));
        agenda.set(&"c", None);
        assert_eq!((agenda.next(), agenda.pop(UnixMillis(9))), (None, None));
    }
}
