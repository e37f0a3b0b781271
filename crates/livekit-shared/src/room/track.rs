//! Tracks, local and remote.

use std::{fmt, sync::Arc};

use super::{id::TrackSid, track_core::TrackCore};
use crate::{
    client::request,
    error::RoomResult,
    proto,
    webrtc::{
        RtcError, audio_source::RtcAudioSource, audio_track::RtcAudioTrack, stats::RtcStats,
        video_source::RtcVideoSource, video_track::RtcVideoTrack,
    },
};

/// Why a track is not received.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrackError {
    /// Its media never came.
    #[error("could not find published track with sid: {0:?}")]
    TrackNotFound(TrackSid),
}

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

impl TrackKind {
    pub(crate) fn from_wire(kind: proto::TrackKind) -> Self {
        match kind {
            proto::TrackKind::KindAudio => Self::Audio,
            proto::TrackKind::KindVideo | proto::TrackKind::KindUnknown => Self::Video,
        }
    }
}

/// Whether the SFU sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamState {
    /// It does.
    Active,
    /// It saves bandwidth.
    Paused,
}

impl StreamState {
    pub(crate) fn from_wire(state: proto::StreamState) -> Self {
        match state {
            proto::StreamState::StatePaused => Self::Paused,
            proto::StreamState::StateActive | proto::StreamState::StateUnknown => Self::Active,
        }
    }
}

/// What a track shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSource {
    /// Not said.
    Unknown,
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A screen.
    Screenshare,
    /// A screen's sound.
    ScreenshareAudio,
}

impl TrackSource {
    pub(crate) fn from_wire(source: proto::TrackSource) -> Self {
        match source {
            proto::TrackSource::SourceUnknown => Self::Unknown,
            proto::TrackSource::SourceCamera => Self::Camera,
            proto::TrackSource::SourceMicrophone => Self::Microphone,
            proto::TrackSource::SourceScreenshare => Self::Screenshare,
            proto::TrackSource::SourceScreenshareAudio => Self::ScreenshareAudio,
        }
    }

    pub(crate) fn to_wire(self) -> proto::TrackSource {
        match self {
            Self::Unknown => proto::TrackSource::SourceUnknown,
            Self::Camera => proto::TrackSource::SourceCamera,
            Self::Microphone => proto::TrackSource::SourceMicrophone,
            Self::Screenshare => proto::TrackSource::SourceScreenshare,
            Self::ScreenshareAudio => proto::TrackSource::SourceScreenshareAudio,
        }
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackDimension(pub u32, pub u32);

/// Which of the simulcast sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VideoQuality {
    /// A quarter of the side.
    Low,
    /// Half of the side.
    Medium,
    /// Whole.
    High,
}

/// What the four kinds have in common.
macro_rules! track {
    ($(#[$doc:meta])* $name:ident { $($source:ident: $source_type:ty)? }, $rtc:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            pub(crate) core: Arc<TrackCore>,
            $($source: $source_type,)?
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("sid", &self.sid())
                    .field("name", &self.name())
                    .field("source", &self.source())
                    .finish()
            }
        }

        impl $name {
            /// `TR_unknown` before it is published.
            pub fn sid(&self) -> TrackSid {
                self.core.sid()
            }

            /// As given by the publisher.
            pub fn name(&self) -> String {
                self.core.name()
            }

            /// Sound or picture.
            pub fn kind(&self) -> TrackKind {
                self.core.kind()
            }

            /// What it shows, once published.
            pub fn source(&self) -> TrackSource {
                self.core.source()
            }

            /// Whether the SFU sends it.
            pub fn stream_state(&self) -> StreamState {
                self.core.stream_state()
            }

            /// Muted by its publisher.
            pub fn is_muted(&self) -> bool {
                self.core.is_muted()
            }

            /// Whether its media flows here.
            pub fn is_enabled(&self) -> bool {
                self.core.is_enabled()
            }

            /// What streams are made from.
            pub fn rtc_track(&self) -> $rtc {
                $rtc { core: Arc::clone(&self.core) }
            }

            /// Counters of its connection.
            pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
                self.core.get_stats().await
            }
        }
    };
}

/// What only local tracks can.
macro_rules! local {
    ($name:ident, $source:ty) => {
        impl $name {
            /// Sends nothing and tells the others.
            pub fn mute(&self) {
                self.core.mute_local(true);
            }

            /// Sends again and tells the others.
            pub fn unmute(&self) {
                self.core.mute_local(false);
            }

            /// Where its media comes from.
            pub fn rtc_source(&self) -> $source {
                self.origin.clone()
            }

            /// False.
            pub fn is_remote(&self) -> bool {
                false
            }
        }
    };
}

/// What only remote tracks can.
macro_rules! remote {
    ($name:ident) => {
        impl $name {
            /// Lets its media flow, here only.
            pub fn enable(&self) {
                self.core.set_enabled(true);
            }

            /// Stops its media, here only.
            pub fn disable(&self) {
                self.core.set_enabled(false);
            }

            /// True.
            pub fn is_remote(&self) -> bool {
                true
            }
        }
    };
}

track!(
    /// Our sound.
    LocalAudioTrack { origin: RtcAudioSource }, RtcAudioTrack
);
track!(
    /// Our picture.
    LocalVideoTrack { origin: RtcVideoSource }, RtcVideoTrack
);
track!(
    /// Somebody's sound.
    RemoteAudioTrack {}, RtcAudioTrack
);
track!(
    /// Somebody's picture.
    RemoteVideoTrack {}, RtcVideoTrack
);
local!(LocalAudioTrack, RtcAudioSource);
local!(LocalVideoTrack, RtcVideoSource);
remote!(RemoteAudioTrack);
remote!(RemoteVideoTrack);

impl LocalAudioTrack {
    /// A track to publish.
    pub fn create_audio_track(name: &str, source: RtcAudioSource) -> LocalAudioTrack {
        let made = with_source(source.handle()).and_then(|source_handle| {
            request!(CreateAudioTrack, proto::CreateAudioTrackRequest { name: name.to_owned(), source_handle })
        });
        let core = local_core(made.map(|made| made.track), name, TrackKind::Audio);
        LocalAudioTrack { core, origin: source }
    }
}

impl LocalVideoTrack {
    /// A track to publish.
    pub fn create_video_track(name: &str, source: RtcVideoSource) -> LocalVideoTrack {
        let made = with_source(source.handle()).and_then(|source_handle| {
            request!(CreateVideoTrack, proto::CreateVideoTrackRequest { name: name.to_owned(), source_handle })
        });
        let core = local_core(made.map(|made| made.track), name, TrackKind::Video);
        LocalVideoTrack { core, origin: source }
    }
}

fn with_source(handle: Option<u64>) -> Result<u64, RtcError> {
    handle.ok_or_else(|| RtcError::invalid("the source was made without the SDK library"))
}

fn local_core(made: Result<proto::OwnedTrack, RtcError>, name: &str, kind: TrackKind) -> Arc<TrackCore> {
    Arc::new(match made {
        Ok(track) => TrackCore::adopt(track),
        Err(error) => {
            tracing::error!(%error, name, "no local track");
            TrackCore::unavailable(name, kind)
        }
    })
}

/// An enum over tracks, with what its variants have in common.
macro_rules! any_track {
    ($(#[$doc:meta])* $name:ident { $($variant:ident($track:ident)),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub enum $name {
            $(
                #[doc = concat!("[`", stringify!($track), "`].")]
                $variant($track),
            )+
        }

        impl $name {
            pub(crate) fn core(&self) -> &Arc<TrackCore> {
                match self {
                    $(Self::$variant(track) => &track.core,)+
                }
            }

            /// `TR_unknown` before it is published.
            pub fn sid(&self) -> TrackSid {
                self.core().sid()
            }

            /// As given by the publisher.
            pub fn name(&self) -> String {
                self.core().name()
            }

            /// Sound or picture.
            pub fn kind(&self) -> TrackKind {
                self.core().kind()
            }

            /// What it shows, once published.
            pub fn source(&self) -> TrackSource {
                self.core().source()
            }

            /// Whether the SFU sends it.
            pub fn stream_state(&self) -> StreamState {
                self.core().stream_state()
            }

            /// Muted by its publisher.
            pub fn is_muted(&self) -> bool {
                self.core().is_muted()
            }

            /// Whether its media flows here.
            pub fn is_enabled(&self) -> bool {
                self.core().is_enabled()
            }

            /// Counters of its connection.
            pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
                self.core().get_stats().await
            }
        }
    };
}

any_track!(
    /// Any track.
    Track {
        LocalAudio(LocalAudioTrack),
        LocalVideo(LocalVideoTrack),
        RemoteAudio(RemoteAudioTrack),
        RemoteVideo(RemoteVideoTrack)
    }
);
any_track!(
    /// A track of ours.
    LocalTrack { Audio(LocalAudioTrack), Video(LocalVideoTrack) }
);
any_track!(
    /// A track of somebody else.
    RemoteTrack { Audio(RemoteAudioTrack), Video(RemoteVideoTrack) }
);

impl LocalTrack {
    /// Sends nothing and tells the others.
    pub fn mute(&self) {
        self.core().mute_local(true);
    }

    /// Sends again and tells the others.
    pub fn unmute(&self) {
        self.core().mute_local(false);
    }
}

impl RemoteTrack {
    /// A track the library gave out.
    pub(crate) fn adopt(track: proto::OwnedTrack, source: TrackSource) -> Self {
        let core = Arc::new(TrackCore::adopt(track));
        core.note_published(core.sid(), source);
        match core.kind() {
            TrackKind::Audio => Self::Audio(RemoteAudioTrack { core }),
            TrackKind::Video => Self::Video(RemoteVideoTrack { core }),
        }
    }
}

impl From<LocalTrack> for Track {
    fn from(track: LocalTrack) -> Self {
        match track {
            LocalTrack::Audio(track) => Self::LocalAudio(track),
            LocalTrack::Video(track) => Self::LocalVideo(track),
        }
    }
}

impl From<RemoteTrack> for Track {
    fn from(track: RemoteTrack) -> Self {
        match track {
            RemoteTrack::Audio(track) => Self::RemoteAudio(track),
            RemoteTrack::Video(track) => Self::RemoteVideo(track),
        }
    }
}
