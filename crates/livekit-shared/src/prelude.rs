//! `use livekit::prelude::*;`

pub use crate::{
    ConnectionState, DataPacket, DataPacketKind, Room, RoomError, RoomEvent, RoomOptions, RoomResult,
    id::{ParticipantIdentity, ParticipantSid, RoomSid, TrackSid},
    participant::{ConnectionQuality, DisconnectReason, LocalParticipant, Participant, RemoteParticipant},
    publication::{LocalTrackPublication, RemoteTrackPublication, TrackPublication},
    track::{
        LocalAudioTrack, LocalTrack, LocalVideoTrack, RemoteAudioTrack, RemoteTrack, RemoteVideoTrack, StreamState,
        Track, TrackDimension, TrackKind, TrackSource,
    },
};
