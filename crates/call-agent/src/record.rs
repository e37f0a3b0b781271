//! What the agent remembers of a call, for the report.

use std::collections::BTreeMap;

use call_media::protocol::{MediaKind, TrackStats};
use call_model::{CallId, RoomId, UnixMillis};
use call_session::{
    Milestone, MilestoneKind, Stats,
    view::{CallOutcome, CallPhase, CallView, Person, Snapshot},
};

use crate::{
    pictures::Drawn,
    print::now,
    report::{Drops, Heard, Other, Own, Report, Seen, Times},
};

/// A track over all engines of the call.
#[derive(Default)]
struct Track {
    stats: TrackStats,
    /// Counted by engines that are gone: a new one counts from zero.
    before: u64,
}

/// Fills as the call goes.
pub(crate) struct Record {
    started_at: UnixMillis,
    pub(crate) me: Option<Person>,
    pub(crate) call_id: Option<CallId>,
    pub(crate) room_id: Option<RoomId>,
    pub(crate) outcome: Option<CallOutcome>,
    pub(crate) rejected: bool,
    pub(crate) error: Option<String>,
    times: Times,
    people: BTreeMap<String, (Person, String)>,
    tracks: BTreeMap<String, Track>,
    notices: BTreeMap<u64, String>,
    last_stats: Stats,
    own: Own,
    reconnections: u32,
    engine_restarts: u32,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            started_at: now(),
            me: None,
            call_id: None,
            room_id: None,
            outcome: None,
            rejected: false,
            error: None,
            times: Times::default(),
            people: BTreeMap::new(),
            tracks: BTreeMap::new(),
            notices: BTreeMap::new(),
            last_stats: Stats::default(),
            own: Own::default(),
            reconnections: 0,
            engine_restarts: 0,
        }
    }

    fn since_start(&self, at: UnixMillis) -> u64 {
        u64::try_from(at.0 - self.started_at.0).unwrap_or(0)
    }

    pub(crate) fn signed_in(&mut self) {
        self.times.signed_in_ms = Some(self.since_start(now()));
    }

    /// Notes the first of each kind.
    pub(crate) fn milestone(&mut self, milestone: &Milestone) {
        let at = self.since_start(milestone.at);
        match &milestone.kind {
            MilestoneKind::RingReceived { .. } => _ = self.times.ring_ms.get_or_insert(at),
            MilestoneKind::Answered { .. } => _ = self.times.answer_ms.get_or_insert(at),
            MilestoneKind::Connected { .. } => _ = self.times.connect_ms.get_or_insert(at),
            MilestoneKind::FirstMedia { kind: MediaKind::Video, .. } => {
                self.times.first_remote_frame_ms.get_or_insert(at);
            }
            MilestoneKind::FirstMedia { kind: MediaKind::Audio, .. } => {
                self.times.first_remote_sound_ms.get_or_insert(at);
            }
            MilestoneKind::Reconnecting { .. } => self.reconnections += 1,
            MilestoneKind::EngineDied => self.engine_restarts += 1,
            MilestoneKind::CallEnded { .. } => self.times.end_ms = Some(at),
            MilestoneKind::RingStopped { .. } => {}
        }
    }

    pub(crate) fn snapshot(&mut self, snapshot: &Snapshot) {
        self.notices.extend(snapshot.notices.iter().map(|notice| (notice.id, notice.text.clone())));
        if let Some(call) = &snapshot.call {
            self.call(call);
        }
    }

    fn call(&mut self, call: &CallView) {
        self.call_id = call.call_id.clone().or(self.call_id.take());
        self.room_id = Some(call.room_id.clone());
        for tile in &call.tiles {
            if !tile.is_local {
                self.people.insert(tile.identity.clone(), (tile.person.clone(), tile.device_id.to_string()));
            }
        }
        if call.phase == CallPhase::Connected {
            self.own =
                Own { microphone_on: call.microphone_on, camera_on: call.camera_on, listen_only: call.listen_only };
        }
    }

    /// A tone stays heard and a size seen: what a track was like before its owner left is what counts.
    pub(crate) fn stats(&mut self, stats: Stats) {
        for track in &stats.tracks {
            let Track { stats: kept, before } = self.tracks.entry(track.sid.clone()).or_default();
            if track.frames < kept.frames {
                *before += kept.frames;
            }
            let (tone_hz, level) = (track.tone_hz.or(kept.tone_hz), track.level.max(kept.level));
            let (size, latency_ms) = (track.size.or(kept.size), track.latency_ms.or(kept.latency_ms));
            *kept = TrackStats { tone_hz, level, size, latency_ms, ..track.clone() };
        }
        self.last_stats = stats;
    }

    /// `views` tells whose picture a view shows.
    pub(crate) fn report(self, views: &BTreeMap<u32, String>, drawn: &BTreeMap<u32, Drawn>) -> Report {
        let mut others: BTreeMap<String, Other> = self
            .people
            .iter()
            .map(|(identity, (person, device_id))| (identity.clone(), Other::new(person, device_id)))
            .collect();
        for track in self.tracks.values() {
            let Some(other) = others.get_mut(&track.stats.identity) else { continue };
            match track.stats.kind.as_str() {
                "video" => other.seen.get_or_insert_default().add_track(track),
                _ => other.heard.get_or_insert_default().add_track(track),
            }
        }
        for (view, drawn) in drawn {
            if let Some(other) = views.get(view).and_then(|identity| others.get_mut(identity)) {
                other.seen.get_or_insert_default().add_drawn(drawn);
            }
        }
        Report {
            user: self.me,
            call_id: self.call_id,
            room_id: self.room_id,
            started_at: self.started_at,
            rejected: self.rejected,
            ended: self.outcome,
            error: self.error,
            times: self.times,
            others: others.into_values().collect(),
            own: self.own,
            reconnections: self.reconnections,
            engine_restarts: self.engine_restarts,
            drops: Drops {
                frames: self.last_stats.views.iter().map(|view| view.dropped).sum(),
                audio: self.last_stats.audio_drops.into_iter().collect(),
            },
            sdk_handles: self.last_stats.sdk_handles,
            notices: self.notices.into_values().collect(),
        }
    }
}

impl Other {
    fn new(person: &Person, device_id: &str) -> Self {
        Self {
            participant_id: person.participant_id.clone(),
            display_name: person.display_name.clone(),
            device_id: device_id.to_owned(),
            seen: None,
            heard: None,
        }
    }
}

impl Seen {
    fn add_track(&mut self, Track { stats: track, before }: &Track) {
        self.frames_decoded += before + track.frames;
        self.decoded_size = track.size.or(self.decoded_size);
        self.latency_ms = track.latency_ms.or(self.latency_ms);
    }

    fn add_drawn(&mut self, drawn: &Drawn) {
        self.frames_drawn += drawn.frames;
        self.drawn_size = Some(drawn.size);
    }
}

impl Heard {
    fn add_track(&mut self, Track { stats: track, before }: &Track) {
        self.frames += before + track.frames;
        self.level = self.level.max(track.level);
        self.tone_hz = track.tone_hz.or(self.tone_hz);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use call_model::EndReason;
    use serde_json::json;

    use super::*;

    const BOB: &str = "p-bob/phone";

    fn milestone(at: i64, kind: MilestoneKind) -> Milestone {
        Milestone { at: UnixMillis(at), kind }
    }

    fn track(kind: &str, sid: &str, frames: u64) -> TrackStats {
        TrackStats { identity: BOB.into(), sid: sid.into(), kind: kind.into(), frames, ..TrackStats::default() }
    }

    fn record() -> Record {
        let bob = Person { participant_id: "p-bob".into(), display_name: "Bob".into() };
        let mut record = Record { started_at: UnixMillis(1_000), ..Record::new() };
        record.people.insert(BOB.into(), (bob, "phone".into()));
        record
    }

    #[test]
    fn what_was_seen_and_heard_outlives_the_track() {
        let mut record = record();
        let sound = TrackStats { tone_hz: Some(440), level: 0.25, ..track("audio", "TR_a", 100) };
        let picture = TrackStats { size: Some((640, 360)), ..track("video", "TR_v", 30) };
        record.stats(Stats { tracks: vec![sound, picture], sdk_handles: 9, ..Stats::default() });
        record.stats(Stats { tracks: vec![track("audio", "TR_a", 50)], ..Stats::default() });
        let drawn = Drawn { frames: 28, size: (640, 360), first_at: Some(UnixMillis(2_000)) };
        let report = record.report(&BTreeMap::from([(1, BOB.to_owned())]), &BTreeMap::from([(1, drawn)]));
        let report = serde_json::to_value(&report).unwrap();
        assert_eq!(
            report["others"],
            json!([{
                "participant_id": "p-bob", "display_name": "Bob", "device_id": "phone",
                "seen": {"frames_decoded": 30, "decoded_size": [640, 360], "frames_drawn": 28, "drawn_size": [640, 360],
                    "latency_ms": null},
                "heard": {"frames": 150, "level": 0.25, "tone_hz": 440},
            }])
        );
        assert_eq!(report["sdk_handles"], 0, "as last counted");
    }

    #[test]
    fn times_are_of_the_first_of_each_kind() {
        let mut record = record();
        let call_id = CallId::from("call-1");
        record.milestone(&milestone(1_200, MilestoneKind::RingReceived { call_id: call_id.clone() }));
        record.milestone(&milestone(1_500, MilestoneKind::Answered { call_id: Some(call_id.clone()) }));
        for at in [1_700, 5_000] {
            record.milestone(&milestone(at, MilestoneKind::Connected { call_id: call_id.clone() }));
            let first = |kind| MilestoneKind::FirstMedia { identity: BOB.into(), kind };
            record.milestone(&milestone(at + 50, first(MediaKind::Video)));
            record.milestone(&milestone(at + 80, first(MediaKind::Audio)));
            record.milestone(&milestone(at + 100, MilestoneKind::EngineDied));
        }
        let times = serde_json::to_value(record.report(&BTreeMap::new(), &BTreeMap::new())).unwrap();
        assert_eq!(times["engine_restarts"], 2);
        assert_eq!(
            times["times"],
            json!({"signed_in_ms": null, "ring_ms": 200, "answer_ms": 500, "connect_ms": 700, "first_remote_frame_ms": 750,
                "first_remote_sound_ms": 780, "end_ms": null})
        );
    }

    #[test]
    fn a_person_reads_it_too() {
        let mut record = record();
        record.stats(Stats { tracks: vec![track("video", "TR_v", 30)], ..Stats::default() });
        record.outcome = Some(CallOutcome::Ended { reason: EndReason::EndedByUser, by: None });
        let text = record.report(&BTreeMap::new(), &BTreeMap::new()).to_string();
        assert_eq!(text, "The call ended (ended_by_user).\nBob: 30 frames seen, not heard");
    }

    #[test]
    fn who_never_got_in_says_so() {
        let mut record = Record::new();
        record.error = Some("no".into());
        let report = record.report(&BTreeMap::new(), &BTreeMap::new());
        assert_eq!(report.to_string(), "Was in no call.");
        assert_eq!(serde_json::to_value(&report).unwrap()["error"], "no");
    }
}
