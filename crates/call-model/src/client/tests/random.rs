//! Whatever comes in whatever order: no panic, one call, one engine, and every ring that is shown is stopped, once.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::score::call;
use crate::{
    CallState, CallType, EndReason, InviteState, Quiet, UnixMillis,
    client::{
        Admission, Attempt, Click, Client, Effect, EngineNews, EngineNo, Input, JoinFault, MAX_RING_MS, MediaEnd,
        Refusal, RefusalKind, ServerNews, Ticket,
    },
};

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["c1", "c1.2", "c1.5", "c2", "c2.3", "c3"])
}

fn invite_state() -> impl Strategy<Value = InviteState> {
    use InviteState::*;
    prop::sample::select(vec![Pending, Ringing, Accepted, Declined, Busy, Missed, Cancelled])
}

fn call_state() -> impl Strategy<Value = CallState> {
    use CallState::*;
    prop::sample::select(vec![Ringing, Active, Active, Ending, Ended])
}

fn id(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn server() -> impl Strategy<Value = ServerNews> {
    let at = UnixMillis(0);
    prop_oneof![
        4 => name().prop_map(move |name| ServerNews::Invite {
            call: call(at, name, CallState::Ringing, Some(InviteState::Pending), "bob"),
            expires_at: UnixMillis(60_000),
        }),
        1 => (name(), call_state(), prop::option::of(invite_state())).prop_map(move |(name, state, mine)| {
            ServerNews::CallChanged { call: call(at, name, state, mine, "bob") }
        }),
        1 => (name(), invite_state(), 1..4u32).prop_map(|(name, state, ring)| ServerNews::InviteChanged {
            call_id: id(name).into(),
            participant: "me".into(),
            state,
            ring,
        }),
        1 => (name(), 1..4u32, any::<bool>()).prop_map(move |(name, ring, quiet)| {
            let mut call = call(at, name, CallState::Active, Some(InviteState::Pending), "bob");
            call.invites[0].ring = ring;
            call.quiet = quiet.then_some(Quiet::Busy);
            ServerNews::Invite { call, expires_at: UnixMillis(60_000) }
        }),
        1 => name().prop_map(|name| ServerNews::CallEnded {
            call_id: id(name).into(),
            reason: EndReason::EndedByUser,
            by: None,
        }),
        1 => prop::collection::vec(name(), 0..3).prop_map(move |names| ServerNews::LiveCalls {
            calls: names
                .iter()
                .map(|name| call(at, name, CallState::Ringing, Some(InviteState::Ringing), "bob"))
                .collect(),
            asked_at: UnixMillis(5_000),
        }),
        1 => name().prop_map(|name| ServerNews::CallUnknown { call_id: id(name).into() }),
    ]
}

fn click() -> impl Strategy<Value = Click> {
    prop_oneof![
        1 => prop::sample::select(vec!["r1", "r2"])
            .prop_map(|room| Click::Start { room_id: room.into(), call_type: CallType::Video }),
        3 => name().prop_map(|name| Click::Answer { call_id: id(name).into(), with_video: true }),
        1 => name().prop_map(|name| Click::Reject { call_id: id(name).into() }),
        1 => Just(Click::Leave),
        1 => Just(Click::EndForEveryone),
        1 => Just(Click::Dismiss),
        1 => any::<bool>().prop_map(|on| Click::SetMicrophone { on }),
        1 => any::<bool>().prop_map(|on| Click::SetCamera { on }),
    ]
}

fn engine_news() -> impl Strategy<Value = EngineNews> {
    use MediaEnd::*;
    prop_oneof![
        4 => Just(EngineNews::Connected),
        1 => Just(EngineNews::Reconnecting),
        1 => Just(EngineNews::Died),
        1 => Just(EngineNews::Unavailable { message: String::new() }),
        1 => prop::sample::select(vec![Left, RoomDeleted, Removed, DuplicateIdentity, Lost])
            .prop_map(|reason| EngineNews::Disconnected { reason }),
        1 => prop::sample::select(vec![JoinFault::Passing, JoinFault::Lasting])
            .prop_map(|fault| EngineNews::JoinFailed { fault, message: String::new() }),
    ]
}

fn asked() -> impl Strategy<Value = Result<Admission, Refusal>> {
    use RefusalKind::*;
    prop_oneof![
        3 => (name(), call_state()).prop_map(|(name, state)| Ok(Admission {
            call: call(UnixMillis(0), name, state, Some(InviteState::Accepted), "bob"),
            ticket: Ticket { url: String::new(), token: String::new() },
        })),
        1 => prop::sample::select(vec![CallOver, NotAllowed, Passing, Lasting])
            .prop_map(|kind| Err(Refusal { kind, message: String::new() })),
    ]
}

/// What is to happen; numbers of tries and engines are counted back from the newest.
#[derive(Clone, Debug)]
enum Move {
    Server(ServerNews),
    Click(Click),
    Asked(u64, Result<Admission, Refusal>),
    Engine(u64, EngineNews),
    Tick,
}

fn moves() -> impl Strategy<Value = Vec<(i64, Move)>> {
    let one = prop_oneof![
        5 => server().prop_map(Move::Server),
        4 => click().prop_map(Move::Click),
        4 => (0..3u64, asked()).prop_map(|(back, result)| Move::Asked(back, result)),
        4 => (0..2u64, engine_news()).prop_map(|(back, news)| Move::Engine(back, news)),
        1 => Just(Move::Tick),
    ];
    prop::collection::vec((0..4_000i64, one), 1..80)
}

/// Watches the effects as the driver would.
#[derive(Default)]
struct Watch {
    rings: BTreeSet<String>,
    engine: Option<EngineNo>,
    attempts: u64,
    engines: u64,
}

impl Watch {
    fn see(&mut self, client: &Client, effect: &Effect) {
        match effect {
            Effect::ShowRing { call_id } => assert!(self.rings.insert(call_id.to_string()), "{call_id} rings twice"),
            Effect::StopRing { call_id, .. } => assert!(self.rings.remove(call_id.as_str()), "{call_id} did not ring"),
            Effect::AskInitiate { attempt: Attempt(attempt), .. }
            | Effect::AskJoin { attempt: Attempt(attempt), .. } => {
                assert!(*attempt > self.attempts);
                self.attempts = *attempt;
            }
            Effect::PrepareEngine { engine } => {
                assert_eq!(self.engine.replace(*engine), None, "two engines");
                self.engines = engine.0;
            }
            Effect::StopEngine { engine } => assert_eq!(self.engine.take(), Some(*engine)),
            Effect::JoinMedia { engine, .. }
            | Effect::SetMicrophone { engine, .. }
            | Effect::SetCamera { engine, .. } => assert_eq!(self.engine, Some(*engine)),
            Effect::AskLeave { .. }
            | Effect::AskReject { .. }
            | Effect::AskEnd { .. }
            | Effect::Heartbeat { .. }
            | Effect::FetchCall { .. }
            | Effect::MediaConnected { .. }
            | Effect::MediaLost { .. }
            | Effect::CallOver { .. }
            | Effect::Notify(_)
            | Effect::Refused(_) => {}
        }
        let _ = client;
    }
}

fn run(client: &mut Client, watch: &mut Watch, now: i64, input: Input) {
    if let Input::Engine { engine, news: EngineNews::Died | EngineNews::Unavailable { .. } } = &input
        && watch.engine == Some(*engine)
    {
        watch.engine = None;
    }
    let step = client.step(UnixMillis(now), input);
    for effect in &step.effects {
        watch.see(client, effect);
    }
    assert_eq!(client.engine(), watch.engine);
    assert_eq!(client.rings().len(), watch.rings.len(), "{}", step.trace);
    assert!(!client.in_call() || client.engine().is_some(), "a call without an engine: {}", step.trace);
    assert!(client.deadline().is_none_or(|due| due.0 > now), "a timer that is due was not run: {}", step.trace);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_it(moves in moves()) {
        let (mut client, mut watch, mut now) = (Client::new("me".into(), "desk".into()), Watch::default(), 0);
        for (pause, next) in moves {
            now += pause;
            let input = match next {
                Move::Server(news) => Input::Server(news),
                Move::Click(click) => Input::Click(click),
                Move::Asked(back, result) => {
                    Input::Asked { attempt: Attempt(watch.attempts.saturating_sub(back)), result }
                }
                Move::Engine(back, news) => {
                    Input::Engine { engine: EngineNo(watch.engines.saturating_sub(back)), news }
                }
                Move::Tick => Input::Tick,
            };
            run(&mut client, &mut watch, now, input);
        }
        run(&mut client, &mut watch, now + MAX_RING_MS, Input::Tick);
        prop_assert!(watch.rings.is_empty(), "{:?} still rings", watch.rings);
        run(&mut client, &mut watch, now + MAX_RING_MS, Input::Click(Click::SignOut));
        prop_assert!(watch.engine.is_none() && client.call().is_none());
    }
}
