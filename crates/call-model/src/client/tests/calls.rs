//! Calls from the first click to the end, and what can come between.

use super::score::play;
use crate::client::{Outcome, Phase};

/// In a call as the one who answered, from 2.5 on.
const IN_C1: &str = "
    0.0   invite c1            => ring c1, prepare 1
    2.0   answer c1 video      => stop c1 answered_here, ask 1 join c1
    2.2   granted 1 c1.2       => join 1 by token 1 mic cam
    2.5   engine 1 connected   => connected c1, beat c1";

fn after_in_c1(rest: &str) -> crate::client::Client {
    play(&format!("{IN_C1}\n{rest}"))
}

#[test]
fn started_rung_answered() {
    let score = "
        0.0   start r1 video       => ask 1 initiate r1, prepare 1
        0.2   granted 1 c1 mine    => join 1 by token 1 mic cam
        0.5   engine 1 connected   => connected c1, beat c1";
    assert_eq!(play(score).phase(), Some(Phase::RingingOut));
    let score = format!("{score}\n 3.0 state c1.2 active =>");
    assert_eq!(play(&score).phase(), Some(Phase::Connected));
}

#[test]
fn media_may_come_after_the_answer() {
    let client = play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.2   granted 1 c1 mine    => join 1 by token 1 mic
         0.3   state c1.2 active    =>",
    );
    assert_eq!(client.phase(), Some(Phase::Connecting));
}

#[test]
fn nobody_is_there() {
    let client = play(
        "0.0    start r1 audio      => ask 1 initiate r1, prepare 1
         0.2    granted 1 c1 mine   => join 1 by token 1 mic
         0.5    engine 1 connected  => connected c1, beat c1
         5.4    ended c1 no_answer  => over c1 ended, stop engine 1
         9.0    dismiss             =>",
    );
    assert_eq!(client.phase(), None);
}

#[test]
fn glare_is_one_call_and_no_ring() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.1   invite c1            =>
         0.2   granted 1 c1.2       => join 1 by token 1 mic
         0.3   invite c1            =>
         0.5   engine 1 connected   => connected c1, beat c1",
    );
}

#[test]
fn a_start_that_fails_lets_the_other_side_ring() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.1   invite c1            =>
         0.2   refused 1 passing    => over - failed, stop engine 1, ring c1, prepare 2",
    );
}

#[test]
fn calling_a_room_that_rings_is_answering() {
    play(
        "0.0   invite c1            => ring c1, prepare 1
         1.0   start r1 audio       => stop c1 answered_here, ask 1 join c1",
    );
}

#[test]
fn left_before_the_server_answered_undoes_itself() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.1   leave                => over - left, stop engine 1
         0.4   granted 1 c1 mine    => ask leave c1",
    );
}

#[test]
fn left_and_started_again_keeps_what_the_first_start_gave() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.1   leave                => over - left, stop engine 1
         0.2   start r1 audio       => ask 2 initiate r1, prepare 2
         0.4   granted 1 c1 mine    =>
         0.5   granted 2 c1 mine    => join 2 by token 2 mic",
    );
}

#[test]
fn the_sfu_is_down() {
    let client = play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.4   refused 1 passing    => over - failed, stop engine 1",
    );
    assert_eq!(client.phase(), Some(Phase::Ended(Outcome::Failed { message: "no".into() })));
}

#[test]
fn answered_too_late_says_how_it_ended() {
    play(
        "0.0   invite c1            => ring c1, prepare 1
         2.0   answer c1            => stop c1 answered_here, ask 1 join c1
         2.2   refused 1 call_over  => fetch c1
         2.3   state c1.5 ended     => over c1 ended, stop engine 1",
    );
}

#[test]
fn buttons_pressed_while_connecting_are_remembered() {
    play(
        "0.0   start r1 video       => ask 1 initiate r1, prepare 1
         0.1   microphone off       =>
         0.2   granted 1 c1 mine    => join 1 by token 1 cam
         0.3   microphone on        =>
         0.4   camera off           =>
         0.5   engine 1 connected   => connected c1, microphone 1 on, camera 1 off, beat c1
         0.6   camera on            => camera 1 on",
    );
}

#[test]
fn a_second_ring_is_quiet_and_can_take_over() {
    let client = after_in_c1("3.0 invite c2 => ring c2");
    assert!(client.rings()[0].ends_current_call);
    after_in_c1(
        "3.0   invite c2            => ring c2
         4.0   answer c2            => ask leave c1, over c1 left, stop engine 1, stop c2 answered_here, ask 2 join c2, prepare 2
         4.2   granted 2 c2.2       => join 2 by token 2 mic
         4.3   engine 1 connected   =>
         4.4   engine 2 connected   => connected c2, beat c2",
    );
}

#[test]
fn a_second_ring_rejected_is_busy() {
    after_in_c1(
        "3.0   invite c2            => ring c2
         4.0   reject c2            => stop c2 declined_here, ask reject c2 busy",
    );
}

#[test]
fn one_call_at_a_time() {
    after_in_c1(
        "3.0   start r2 audio       => refused in_another_call
         3.1   start r1 audio       =>",
    );
}

#[test]
fn ended_for_everyone_by_somebody() {
    let client = after_in_c1(
        "4.0   state c1.7 ended             => over c1 ended, stop engine 1
         4.1   ended c1 ended_by_user bob   =>",
    );
    let Some(Phase::Ended(Outcome::Ended { by, .. })) = client.phase() else { panic!("{:?}", client.phase()) };
    assert_eq!(by, Some("bob".into()));
}

#[test]
fn who_may_not_end_is_told() {
    after_in_c1("3.0 end => refused may_not_end");
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.2   granted 1 c1 mine    => join 1 by token 1 mic
         0.5   end                  => ask end c1
         0.7   ended c1 ended_by_user me => over c1 ended, stop engine 1",
    );
}

#[test]
fn the_sdk_mends_the_connection() {
    let client = after_in_c1("3.0 engine 1 reconnecting => lost c1");
    assert_eq!(client.phase(), Some(Phase::Reconnecting));
    after_in_c1(
        "3.0   engine 1 reconnecting => lost c1
         4.0   microphone off        => microphone 1 off
         5.0   engine 1 connected    => connected c1",
    );
}

#[test]
fn the_engine_dies_and_another_takes_over_by_a_fresh_token() {
    after_in_c1(
        "4.0   engine 1 died        => lost c1 with its engine, ask 2 join c1, prepare 2
         4.1   microphone off       =>
         4.2   granted 2 c1.3       => join 2 by token 2 cam
         4.3   engine 1 connected   =>
         4.6   engine 2 connected   => connected c1
         7.5   tick                 => beat c1",
    );
}

#[test]
fn an_engine_that_cannot_start_ends_the_call() {
    let client = after_in_c1(
        "4.0   engine 1 died        => lost c1 with its engine, ask 2 join c1, prepare 2
         4.1   engine 2 unavailable => ask leave c1, over c1 failed",
    );
    assert!(!client.in_call());
}

#[test]
fn an_engine_that_keeps_dying_is_given_up() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.1   engine 1 died        => prepare 2
         0.2   engine 2 died        => prepare 3
         0.3   engine 3 died        => prepare 4
         0.4   engine 4 died        => prepare 5
         0.5   engine 5 died        => over - failed
         0.9   granted 1 c1 mine    => ask leave c1",
    );
}

#[test]
fn a_refused_token_is_replaced() {
    play(
        "0.0   start r1 audio       => ask 1 initiate r1, prepare 1
         0.2   granted 1 c1 mine    => join 1 by token 1 mic
         0.3   engine 1 join_failed => ask 2 join c1
         0.4   granted 2 c1 mine    => join 1 by token 2 mic
         0.5   engine 1 join_failed =>
         0.75  tick                 => ask 3 join c1
         0.8   granted 3 c1 mine    => join 1 by token 3 mic
         0.9   engine 1 join_failed =>
         1.4   tick                 => ask 4 join c1
         1.5   granted 4 c1 mine    => join 1 by token 4 mic
         1.6   engine 1 join_failed =>
         2.6   tick                 => ask 5 join c1
         2.7   granted 5 c1 mine    => join 1 by token 5 mic
         2.8   engine 1 join_failed => ask leave c1, over c1 failed, stop engine 1",
    );
}

#[test]
fn the_network_goes_and_comes_back() {
    after_in_c1(
        "4.0   engine 1 lost        => lost c1, ask 2 join c1
         4.5   refused 2 passing    =>
         4.75  tick                 => ask 3 join c1
         5.0   granted 3 c1.4       => join 1 by token 3 mic cam
         5.5   engine 1 connected   => connected c1",
    );
}

#[test]
fn the_sfus_room_is_gone_and_the_server_says_why() {
    after_in_c1(
        "4.0   engine 1 room_deleted    => lost c1, fetch c1
         4.1   ended c1 all_left        => over c1 ended, stop engine 1",
    );
}

#[test]
fn the_sfu_lost_the_room_but_the_call_lives() {
    after_in_c1(
        "4.0   engine 1 room_deleted        => lost c1, fetch c1
         4.1   state c1.3 active accepted   => ask 2 join c1
         4.2   granted 2 c1.4               => join 1 by token 2 mic cam",
    );
}

#[test]
fn the_sfus_room_is_gone_and_nobody_says_why() {
    let client = after_in_c1(
        "4.0   engine 1 room_deleted    => lost c1, fetch c1
         7.0   tick                     => over c1 failed, stop engine 1",
    );
    assert!(matches!(client.phase(), Some(Phase::Ended(Outcome::Failed { .. }))));
}

#[test]
fn taken_out() {
    after_in_c1("4.0 engine 1 removed => over c1 removed, stop engine 1");
    after_in_c1("4.0 engine 1 duplicate => over c1 removed, stop engine 1");
    after_in_c1("4.0 unknown c1 => over c1 removed, stop engine 1");
}

#[test]
fn our_call_missing_after_a_reconnect_is_asked_about() {
    after_in_c1(
        "4.0   live                 => fetch c1
         4.2   state c1.9 ended     => over c1 ended, stop engine 1",
    );
}

#[test]
fn leaving_stops_the_beat() {
    let client = after_in_c1(
        "4.0   leave                => ask leave c1, over c1 left, stop engine 1
         4.1   engine 1 left        =>
         4.2   leave                => refused not_in_call
         20.0  tick                 =>",
    );
    assert_eq!(client.deadline(), None);
}
