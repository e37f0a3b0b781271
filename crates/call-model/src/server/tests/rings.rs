use super::*;

#[test]
fn who_has_not_answered_is_rung_again_with_a_fresh_ring() {
    let mut s = group().talking();
    s.after(45).tick();
    assert_eq!(s.invite("carol"), InviteState::Missed);
    assert_eq!(s.ring("alice", &["alice", "bob", "carol"], false).unwrap(), ["carol"], "bob is in the call");
    assert_eq!((s.invite("carol"), s.due_in()), (InviteState::Pending, Some(45)));
    let carol = s.call.invites.iter().find(|invite| invite.participant.as_str() == "carol").unwrap();
    assert_eq!((carol.ring, carol.expires_at), (2, s.call.ring_expires_at));
    s.apply(Input::Delivered(vec!["carol".into()])).unwrap();
    s.after(44).tick();
    assert_eq!(s.invite("carol"), InviteState::Ringing);
    s.after(1).tick();
    assert_eq!((s.invite("carol"), s.due_in()), (InviteState::Missed, None));
}

#[test]
fn nobody_is_rung_more_often_than_every_thirty_seconds_nor_without_end() {
    let mut s = group().talking();
    s.after(29);
    assert!(s.ring("alice", &["carol"], true).unwrap().is_empty(), "not even by name");
    let version = s.call.version;
    s.after(1);
    for again in 1..MAX_RINGS {
        assert_eq!(s.ring("bob", &["carol"], false).unwrap(), ["carol"], "again {again}");
        s.after(30);
    }
    assert!(s.ring("bob", &["carol"], true).unwrap().is_empty());
    assert_eq!(s.call.version.0, version.0 + u64::from(MAX_RINGS) - 1);
}

#[test]
fn who_declined_is_left_alone_for_a_minute_unless_named() {
    let mut s = group().talking();
    s.after(20).reject("carol").after(40);
    assert!(s.ring("alice", &["carol"], false).unwrap().is_empty());
    let mut named = Score { call: s.call.clone(), ..s };
    assert_eq!(named.ring("alice", &["carol"], true).unwrap(), ["carol"]);
    s.after(20);
    assert_eq!(s.ring("alice", &["carol"], false).unwrap(), ["carol"]);
}

#[test]
fn who_left_again_is_rung_by_name_only() {
    let mut s = group().talking();
    s.after(60).tick().leave("bob");
    assert_eq!(s.ring("alice", &["bob", "carol"], false).unwrap(), ["carol"]);
    assert_eq!(s.ring("alice", &["bob"], true).unwrap(), ["bob"]);
    s.join("bob");
    assert_eq!(s.invite("bob"), InviteState::Accepted);
}

#[test]
fn who_joined_the_room_after_the_start_is_rung_for_the_first_time() {
    let mut s = group().talking();
    s.after(1);
    assert_eq!(s.ring("alice", &["bob", "carol", "dave"], false).unwrap(), ["dave"]);
    assert_eq!(s.invite("dave"), InviteState::Pending);
    s.after(44).tick();
    assert_eq!((s.invite("carol"), s.invite("dave")), (InviteState::Missed, InviteState::Pending));
    s.after(1).tick();
    assert_eq!(s.invite("dave"), InviteState::Missed);
}

#[test]
fn ringing_again_takes_being_in_the_call() {
    let mut s = group().talking();
    s.after(60);
    assert_eq!(s.ring("carol", &["dave"], true), Err(Refusal::NotInCall));
    s.leave("bob");
    assert_eq!(s.ring("bob", &["carol"], true), Err(Refusal::NotInCall));
    s.apply(Input::End { by: "alice".into(), allowed: false }).unwrap();
    assert_eq!(s.ring("alice", &["carol"], true), Err(Refusal::Ended));
}

#[test]
fn an_unanswered_call_rings_as_long_as_its_last_ring() {
    let mut s = group();
    s.at_sfu("alice").after(40);
    assert_eq!(s.ring("alice", &["carol"], false).unwrap(), ["carol"]);
    s.after(5).tick();
    assert_eq!((s.call.state, s.invite("bob"), s.due_in()), (CallState::Ringing, InviteState::Missed, Some(40)));
    s.after(40).tick().assert_ending(NoAnswer);
}

#[test]
fn an_unanswered_call_ends_with_its_last_open_invite() {
    let mut s = group();
    s.at_sfu("alice").after(40).ring("alice", &["carol"], false).unwrap();
    s.reject("carol");
    assert_eq!(s.call.state, CallState::Ringing, "bob still rings");
    s.after(5).tick().assert_ending(NoAnswer);
}

#[test]
fn a_member_who_is_gone_is_out_of_the_call() {
    let mut s = group().talking();
    s.join("carol").at_sfu("carol").gone("bob");
    assert_eq!((s.device("bob"), s.call.state), (DeviceState::Left, CallState::Active));
    let at_sfu = |who: &[&str]| who.iter().map(|who| (id(who), String::new())).collect::<Vec<_>>();
    assert_eq!(s.call.strangers(&at_sfu(&["alice", "bob", "carol"]), s.now, &s.t), [id("bob")]);
    s.at_sfu("bob").sfu_has(&["alice", "bob", "carol"]);
    assert_eq!(s.device("bob"), DeviceState::Left, "a token of before does not bring him back");
    let version = s.call.version;
    s.gone("bob");
    assert_eq!(s.call.version, version);
    s.join("bob").at_sfu("bob");
    assert_eq!(s.device("bob"), DeviceState::Joined, "a member again, he may");
}

#[test]
fn a_member_who_left_the_call_and_is_gone_does_not_come_back_by_an_old_token() {
    let mut s = group().talking();
    s.dropped("bob").after(20).sfu_has(&["alice"]).gone("bob").sfu_has(&["alice", "bob"]);
    assert_eq!(s.device("bob"), DeviceState::Left);
}

#[test]
fn a_member_who_is_gone_no_longer_rings() {
    let mut s = group();
    s.at_sfu("alice").gone("carol");
    assert_eq!((s.invite("carol"), s.call.state), (InviteState::Cancelled, CallState::Ringing));
    s.gone("bob").assert_ending(NoAnswer);
    let mut s = group();
    s.at_sfu("alice").gone("alice").assert_ending(Cancelled);
    let mut s = direct().talking();
    s.gone("bob").assert_ending(AllLeft);
}

#[test]
fn a_closed_room_ends_its_call() {
    let mut s = group().talking();
    s.apply(Input::RoomClosed).unwrap();
    s.assert_ending(RoomClosed);
}

#[test]
fn strangers_are_those_who_left_and_stay_and_those_nobody_let_in() {
    let mut s = group().talking();
    let there: Vec<_> = ["alice", "bob", "mallory"].iter().map(|who| (id(who), String::new())).collect();
    s.leave("bob");
    assert_eq!(s.call.strangers(&there, s.now, &s.t), [id("mallory")], "bob hangs up by himself");
    s.after(3);
    assert_eq!(s.call.strangers(&there, s.now, &s.t), [id("bob"), id("mallory")]);
    s.join("bob");
    assert_eq!(s.call.strangers(&there, s.now, &s.t), [id("mallory")]);
}

#[test]
fn a_clock_that_is_set_leaves_a_call_as_long_as_it_was() {
    for jump in [3_600_000, -3_600_000] {
        let mut s = group().talking();
        s.apply(Input::Heartbeat(id("bob"))).unwrap();
        s.after(10).dropped("bob");
        let due = s.due_in();
        s.now.0 += jump;
        s.call.shift(jump);
        assert_eq!(s.due_in(), due);
        assert_eq!(s.call.ahead_of(s.now), 0);
        s.after(35).tick();
        assert_eq!(s.invite("carol"), InviteState::Missed);
        s.apply(Input::End { by: "alice".into(), allowed: false }).unwrap();
        assert_eq!(s.call.duration_ms(), 45_000);
    }
}

#[test]
fn a_clock_set_back_unwatched_is_found_by_what_lies_in_the_future() {
    let mut s = group();
    s.after(20).at_sfu("alice");
    s.now.0 -= 3_600_000;
    let ahead = s.call.ahead_of(s.now);
    assert_eq!(ahead, 3_600_000);
    s.call.shift(-ahead);
    assert_eq!(s.due_in(), Some(25));
}

#[test]
fn the_first_reason_to_be_quiet_counts() {
    use crate::Quiet::*;
    let on = |in_call, busy, muted, quiet_hours| Attention { in_call, busy, muted, quiet_hours }.quiet();
    let (y, n) = (true, false);
    for (quiet, expected) in [
        (on(n, n, n, n), None),
        (on(y, n, n, n), Some(InCall)),
        (on(y, y, y, y), Some(InCall)),
        (on(n, y, n, n), Some(Busy)),
        (on(n, y, y, y), Some(Busy)),
        (on(n, n, y, n), Some(MutedRoom)),
        (on(n, n, y, y), Some(MutedRoom)),
        (on(n, n, n, y), Some(QuietHours)),
    ] {
        assert_eq!(quiet, expected);
    }
}
