//! The one call of this device: its state, on two axes, and what they come to for a person.

use super::{Attempt, Client, Outcome, Ticket};
use crate::{CallId, CallState, CallType, ParticipantId, RoomId, UnixMillis};

/// The call we are in, are getting into, or have just been in.
#[derive(Clone, Debug)]
pub struct OwnCall {
    /// Where.
    pub room_id: RoomId,
    /// Audio or video.
    pub call_type: CallType,
    /// We clicked the phone, as against answering.
    pub started_here: bool,
    pub(super) call_id: Option<CallId>,
    pub(super) stage: Stage,
    pub(super) media: Media,
    /// What the person wants open, and what the engine was last told.
    pub(super) wanted: Open,
    pub(super) told: Open,
    pub(super) was_connected: bool,
    pub(super) tries: u32,
    pub(super) heartbeat_at: Option<UnixMillis>,
}

/// How far the server has let us: one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Asked, not answered.
    Asking {
        /// Which try.
        attempt: Attempt,
    },
    /// Let in.
    Admitted,
    /// Waiting before asking again.
    Pausing {
        /// Until then.
        until: UnixMillis,
    },
    /// The SFU's room is gone: the server is asked what that means.
    AwaitingVerdict {
        /// Taken as lost then.
        until: UnixMillis,
    },
    /// Over for us.
    Over {
        /// How.
        outcome: Outcome,
    },
}

/// How far the media is: the other axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// Not connected. A ticket waits here for an engine that is not there yet.
    Apart {
        /// To join by.
        ticket: Option<Ticket>,
    },
    /// The engine is on its way in.
    Joining,
    /// In.
    Connected {
        /// Since.
        since: UnixMillis,
    },
    /// Lost; the SDK mends it.
    Reconnecting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) microphone: bool,
    pub(super) camera: bool,
}

impl OwnCall {
    pub(super) fn starting(room_id: RoomId, call_type: CallType, attempt: Attempt) -> Self {
        Self::new(room_id, call_type, None, call_type == CallType::Video, attempt)
    }

    pub(super) fn answering(
        room_id: RoomId,
        call_type: CallType,
        call_id: CallId,
        camera: bool,
        attempt: Attempt,
    ) -> Self {
        Self::new(room_id, call_type, Some(call_id), camera, attempt)
    }

    fn new(room_id: RoomId, call_type: CallType, call_id: Option<CallId>, camera: bool, attempt: Attempt) -> Self {
        // who calls or answers expects to be heard
        let wanted = Open { microphone: true, camera };
        Self {
            room_id,
            call_type,
            started_here: call_id.is_none(),
            call_id,
            stage: Stage::Asking { attempt },
            media: Media::Apart { ticket: None },
            wanted,
            told: wanted,
            was_connected: false,
            tries: 0,
            heartbeat_at: None,
        }
    }

    /// Absent until the server has answered.
    pub fn call_id(&self) -> Option<&CallId> {
        self.call_id.as_ref()
    }

    /// How far the server has let us.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// How far the media is.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// The microphone is to be open.
    pub fn microphone(&self) -> bool {
        self.wanted.microphone
    }

    /// The camera is to be open.
    pub fn camera(&self) -> bool {
        self.wanted.camera
    }

    /// We have been connected at least once.
    pub fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Not over.
    pub fn is_on(&self) -> bool {
        match self.stage {
            Stage::Asking { .. } | Stage::Admitted | Stage::Pausing { .. } | Stage::AwaitingVerdict { .. } => true,
            Stage::Over { .. } => false,
        }
    }

    pub(super) fn name_who_ended(&mut self, call_id: &CallId, who: Option<ParticipantId>) {
        if self.call_id.as_ref() != Some(call_id) {
            return;
        }
        if let Stage::Over { outcome: Outcome::Ended { by, .. } } = &mut self.stage
            && by.is_none()
        {
            *by = who;
        }
    }

    pub(super) fn deadline(&self) -> Option<UnixMillis> {
        let wait = match self.stage {
            Stage::Pausing { until } | Stage::AwaitingVerdict { until } => Some(until),
            Stage::Asking { .. } | Stage::Admitted => None,
            Stage::Over { .. } => return None,
        };
        wait.into_iter().chain(self.heartbeat_at).min()
    }

    pub(super) fn state_name(&self) -> String {
        let stage = match &self.stage {
            Stage::Asking { .. } => "asking",
            Stage::Admitted => "admitted",
            Stage::Pausing { .. } => "pausing",
            Stage::AwaitingVerdict { .. } => "awaiting_verdict",
            Stage::Over { outcome } => return format!("over({})", outcome.name()),
        };
        let media = match &self.media {
            Media::Apart { .. } => "apart",
            Media::Joining => "joining",
            Media::Connected { .. } => "connected",
            Media::Reconnecting => "reconnecting",
        };
        format!("{stage}/{media}")
    }
}

/// What stage and media come to for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// We called; the server is asked.
    Starting,
    /// We called; it rings at the others.
    RingingOut,
    /// We answered or joined; media is on its way.
    Connecting,
    /// In.
    Connected,
    /// Media is lost and being mended.
    Reconnecting,
    /// Over.
    Ended(Outcome),
}

impl Client {
    /// Where the call of this device is.
    pub fn phase(&self) -> Option<Phase> {
        let call = self.call.as_ref()?;
        let info = call.call_id.as_ref().and_then(|id| self.directory.get(id));
        let unanswered = info.is_some_and(|info| info.state == CallState::Ringing && info.initiator == self.me);
        let phase = match (&call.stage, &call.media) {
            (Stage::Over { outcome }, _) => Phase::Ended(outcome.clone()),
            (_, Media::Reconnecting) => Phase::Reconnecting,
            (_, Media::Apart { .. } | Media::Joining) if call.was_connected => Phase::Reconnecting,
            _ if unanswered => Phase::RingingOut,
            (_, Media::Connected { .. }) => Phase::Connected,
            (_, Media::Apart { .. } | Media::Joining) if call.started_here && call.call_id.is_none() => Phase::Starting,
            (_, Media::Apart { .. } | Media::Joining) => Phase::Connecting,
        };
        Some(phase)
    }
}
