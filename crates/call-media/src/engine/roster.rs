//! Who is in the call, read from the room each time: there is no second table that could say something else.

use super::{
    audio::{input::Input, meter::Meter},
    call::{Call, Counters},
    livekit::prelude::{LocalTrackPublication, RemoteParticipant, RemoteTrackPublication, TrackSource},
    video::capture::Capture,
};
use crate::protocol::{Participant, TrackState};

/// Levels are told in steps of this, so that silence is silent.
const LEVEL_STEP: f32 = 1.0 / 32.0;

/// Everybody, ourselves first, the others by identity.
pub(crate) fn participants(call: &Call, input: &Input, capture: &Capture) -> Vec<Participant> {
    let local = call.room.local_participant();
    let identity = local.identity().as_str().to_owned();
    let (speaking, level) = loudness(&input.shared.meter.lock());
    let mut everybody = vec![Participant {
        is_local: true,
        microphone: local_state(call.microphone.as_ref(), None),
        camera: local_state(call.camera.as_ref(), capture.counters.size()),
        speaking,
        level,
        quality: call.quality.get(&identity).copied().unwrap_or_default(),
        identity,
    }];
    let others = call.room.remote_participants();
    let mut others: Vec<Participant> = others.values().map(|participant| remote(call, participant)).collect();
    others.sort_by(|a, b| a.identity.cmp(&b.identity));
    everybody.append(&mut others);
    everybody
}

fn remote(call: &Call, participant: &RemoteParticipant) -> Participant {
    let publications = participant.track_publications();
    let state = |source| remote_state(call, publications.values(), source);
    let (microphone, camera) = (state(TrackSource::Microphone), state(TrackSource::Camera));
    let identity = participant.identity().as_str().to_owned();
    let (speaking, level) = heard(call, &microphone);
    let quality = call.quality.get(&identity).copied().unwrap_or_default();
    Participant { identity, is_local: false, microphone, camera, speaking, level, quality }
}

fn local_state(publication: Option<&LocalTrackPublication>, size: Option<(u32, u32)>) -> TrackState {
    publication.map_or_else(TrackState::default, |publication| TrackState {
        sid: Some(publication.sid().to_string()),
        on: !publication.is_muted(),
        size,
    })
}

fn remote_state<'a>(
    call: &Call,
    mut publications: impl Iterator<Item = &'a RemoteTrackPublication>,
    source: TrackSource,
) -> TrackState {
    let Some(publication) = publications.find(|publication| publication.source() == source) else {
        return TrackState::default();
    };
    let sid = publication.sid().to_string();
    let size = call.remote.get(&sid).and_then(|media| match &media.counters {
        Counters::Video(counters) => counters.size(),
        Counters::Audio(_) => None,
    });
    TrackState { sid: Some(sid), on: !publication.is_muted(), size }
}

fn heard(call: &Call, microphone: &TrackState) -> (bool, f32) {
    let media = microphone.sid.as_ref().filter(|_| microphone.on).and_then(|sid| call.remote.get(sid));
    match media.map(|media| &media.counters) {
        Some(Counters::Audio(counters)) => loudness(&counters.meter.lock()),
        _ => (false, 0.0),
    }
}

/// Speaking, and how loud in steps.
fn loudness(meter: &Meter) -> (bool, f32) {
    (meter.speaking(), (meter.level() / LEVEL_STEP).round() * LEVEL_STEP)
}
