//! What administrators do to people, rooms and keys, beside a running server.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    program::{Program, admin, program, run},
    world::{User, http, seed, sign_in},
};

struct Running {
    dir: TempDir,
    team: String,
    server: Program,
}

impl Running {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let (team, _) = seed(&dir).await;
        let server = Program::serve(program(dir.path())).await;
        Self { dir, team, server }
    }

    async fn admin(&self, args: &[&str]) -> Value {
        admin(self.dir.path(), args, "").await.unwrap()
    }

    async fn sign_in(&self, name: &str) -> User {
        sign_in(&self.server.base, name).await
    }

    async fn password(&self, name: &str, password: &str) -> (u16, Value) {
        let form = [("grant_type", "password"), ("username", name), ("password", password)];
        let answer = http().post(format!("{}/v1/auth/token", self.server.base)).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_everywhere() {
    let running = Running::start().await;
    let (alice, bob) = (running.sign_in("alice").await, running.sign_in("bob").await);
    let mut at_alice = alice.stream().await;
    assert_eq!(running.admin(&["disable-user", "alice"]).await["disabled"], true);
    alice.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    let refresh = json!({ "refresh_token": alice.refresh_token });
    alice.post("/v1/auth/refresh", refresh.clone()).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    let closed = at_alice.closed().await;
    assert_eq!((u16::from(closed.code), &*closed.reason), (4001, "SW_AUTH_INVALID_TOKEN"));
    let (status, body) = running.password("alice", "alice's password").await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("SW_AUTH_INSUFFICIENT_PERMISSION")));
    assert_eq!(running.password("alice", "a guess").await.0, 401, "who does not know the password learns nothing");
    bob.get("/v1/me").await.ok();

    assert_eq!(running.admin(&["enable-user", "alice"]).await["disabled"], false);
    alice.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    let again = running.sign_in("alice").await;
    again.stream().await.leave().await;
}

#[tokio::test]
async fn a_new_password_and_a_sign_out_end_the_sessions_so_far() {
    let running = Running::start().await;
    let alice = running.sign_in("alice").await;
    running.admin(&["sign-out-user", "alice"]).await;
    alice.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    let alice = running.sign_in("alice").await;
    alice.get("/v1/me").await.ok();
    admin(running.dir.path(), &["set-password", "alice", "--password-stdin"], "another\n").await.unwrap();
    alice.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    assert_eq!(running.password("alice", "alice's password").await.0, 401);
    assert_eq!(running.password("alice", "another").await.0, 200);
}

#[tokio::test]
async fn members_come_go_and_change_their_power() {
    let running = Running::start().await;
    let (dave, bob) = (running.sign_in("dave").await, running.sign_in("bob").await);
    let room = format!("/v1/rooms/{}", running.team);
    dave.get(&room).await.fails(404, "SW_ROOM_NOT_FOUND");
    running.admin(&["add-member", &running.team, "dave:50"]).await;
    assert_eq!(dave.get(&room).await.ok()["member_count"], 4);
    running.admin(&["set-power", &running.team, "dave", "100"]).await;
    let listed = running.admin(&["list-members", &running.team]).await;
    let power =
        |name: &str| listed.as_array().unwrap().iter().find(|m| m["name"] == name).unwrap()["power_level"].clone();
    assert_eq!((power("alice"), power("dave")), (json!(100), json!(100)));
    running.admin(&["remove-member", &running.team, "bob"]).await;
    bob.get(&room).await.fails(404, "SW_ROOM_NOT_FOUND");
    let rooms = running.admin(&["list-rooms"]).await;
    assert_eq!((&rooms[0]["name"], &rooms[0]["members"]), (&json!("Team"), &json!(3)));
    let again = admin(running.dir.path(), &["remove-member", &running.team, "bob"], "").await.unwrap_err();
    assert_eq!(again.code, 3, "{again:?}");
    let direct = rooms[1]["room_id"].as_str().unwrap();
    let refused = admin(running.dir.path(), &["remove-member", direct, "alice"], "").await.unwrap_err();
    assert_eq!(refused.code, 2, "{refused:?}");
}

#[tokio::test]
async fn people_read_tables() {
    let running = Running::start().await;
    let mut command = program(running.dir.path());
    command.args(["admin", "list-users"]);
    let shown = run(command, "").await.out;
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 5, "{shown}");
    assert!(lines[0].contains(&"name") && lines[1].contains(&"alice"), "{shown}");
}

#[tokio::test]
async fn a_rotated_key_leaves_tokens_good_unless_told_otherwise() {
    let running = Running::start().await;
    let before = running.sign_in("alice").await;
    running.admin(&["rotate-key"]).await;
    before.get("/v1/me").await.ok();
    let header = |token: &str| token.split('.').next_back().unwrap().to_owned();
    // The server takes the new key up by itself; until then it signs with the old one.
    let after = running.sign_in("alice").await;
    assert_ne!(header(&before.token), header(&after.token));
    before.get("/v1/me").await.ok();
    running.admin(&["rotate-key", "--now"]).await;
    let refused = async {
        while before.get("/v1/me").await.status == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, refused).await.expect("the old key is still good");
    before.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    after.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    running.sign_in("alice").await.get("/v1/me").await.ok();
}
