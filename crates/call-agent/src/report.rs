//! What the agent says at the end.

use std::{collections::BTreeMap, fmt};

use call_model::{CallId, ParticipantId, RoomId, UnixMillis};
use call_session::view::{CallOutcome, Person};
use serde::Serialize;

/// The whole run. Times are milliseconds since the agent started.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Who the agent was; absent if it never got in.
    pub(crate) user: Option<Person>,
    pub(crate) call_id: Option<CallId>,
    pub(crate) room_id: Option<RoomId>,
    pub(crate) started_at: UnixMillis,
    /// It rang and was rejected, as asked.
    pub(crate) rejected: bool,
    /// Why the call ended for the agent; absent if it was in none.
    pub(crate) ended: Option<CallOutcome>,
    /// What went wrong, for people; absent if all went as asked.
    pub(crate) error: Option<String>,
    pub(crate) times: Times,
    /// Everybody else who was in the call, a device each.
    pub(crate) others: Vec<Other>,
    pub(crate) own: Own,
    pub(crate) reconnections: u32,
    pub(crate) engine_restarts: u32,
    pub(crate) drops: Drops,
    /// Handles in the SDK library when last counted.
    pub(crate) sdk_handles: u64,
    /// What a person would have been told.
    pub(crate) notices: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Times {
    pub(crate) signed_in_ms: Option<u64>,
    pub(crate) ring_ms: Option<u64>,
    /// Answered; of a caller, when it called.
    pub(crate) answer_ms: Option<u64>,
    pub(crate) connect_ms: Option<u64>,
    pub(crate) first_remote_frame_ms: Option<u64>,
    pub(crate) first_remote_sound_ms: Option<u64>,
    pub(crate) end_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Other {
    pub(crate) participant_id: ParticipantId,
    pub(crate) display_name: String,
    pub(crate) device_id: String,
    /// Absent if no picture came.
    pub(crate) seen: Option<Seen>,
    /// Absent if no sound came.
    pub(crate) heard: Option<Heard>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Seen {
    pub(crate) frames_decoded: u64,
    pub(crate) decoded_size: Option<(u32, u32)>,
    pub(crate) frames_drawn: u64,
    pub(crate) drawn_size: Option<(u32, u32)>,
    /// Capture to decoded, p50 and p95.
    pub(crate) latency_ms: Option<(f32, f32)>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Heard {
    /// Of 10 ms.
    pub(crate) frames: u64,
    /// The loudest second, RMS, 0.0 to 1.0.
    pub(crate) level: f32,
    pub(crate) tone_hz: Option<u32>,
}

/// What the others could get of the agent when it was last connected.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Own {
    pub(crate) microphone_on: bool,
    pub(crate) camera_on: bool,
    pub(crate) listen_only: bool,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Drops {
    /// Replaced by a newer one before they were drawn.
    pub(crate) frames: u64,
    /// By stage.
    pub(crate) audio: BTreeMap<String, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rejected {
            return write!(f, "Rejected the call.");
        }
        let Some(ended) = &self.ended else { return write!(f, "Was in no call.") };
        match ended {
            CallOutcome::Left => write!(f, "Left the call.")?,
            CallOutcome::Ended { reason, by } => {
                write!(f, "The call ended ({}).", word(reason))?;
                if let Some(by) = by {
                    write!(f, " {} ended it.", by.display_name)?;
                }
            }
            CallOutcome::Removed => write!(f, "Was taken out of the call.")?,
            CallOutcome::Failed { message } => write!(f, "The call failed: {message}")?,
        }
        if let (Some(answer), Some(connect)) = (self.times.answer_ms, self.times.connect_ms) {
            write!(f, " Connected after {} ms.", connect.saturating_sub(answer))?;
        }
        for other in &self.others {
            write!(f, "\n{}: ", other.display_name)?;
            match &other.seen {
                Some(seen) => write!(f, "{} frames seen", seen.frames_decoded)?,
                None => write!(f, "not seen")?,
            }
            match &other.heard {
                Some(Heard { tone_hz: Some(tone), .. }) => write!(f, ", a tone of {tone} Hz heard")?,
                Some(heard) => write!(f, ", heard at level {:.3}", heard.level)?,
                None => write!(f, ", not heard")?,
            }
        }
        Ok(())
    }
}

/// As it stands in JSON.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
