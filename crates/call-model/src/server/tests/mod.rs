#![allow(clippy::unwrap_used)]
mod property;
mod rings;

use super::*;
use crate::EndReason::*;

/// A call on a virtual clock. Times are seconds.
struct Score {
    call: Call,
    now: UnixMillis,
    t: Timings,
}

fn id(who: &str) -> SfuIdentity {
    SfuIdentity::parse(&if who.contains('/') { who.to_owned() } else { format!("{who}/desk") }).unwrap()
}

fn callee(who: &str) -> Callee {
    Callee { participant: who.into(), quiet: None }
}

/// alice calls bob and carol.
fn group() -> Score {
    start(false, &["bob", "carol"])
}

/// alice calls bob.
fn direct() -> Score {
    start(true, &["bob"])
}

fn start(direct: bool, invited: &[&str]) -> Score {
    let new = NewCall {
        id: "call-1".into(),
        room_id: "room-1".into(),
        direct,
        call_type: CallType::Video,
        initiator: id("alice"),
        invited: invited.iter().map(|who| callee(who)).collect(),
    };
    let (now, t) = (UnixMillis(1_000_000), Timings::default());
    Score { call: Call::start(new, now, &t), now, t }
}

impl Score {
    fn apply(&mut self, input: Input) -> Result<Vec<News>, Refusal> {
        self.call.apply(input, self.now, &self.t)
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now.0 += seconds * 1000;
        self
    }

    fn join(&mut self, who: &str) -> &mut Self {
        self.apply(Input::Join(id(who))).unwrap();
        self
    }

    fn at_sfu(&mut self, who: &str) -> &mut Self {
        self.apply(Input::SfuJoined { identity: id(who), sid: format!("PA_{who}") }).unwrap();
        self
    }

    fn dropped(&mut self, who: &str) -> &mut Self {
        self.apply(Input::SfuLeft { identity: id(who), sid: format!("PA_{who}") }).unwrap();
        self
    }

    fn leave(&mut self, who: &str) -> &mut Self {
        self.apply(Input::Leave(id(who))).unwrap();
        self
    }

    fn reject(&mut self, who: &str) -> &mut Self {
        self.apply(Input::Reject { by: id(who), busy: false }).unwrap();
        self
    }

    fn tick(&mut self) -> &mut Self {
        self.apply(Input::Tick).unwrap();
        self
    }

    fn sfu_has(&mut self, who: &[&str]) -> &mut Self {
        let devices = who.iter().map(|who| (id(who), format!("PA_{who}"))).collect();
        self.sfu(SfuView::Present { devices })
    }

    fn sfu(&mut self, view: SfuView) -> &mut Self {
        self.apply(Input::Observed { asked_at: self.now, view }).unwrap();
        self
    }

    fn ring(&mut self, by: &str, whom: &[&str], named: bool) -> Result<Vec<String>, Refusal> {
        let whom = whom.iter().map(|who| callee(who)).collect();
        let news = self.apply(Input::Ring { by: by.into(), whom, named })?;
        let rung = news.into_iter().map(|item| match item {
            News::Ring(invite) => invite.participant.to_string(),
            other => panic!("{other:?}"),
        });
        Ok(rung.collect())
    }

    fn gone(&mut self, who: &str) -> &mut Self {
        self.apply(Input::MemberGone(who.into())).unwrap();
        self
    }

    fn invite(&self, who: &str) -> InviteState {
        self.call.invites.iter().find(|invite| invite.participant.as_str() == who).unwrap().state
    }

    fn device(&self, who: &str) -> DeviceState {
        self.call.devices.iter().find(|device| device.identity == id(who)).unwrap().state
    }

    fn due_in(&self) -> Option<i64> {
        self.call.next_due(&self.t).map(|due| (due.0 - self.now.0) / 1000)
    }

    #[track_caller]
    fn assert_ending(&self, reason: EndReason) {
        assert_eq!((self.call.state, self.call.end_reason), (CallState::Ending, Some(reason)));
        assert!(self.call.invites.iter().all(|invite| invite.state.is_final()));
        assert!(self.call.devices.iter().all(|device| device.state == DeviceState::Left));
    }

    /// Both in the call.
    fn talking(mut self) -> Self {
        self.at_sfu("alice").join("bob").at_sfu("bob");
        assert_eq!(self.call.state, CallState::Active);
        self
    }
}

#[test]
fn it_rings_until_somebody_answers() {
    let mut s = group();
    assert_eq!((s.call.state, s.due_in()), (CallState::Ringing, Some(30)));
    let news = s.apply(Input::Delivered(vec!["bob".into()])).unwrap();
    assert!(
        matches!(&news[..], [News::Invite(i)] if i.participant.as_str() == "bob" && i.state == InviteState::Ringing)
    );
    assert_eq!(s.invite("carol"), InviteState::Pending);
    s.at_sfu("alice").after(10);
    let news = s.apply(Input::Join(id("bob/phone"))).unwrap();
    assert!(
        matches!(&news[..], [News::Invite(i)] if i.state == InviteState::Accepted && i.device == Some("phone".into()))
    );
    assert_eq!((s.call.state, s.call.answered_at), (CallState::Active, Some(s.now)));
    assert_eq!(s.invite("carol"), InviteState::Pending, "the others go on ringing");
}

#[test]
fn an_unanswered_ring_runs_out() {
    let mut s = group();
    s.at_sfu("alice").after(44).tick();
    assert_eq!(s.call.state, CallState::Ringing);
    s.after(1).tick().assert_ending(NoAnswer);
    assert_eq!(s.call.missed_by().len(), 2);
    assert_eq!(s.call.duration_ms(), 0);
}

#[test]
fn in_a_running_call_only_open_invites_run_out() {
    let mut s = group().talking();
    s.after(45).tick();
    assert_eq!(
        (s.call.state, s.invite("carol"), s.invite("bob")),
        (CallState::Active, InviteState::Missed, InviteState::Accepted)
    );
    s.join("carol");
    assert_eq!(s.invite("carol"), InviteState::Missed, "who comes later was missed all the same");
    assert_eq!(s.device("carol"), DeviceState::TokenIssued);
}

#[test]
fn declined_by_everybody_ends_it() {
    let mut s = group();
    s.at_sfu("alice").reject("bob");
    assert_eq!(s.call.state, CallState::Ringing);
    s.reject("carol").assert_ending(Declined);
    assert!(s.call.missed_by().is_empty(), "who declined has missed nothing");
}

#[test]
fn busy_counts_as_declined_and_as_missed() {
    let mut s = direct();
    s.apply(Input::Reject { by: id("bob"), busy: true }).unwrap();
    s.assert_ending(Declined);
    assert_eq!(s.invite("bob"), InviteState::Busy);
    assert_eq!(s.call.missed_by(), vec!["bob".into()]);
}

#[test]
fn a_late_decline_on_another_device_ends_nothing() {
    let mut s = direct();
    s.at_sfu("alice").join("bob/desk").at_sfu("bob/desk");
    let version = s.call.version;
    s.reject("bob/phone");
    assert_eq!((s.call.state, s.invite("bob"), s.call.version), (CallState::Active, InviteState::Accepted, version));
}

#[test]
fn who_declined_may_still_join() {
    let mut s = group();
    s.at_sfu("alice").reject("bob").join("bob");
    assert_eq!((s.call.state, s.invite("bob")), (CallState::Active, InviteState::Declined));
}

#[test]
fn the_caller_hangs_up_before_the_answer() {
    let mut s = group();
    s.at_sfu("alice").leave("alice").assert_ending(Cancelled);
    assert_eq!(s.call.missed_by().len(), 2);
}

#[test]
fn a_second_device_of_the_caller_neither_answers_nor_cancels() {
    let mut s = group();
    s.at_sfu("alice").join("alice/phone");
    assert_eq!(s.call.state, CallState::Ringing);
    s.leave("alice");
    assert_eq!(s.call.state, CallState::Ringing);
    s.leave("alice/phone").assert_ending(Cancelled);
}

#[test]
fn a_caller_who_never_reaches_the_sfu() {
    let mut s = group();
    s.after(30);
    assert!(s.call.device_due(s.now, &s.t));
    s.tick();
    assert_eq!(s.call.state, CallState::Ringing, "the clock alone removes nobody");
    s.sfu_has(&[]).assert_ending(InitiatorNeverJoined);
}

#[test]
fn a_caller_whose_webhook_was_lost_is_found_at_the_sfu() {
    let mut s = group();
    s.after(30).sfu_has(&["alice"]);
    assert_eq!((s.call.state, s.device("alice")), (CallState::Ringing, DeviceState::Joined));
}

#[test]
fn a_direct_call_ends_when_one_hangs_up() {
    let mut s = direct().talking();
    s.after(60).leave("bob").assert_ending(AllLeft);
    assert_eq!(s.call.duration_ms(), 60_000);
}

#[test]
fn a_direct_call_survives_one_of_two_devices() {
    let mut s = direct().talking();
    s.join("bob/phone").at_sfu("bob/phone").leave("bob/desk");
    assert_eq!(s.call.state, CallState::Active);
}

#[test]
fn a_group_call_ends_twenty_seconds_after_the_last_one() {
    let mut s = group().talking();
    s.after(60).tick().leave("alice");
    assert_eq!((s.call.state, s.due_in()), (CallState::Active, None));
    s.leave("bob");
    assert_eq!(s.due_in(), Some(20));
    s.after(19).tick();
    assert_eq!(s.call.state, CallState::Active);
    s.after(1).tick().assert_ending(AllLeft);
}

#[test]
fn somebody_coming_back_keeps_the_call() {
    let mut s = group().talking();
    s.after(60).tick().leave("alice").leave("bob").after(10).join("carol").at_sfu("carol").after(30).tick();
    assert_eq!((s.call.state, s.due_in()), (CallState::Active, None));
}

#[test]
fn ending_for_everyone_takes_the_initiator_or_power() {
    let mut s = group().talking();
    let refused = s.apply(Input::End { by: "bob".into(), allowed: false });
    assert_eq!((refused, s.call.state), (Err(Refusal::Forbidden), CallState::Active));
    s.apply(Input::End { by: "bob".into(), allowed: true }).unwrap();
    s.assert_ending(EndedByUser);
    assert_eq!((s.call.ended_by.clone(), s.due_in()), (Some("bob".into()), Some(3)));
    let mut s = group();
    s.apply(Input::End { by: "alice".into(), allowed: false }).unwrap();
    s.assert_ending(EndedByUser);
}

#[test]
fn who_drops_out_has_twenty_seconds() {
    let mut s = group().talking();
    s.after(60).tick().dropped("bob");
    assert_eq!((s.device("bob"), s.due_in()), (DeviceState::Reconnecting, Some(20)));
    s.after(5).at_sfu("bob");
    assert_eq!((s.device("bob"), s.due_in()), (DeviceState::Joined, None));
    s.dropped("bob").after(20).sfu_has(&["alice"]);
    assert_eq!((s.device("bob"), s.call.state), (DeviceState::Left, CallState::Active));
    s.sfu_has(&["alice", "bob"]);
    assert_eq!(s.device("bob"), DeviceState::Joined, "given up too soon: taken back");
}

#[test]
fn without_heartbeats_a_dropped_device_is_gone_sooner() {
    let mut s = group().talking();
    s.apply(Input::Heartbeat(id("bob"))).unwrap();
    s.after(10).dropped("bob");
    assert_eq!(s.due_in(), Some(5));
    s.after(5).sfu_has(&["alice"]);
    assert_eq!(s.device("bob"), DeviceState::Left);
}

#[test]
fn missing_heartbeats_alone_remove_nobody() {
    let mut s = group().talking();
    s.apply(Input::Heartbeat(id("bob"))).unwrap();
    s.after(40).sfu_has(&["alice", "bob"]);
    assert_eq!(s.device("bob"), DeviceState::Joined);
}

#[test]
fn an_sfu_that_does_not_answer_removes_nobody() {
    let mut s = group().talking();
    s.apply(Input::Heartbeat(id("bob"))).unwrap();
    s.dropped("bob").after(60);
    let before = s.call.version;
    s.sfu(SfuView::Unknown);
    assert_eq!(
        (s.device("bob"), s.device("alice"), s.call.version),
        (DeviceState::Reconnecting, DeviceState::Joined, before)
    );
    assert!(!s.call.device_due(s.now, &s.t));
    s.after(5);
    assert!(s.call.device_due(s.now, &s.t), "asked again after five seconds");
}

#[test]
fn a_look_that_began_before_the_join_contradicts_nothing() {
    let mut s = group();
    let asked_at = s.now;
    s.after(1).at_sfu("alice").after(1);
    for view in [SfuView::Present { devices: Vec::new() }, SfuView::Gone] {
        s.apply(Input::Observed { asked_at, view }).unwrap();
    }
    assert_eq!(s.device("alice"), DeviceState::Joined);
}

#[test]
fn an_old_stay_that_ends_late_does_not_matter() {
    let mut s = group().talking();
    s.apply(Input::SfuJoined { identity: id("bob"), sid: "PA_new".into() }).unwrap();
    s.dropped("bob");
    assert_eq!(s.device("bob"), DeviceState::Joined);
}

#[test]
fn the_sfu_lost_the_room_and_nobody_came_back() {
    let mut s = group().talking();
    s.after(60).tick().sfu(SfuView::Gone);
    assert_eq!((s.device("alice"), s.device("bob")), (DeviceState::Reconnecting, DeviceState::Reconnecting));
    s.after(20).sfu(SfuView::Gone).after(20).tick().assert_ending(SfuLost);
}

#[test]
fn the_sfu_lost_the_room_and_they_came_back() {
    let mut s = direct().talking();
    s.after(60).sfu(SfuView::Gone).after(3).join("alice").at_sfu("alice").join("bob").at_sfu("bob").after(60).tick();
    assert_eq!((s.call.state, s.due_in()), (CallState::Active, None));
}

#[test]
fn who_left_by_choice_is_not_brought_back_by_a_slow_sfu() {
    let mut s = group().talking();
    s.leave("bob").sfu_has(&["alice", "bob"]).at_sfu("bob");
    assert_eq!(s.device("bob"), DeviceState::Left);
    s.join("bob").at_sfu("bob");
    assert_eq!(s.device("bob"), DeviceState::Joined);
}

#[test]
fn a_fresh_token_for_a_crashed_engine_keeps_the_device_in() {
    let mut s = direct().talking();
    let version = s.call.version;
    s.join("bob");
    assert_eq!((s.device("bob"), s.call.version), (DeviceState::Joined, version));
    s.dropped("bob").after(15).join("bob");
    assert_eq!((s.device("bob"), s.due_in()), (DeviceState::Reconnecting, Some(20)));
}

#[test]
fn after_the_end_nothing_moves_but_the_sfu_room() {
    let mut s = group().talking();
    s.apply(Input::End { by: "alice".into(), allowed: false }).unwrap();
    let ending = s.call.clone();
    assert_eq!(s.apply(Input::Join(id("bob"))), Err(Refusal::Ended));
    assert_eq!(s.apply(Input::End { by: "bob".into(), allowed: false }), Err(Refusal::Forbidden));
    s.apply(Input::End { by: "bob".into(), allowed: true }).unwrap();
    s.leave("bob").reject("carol").at_sfu("bob").dropped("bob").tick().sfu(SfuView::Gone).sfu_has(&["bob"]);
    s.apply(Input::Delivered(vec!["carol".into()])).unwrap();
    s.apply(Input::Heartbeat(id("bob"))).unwrap();
    assert_eq!(s.call, ending);
    s.after(3).apply(Input::DeleteFailed).unwrap();
    assert_eq!((s.call.state, s.due_in()), (CallState::Ending, Some(5)));
    s.apply(Input::RoomDeleted).unwrap();
    assert_eq!((s.call.state, s.due_in(), s.call.version.0), (CallState::Ended, None, ending.version.0 + 1));
}

#[test]
fn an_sfu_that_stays_away_does_not_keep_a_call_ending_for_ever() {
    let mut s = direct();
    s.reject("bob").after(600).apply(Input::DeleteFailed).unwrap();
    assert_eq!(s.call.state, CallState::Ended);
}
