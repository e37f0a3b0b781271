//! A joined room: its tables, and the translation of the library's events.
//!
//! Events of the library carry identities and sids; the tables turn them into objects. What names an unknown one is dropped: the
//! library can tell of a track after its participant is gone.

use std::collections::HashMap;

use parking_lot::RwLock;

use super::{
    ConnectionState, DataPacketKind,
    disconnect_reason::DisconnectReason,
    dispatcher::Dispatcher,
    event::RoomEvent,
    id::{ParticipantIdentity, TrackSid},
    participant::{ConnectionQuality, LocalParticipant, Participant, RemoteParticipant},
    publication::{RemoteTrackPublication, TrackPublication},
    track::{RemoteTrack, TrackError},
};
use crate::{
    ffi,
    handle::OwnedHandle,
    proto::{self, connect_callback, data_packet_received, room_event::Message},
    router,
};

pub(crate) struct Session {
    pub(crate) handle: OwnedHandle,
    pub(crate) info: RwLock<proto::RoomInfo>,
    pub(crate) state: RwLock<ConnectionState>,
    pub(crate) local: LocalParticipant,
    pub(crate) remotes: RwLock<HashMap<ParticipantIdentity, RemoteParticipant>>,
    pub(crate) dispatcher: Dispatcher,
    auto_subscribe: bool,
}

impl Session {
    /// Takes over what the library gave out at connecting.
    pub(crate) fn adopt(joined: connect_callback::Result, auto_subscribe: bool) -> Self {
        let dispatcher = Dispatcher::default();
        let remotes = joined.participants.into_iter().map(|entry| {
            let participant = RemoteParticipant::adopt(entry.participant);
            for publication in entry.publications {
                participant.add_publication(RemoteTrackPublication::adopt(publication, auto_subscribe));
            }
            (participant.identity(), participant)
        });
        Self {
            handle: OwnedHandle::adopt(&joined.room.handle),
            info: RwLock::new(joined.room.info),
            state: RwLock::new(ConnectionState::Connected),
            remotes: RwLock::new(remotes.collect()),
            local: LocalParticipant::adopt(joined.local_participant, dispatcher.clone()),
            dispatcher,
            auto_subscribe,
        }
    }

    /// Who is there already.
    pub(crate) fn connected(&self) -> RoomEvent {
        let remotes = self.remotes.read();
        let participants_with_tracks = remotes
            .values()
            .map(|participant| (participant.clone(), participant.track_publications().into_values().collect()))
            .collect();
        RoomEvent::Connected { participants_with_tracks }
    }

    /// Forgets everybody and gives their handles back, as far as nobody else holds them.
    pub(crate) fn clear(&self) {
        *self.state.write() = ConnectionState::Disconnected;
        let remotes = std::mem::take(&mut *self.remotes.write());
        for participant in remotes.values() {
            for (sid, publication) in participant.track_publications() {
                publication.set_track(None);
                participant.remove_publication(&sid);
            }
        }
        for sid in self.local.track_publications().keys() {
            self.local.remove_publication(sid);
        }
        self.dispatcher.end();
    }

    fn remote(&self, identity: &str) -> Option<RemoteParticipant> {
        self.remotes.read().get(&ParticipantIdentity::from(identity)).cloned()
    }

    fn anybody(&self, identity: &str) -> Option<Participant> {
        if self.local.identity().as_str() == identity {
            return Some(Participant::Local(self.local.clone()));
        }
        self.remote(identity).map(Participant::Remote)
    }

    /// One event of the library as one of ours, the tables brought up to date. `None` where there is nothing to say.
    pub(crate) fn translate(&self, message: Message) -> Option<RoomEvent> {
        match message {
            Message::ParticipantConnected(_)
            | Message::ParticipantActive(_)
            | Message::ParticipantDisconnected(_)
            | Message::ParticipantMetadataChanged(_)
            | Message::ParticipantNameChanged(_)
            | Message::ParticipantAttributesChanged(_)
            | Message::ParticipantsUpdated(_)
            | Message::ActiveSpeakersChanged(_)
            | Message::ConnectionQualityChanged(_) => self.translate_participant(message),
            Message::TrackPublished(_)
            | Message::TrackUnpublished(_)
            | Message::TrackSubscribed(_)
            | Message::TrackUnsubscribed(_)
            | Message::TrackSubscriptionFailed(_)
            | Message::TrackMuted(_)
            | Message::TrackUnmuted(_) => self.translate_track(message),
            Message::LocalTrackUnpublished(event) => {
                self.local.note_unpublished(&TrackSid::from_library(event.publication_sid));
                None
            }
            Message::LocalTrackRepublished(event) => self.republished(event),
            Message::LocalTrackSubscribed(event) => {
                let publication = self.local.get_track_publication(&TrackSid::from_library(event.track_sid))?;
                Some(RoomEvent::LocalTrackSubscribed { track: publication.track()? })
            }
            Message::DataPacketReceived(event) => self.data(event),
            message => self.translate_room(message),
        }
    }

    fn translate_room(&self, message: Message) -> Option<RoomEvent> {
        Some(match message {
            Message::RoomMetadataChanged(event) => {
                let metadata = event.metadata;
                let old_metadata = std::mem::replace(&mut self.info.write().metadata, metadata.clone());
                RoomEvent::RoomMetadataChanged { old_metadata, metadata }
            }
            Message::RoomSidChanged(event) => {
                self.info.write().sid = Some(event.sid);
                return None;
            }
            Message::RoomUpdated(info) | Message::Moved(info) => {
                *self.info.write() = info;
                return None;
            }
            Message::ConnectionStateChanged(event) => {
                let state = match event.state() {
                    proto::ConnectionState::ConnDisconnected => ConnectionState::Disconnected,
                    proto::ConnectionState::ConnConnected => ConnectionState::Connected,
                    proto::ConnectionState::ConnReconnecting => ConnectionState::Reconnecting,
                };
                *self.state.write() = state;
                RoomEvent::ConnectionStateChanged(state)
            }
            Message::Disconnected(event) => {
                RoomEvent::Disconnected { reason: DisconnectReason::from_wire(event.reason()) }
            }
            Message::Reconnecting(_) => RoomEvent::Reconnecting,
            Message::Reconnected(_) => RoomEvent::Reconnected,
            Message::TokenRefreshed(event) => RoomEvent::TokenRefreshed { token: event.token },
            other => {
                router::release_room_event(other);
                return None;
            }
        })
    }

    fn translate_participant(&self, message: Message) -> Option<RoomEvent> {
        Some(match message {
            Message::ParticipantConnected(event) => {
                let participant = RemoteParticipant::adopt(event.info);
                self.remotes.write().insert(participant.identity(), participant.clone());
                RoomEvent::ParticipantConnected(participant)
            }
            Message::ParticipantActive(event) => {
                RoomEvent::ParticipantActive(self.remote(&event.participant_identity)?)
            }
            Message::ParticipantDisconnected(event) => {
                let reason = event.disconnect_reason;
                let identity = ParticipantIdentity(event.participant_identity);
                let participant = self.remotes.write().remove(&identity)?;
                participant.update(|info| {
                    info.disconnect_reason = reason;
                    info.set_state(proto::ParticipantState::Disconnected);
                });
                RoomEvent::ParticipantDisconnected(participant)
            }
            Message::ParticipantMetadataChanged(event) => {
                let participant = self.anybody(&event.participant_identity)?;
                let old_metadata = participant.update(|info| info.metadata.clone_from(&event.metadata)).metadata;
                RoomEvent::ParticipantMetadataChanged { participant, old_metadata, metadata: event.metadata }
            }
            Message::ParticipantNameChanged(event) => {
                let participant = self.anybody(&event.participant_identity)?;
                let old_name = participant.update(|info| info.name.clone_from(&event.name)).name;
                RoomEvent::ParticipantNameChanged { participant, old_name, name: event.name }
            }
            Message::ParticipantAttributesChanged(event) => {
                let participant = self.anybody(&event.participant_identity)?;
                participant.update(|info| info.attributes = by_name(event.attributes));
                let changed_attributes = by_name(event.changed_attributes);
                RoomEvent::ParticipantAttributesChanged { participant, changed_attributes }
            }
            Message::ParticipantsUpdated(event) => {
                let update = |new: proto::ParticipantInfo| {
                    let participant = self.anybody(&new.identity)?;
                    participant.update(|info| *info = new);
                    Some(participant)
                };
                RoomEvent::ParticipantsUpdated {
                    participants: event.participants.into_iter().filter_map(update).collect(),
                }
            }
            Message::ActiveSpeakersChanged(event) => self.speakers(&event.participant_identities),
            Message::ConnectionQualityChanged(event) => {
                let quality = match event.quality() {
                    proto::ConnectionQuality::QualityExcellent => ConnectionQuality::Excellent,
                    proto::ConnectionQuality::QualityGood => ConnectionQuality::Good,
                    proto::ConnectionQuality::QualityPoor => ConnectionQuality::Poor,
                    proto::ConnectionQuality::QualityLost => ConnectionQuality::Lost,
                };
                let participant = self.anybody(&event.participant_identity)?;
                participant.note_quality(quality);
                RoomEvent::ConnectionQualityChanged { quality, participant }
            }
            _ => return None,
        })
    }

    fn speakers(&self, identities: &[String]) -> RoomEvent {
        self.local.note_speaking(false);
        self.remotes.read().values().for_each(|participant| participant.note_speaking(false));
        let speakers: Vec<_> = identities.iter().filter_map(|identity| self.anybody(identity)).collect();
        speakers.iter().for_each(|participant| participant.note_speaking(true));
        RoomEvent::ActiveSpeakersChanged { speakers }
    }

    fn translate_track(&self, message: Message) -> Option<RoomEvent> {
        Some(match message {
            Message::TrackPublished(event) => {
                // Adopted first: an unknown participant's handle is given back too.
                let publication = RemoteTrackPublication::adopt(event.publication, self.auto_subscribe);
                let participant = self.remote(&event.participant_identity)?;
                participant.add_publication(publication.clone());
                RoomEvent::TrackPublished { publication, participant }
            }
            Message::TrackUnpublished(event) => {
                let participant = self.remote(&event.participant_identity)?;
                let publication = participant.remove_publication(&TrackSid::from_library(event.publication_sid))?;
                publication.set_track(None);
                RoomEvent::TrackUnpublished { publication, participant }
            }
            Message::TrackSubscribed(event) => {
                let sid = TrackSid::from_library(event.track.info.sid.clone());
                let known = self.remote_publication(&event.participant_identity, &sid);
                let source = known.as_ref().map(|(_, publication)| publication.source());
                let track = RemoteTrack::adopt(event.track, source.unwrap_or(super::track::TrackSource::Unknown));
                let (participant, publication) = known?;
                publication.set_track(Some(track.clone()));
                RoomEvent::TrackSubscribed { track, publication, participant }
            }
            Message::TrackUnsubscribed(event) => {
                let sid = TrackSid::from_library(event.track_sid);
                let (participant, publication) = self.remote_publication(&event.participant_identity, &sid)?;
                let track = publication.set_track(None)?;
                RoomEvent::TrackUnsubscribed { track, publication, participant }
            }
            Message::TrackSubscriptionFailed(event) => {
                let participant = self.remote(&event.participant_identity)?;
                let track_sid = TrackSid::from_library(event.track_sid);
                let error = TrackError::TrackNotFound(track_sid.clone());
                RoomEvent::TrackSubscriptionFailed { participant, error, track_sid }
            }
            Message::TrackMuted(event) => {
                let (participant, publication) = self.muted(&event.participant_identity, event.track_sid, true)?;
                RoomEvent::TrackMuted { participant, publication }
            }
            Message::TrackUnmuted(event) => {
                let (participant, publication) = self.muted(&event.participant_identity, event.track_sid, false)?;
                RoomEvent::TrackUnmuted { participant, publication }
            }
            _ => return None,
        })
    }

    fn remote_publication(
        &self,
        identity: &str,
        sid: &TrackSid,
    ) -> Option<(RemoteParticipant, RemoteTrackPublication)> {
        let participant = self.remote(identity)?;
        let publication = participant.get_track_publication(sid)?;
        Some((participant, publication))
    }

    fn muted(&self, identity: &str, sid: String, muted: bool) -> Option<(Participant, TrackPublication)> {
        let sid = TrackSid::from_library(sid);
        if self.local.identity().as_str() == identity {
            let publication = self.local.get_track_publication(&sid)?;
            publication.note_muted(muted);
            return Some((Participant::Local(self.local.clone()), TrackPublication::Local(publication)));
        }
        let (participant, publication) = self.remote_publication(identity, &sid)?;
        publication.note_muted(muted);
        Some((Participant::Remote(participant), TrackPublication::Remote(publication)))
    }

    fn republished(&self, event: proto::LocalTrackRepublished) -> Option<RoomEvent> {
        let previous_sid = TrackSid::from_library(event.previous_sid);
        let publication = self.local.remove_publication(&previous_sid)?;
        publication.note_republished(event.info);
        self.local.add_publication(publication.clone());
        let track = publication.track()?;
        Some(RoomEvent::LocalTrackRepublished { previous_sid, publication, track, participant: self.local.clone() })
    }

    fn data(&self, event: proto::DataPacketReceived) -> Option<RoomEvent> {
        let kind = match event.kind() {
            proto::DataPacketKind::KindLossy => DataPacketKind::Lossy,
            proto::DataPacketKind::KindReliable => DataPacketKind::Reliable,
        };
        let data_packet_received::Value::User(packet) = event.value? else { return None };
        let _handle = OwnedHandle::adopt(&packet.data.handle);
        let payload = ffi::copy_bytes(&packet.data.data).into();
        let participant = self.remote(&event.participant_identity);
        Some(RoomEvent::DataReceived { payload, topic: packet.topic, kind, participant })
    }
}

fn by_name(entries: Vec<proto::AttributesEntry>) -> HashMap<String, String> {
    entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}
