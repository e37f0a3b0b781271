//! What happens in a room.

use std::{collections::HashMap, sync::Arc};

use super::{
    ConnectionState, DataPacketKind,
    disconnect_reason::DisconnectReason,
    id::TrackSid,
    participant::{ConnectionQuality, LocalParticipant, Participant, RemoteParticipant},
    publication::{LocalTrackPublication, RemoteTrackPublication, TrackPublication},
    track::{LocalTrack, RemoteTrack, TrackError},
};

/// What happens in a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // the fields of a variant are what its line names
pub enum RoomEvent {
    /// Somebody came.
    ParticipantConnected(RemoteParticipant),
    /// Somebody's connection stands: data reaches them.
    ParticipantActive(RemoteParticipant),
    /// Somebody went.
    ParticipantDisconnected(RemoteParticipant),
    /// A track of ours is in the room.
    LocalTrackPublished { publication: LocalTrackPublication, track: LocalTrack, participant: LocalParticipant },
    /// A track of ours is out of the room.
    LocalTrackUnpublished { publication: LocalTrackPublication, participant: LocalParticipant },
    /// After a full reconnection a track of ours has another sid.
    LocalTrackRepublished {
        previous_sid: TrackSid,
        publication: LocalTrackPublication,
        track: LocalTrack,
        participant: LocalParticipant,
    },
    /// Somebody receives a track of ours.
    LocalTrackSubscribed { track: LocalTrack },
    /// We receive a track.
    TrackSubscribed { track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant },
    /// We receive a track no more.
    TrackUnsubscribed { track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant },
    /// We should receive a track and do not.
    TrackSubscriptionFailed { participant: RemoteParticipant, error: TrackError, track_sid: TrackSid },
    /// Somebody publishes a track.
    TrackPublished { publication: RemoteTrackPublication, participant: RemoteParticipant },
    /// Somebody publishes a track no more.
    TrackUnpublished { publication: RemoteTrackPublication, participant: RemoteParticipant },
    /// Muted by its publisher, ourselves too.
    TrackMuted { participant: Participant, publication: TrackPublication },
    /// Unmuted by its publisher, ourselves too.
    TrackUnmuted { participant: Participant, publication: TrackPublication },
    /// The room's free text.
    RoomMetadataChanged { old_metadata: String, metadata: String },
    /// Somebody's free text.
    ParticipantMetadataChanged { participant: Participant, old_metadata: String, metadata: String },
    /// Somebody's name.
    ParticipantNameChanged { participant: Participant, old_name: String, name: String },
    /// Somebody's attributes: those that changed.
    ParticipantAttributesChanged { participant: Participant, changed_attributes: HashMap<String, String> },
    /// Who speaks now, the loudest first.
    ActiveSpeakersChanged { speakers: Vec<Participant> },
    /// Somebody's connection got better or worse.
    ConnectionQualityChanged { quality: ConnectionQuality, participant: Participant },
    /// Bytes from somebody, or from the server.
    DataReceived {
        payload: Arc<Vec<u8>>,
        topic: Option<String>,
        kind: DataPacketKind,
        participant: Option<RemoteParticipant>,
    },
    /// Our own connection.
    ConnectionStateChanged(ConnectionState),
    /// The first event: who is there.
    Connected { participants_with_tracks: Vec<(RemoteParticipant, Vec<RemoteTrackPublication>)> },
    /// The last event: we are out.
    Disconnected { reason: DisconnectReason },
    /// The connection is lost, the library tries to resume.
    Reconnecting,
    /// It is back.
    Reconnected,
    /// Participants' information changed.
    ParticipantsUpdated { participants: Vec<Participant> },
    /// A new token to reconnect with.
    TokenRefreshed { token: String },
}
