//! Whatever comes in whatever order: invariants of a call, and that it comes to an end.

use proptest::prelude::*;

use super::*;

fn input() -> impl Strategy<Value = (i64, Input)> {
    let who =
        prop::sample::select(vec!["alice/desk", "alice/phone", "bob/desk", "bob/phone", "carol/desk"]).prop_map(id);
    let name = prop::sample::select(vec!["alice", "bob", "carol", "dave"]);
    let present = prop::collection::vec((who.clone(), Just("PA_x".to_owned())), 0..4);
    let input = prop_oneof![
        who.clone().prop_map(Input::Join),
        who.clone().prop_map(Input::Leave),
        (who.clone(), any::<bool>()).prop_map(|(by, busy)| Input::Reject { by, busy }),
        (who.clone(), any::<bool>()).prop_map(|(by, allowed)| Input::End { by: by.participant, allowed }),
        who.clone().prop_map(|who| Input::Delivered(vec![who.participant])),
        who.clone().prop_map(Input::Heartbeat),
        who.clone().prop_map(|identity| Input::SfuJoined { identity, sid: "PA_x".into() }),
        who.clone().prop_map(|identity| Input::SfuLeft { identity, sid: "PA_x".into() }),
        Just(observed(SfuView::Unknown)),
        Just(observed(SfuView::Gone)),
        present.prop_map(|devices| observed(SfuView::Present { devices })),
        (who.clone(), any::<bool>(), prop::collection::vec(name, 0..4)).prop_map(|(by, named, whom)| Input::Ring {
            by: by.participant,
            whom: whom.into_iter().map(callee).collect(),
            named,
        }),
        who.clone().prop_map(|who| Input::MemberGone(who.participant)),
        Just(Input::RoomClosed),
        Just(Input::Tick),
        Just(Input::RoomDeleted),
        Just(Input::DeleteFailed),
    ];
    (0..15i64, input)
}

fn observed(view: SfuView) -> Input {
    Input::Observed { asked_at: UnixMillis(i64::MAX), view }
}

fn check_step(before: &Call, after: &Call, news: &[News]) {
    assert!(after.version >= before.version);
    for new in &after.invites {
        let old = before.invites.iter().find(|old| old.participant == new.participant);
        let rung = old.is_none_or(|old| new.ring > old.ring);
        assert!(rung || old.is_some_and(|old| !old.state.is_final() || old == new), "a final invite changed: {new:?}");
        let told = if rung { News::Ring(new.clone()) } else { News::Invite(new.clone()) };
        assert_eq!(old != Some(new), news.contains(&told), "every change of an invite is told, once");
        if let (Some(old), true) = (old, rung) {
            assert_eq!(new.ring, old.ring + 1);
            assert!(new.rung_at.0 - old.rung_at.0 >= Timings::default().ring_again_ms, "rung again too soon");
        }
    }
    assert!(before.state.is_live() || !after.state.is_live(), "an ended call came back");
    assert_eq!(before.state.is_live() && !after.state.is_live(), news.contains(&News::Ended));
    let visible = |c: &Call| {
        let devices: Vec<_> = c.devices.iter().map(|d| (d.identity.clone(), d.state)).collect();
        (c.state, c.end_reason, c.ring_expires_at, c.invites.clone(), devices)
    };
    if visible(before) != visible(after) {
        assert!(after.version > before.version, "a visible change without a new version");
    }
}

fn check_call(call: &Call, t: &Timings) {
    let open = call.invites.iter().filter(|i| !i.state.is_final());
    assert!(open.clone().all(|i| i.expires_at <= call.ring_expires_at && call.next_due(t) <= Some(i.expires_at)));
    assert!(open.clone().all(|i| i.settled_at.is_none() && i.device.is_none()));
    assert!(call.invites.iter().all(|i| i.ring <= MAX_RINGS));
    assert_eq!(call.state.is_live(), call.end_reason.is_none());
    let present = call.devices.iter().any(|d| d.state != DeviceState::Left);
    match call.state {
        CallState::Ringing => {
            assert!(call.answered_at.is_none() && call.next_due(t).is_some());
            let caller = |d: &Device| d.identity.participant == call.initiator && d.state != DeviceState::Left;
            assert!(call.devices.iter().any(caller), "it rings for a caller who is gone");
            assert!(call.invites.iter().any(|i| !i.state.is_final()), "it rings at nobody");
        }
        CallState::Active => {
            assert!(call.answered_at.is_some());
            assert_eq!(present, call.empty_until.is_none(), "an empty call has an end");
        }
        CallState::Ending | CallState::Ended => {
            assert!(!present && call.invites.iter().all(|i| i.state.is_final()));
            assert_eq!(call.delete_at.is_some(), call.state == CallState::Ending);
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_call_stays_sound_and_comes_to_an_end(
        direct in any::<bool>(),
        steps in prop::collection::vec(input(), 0..60),
    ) {
        let mut s = start(direct, if direct { &["bob"] } else { &["bob", "carol"] });
        for (seconds, input) in steps {
            s.after(seconds);
            let before = s.call.clone();
            match s.apply(input) {
                Ok(news) => check_step(&before, &s.call, &news),
                Err(_) => prop_assert_eq!(&before, &s.call),
            }
            check_call(&s.call, &s.t);
        }
        // From here on nobody does anything and the SFU is empty: the due times alone bring the call to its end.
        let mut rounds = 0;
        // A device that joined in the very millisecond of the question is left alone: the answer may be older than it.
        s.after(1).sfu_has(&[]);
        while let Some(due) = s.call.next_due(&s.t) {
            s.now = s.now.max(due);
            s.tick();
            s.sfu_has(&[]);
            if s.call.state == CallState::Ending && s.call.delete_at <= Some(s.now) {
                s.apply(Input::RoomDeleted).unwrap();
            }
            rounds += 1;
            prop_assert!(rounds < 20, "the clock spins at {:?}", s.call);
        }
        prop_assert_eq!(s.call.state, CallState::Ended);
    }
}
