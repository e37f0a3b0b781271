//! What all kinds of tracks share.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::{
    id::TrackSid,
    track::{StreamState, TrackKind, TrackSource},
};
use crate::{
    client::{call, request},
    error::{RoomError, RoomResult},
    handle::OwnedHandle,
    proto,
    webrtc::{RtcError, stats::RtcStats, stats_wire},
};

#[derive(Debug)]
struct Info {
    sid: TrackSid,
    name: String,
    source: TrackSource,
    stream_state: StreamState,
    muted: bool,
}

/// A track in the library. `handle` is missing only for a local track made without the library.
#[derive(Debug)]
pub(crate) struct TrackCore {
    handle: Option<OwnedHandle>,
    kind: TrackKind,
    info: RwLock<Info>,
    enabled: AtomicBool,
}

impl TrackCore {
    /// A track the library gave out.
    pub(crate) fn adopt(track: proto::OwnedTrack) -> Self {
        let kind = TrackKind::from_wire(track.info.kind());
        let stream_state = StreamState::from_wire(track.info.stream_state());
        let handle = Some(OwnedHandle::adopt(&track.handle));
        let info = Info {
            sid: TrackSid::from_library(track.info.sid),
            name: track.info.name,
            source: TrackSource::Unknown,
            stream_state,
            muted: track.info.muted,
        };
        Self { handle, kind, info: RwLock::new(info), enabled: AtomicBool::new(true) }
    }

    /// A local track that cannot be published.
    pub(crate) fn unavailable(name: &str, kind: TrackKind) -> Self {
        let info = Info {
            sid: TrackSid::from_library("TR_unknown".to_owned()),
            name: name.to_owned(),
            source: TrackSource::Unknown,
            stream_state: StreamState::Active,
            muted: false,
        };
        Self { handle: None, kind, info: RwLock::new(info), enabled: AtomicBool::new(true) }
    }

    pub(crate) fn handle(&self) -> Result<u64, RtcError> {
        self.handle
            .as_ref()
            .map(OwnedHandle::id)
            .ok_or_else(|| RtcError::invalid("the track was made without the SDK library"))
    }

    pub(crate) fn sid(&self) -> TrackSid {
        self.info.read().sid.clone()
    }

    pub(crate) fn name(&self) -> String {
        self.info.read().name.clone()
    }

    pub(crate) fn kind(&self) -> TrackKind {
        self.kind
    }

    pub(crate) fn source(&self) -> TrackSource {
        self.info.read().source
    }

    pub(crate) fn stream_state(&self) -> StreamState {
        self.info.read().stream_state
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.info.read().muted
    }

    /// What the library told, or what was just asked of it.
    pub(crate) fn note_muted(&self, muted: bool) {
        self.info.write().muted = muted;
    }

    /// Published, or published again: the SFU gives a new sid.
    pub(crate) fn note_published(&self, sid: TrackSid, source: TrackSource) {
        let mut info = self.info.write();
        info.sid = sid;
        info.source = source;
    }

    /// Mutes a local track and tells the SFU.
    pub(crate) fn mute_local(&self, mute: bool) {
        let done = self
            .handle()
            .and_then(|track_handle| request!(LocalTrackMute, proto::LocalTrackMuteRequest { track_handle, mute }));
        match done {
            Ok(done) => self.note_muted(done.muted),
            Err(error) => tracing::error!(%error, mute, "a local track was not muted"),
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// What the publication asked of the library.
    pub(crate) fn note_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Lets a remote track's media flow or not, here only. True if that changed something.
    pub(crate) fn set_enabled(&self, enabled: bool) -> bool {
        if self.is_enabled() == enabled {
            return false;
        }
        let done = self.handle().and_then(|track_handle| {
            request!(EnableRemoteTrack, proto::EnableRemoteTrackRequest { track_handle, enabled })
        });
        match done {
            Ok(_) => self.note_enabled(enabled),
            Err(error) => tracing::error!(%error, enabled, "a remote track was not switched"),
        }
        self.is_enabled() == enabled
    }

    pub(crate) async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        let track_handle = self.handle()?;
        let request = |request_async_id| proto::GetStatsRequest { track_handle, request_async_id };
        let answer: proto::GetStatsCallback = call!(GetStats, request)?;
        match answer.error {
            Some(error) => Err(RoomError::from_text(error)),
            None => Ok(stats_wire::convert(answer.stats)),
        }
    }
}
