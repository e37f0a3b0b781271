//! What presence everybody has: the most awake of a person's devices, unless the person chose one by hand. Pure; time is an argument.

use std::collections::HashMap;

use call_model::{DeviceId, ParticipantId, UnixMillis};
use scaiwave_wire::{ChosenPresence, PresenceStatus};
use uuid::Uuid;

use super::agenda::Agenda;

/// A device that was not heard of for so long is gone.
const GONE_AFTER_MS: i64 = 120_000;
/// Without input for so long it is idle.
const IDLE_AFTER_MS: i64 = 300_000;
/// More devices than this push the one out that was silent longest.
const MAX_DEVICES: usize = 16;

/// What tells of somebody's being there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A device that sends heartbeats.
    Device(DeviceId),
    /// An open stream: there as long as it is open, its opening counts as input.
    Stream(Uuid),
}

#[derive(Clone, Copy, Debug)]
struct Sign {
    heard: UnixMillis,
    input: UnixMillis,
    open: bool,
}

impl Sign {
    fn gone_at(&self) -> Option<UnixMillis> {
        (!self.open).then_some(UnixMillis(self.heard.0 + GONE_AFTER_MS))
    }

    fn idle_at(&self) -> UnixMillis {
        UnixMillis(self.input.0 + IDLE_AFTER_MS)
    }

    fn status(&self, now: UnixMillis) -> PresenceStatus {
        if self.gone_at().is_some_and(|at| at <= now) {
            PresenceStatus::Offline
        } else if self.idle_at() <= now {
            PresenceStatus::Idle
        } else {
            PresenceStatus::Online
        }
    }

    /// When its status changes by itself.
    fn next(&self, now: UnixMillis) -> Option<UnixMillis> {
        [self.gone_at(), Some(self.idle_at())].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// One person's presence in different eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// In the person's own.
    pub(super) own: PresenceStatus,
    /// In those of who shares a direct room with a message of late.
    pub(super) close: PresenceStatus,
    /// In everybody else's.
    pub(super) others: PresenceStatus,
}

const NOT_THERE: Seen =
    Seen { own: PresenceStatus::Offline, close: PresenceStatus::Offline, others: PresenceStatus::Offline };

#[derive(Debug)]
struct Entry {
    chosen: Option<ChosenPresence>,
    signs: HashMap<Source, Sign>,
    told: Seen,
}

impl Entry {
    fn seen(&self, now: UnixMillis) -> Seen {
        let status = self.devices(now);
        let all = |status| Seen { own: status, close: status, others: status };
        if status == PresenceStatus::Offline {
            return NOT_THERE;
        }
        match self.chosen {
            None => all(status),
            Some(ChosenPresence::Online) => all(PresenceStatus::Online),
            Some(ChosenPresence::Idle) => all(PresenceStatus::Idle),
            Some(ChosenPresence::Busy) => all(PresenceStatus::Busy),
            Some(ChosenPresence::AppearOffline) => {
                Seen { own: PresenceStatus::AppearOffline, close: status, others: PresenceStatus::Offline }
            }
        }
    }

    /// The most awake device wins.
    fn devices(&self, now: UnixMillis) -> PresenceStatus {
        let has = |status| self.signs.values().any(|sign| sign.status(now) == status);
        [PresenceStatus::Online, PresenceStatus::Idle]
            .into_iter()
            .find(|status| has(*status))
            .unwrap_or(PresenceStatus::Offline)
    }
}

/// Somebody's presence changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) who: ParticipantId,
    pub(super) before: Seen,
    pub(super) after: Seen,
}

/// Everybody's presence.
#[derive(Debug, Default)]
pub(super) struct Board {
    people: HashMap<ParticipantId, Entry>,
    agenda: Agenda<ParticipantId>,
}

impl Board {
    /// Sets a presence by hand; `None` goes back to what the devices say.
    pub(super) fn choose(&mut self, who: &ParticipantId, chosen: Option<ChosenPresence>, now: UnixMillis) {
        self.change(who, now, |entry| entry.chosen = chosen);
    }

    /// A stream was opened.
    pub(super) fn open(&mut self, who: &ParticipantId, stream: Uuid, now: UnixMillis) {
        let sign = Sign { heard: now, input: now, open: true };
        self.change(who, now, |entry| {
            entry.signs.insert(Source::Stream(stream), sign);
        });
    }

    /// A stream was closed; its person may be back in a moment.
    pub(super) fn close(&mut self, who: &ParticipantId, stream: Uuid, now: UnixMillis) {
        self.change(who, now, |entry| {
            if let Some(sign) = entry.signs.get_mut(&Source::Stream(stream)) {
                (sign.open, sign.heard) = (false, now);
            }
        });
    }

    /// A device was heard of.
    pub(super) fn beat(&mut self, who: &ParticipantId, device: DeviceId, active: bool, now: UnixMillis) {
        self.change(who, now, |entry| {
            let source = Source::Device(device);
            // A device that was never active is idle, not as old as the epoch.
            let known = entry.signs.get(&source).map_or(UnixMillis(now.0 - IDLE_AFTER_MS), |sign| sign.input);
            let input = if active { now } else { known };
            entry.signs.insert(source, Sign { heard: now, input, open: false });
            let closed = entry.signs.iter().filter(|(_, sign)| !sign.open);
            if closed.clone().count() > MAX_DEVICES
                && let Some(oldest) = closed.min_by_key(|(_, sign)| sign.heard).map(|(source, _)| source.clone())
            {
                entry.signs.remove(&oldest);
            }
        });
    }

    /// Somebody's presence now.
    pub(super) fn seen(&self, who: &ParticipantId, now: UnixMillis) -> Seen {
        self.people.get(who).map_or(NOT_THERE, |entry| entry.seen(now))
    }

    /// What somebody set by hand.
    pub(super) fn chosen(&self, who: &ParticipantId) -> Option<ChosenPresence> {
        self.people.get(who).and_then(|entry| entry.chosen)
    }

    /// The changes since the last time, as far as they are due.
    pub(super) fn settle(&mut self, now: UnixMillis) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some(who) = self.agenda.pop(now) {
            let Some(entry) = self.people.get_mut(&who) else { continue };
            let (before, after) = (entry.told, entry.seen(now));
            entry.told = after;
            entry.signs.retain(|_, sign| sign.status(now) != PresenceStatus::Offline);
            if entry.signs.is_empty() && entry.chosen.is_none() {
                self.people.remove(&who);
            } else {
                let next = entry.signs.values().filter_map(|sign| sign.next(now)).min();
                self.agenda.set(&who, next);
            }
            if before != after {
                changes.push(Change { who, before, after });
            }
        }
        changes
    }

    /// When to settle next.
    pub(super) fn due(&self) -> Option<UnixMillis> {
        self.agenda.next()
    }

    fn change(&mut self, who: &ParticipantId, now: UnixMillis, change: impl FnOnce(&mut Entry)) {
        let new = || Entry { chosen: None, signs: HashMap::new(), told: NOT_THERE };
        change(self.people.entry(who.clone()).or_insert_with(new));
        self.agenda.set(who, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn alice() -> ParticipantId {
        "alice".into()
    }

    /// A board at a time, with the presence last told of Alice.
    #[derive(Default)]
    struct Play {
        board: Board,
        now: UnixMillis,
    }

    impl Play {
        fn wait(&mut self, ms: i64) -> &mut Self {
            self.now = UnixMillis(self.now.0 + ms);
            self
        }

        fn beat(&mut self, device: &str, active: bool) -> &mut Self {
            self.board.beat(&alice(), device.into(), active, self.now);
            self
        }

        fn choose(&mut self, chosen: Option<ChosenPresence>) -> &mut Self {
            self.board.choose(&alice(), chosen, self.now);
            self
        }

        /// What changes to tell there are: in the eyes of others.
        fn told(&mut self) -> Vec<PresenceStatus> {
            self.board.settle(self.now).into_iter().map(|change| change.after.others).collect()
        }
    }

    use PresenceStatus::{Busy, Idle, Offline, Online};

    #[test]
    fn a_device_is_online_then_idle_then_gone_and_each_is_told_once() {
        let mut play = Play::default();
        assert_eq!(play.beat("a", true).told(), [Online]);
        for _ in 0..9 {
            assert_eq!(play.wait(MINUTE / 2).beat("a", false).told(), []);
        }
        assert_eq!(play.wait(MINUTE / 2).told(), [Idle]);
        assert_eq!(play.wait(MINUTE).told(), []);
        assert_eq!(play.wait(MINUTE / 2).told(), [Offline]);
        assert_eq!((play.board.due(), play.board.people.len()), (None, 0), "nothing is kept of who is gone");
        assert_eq!(play.beat("a", false).told(), [Idle], "without input it is not awake");
    }

    #[test]
    fn the_most_awake_device_wins_and_a_gone_one_does_not_count() {
        let mut play = Play::default();
        play.beat("desk", true).beat("phone", false);
        assert_eq!(play.told(), [Online]);
        assert_eq!(play.wait(2 * MINUTE - 1).beat("phone", false).told(), []);
        assert_eq!(play.wait(1).told(), [Idle], "the desk is gone, the phone is idle");
        assert_eq!(play.beat("phone", true).told(), [Online]);
    }

    #[test]
    fn an_open_stream_is_there_idle_or_not_and_leaves_two_minutes_after_it_is_closed() {
        let (mut play, stream) = (Play::default(), Uuid::nil());
        play.board.open(&alice(), stream, play.now);
        assert_eq!(play.told(), [Online]);
        assert_eq!(play.wait(5 * MINUTE).told(), [Idle]);
        assert_eq!(play.wait(60 * MINUTE).told(), []);
        play.board.close(&alice(), stream, play.now);
        assert_eq!(play.wait(2 * MINUTE - 1).told(), []);
        assert_eq!(play.wait(1).told(), [Offline]);
    }

    #[test]
    fn a_choice_stays_until_it_is_reset_but_only_shows_while_somebody_is_there() {
        let mut play = Play::default();
        assert_eq!(play.choose(Some(ChosenPresence::Busy)).told(), []);
        assert_eq!(play.beat("a", true).told(), [Busy]);
        assert_eq!(play.wait(90_000).beat("a", false).wait(90_000).beat("a", false).wait(119_000).told(), []);
        assert_eq!(play.wait(1_000).told(), [Offline]);
        assert_eq!(play.beat("a", true).told(), [Busy]);
        assert_eq!(play.choose(None).told(), [Online]);
        assert_eq!(play.choose(Some(ChosenPresence::Idle)).told(), [Idle]);
        assert_eq!(play.choose(Some(ChosenPresence::Online)).told(), [Online]);
    }

    #[test]
    fn who_appears_offline_does_so_to_others_only() {
        let mut play = Play::default();
        play.beat("a", true).choose(Some(ChosenPresence::AppearOffline));
        let seen = play.board.seen(&alice(), play.now);
        assert_eq!(seen, Seen { own: PresenceStatus::AppearOffline, close: Online, others: Offline });
    }

    #[test]
    fn devices_are_bounded() {
        let mut play = Play::default();
        for n in 0..100 {
            play.wait(1).beat(&n.to_string(), true);
        }
        assert_eq!(play.board.people[&alice()].signs.len(), MAX_DEVICES);
        assert_eq!(play.told(), [Online]);
    }
}
