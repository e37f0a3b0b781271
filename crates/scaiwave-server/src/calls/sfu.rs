//! The SFU behind a narrow trait, so that a call's life can be tested with one whose every request can be made to fail.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use call_model::{CallId, SfuIdentity, UnixMillis, server::SfuView};
use livekit_api::{
    access_token::{AccessToken, VideoGrants},
    services::{
        ServerError, ServerErrorCode, ServiceError,
        room::{CreateRoomOptions, RoomClient},
    },
};

use crate::{
    config::Livekit,
    metrics::Metrics,
    store::{Person, now},
};

/// The SFU did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the SFU did not answer as it should: {0}")]
pub struct SfuError(pub String);

/// What the server asks of the SFU. Rooms are named by [`room_name`].
#[async_trait]
pub trait Sfu: Send + Sync {
    /// Makes the room, unless it is there.
    async fn ensure_room(&self, room: &str) -> Result<(), SfuError>;
    /// Deletes the room and throws out who is in it; a room that is not there is fine.
    async fn delete_room(&self, room: &str) -> Result<(), SfuError>;
    /// Who is in the room.
    async fn look(&self, room: &str) -> Result<SfuView, SfuError>;
    /// Throws a device out; one that is not there is fine.
    async fn remove_participant(&self, room: &str, identity: &SfuIdentity) -> Result<(), SfuError>;
    /// The rooms this server made, those of dead calls included.
    async fn rooms(&self) -> Result<Vec<String>, SfuError>;
}

/// The SFU's room of a call.
pub fn room_name(call: &CallId) -> String {
    format!("scaiwave-{call}")
}

/// The call of an SFU's room; `None` for a room that is none of ours.
pub fn call_of_room(room: &str) -> Option<CallId> {
    room.strip_prefix("scaiwave-").filter(|id| !id.is_empty()).map(CallId::from)
}

/// Takes every request and has nobody in any room: for tests of what needs no media.
#[derive(Clone, Copy, Debug)]
pub struct NoMedia;

#[async_trait]
impl Sfu for NoMedia {
    async fn ensure_room(&self, _room: &str) -> Result<(), SfuError> {
        Ok(())
    }

    async fn delete_room(&self, _room: &str) -> Result<(), SfuError> {
        Ok(())
    }

    async fn look(&self, _room: &str) -> Result<SfuView, SfuError> {
        Ok(SfuView::Unknown)
    }

    async fn remove_participant(&self, _room: &str, _identity: &SfuIdentity) -> Result<(), SfuError> {
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<String>, SfuError> {
        Ok(Vec::new())
    }
}

/// LiveKit, by its server API.
#[derive(Debug)]
pub struct LivekitSfu {
    rooms: RoomClient,
    /// Written into each room, since several servers may share one SFU.
    owner: String,
}

/// Nobody waits longer for the SFU; a ring does not wait for it at all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);
/// Seconds an SFU's room stays without anybody; longer than a call's own timers, which decide.
const EMPTY_TIMEOUT_S: u32 = 300;

impl LivekitSfu {
    /// Connects to nothing yet.
    pub fn new(livekit: &Livekit) -> Self {
        let rooms = RoomClient::with_api_key(livekit.url.as_str(), &livekit.api_key, &livekit.api_secret)
            .with_request_timeout(REQUEST_TIMEOUT);
        Self { rooms, owner: String::new() }
    }

    /// Marks the rooms it makes as this server's; without a mark it finds none of them again by [`Sfu::rooms`].
    pub fn owned_by(mut self, server_name: &str) -> Self {
        self.owner = format!("scaiwave:{server_name}");
        self
    }
}

fn failed(e: ServiceError) -> SfuError {
    SfuError(e.to_string())
}

fn is_not_found(e: &ServiceError) -> bool {
    matches!(e, ServiceError::Twirp(ServerError::Twirp(code)) if code.code == ServerErrorCode::NOT_FOUND)
}

#[async_trait]
impl Sfu for LivekitSfu {
    async fn ensure_room(&self, room: &str) -> Result<(), SfuError> {
        let options = CreateRoomOptions {
            empty_timeout: EMPTY_TIMEOUT_S,
            departure_timeout: EMPTY_TIMEOUT_S,
            metadata: self.owner.clone(),
            ..CreateRoomOptions::default()
        };
        self.rooms.create_room(room, options).await.map(drop).map_err(failed)
    }

    async fn delete_room(&self, room: &str) -> Result<(), SfuError> {
        match self.rooms.delete_room(room).await {
            Err(e) if !is_not_found(&e) => Err(failed(e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn look(&self, room: &str) -> Result<SfuView, SfuError> {
        let present = match self.rooms.list_participants(room).await {
            Ok(present) => present,
            Err(e) if is_not_found(&e) => return Ok(SfuView::Gone),
            Err(e) => return Err(failed(e)),
        };
        if present.is_empty() && self.rooms.list_rooms(vec![room.to_owned()]).await.map_err(failed)?.is_empty() {
            return Ok(SfuView::Gone);
        }
        let known = present.into_iter().filter_map(|p| Some((SfuIdentity::parse(&p.identity)?, p.sid)));
        Ok(SfuView::Present { devices: known.collect() })
    }

    async fn remove_participant(&self, room: &str, identity: &SfuIdentity) -> Result<(), SfuError> {
        match self.rooms.remove_participant(room, &identity.to_string()).await {
            Err(e) if !is_not_found(&e) => Err(failed(e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn rooms(&self) -> Result<Vec<String>, SfuError> {
        let all = self.rooms.list_rooms(Vec::new()).await.map_err(failed)?;
        Ok(all
            .into_iter()
            .filter(|room| !self.owner.is_empty() && room.metadata == self.owner)
            .map(|r| r.name)
            .collect())
    }
}

/// Any SFU, with its requests counted.
pub(crate) struct MeteredSfu {
    inner: Arc<dyn Sfu>,
    metrics: Arc<Metrics>,
}

impl MeteredSfu {
    pub(crate) fn new(inner: Arc<dyn Sfu>, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }

    async fn ask<T>(
        &self,
        operation: &'static str,
        request: impl Future<Output = Result<T, SfuError>> + Send,
    ) -> Result<T, SfuError> {
        let began = Instant::now();
        let answer = request.await;
        self.metrics.sfu(operation, began.elapsed(), answer.is_err());
        answer
    }
}

#[async_trait]
impl Sfu for MeteredSfu {
    async fn ensure_room(&self, room: &str) -> Result<(), SfuError> {
        self.ask("ensure_room", self.inner.ensure_room(room)).await
    }

    async fn delete_room(&self, room: &str) -> Result<(), SfuError> {
        self.ask("delete_room", self.inner.delete_room(room)).await
    }

    async fn look(&self, room: &str) -> Result<SfuView, SfuError> {
        self.ask("look", self.inner.look(room)).await
    }

    async fn remove_participant(&self, room: &str, identity: &SfuIdentity) -> Result<(), SfuError> {
        self.ask("remove_participant", self.inner.remove_participant(room, identity)).await
    }

    async fn rooms(&self) -> Result<Vec<String>, SfuError> {
        self.ask("rooms", self.inner.rooms()).await
    }
}

/// No token lasts longer, whatever is configured.
const MAX_TOKEN: Duration = Duration::from_secs(600);
/// What a member may show; everything the client can publish, and nothing else.
const SOURCES: [&str; 4] = ["camera", "microphone", "screen_share", "screen_share_audio"];

/// A token for one device in one room, with what a member needs and no more.
pub fn join_token(
    livekit: &Livekit,
    room: &str,
    identity: &SfuIdentity,
    person: &Person,
    lasts: Duration,
) -> Result<(String, UnixMillis), SfuError> {
    let grants = VideoGrants {
        room_join: true,
        room: room.to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_sources: SOURCES.map(str::to_owned).to_vec(),
        // Nothing is said over the SFU: who somebody is and what becomes of the call, the server says.
        can_publish_data: Some(false),
        can_update_own_metadata: Some(false),
        ..VideoGrants::default()
    };
    let lasts = lasts.min(MAX_TOKEN);
    let token = AccessToken::with_api_key(&livekit.api_key, &livekit.api_secret)
        .with_identity(&identity.to_string())
        .with_name(&person.display_name)
        .with_ttl(lasts)
        .with_grants(grants)
        .to_jwt()
        .map_err(|e| SfuError(e.to_string()))?;
    Ok((token, UnixMillis(now().0 + lasts.as_millis() as i64)))
}
