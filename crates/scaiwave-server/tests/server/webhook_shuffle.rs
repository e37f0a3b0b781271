//! Webhooks lost, doubled and shuffled: in the end the server knows what the SFU knows.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::Value;

use crate::{
    webhook::tell,
    world::{User, World, id_of, seeds},
};

/// What the SFU tells of one coming or going.
struct Hook {
    kind: &'static str,
    identity: String,
    sid: String,
}

fn shown(call: &Value) -> Vec<String> {
    let devices = call["participants"].as_array().unwrap().iter().filter(|device| device["state"] == "joined");
    let name = |device: &Value| {
        format!("{}/{}", device["participant_id"].as_str().unwrap(), device["device_id"].as_str().unwrap())
    };
    let mut shown: Vec<_> = devices.map(name).collect();
    shown.sort();
    shown
}

/// People come and go at the SFU.
fn play(world: &World, room: &str, users: &[User], chance: &mut StdRng) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for stay in 0..12 {
        let identity = users[chance.random_range(0..users.len())].desk();
        let there = world.sfu.present(room).contains(&identity);
        let sid = format!("PA_{stay}_{identity}");
        // The first one stays, so that it is one call to the end.
        if there && identity != users[0].desk() {
            world.sfu.drop_out(room, &identity);
            hooks.push(Hook { kind: "participant_left", identity, sid: String::new() });
        } else if !there {
            world.sfu.enter_as(room, &identity, &sid);
            hooks.push(Hook { kind: "participant_joined", identity, sid });
        }
    }
    // Each going names the stay it ends.
    for at in 0..hooks.len() {
        if hooks[at].kind == "participant_left" {
            let came =
                hooks[..at].iter().rev().find(|h| h.kind == "participant_joined" && h.identity == hooks[at].identity);
            hooks[at].sid = came.unwrap().sid.clone();
        }
    }
    hooks
}

#[tokio::test]
async fn webhooks_lost_doubled_and_shuffled_leave_what_the_sfu_knows() {
    let world = World::with(|s| {
        s.reconcile = Duration::from_millis(100);
        s.timings.reconnect_ms = 60_000;
    })
    .await;
    let users = [world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await];
    for seed in seeds(5) {
        println!("seed {seed}");
        let mut chance = StdRng::seed_from_u64(seed);
        let mut events = users[0].stream().await;
        let call = id_of(&users[0].initiate(&world.team).await.ok());
        for user in &users[1..] {
            user.call(&call, "join").await.ok();
        }
        let room = format!("scaiwave-{call}");
        world.sfu.enter(&room, &users[0].desk());
        let mut hooks: Vec<(String, Hook)> = Vec::new();
        for (n, hook) in play(&world, &room, &users, &mut chance).into_iter().enumerate() {
            // Lost, told once, or told twice under one id.
            for _ in 0..chance.random_range(0..3) {
                let copy = Hook { kind: hook.kind, identity: hook.identity.clone(), sid: hook.sid.clone() };
                hooks.push((format!("EV_{seed}_{n}"), copy));
            }
        }
        hooks.shuffle(&mut chance);
        for (id, Hook { kind, identity, sid }) in &hooks {
            tell(&world, id, kind, &call, identity, sid).await;
        }
        let mut truth = world.sfu.present(&room);
        truth.sort();
        while shown(&users[0].look(&call).await) != truth {
            events.next_of("swp.call.state").await;
        }
        // It stays so: nobody is found or lost by the next questions.
        world.sfu.asked(4).await;
        assert_eq!(shown(&users[0].look(&call).await), truth, "seed {seed}");
        users[0].call(&call, "end").await.ok();
        assert!(shown(&users[0].look(&call).await).is_empty(), "seed {seed}");
    }
}
