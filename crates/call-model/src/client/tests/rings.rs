//! Every way a ring can end, and everything that must not ring.

use super::score::play;
use crate::Quiet;

#[test]
fn answered_here() {
    play(
        "0.0   invite c1            => ring c1, prepare 1
         2.0   answer c1            => stop c1 answered_here, ask 1 join c1
         2.1   invite_of me accepted c1
         2.2   granted 1 c1.2       => join 1 by token 1 mic
         2.5   engine 1 connected   => connected c1, beat c1
         7.5   tick                 => beat c1",
    );
}

#[test]
fn declined_here() {
    play(
        "0.0   invite c1            => ring c1, prepare 1
         1.0   reject c1            => stop c1 declined_here, ask reject c1, stop engine 1
         1.1   reject c1            =>
         1.2   invite c1            =>
         1.3   state c1.2 ringing pending =>",
    );
}

#[test]
fn answered_on_another_device() {
    play(
        "0.0   invite c1                    => ring c1, prepare 1
         3.0   invite_of me accepted c1     => stop c1 answered_elsewhere, elsewhere answered r1, stop engine 1
         3.1   state c1.2 active accepted   =>",
    );
}

#[test]
fn declined_and_busy_on_another_device() {
    play(
        "0.0   invite c1                    => ring c1, prepare 1
         3.0   state c1.2 ringing declined  => stop c1 declined_elsewhere, elsewhere declined r1, stop engine 1
         5.0   invite c2                    => ring c2, prepare 2
         6.0   invite_of me busy c2         => stop c2 busy_elsewhere, stop engine 2",
    );
}

#[test]
fn expired_by_our_own_timer_then_by_the_servers_word() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         44.9   tick                    =>
         45.0   tick                    => stop c1 expired, missed r1, stop engine 1
         45.1   invite_of me missed c1  =>
         45.2   ended c1 no_answer      =>",
    );
}

#[test]
fn expired_by_the_server_first() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         44.0   invite_of me missed c1  => stop c1 expired, missed r1, stop engine 1
         45.0   tick                    =>",
    );
}

#[test]
fn cancelled_by_the_caller() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         4.0    ended c1 cancelled      => stop c1 cancelled, missed r1, stop engine 1
         4.1    state c1.9 ringing pending =>",
    );
}

#[test]
fn ended_while_it_rang() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         4.0    ended c1 ended_by_user  => stop c1 call_over, missed r1, stop engine 1",
    );
}

#[test]
fn stopped_by_signing_out() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         4.0    sign_out                => stop c1 signed_out, stop engine 1",
    );
}

#[test]
fn a_group_call_rings_on_after_somebody_else_answered() {
    play(
        "0.0    invite c1                   => ring c1, prepare 1
         4.0    state c1.2 active ringing   =>
         5.0    answer c1                   => stop c1 answered_here, ask 1 join c1",
    );
}

#[test]
fn rings_again_after_a_restart_in_the_middle() {
    play(
        "10.0   live c1                 => ring c1, prepare 1
         11.0   answer c1 video         => stop c1 answered_here, ask 1 join c1",
    );
}

#[test]
fn a_lost_stream_may_have_missed_the_end_but_not_what_came_after_the_question() {
    let client = play(
        "0.0    invite c1               => ring c1, prepare 1
         5.0    live                    => stop c1 cancelled, missed r1, stop engine 1
         6.0    invite c2               => ring c2, prepare 2
         6.0    live                    =>",
    );
    assert_eq!(client.rings().len(), 1, "c2 was heard of in the same moment as the question");
}

#[test]
fn a_stale_state_changes_nothing() {
    play(
        "0.0    invite c1.1                 => ring c1, prepare 1
         1.0    state c1.5 ringing ringing  =>
         2.0    state c1.4 ringing declined =>
         3.0    state c1.6 ringing declined => stop c1 declined_elsewhere, elsewhere declined r1, stop engine 1",
    );
}

#[test]
fn a_late_decline_does_not_unanswer() {
    play(
        "0.0    invite c1                   => ring c1, prepare 1
         1.0    invite_of me accepted c1    => stop c1 answered_elsewhere, elsewhere answered r1, stop engine 1
         2.0    invite_of me declined c1    =>
         3.0    invite_of me ringing c1     =>",
    );
}

#[test]
fn two_rings_at_once_end_each_by_itself() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         1.0    invite c2               => ring c2
         2.0    reject c1               => stop c1 declined_here, ask reject c1
         46.0   tick                    => stop c2 expired, missed r2, stop engine 1",
    );
}

#[test]
fn answering_what_no_longer_rings_says_so() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         4.0    ended c1 cancelled      => stop c1 cancelled, missed r1, stop engine 1
         4.1    answer c1               => refused ring_over",
    );
}

#[test]
fn an_engine_that_dies_while_it_rings_comes_back_at_the_answer_only() {
    play(
        "0.0    invite c1               => ring c1, prepare 1
         1.0    engine 1 died           =>
         2.0    answer c1               => stop c1 answered_here, ask 1 join c1, prepare 2
         2.2    granted 1 c1.2          => join 2 by token 1 mic",
    );
}

#[test]
fn rung_again_after_a_missed_ring() {
    play(
        "0.0    invite c1                       => ring c1, prepare 1
         45.0   tick                            => stop c1 expired, missed r1, stop engine 1
         60.0   invite c1.2 again 2             => ring c1, prepare 2
         60.1   invite c1.2 again 2             =>
         61.0   invite_of me missed c1          =>
         105.0  tick                            => stop c1 expired, missed r1, stop engine 2
         106.0  invite c1.2 again 2             =>",
    );
}

#[test]
fn rung_again_after_declining_here() {
    play(
        "0.0    invite c1                       => ring c1, prepare 1
         2.0    reject c1                       => stop c1 declined_here, ask reject c1, stop engine 1
         2.1    invite_of me declined c1        =>
         40.0   invite_of me pending c1 again 2 =>
         40.1   invite c1.2 again 2             => ring c1, prepare 2
         41.0   invite_of me declined c1 again 2 => stop c1 declined_elsewhere, elsewhere declined r1, stop engine 2",
    );
}

#[test]
fn rung_again_while_it_rings_it_rings_longer() {
    play(
        "0.0    invite c1                       => ring c1, prepare 1
         40.0   invite c1.2 again 2             =>
         45.0   tick                            =>
         85.0   tick                            => stop c1 expired, missed r1, stop engine 1",
    );
}

#[test]
fn a_quiet_ring_is_shown_and_disturbs_nobody() {
    let client = play("0.0 invite c1 quiet quiet_hours => ring c1");
    let ring = client.rings()[0];
    assert_eq!((ring.audible(), ring.pops_up(), ring.quiet), (false, false, Some(Quiet::QuietHours)));
    play(
        "0.0    invite c1 quiet muted_room      => ring c1
         2.0    answer c1                       => stop c1 answered_here, ask 1 join c1, prepare 1",
    );
    play(
        "0.0    invite c1 quiet busy            => ring c1
         45.0   tick                            => stop c1 expired, missed r1 quietly",
    );
}

#[test]
fn a_ring_without_a_word_on_it_rings_aloud() {
    let client = play("0.0 invite c1 => ring c1, prepare 1");
    assert!(client.rings()[0].audible() && client.rings()[0].pops_up());
}

#[test]
fn in_a_call_on_this_device_a_quiet_ring_is_still_seen() {
    let client = play(
        "0.0    invite c1                       => ring c1, prepare 1
         2.0    answer c1                       => stop c1 answered_here, ask 1 join c1
         2.2    granted 1 c1.2                  => join 1 by token 1 mic
         3.0    invite c2 quiet in_call         => ring c2",
    );
    assert!(!client.rings()[0].audible() && client.rings()[0].pops_up());
}
