//! Everything that can happen to the client, grouped by who says it. One reading tells the whole machine.

use std::fmt;

use crate::{
    CallId, CallState, CallType, CallVersion, DeviceId, DeviceState, EndReason, InviteState, ParticipantId, Quiet,
    RoomId, UnixMillis,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The server says so, without being asked or in answer to [`super::Effect::FetchCall`].
    Server(ServerNews),
    /// The person asks.
    Click(Click),
    /// `Source:` the server's answer to [`super::Effect::AskInitiate`] or [`super::Effect::AskJoin`].
    /// `Action:` joins by the ticket, or ends the try; an answer to a try given up meanwhile is undone by leaving.
    Asked {
        /// Which try.
        attempt: Attempt,
        /// A ticket for the SFU, or why not.
        result: Result<Admission, Refusal>,
    },
    /// The media engine says so. News of an engine that was replaced is dropped.
    Engine {
        /// Which process.
        engine: EngineNo,
        /// What.
        news: EngineNews,
    },
    /// `Source:` the driver, at [`super::Client::deadline`]. `Action:` rings run out, beats are due, waits are over.
    Tick,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerNews {
    /// `Source:` `swp.call.invite`. `Action:` rings, unless we are in that call, are starting it, or have stopped this very
    /// ring before.
    Invite {
        /// The call.
        call: CallInfo,
        /// When the ring ends, by our clock.
        expires_at: UnixMillis,
    },
    /// `Source:` `swp.call.state`, and the call in any answer. `Action:` newer versions replace what is known; our invite being final
    /// stops the ring, the call being over ends it here.
    CallChanged {
        /// As it is now.
        call: CallInfo,
    },
    /// `Source:` `swp.call.invite_update`. `Action:` ours, made final elsewhere, stops the ring with its outcome.
    InviteChanged {
        /// The call.
        call_id: CallId,
        /// Whose invite.
        participant: ParticipantId,
        /// Now.
        state: InviteState,
        /// Which of the person's rings is meant.
        ring: u32,
    },
    /// `Source:` `swp.call.ended`. `Action:` ring and call end.
    CallEnded {
        /// The call.
        call_id: CallId,
        /// Why.
        reason: EndReason,
        /// Who ended it for everyone.
        by: Option<ParticipantId>,
    },
    /// `Source:` own rooms and their live calls, asked for after every (re)connect of the stream. `Action:` rings what still rings,
    /// stops what does not, asks after our own call if it is not among them.
    LiveCalls {
        /// All of them.
        calls: Vec<CallInfo>,
        /// When they were asked for: what was heard later is not judged by them.
        asked_at: UnixMillis,
    },
    /// `Source:` the answer to [`super::Effect::FetchCall`] was "not found". `Action:` we are no longer part of it.
    CallUnknown {
        /// The call.
        call_id: CallId,
    },
}

/// What the person asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// `Source:` phone or camera icon of a room. `Action:` answers the room's ring if there is one, else asks the server to start or
    /// join the room's call.
    Start {
        /// Where.
        room_id: RoomId,
        /// Which icon.
        call_type: CallType,
    },
    /// `Source:` ring window, notification. `Action:` leaves the present call, stops the ring, joins.
    Answer {
        /// Which ring.
        call_id: CallId,
        /// Camera on.
        with_video: bool,
    },
    /// `Source:` ring window, notification. `Action:` stops the ring and tells the server.
    Reject {
        /// Which ring.
        call_id: CallId,
    },
    /// `Source:` the red button. `Action:` out at once, whatever is under way.
    Leave,
    /// `Source:` the menu of the red button. `Action:` asks the server; its event ends the call.
    EndForEveryone,
    /// `Source:` the ended stage. `Action:` removes it.
    Dismiss,
    /// `Source:` the mute button. `Action:` done now, or remembered until we are connected.
    SetMicrophone {
        /// Open.
        on: bool,
    },
    /// `Source:` the camera button. `Action:` as for the microphone.
    SetCamera {
        /// Open.
        on: bool,
    },
    /// `Source:` sign-out, and the end of the program. `Action:` leaves the call, stops every ring.
    SignOut,
}

/// What the media engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineNews {
    /// `Source:` the SFU's connection is up. `Action:` the call is on; catches up on buttons pressed meanwhile.
    Connected,
    /// `Source:` the SDK lost the connection and mends it. `Action:` says so, waits.
    Reconnecting,
    /// `Source:` the SDK gave up, or was told to. `Action:` by the reason.
    Disconnected {
        /// Why.
        reason: MediaEnd,
    },
    /// `Source:` the answer to [`super::Effect::JoinMedia`] was no. `Action:` a fresh token and another try, within limits.
    JoinFailed {
        /// Whether a fresh token may help or nothing will.
        fault: JoinFault,
        /// For people.
        message: String,
    },
    /// `Source:` the process is gone. `Action:` a new one, a fresh token, back in.
    Died,
    /// `Source:` the process cannot be started. `Action:` the call fails; a ring goes on without preparation.
    Unavailable {
        /// For people.
        message: String,
    },
}

/// Why the media connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaEnd {
    /// We left.
    Left,
    /// The SFU's room is gone: the server knows why.
    RoomDeleted,
    /// Taken out.
    Removed,
    /// The same device joined again elsewhere.
    DuplicateIdentity,
    /// Network or SFU.
    Lost,
}

/// Why the engine did not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinFault {
    /// Token expired or refused, or the SFU not reached: worth another try.
    Passing,
    /// The engine itself cannot: no try will help.
    Lasting,
}

/// A call as a member may see it, all times by our own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// Which.
    pub call_id: CallId,
    /// Where.
    pub room_id: RoomId,
    /// Audio or video.
    pub call_type: CallType,
    /// Ringing, active, …
    pub state: CallState,
    /// Lower ones are stale.
    pub version: CallVersion,
    /// Who started it.
    pub initiator: ParticipantId,
    /// When.
    pub started_at: UnixMillis,
    /// When the first other person answered.
    pub answered_at: Option<UnixMillis>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// When the ring runs out.
    pub ring_expires_at: UnixMillis,
    /// Who was rung.
    pub invites: Vec<InviteInfo>,
    /// Our own ring is to be silent, and why.
    pub quiet: Option<Quiet>,
    /// Devices, gone ones included.
    pub devices: Vec<CallDevice>,
    /// We may end it for everyone.
    pub can_end: bool,
}

impl CallInfo {
    /// The invite of one person.
    pub fn invite_of(&self, participant: &ParticipantId) -> Option<&InviteInfo> {
        self.invites.iter().find(|invite| invite.participant == *participant)
    }
}

/// A person's invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteInfo {
    /// Whose.
    pub participant: ParticipantId,
    /// Pending, ringing, …
    pub state: InviteState,
    /// How often the person was rung; a higher one opens the invite anew.
    pub ring: u32,
    /// When it runs out; absent, with the call's ring.
    pub expires_at: Option<UnixMillis>,
}

/// A device in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallDevice {
    /// Whose.
    pub participant: ParticipantId,
    /// Which.
    pub device: DeviceId,
    /// Joined, reconnecting, …
    pub state: DeviceState,
}

/// Let in: the call, and a ticket for the SFU.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// The call as of now.
    pub call: CallInfo,
    /// For the engine.
    pub ticket: Ticket,
}

/// Where the media is, and the right to it. `Debug` hides the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The SFU.
    pub url: String,
    /// Good for some minutes.
    pub token: String,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The server said no, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For the machine.
    pub kind: RefusalKind,
    /// For people: says what to do.
    pub message: String,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The call is over.
    CallOver,
    /// Not ours to join (any more): no member, no such call.
    NotAllowed,
    /// Network, server or SFU trouble: may pass.
    Passing,
    /// Anything else: will not pass.
    Lasting,
}

/// Numbers the tries to get into a call, so that a late answer is known as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Attempt(pub u64);

/// Numbers the engine processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EngineNo(pub u64);

impl Input {
    /// Its name, for the trace.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Server(news) => news.name(),
            Self::Click(click) => click.name(),
            Self::Asked { result: Ok(_), .. } => "granted",
            Self::Asked { result: Err(_), .. } => "refused",
            Self::Engine { news, .. } => news.name(),
            Self::Tick => "tick",
        }
    }
}

impl ServerNews {
    fn name(&self) -> &'static str {
        match self {
            Self::Invite { .. } => "invite",
            Self::CallChanged { .. } => "call_changed",
            Self::InviteChanged { .. } => "invite_changed",
            Self::CallEnded { .. } => "call_ended",
            Self::LiveCalls { .. } => "live_calls",
            Self::CallUnknown { .. } => "call_unknown",
        }
    }
}

impl Click {
    fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "click_start",
            Self::Answer { .. } => "click_answer",
            Self::Reject { .. } => "click_reject",
            Self::Leave => "click_leave",
            Self::EndForEveryone => "click_end",
            Self::Dismiss => "click_dismiss",
            Self::SetMicrophone { .. } => "click_microphone",
            Self::SetCamera { .. } => "click_camera",
            Self::SignOut => "sign_out",
        }
    }
}

impl EngineNews {
    fn name(&self) -> &'static str {
        match self {
            Self::Connected => "engine_connected",
            Self::Reconnecting => "engine_reconnecting",
            Self::Disconnected { .. } => "engine_disconnected",
            Self::JoinFailed { .. } => "engine_join_failed",
            Self::Died => "engine_died",
            Self::Unavailable { .. } => "engine_unavailable",
        }
    }
}
