//! A timeline as a score: `seconds  input => effects`, one line an input. A line that begins with `=>` goes on with the one above.
//!
//! People: `me` on this device, `bob` who calls. Calls: `c1` is in room `r1`, `c2` in `r2`, …; `c1.3` is its version 3.

use crate::{
    CallId, CallState, CallType, CallVersion, EndReason, InviteState, UnixMillis,
    client::{
        Admission, Attempt, CallInfo, Click, Client, Effect, EngineNews, EngineNo, Input, InviteInfo, JoinFault,
        MediaEnd, Notification, Refusal, RefusalKind, ServerNews, Ticket,
    },
};

pub(super) const RING_MS: i64 = 45_000;

/// Plays a score and compares the effects; the whole of both is shown when they differ.
pub(super) fn play(score: &str) -> Client {
    let mut client = Client::new("me".into(), "desk".into());
    let (mut written, mut played) = (String::new(), String::new());
    for line in score.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (left, effects) = line.split_once("=>").unwrap_or((line, ""));
        let (at, input) = left.trim().split_once(' ').unwrap();
        let now = UnixMillis((at.parse::<f64>().unwrap() * 1000.0) as i64);
        let input = input.trim();
        let step = client.step(now, read_input(now, input));
        let heard: Vec<_> = step.effects.iter().map(write_effect).collect();
        let wanted: Vec<_> = effects.split(',').map(str::trim).filter(|effect| !effect.is_empty()).collect();
        written += &format!("{at:>6}  {input:<28} => {}\n", wanted.join(", "));
        played += &format!("{at:>6}  {input:<28} => {}\n", heard.join(", "));
    }
    assert_eq!(written, played, "\nwritten:\n{written}\nplayed:\n{played}");
    client
}

/// `c1`, `c1.3`, with my invite and the call's state as told.
pub(super) fn call(now: UnixMillis, name: &str, state: CallState, mine: Option<InviteState>, caller: &str) -> CallInfo {
    let (id, version) = name.split_once('.').unwrap_or((name, "1"));
    CallInfo {
        call_id: id.into(),
        room_id: id.replace('c', "r").into(),
        call_type: CallType::Video,
        state,
        version: CallVersion(version.parse().unwrap()),
        initiator: caller.into(),
        started_at: now,
        answered_at: (state == CallState::Active).then_some(now),
        end_reason: (state == CallState::Ended).then_some(EndReason::EndedByUser),
        ring_expires_at: UnixMillis(now.0 + RING_MS),
        invites: mine.map(|state| invite(state, 1)).into_iter().collect(),
        quiet: None,
        devices: Vec::new(),
        can_end: caller == "me",
    }
}

fn invite(state: InviteState, ring: u32) -> InviteInfo {
    InviteInfo { participant: "me".into(), state, ring, expires_at: None }
}

fn read_input(now: UnixMillis, text: &str) -> Input {
    let words: Vec<_> = text.split_whitespace().collect();
    let ringing = |name| call(now, name, CallState::Ringing, Some(InviteState::Pending), "bob");
    let server = |news| Input::Server(news);
    match words[..] {
        ["tick"] => Input::Tick,
        ["invite", name] => server(ServerNews::Invite { call: ringing(name), expires_at: UnixMillis(now.0 + RING_MS) }),
        ["invite", name, "quiet", why] => {
            let call = CallInfo { quiet: Some(read(why)), ..ringing(name) };
            server(ServerNews::Invite { call, expires_at: UnixMillis(now.0 + RING_MS) })
        }
        ["invite", name, "again", ring] => {
            let call = CallInfo { invites: vec![invite(InviteState::Pending, ring.parse().unwrap())], ..ringing(name) };
            server(ServerNews::Invite { call, expires_at: UnixMillis(now.0 + RING_MS) })
        }
        ["invite_of", who, state, name] => invite_changed(who, state, name, "1"),
        ["invite_of", who, state, name, "again", ring] => invite_changed(who, state, name, ring),
        ["state", name, state] => server(ServerNews::CallChanged { call: call(now, name, read(state), None, "bob") }),
        ["state", name, state, mine] => {
            server(ServerNews::CallChanged { call: call(now, name, read(state), Some(read(mine)), "bob") })
        }
        ["ended", name, reason] => {
            server(ServerNews::CallEnded { call_id: name.into(), reason: read(reason), by: None })
        }
        ["ended", name, reason, by] => {
            server(ServerNews::CallEnded { call_id: name.into(), reason: read(reason), by: Some(by.into()) })
        }
        ["unknown", name] => server(ServerNews::CallUnknown { call_id: name.into() }),
        ["live", ref names @ ..] => {
            let calls = names.iter().map(|name| ringing(name)).collect();
            server(ServerNews::LiveCalls { calls, asked_at: now })
        }
        ["granted", attempt, name] => {
            granted(attempt, call(now, name, CallState::Active, Some(InviteState::Accepted), "bob"))
        }
        ["granted", attempt, name, "mine"] => granted(attempt, call(now, name, CallState::Ringing, None, "me")),
        ["refused", attempt, kind] => {
            let kind = match kind {
                "call_over" => RefusalKind::CallOver,
                "not_allowed" => RefusalKind::NotAllowed,
                "passing" => RefusalKind::Passing,
                "lasting" => RefusalKind::Lasting,
                other => panic!("{other}"),
            };
            let refusal = Refusal { kind, message: "no".into() };
            Input::Asked { attempt: Attempt(attempt.parse().unwrap()), result: Err(refusal) }
        }
        ["engine", number, news] => {
            Input::Engine { engine: EngineNo(number.parse().unwrap()), news: read_engine(news) }
        }
        _ => Input::Click(read_click(&words)),
    }
}

fn invite_changed(who: &str, state: &str, name: &str, ring: &str) -> Input {
    Input::Server(ServerNews::InviteChanged {
        call_id: name.into(),
        participant: who.into(),
        state: read(state),
        ring: ring.parse().unwrap(),
    })
}

fn granted(attempt: &str, call: CallInfo) -> Input {
    let ticket = Ticket { url: "ws://sfu".into(), token: format!("token {attempt}") };
    Input::Asked { attempt: Attempt(attempt.parse().unwrap()), result: Ok(Admission { call, ticket }) }
}

fn read_engine(word: &str) -> EngineNews {
    let message = || "broken".to_owned();
    match word {
        "connected" => EngineNews::Connected,
        "reconnecting" => EngineNews::Reconnecting,
        "died" => EngineNews::Died,
        "unavailable" => EngineNews::Unavailable { message: message() },
        "join_failed" => EngineNews::JoinFailed { fault: JoinFault::Passing, message: message() },
        "join_impossible" => EngineNews::JoinFailed { fault: JoinFault::Lasting, message: message() },
        "left" => EngineNews::Disconnected { reason: MediaEnd::Left },
        "room_deleted" => EngineNews::Disconnected { reason: MediaEnd::RoomDeleted },
        "removed" => EngineNews::Disconnected { reason: MediaEnd::Removed },
        "duplicate" => EngineNews::Disconnected { reason: MediaEnd::DuplicateIdentity },
        "lost" => EngineNews::Disconnected { reason: MediaEnd::Lost },
        other => panic!("{other}"),
    }
}

fn read_click(words: &[&str]) -> Click {
    match words[..] {
        ["start", room, kind] => Click::Start { room_id: room.into(), call_type: read(kind) },
        ["answer", call] => Click::Answer { call_id: call.into(), with_video: false },
        ["answer", call, "video"] => Click::Answer { call_id: call.into(), with_video: true },
        ["reject", call] => Click::Reject { call_id: call.into() },
        ["leave"] => Click::Leave,
        ["end"] => Click::EndForEveryone,
        ["dismiss"] => Click::Dismiss,
        ["microphone", on] => Click::SetMicrophone { on: on == "on" },
        ["camera", on] => Click::SetCamera { on: on == "on" },
        ["sign_out"] => Click::SignOut,
        ref other => panic!("{other:?}"),
    }
}

/// A word of the vocabulary, as on the wire.
fn read<T: serde::de::DeserializeOwned>(word: &str) -> T {
    use serde::de::IntoDeserializer;
    let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
    T::deserialize(word).unwrap()
}

fn write_effect(effect: &Effect) -> String {
    let id = |call: &Option<CallId>| call.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    match effect {
        Effect::ShowRing { call_id } => format!("ring {call_id}"),
        Effect::StopRing { call_id, outcome } => format!("stop {call_id} {}", outcome.name()),
        Effect::AskInitiate { attempt, room_id, .. } => format!("ask {} initiate {room_id}", attempt.0),
        Effect::AskJoin { attempt, call_id, .. } => format!("ask {} join {call_id}", attempt.0),
        Effect::AskLeave { call_id, .. } => format!("ask leave {call_id}"),
        Effect::AskReject { call_id, busy: false, .. } => format!("ask reject {call_id}"),
        Effect::AskReject { call_id, busy: true, .. } => format!("ask reject {call_id} busy"),
        Effect::AskEnd { call_id, .. } => format!("ask end {call_id}"),
        Effect::Heartbeat { call_id } => format!("beat {call_id}"),
        Effect::FetchCall { call_id } => format!("fetch {call_id}"),
        Effect::PrepareEngine { engine } => format!("prepare {}", engine.0),
        Effect::JoinMedia { engine, ticket, microphone, camera } => {
            let open = |what: &'static str, on: bool| if on { what } else { "" };
            format!("join {} by {}{}{}", engine.0, ticket.token, open(" mic", *microphone), open(" cam", *camera))
        }
        Effect::SetMicrophone { engine, on } => format!("microphone {} {}", engine.0, if *on { "on" } else { "off" }),
        Effect::SetCamera { engine, on } => format!("camera {} {}", engine.0, if *on { "on" } else { "off" }),
        Effect::StopEngine { engine } => format!("stop engine {}", engine.0),
        Effect::MediaConnected { call_id } => format!("connected {call_id}"),
        Effect::MediaLost { call_id, engine_died: false } => format!("lost {call_id}"),
        Effect::MediaLost { call_id, engine_died: true } => format!("lost {call_id} with its engine"),
        Effect::CallOver { call_id, outcome } => format!("over {} {}", id(call_id), outcome.name()),
        Effect::Notify(Notification::MissedCall { room_id, quiet: false, .. }) => format!("missed {room_id}"),
        Effect::Notify(Notification::MissedCall { room_id, quiet: true, .. }) => format!("missed {room_id} quietly"),
        Effect::Notify(Notification::AnsweredElsewhere { room_id }) => format!("elsewhere answered {room_id}"),
        Effect::Notify(Notification::DeclinedElsewhere { room_id }) => format!("elsewhere declined {room_id}"),
        Effect::Refused(refusal) => format!("refused {}", refusal.code()),
    }
}
