//! What is published, and what of it is received.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;

use super::{
    id::TrackSid,
    options::TrackPublishOptions,
    track::{LocalTrack, RemoteTrack, Track, TrackDimension, TrackKind, TrackSource, VideoQuality},
};
use crate::{client::request, handle::OwnedHandle, proto};

/// How far a subscription is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Asked for.
    Desired,
    /// Received.
    Subscribed,
    /// Not asked for.
    Unsubscribed,
}

struct Inner<T> {
    handle: OwnedHandle,
    info: RwLock<proto::TrackPublicationInfo>,
    track: RwLock<Option<T>>,
}

/// What both kinds have in common.
macro_rules! publication {
    ($name:ident, $track:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("sid", &self.sid())
                    .field("kind", &self.kind())
                    .field("source", &self.source())
                    .finish()
            }
        }

        impl $name {
            /// Given by the SFU; another one after a full reconnection.
            pub fn sid(&self) -> TrackSid {
                TrackSid::from_library(self.inner.info.read().sid.clone())
            }

            /// As given by the publisher.
            pub fn name(&self) -> String {
                self.inner.info.read().name.clone()
            }

            /// Sound or picture.
            pub fn kind(&self) -> TrackKind {
                TrackKind::from_wire(self.inner.info.read().kind())
            }

            /// What it shows.
            pub fn source(&self) -> TrackSource {
                TrackSource::from_wire(self.inner.info.read().source())
            }

            /// Sent in several sizes.
            pub fn simulcasted(&self) -> bool {
                self.inner.info.read().simulcasted
            }

            /// Pixels, as published.
            pub fn dimension(&self) -> TrackDimension {
                let info = self.inner.info.read();
                TrackDimension(info.width, info.height)
            }

            /// Such as `video/vp8`.
            pub fn mime_type(&self) -> String {
                self.inner.info.read().mime_type.clone()
            }

            /// The track, if there is one.
            pub fn track(&self) -> Option<$track> {
                self.inner.track.read().clone()
            }

            /// Muted by its publisher.
            pub fn is_muted(&self) -> bool {
                self.inner.info.read().muted
            }

            pub(crate) fn note_muted(&self, muted: bool) {
                self.inner.info.write().muted = muted;
                if let Some(track) = self.track() {
                    track.core().note_muted(muted);
                }
            }
        }
    };
}

/// A track of ours in the room.
#[derive(Clone)]
pub struct LocalTrackPublication {
    inner: Arc<Inner<LocalTrack>>,
    options: Arc<TrackPublishOptions>,
}

publication!(LocalTrackPublication, LocalTrack);

impl LocalTrackPublication {
    pub(crate) fn adopt(
        publication: proto::OwnedTrackPublication,
        track: LocalTrack,
        options: TrackPublishOptions,
    ) -> Self {
        let handle = OwnedHandle::adopt(&publication.handle);
        let inner = Inner { handle, info: RwLock::new(publication.info), track: RwLock::new(Some(track.clone())) };
        let publication = Self { inner: Arc::new(inner), options: Arc::new(options) };
        track.core().note_published(publication.sid(), publication.source());
        publication
    }

    /// The SFU gave new sids after a full reconnection.
    pub(crate) fn note_republished(&self, info: proto::TrackPublicationInfo) {
        *self.inner.info.write() = info;
        if let Some(track) = self.track() {
            track.core().note_published(self.sid(), self.source());
        }
    }

    pub(crate) fn forget_track(&self) {
        self.inner.track.write().take();
    }

    /// Sends nothing and tells the others.
    pub fn mute(&self) {
        self.set_muted(true);
    }

    /// Sends again and tells the others.
    pub fn unmute(&self) {
        self.set_muted(false);
    }

    fn set_muted(&self, muted: bool) {
        if let Some(track) = self.track() {
            track.core().mute_local(muted);
            self.inner.info.write().muted = track.is_muted();
        }
    }

    /// As told to [`publish_track`](super::participant::LocalParticipant::publish_track).
    pub fn publish_options(&self) -> TrackPublishOptions {
        (*self.options).clone()
    }

    /// False.
    pub fn is_remote(&self) -> bool {
        false
    }
}

/// A track of somebody else in the room, received or not.
#[derive(Clone)]
pub struct RemoteTrackPublication {
    inner: Arc<Inner<RemoteTrack>>,
    desired: Arc<AtomicBool>,
}

publication!(RemoteTrackPublication, RemoteTrack);

impl RemoteTrackPublication {
    pub(crate) fn adopt(publication: proto::OwnedTrackPublication, auto_subscribe: bool) -> Self {
        let handle = OwnedHandle::adopt(&publication.handle);
        let inner = Inner { handle, info: RwLock::new(publication.info), track: RwLock::new(None) };
        Self { inner: Arc::new(inner), desired: Arc::new(AtomicBool::new(auto_subscribe)) }
    }

    pub(crate) fn set_track(&self, track: Option<RemoteTrack>) -> Option<RemoteTrack> {
        if let Some(track) = &track {
            track.core().note_muted(self.is_muted());
        }
        std::mem::replace(&mut *self.inner.track.write(), track)
    }

    /// Receives it or not. Once received again it is a new track.
    pub fn set_subscribed(&self, subscribed: bool) {
        self.desired.store(subscribed, Ordering::Relaxed);
        let request = proto::SetSubscribedRequest { subscribe: subscribed, publication_handle: self.inner.handle.id() };
        self.log(request!(SetSubscribed, request).err());
    }

    /// Pauses or resumes it at the SFU. Nothing happens before it is subscribed.
    pub fn set_enabled(&self, enabled: bool) {
        let Some(track) = self.track() else { return };
        if track.is_enabled() == enabled {
            return;
        }
        let request =
            proto::EnableRemoteTrackPublicationRequest { track_publication_handle: self.inner.handle.id(), enabled };
        match request!(EnableRemoteTrackPublication, request) {
            Ok(_) => track.core().note_enabled(enabled),
            Err(error) => self.log(Some(error)),
        }
    }

    /// The size in pixels it is shown at: the SFU sends the smallest layer that suffices. Nothing happens before it is
    /// subscribed.
    pub fn update_video_dimensions(&self, dimension: TrackDimension) {
        if !self.is_subscribed() {
            return;
        }
        let TrackDimension(width, height) = dimension;
        let request = proto::UpdateRemoteTrackPublicationDimensionRequest {
            track_publication_handle: self.inner.handle.id(),
            width,
            height,
        };
        self.log(request!(UpdateRemoteTrackPublicationDimension, request).err());
    }

    /// The best layer to receive. Nothing happens if it has one only.
    pub fn set_video_quality(&self, quality: VideoQuality) {
        if !self.simulcasted() {
            tracing::warn!(sid = %self.sid(), "no quality to choose: the track is not simulcasted");
            return;
        }
        let quality = match quality {
            VideoQuality::Low => proto::VideoQuality::Low,
            VideoQuality::Medium => proto::VideoQuality::Medium,
            VideoQuality::High => proto::VideoQuality::High,
        };
        let request = proto::SetRemoteTrackPublicationQualityRequest {
            track_publication_handle: self.inner.handle.id(),
            quality: quality as i32,
        };
        self.log(request!(SetRemoteTrackPublicationQuality, request).err());
    }

    fn log(&self, error: Option<crate::webrtc::RtcError>) {
        if let Some(error) = error {
            tracing::error!(%error, sid = %self.sid(), "a remote publication was not changed");
        }
    }

    /// How far the subscription is.
    pub fn subscription_status(&self) -> SubscriptionStatus {
        match (self.is_desired(), self.is_subscribed()) {
            (false, _) => SubscriptionStatus::Unsubscribed,
            (true, false) => SubscriptionStatus::Desired,
            (true, true) => SubscriptionStatus::Subscribed,
        }
    }

    /// Received now.
    pub fn is_subscribed(&self) -> bool {
        self.inner.track.read().is_some()
    }

    /// Asked for.
    pub fn is_desired(&self) -> bool {
        self.desired.load(Ordering::Relaxed)
    }

    /// Received and not paused.
    pub fn is_enabled(&self) -> bool {
        self.track().is_some_and(|track| track.is_enabled())
    }

    /// True.
    pub fn is_remote(&self) -> bool {
        true
    }
}

/// Either kind.
#[derive(Clone, Debug)]
pub enum TrackPublication {
    /// Ours.
    Local(LocalTrackPublication),
    /// Somebody else's.
    Remote(RemoteTrackPublication),
}

macro_rules! either {
    ($($(#[$doc:meta])* $method:ident -> $answer:ty;)+) => {
        impl TrackPublication {
            $(
                $(#[$doc])*
                pub fn $method(&self) -> $answer {
                    match self {
                        Self::Local(publication) => publication.$method(),
                        Self::Remote(publication) => publication.$method(),
                    }
                }
            )+
        }
    };
}

either! {
    /// Given by the SFU.
    sid -> TrackSid;
    /// As given by the publisher.
    name -> String;
    /// Sound or picture.
    kind -> TrackKind;
    /// What it shows.
    source -> TrackSource;
    /// Sent in several sizes.
    simulcasted -> bool;
    /// Pixels, as published.
    dimension -> TrackDimension;
    /// Such as `video/vp8`.
    mime_type -> String;
    /// Muted by its publisher.
    is_muted -> bool;
    /// Somebody else's.
    is_remote -> bool;
}

impl TrackPublication {
    /// The track, if there is one.
    pub fn track(&self) -> Option<Track> {
        match self {
            Self::Local(publication) => publication.track().map(Into::into),
            Self::Remote(publication) => publication.track().map(Into::into),
        }
    }
}
