//! Who is in the room.

use std::{collections::HashMap, fmt, sync::Arc};

use parking_lot::RwLock;

pub use super::disconnect_reason::DisconnectReason;
use super::{
    DataPacket,
    dispatcher::Dispatcher,
    event::RoomEvent,
    id::{ParticipantIdentity, ParticipantSid, TrackSid},
    options::TrackPublishOptions,
    publication::{LocalTrackPublication, RemoteTrackPublication, TrackPublication},
    track::LocalTrack,
};
use crate::{
    client::call,
    error::{RoomError, RoomResult},
    handle::OwnedHandle,
    proto,
};

/// Of a participant's connection, as the SFU sees it.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionQuality {
    /// Fine.
    Excellent,
    /// Fine enough.
    Good,
    /// Suffers.
    Poor,
    /// Gone.
    Lost,
}

/// How far a participant is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantState {
    /// Signalling is up.
    Joining,
    /// In the room.
    Joined,
    /// Media flows.
    Active,
    /// Gone.
    Disconnected,
}

/// What a participant is.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKind {
    /// A client.
    Standard,
    /// A stream fed in.
    Ingress,
    /// A recorder.
    Egress,
    /// A telephone.
    Sip,
    /// A program.
    Agent,
    /// Another service.
    Connector,
    /// Another protocol.
    Bridge,
}

struct Inner<P> {
    _handle: OwnedHandle,
    info: RwLock<proto::ParticipantInfo>,
    live: RwLock<Live>,
    publications: RwLock<HashMap<TrackSid, P>>,
}

struct Live {
    speaking: bool,
    quality: ConnectionQuality,
}

impl<P> Inner<P> {
    fn adopt(participant: proto::OwnedParticipant) -> Arc<Self> {
        Arc::new(Self {
            _handle: OwnedHandle::adopt(&participant.handle),
            info: RwLock::new(participant.info),
            live: RwLock::new(Live { speaking: false, quality: ConnectionQuality::Excellent }),
            publications: RwLock::default(),
        })
    }
}

/// What both kinds have in common.
macro_rules! participant {
    ($name:ident, $publication:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("sid", &self.sid()).field("identity", &self.identity()).finish()
            }
        }

        impl $name {
            /// Of this stay.
            pub fn sid(&self) -> ParticipantSid {
                ParticipantSid::from_library(self.inner.info.read().sid.clone())
            }

            /// From the token.
            pub fn identity(&self) -> ParticipantIdentity {
                ParticipantIdentity(self.inner.info.read().identity.clone())
            }

            /// From the token.
            pub fn name(&self) -> String {
                self.inner.info.read().name.clone()
            }

            /// Free text.
            pub fn metadata(&self) -> String {
                self.inner.info.read().metadata.clone()
            }

            /// Free texts by name.
            pub fn attributes(&self) -> HashMap<String, String> {
                self.inner.info.read().attributes.clone()
            }

            /// How far it is.
            pub fn state(&self) -> ParticipantState {
                match self.inner.info.read().state() {
                    proto::ParticipantState::Joining => ParticipantState::Joining,
                    proto::ParticipantState::Joined => ParticipantState::Joined,
                    proto::ParticipantState::Active => ParticipantState::Active,
                    proto::ParticipantState::Disconnected => ParticipantState::Disconnected,
                }
            }

            /// What it is.
            pub fn kind(&self) -> ParticipantKind {
                match self.inner.info.read().kind() {
                    proto::ParticipantKind::Standard => ParticipantKind::Standard,
                    proto::ParticipantKind::Ingress => ParticipantKind::Ingress,
                    proto::ParticipantKind::Egress => ParticipantKind::Egress,
                    proto::ParticipantKind::Sip => ParticipantKind::Sip,
                    proto::ParticipantKind::Agent => ParticipantKind::Agent,
                    proto::ParticipantKind::Connector => ParticipantKind::Connector,
                    proto::ParticipantKind::Bridge => ParticipantKind::Bridge,
                }
            }

            /// Milliseconds since 1970.
            pub fn joined_at(&self) -> i64 {
                self.inner.info.read().joined_at
            }

            /// Among the active speakers, by the SFU's measure.
            pub fn is_speaking(&self) -> bool {
                self.inner.live.read().speaking
            }

            /// Always 0: the shared library names speakers without their levels. Measure the samples instead.
            pub fn audio_level(&self) -> f32 {
                0.0
            }

            /// Of its connection.
            pub fn connection_quality(&self) -> ConnectionQuality {
                self.inner.live.read().quality
            }

            /// What it publishes.
            pub fn track_publications(&self) -> HashMap<TrackSid, $publication> {
                self.inner.publications.read().clone()
            }

            /// One of them.
            pub fn get_track_publication(&self, sid: &TrackSid) -> Option<$publication> {
                self.inner.publications.read().get(sid).cloned()
            }

            pub(crate) fn add_publication(&self, publication: $publication) {
                self.inner.publications.write().insert(publication.sid(), publication);
            }

            pub(crate) fn remove_publication(&self, sid: &TrackSid) -> Option<$publication> {
                self.inner.publications.write().remove(sid)
            }

            /// Changes what is known of it and returns what was known.
            pub(crate) fn update(&self, change: impl FnOnce(&mut proto::ParticipantInfo)) -> proto::ParticipantInfo {
                let mut info = self.inner.info.write();
                let before = info.clone();
                change(&mut info);
                before
            }

            pub(crate) fn note_speaking(&self, speaking: bool) {
                self.inner.live.write().speaking = speaking;
            }

            pub(crate) fn note_quality(&self, quality: ConnectionQuality) {
                self.inner.live.write().quality = quality;
            }
        }
    };
}

/// Ourselves.
#[derive(Clone)]
pub struct LocalParticipant {
    inner: Arc<Inner<LocalTrackPublication>>,
    handle: u64,
    dispatcher: Dispatcher,
}

/// Somebody else.
#[derive(Clone)]
pub struct RemoteParticipant {
    inner: Arc<Inner<RemoteTrackPublication>>,
}

participant!(LocalParticipant, LocalTrackPublication);
participant!(RemoteParticipant, RemoteTrackPublication);

impl RemoteParticipant {
    pub(crate) fn adopt(participant: proto::OwnedParticipant) -> Self {
        Self { inner: Inner::adopt(participant) }
    }

    /// Why it left.
    pub fn disconnect_reason(&self) -> DisconnectReason {
        DisconnectReason::from_wire(self.inner.info.read().disconnect_reason())
    }
}

impl LocalParticipant {
    pub(crate) fn adopt(participant: proto::OwnedParticipant, dispatcher: Dispatcher) -> Self {
        let handle = participant.handle.id;
        Self { inner: Inner::adopt(participant), handle, dispatcher }
    }

    /// Sends a track to the room.
    pub async fn publish_track(
        &self,
        track: LocalTrack,
        options: TrackPublishOptions,
    ) -> RoomResult<LocalTrackPublication> {
        let track_handle = track.core().handle()?;
        let wire = options.to_wire();
        let request = |request_async_id| proto::PublishTrackRequest {
            local_participant_handle: self.handle,
            track_handle,
            options: wire,
            request_async_id,
        };
        let answer: proto::PublishTrackCallback = call!(PublishTrack, request)?;
        let published = match answer.message {
            Some(proto::publish_track_callback::Message::Publication(publication)) => publication,
            Some(proto::publish_track_callback::Message::Error(error)) => return Err(RoomError::from_text(error)),
            None => return Err(RoomError::Internal("publishing had no result".to_owned())),
        };
        let publication = LocalTrackPublication::adopt(published, track.clone(), options);
        self.add_publication(publication.clone());
        // Said here, not by the library's own event: that can come before this answer is read.
        let (event, participant) = (publication.clone(), self.clone());
        self.dispatcher.dispatch(RoomEvent::LocalTrackPublished { publication: event, track, participant });
        Ok(publication)
    }

    /// Takes a track out of the room.
    pub async fn unpublish_track(&self, sid: &TrackSid) -> RoomResult<LocalTrackPublication> {
        let publication =
            self.get_track_publication(sid).ok_or_else(|| RoomError::Internal(format!("{sid} is not published")))?;
        let request = |request_async_id| proto::UnpublishTrackRequest {
            local_participant_handle: self.handle,
            track_sid: sid.to_string(),
            stop_on_unpublish: false,
            request_async_id,
        };
        let answer: proto::UnpublishTrackCallback = call!(UnpublishTrack, request)?;
        done(answer.error)?;
        self.note_unpublished(sid);
        Ok(publication)
    }

    /// Said once, whether we asked for it or the library did it.
    pub(crate) fn note_unpublished(&self, sid: &TrackSid) {
        if let Some(publication) = self.remove_publication(sid) {
            publication.forget_track();
            self.dispatcher.dispatch(RoomEvent::LocalTrackUnpublished { publication, participant: self.clone() });
        }
    }

    /// Sends bytes to all or to some.
    pub async fn publish_data(&self, packet: DataPacket) -> RoomResult<()> {
        let payload: Arc<[u8]> = packet.payload.into();
        let (data_ptr, data_len) = (payload.as_ptr() as u64, payload.len() as u64);
        #[allow(deprecated)]
        let request = |request_async_id| proto::PublishDataRequest {
            local_participant_handle: self.handle,
            data_ptr,
            data_len,
            reliable: packet.reliable,
            destination_sids: Vec::new(),
            topic: packet.topic,
            destination_identities: packet.destination_identities.into_iter().map(Into::into).collect(),
            request_async_id,
        };
        let answer: proto::PublishDataCallback = call!(PublishData, request, Some(Box::new(payload)))?;
        done(answer.error)
    }

    /// Changes the metadata, if the token allows.
    pub async fn set_metadata(&self, metadata: String) -> RoomResult<()> {
        let request = |request_async_id| proto::SetLocalMetadataRequest {
            local_participant_handle: self.handle,
            metadata,
            request_async_id,
        };
        let answer: proto::SetLocalMetadataCallback = call!(SetLocalMetadata, request)?;
        done(answer.error)
    }

    /// Changes the name, if the token allows.
    pub async fn set_name(&self, name: String) -> RoomResult<()> {
        let request = |request_async_id| proto::SetLocalNameRequest {
            local_participant_handle: self.handle,
            name,
            request_async_id,
        };
        let answer: proto::SetLocalNameCallback = call!(SetLocalName, request)?;
        done(answer.error)
    }

    /// Changes the attributes, if the token allows; an empty value removes one.
    pub async fn set_attributes(&self, attributes: HashMap<String, String>) -> RoomResult<()> {
        let attributes = attributes.into_iter().map(|(key, value)| proto::AttributesEntry { key, value }).collect();
        let request = |request_async_id| proto::SetLocalAttributesRequest {
            local_participant_handle: self.handle,
            attributes,
            request_async_id,
        };
        let answer: proto::SetLocalAttributesCallback = call!(SetLocalAttributes, request)?;
        done(answer.error)
    }
}

fn done(error: Option<String>) -> RoomResult<()> {
    error.map_or(Ok(()), |error| Err(RoomError::from_text(error)))
}

/// Anybody in the room.
#[derive(Debug, Clone)]
pub enum Participant {
    /// Ourselves.
    Local(LocalParticipant),
    /// Somebody else.
    Remote(RemoteParticipant),
}

macro_rules! either {
    ($($(#[$doc:meta])* $vis:vis $method:ident($($argument:ident: $type:ty)?) -> $answer:ty;)+) => {
        impl Participant {
            $(
                $(#[$doc])*
                $vis fn $method(&self $(, $argument: $type)?) -> $answer {
                    match self {
                        Self::Local(participant) => participant.$method($($argument)?),
                        Self::Remote(participant) => participant.$method($($argument)?),
                    }
                }
            )+
        }
    };
}

either! {
    /// Of this stay.
    pub sid() -> ParticipantSid;
    /// From the token.
    pub identity() -> ParticipantIdentity;
    /// From the token.
    pub name() -> String;
    /// Free text.
    pub metadata() -> String;
    /// Free texts by name.
    pub attributes() -> HashMap<String, String>;
    /// How far it is.
    pub state() -> ParticipantState;
    /// What it is.
    pub kind() -> ParticipantKind;
    /// Milliseconds since 1970.
    pub joined_at() -> i64;
    /// Among the active speakers.
    pub is_speaking() -> bool;
    /// Always 0, see [`RemoteParticipant::audio_level`].
    pub audio_level() -> f32;
    /// Of its connection.
    pub connection_quality() -> ConnectionQuality;
    pub(crate) update(change: impl FnOnce(&mut proto::ParticipantInfo)) -> proto::ParticipantInfo;
    pub(crate) note_speaking(speaking: bool) -> ();
    pub(crate) note_quality(quality: ConnectionQuality) -> ();
}

impl Participant {
    /// What it publishes.
    pub fn track_publications(&self) -> HashMap<TrackSid, TrackPublication> {
        match self {
            Self::Local(local) => {
                local.track_publications().into_iter().map(|(sid, it)| (sid, TrackPublication::Local(it))).collect()
            }
            Self::Remote(remote) => {
                remote.track_publications().into_iter().map(|(sid, it)| (sid, TrackPublication::Remote(it))).collect()
            }
        }
    }
}
