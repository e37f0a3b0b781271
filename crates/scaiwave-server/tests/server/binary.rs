//! The program itself: admin commands beside a running server, settings that cannot be used, a clean stop.

use scaiwave_server::auth;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    program::{Program, admin, program, run},
    sign_in::password_grant,
    world::{World, sign_in},
};

#[tokio::test]
async fn people_and_rooms_are_added_beside_a_running_server_which_then_stops_cleanly() {
    let dir = TempDir::new().unwrap();
    let server = Program::serve(program(dir.path())).await;

    let add = ["add-user", "erin", "--display-name", "Erin", "--password-stdin"];
    let id = admin(dir.path(), &add, "erin's password\n").await.unwrap()["participant_id"].clone();
    admin(dir.path(), &["add-user", "frank", "--display-name", "Frank", "--password-stdin"], "x").await.unwrap();
    let room = admin(dir.path(), &["add-room", "--name", "New", "--member", "erin:100"], "").await.unwrap();
    let direct = admin(dir.path(), &["add-direct", "erin", "frank"], "").await.unwrap();
    assert_eq!(admin(dir.path(), &["add-direct", "frank", "erin"], "").await.unwrap(), direct, "they have one already");

    let erin = sign_in(&server.base, "erin").await;
    assert_eq!(id, erin.id.as_str());
    let rooms = erin.get("/v1/rooms").await.ok();
    assert_eq!(
        (&rooms[0]["id"], &rooms[1]["id"], &rooms[1]["name"]),
        (&room["room_id"], &direct["room_id"], &json!("Frank"))
    );

    server.terminate().await;
    assert!(server.ended().await.0.success());
}

#[tokio::test]
async fn admin_says_what_is_wrong() {
    let dir = TempDir::new().unwrap();
    for (args, input, code, says) in [
        (&["add-user", "Erin!", "--display-name", "Erin", "--password-stdin"][..], "x", 2, "NAME"),
        (&["add-user", "erin", "--display-name", " ", "--password-stdin"], "x", 2, "--display-name"),
        (&["add-user", "erin", "--display-name", "Erin", "--password-stdin"], "", 2, "password"),
        (&["add-room", "--name", "New", "--member", "nobody"], "", 3, "no user \"nobody\""),
        (&["add-room", "--name", "New", "--member", "nobody:101"], "", 2, "0 to 100"),
        (&["add-direct", "erin", "erin"], "", 2, "different"),
        (&["disable-user", "nobody"], "", 3, "no user \"nobody\""),
        (&["list-members", "room-none"], "", 3, "no room room-none"),
        (&["set-power", "room-none", "nobody", "101"], "", 2, "101"),
        (&["no-such-command"], "", 2, "no-such-command"),
    ] {
        let ended = admin(dir.path(), args, input).await.unwrap_err();
        assert!(ended.code == code && ended.err.contains(says), "{args:?}: {ended:?}");
    }
}

/// As another server would export it: "grace's password".
fn exported() -> String {
    auth::hash_password("grace's password").unwrap()
}

/// What a sign-in is answered.
async fn status(world: &World, name: &str, password: &str) -> u16 {
    let form = [("grant_type", "password"), ("username", name), ("password", password)];
    password_grant(world, &form).await.0
}

#[tokio::test]
async fn people_are_imported_with_the_passwords_they_had_elsewhere() {
    let world = World::start().await;
    let line =
        |name: &str, hash: Value| json!({ "name": name, "display_name": "New", "password_hash": hash }).to_string();
    let input =
        [line("grace", exported().into()), line("alice", exported().into()), line("heidi", Value::Null)].join("\n");
    let done = admin(world.data_dir(), &["import-users", "--stdin"], &input).await.unwrap();
    assert_eq!(done, json!({ "imported": 3 }));

    let grace = sign_in(&world.base(), "grace").await;
    assert_eq!(grace.get("/v1/me").await.ok()["display_name"], "New");
    // who was there already has the new one
    assert_eq!(status(&world, "alice", "grace's password").await, 200);
    assert_eq!(status(&world, "alice", "alice's password").await, 401);
    assert_eq!(status(&world, "heidi", "").await, 401, "no password is not the empty one");
}

#[tokio::test]
async fn one_wrong_line_imports_nobody() {
    let world = World::start().await;
    let good = json!({ "name": "grace", "display_name": "Grace", "password_hash": exported() }).to_string();
    let with_hash = |hash: &str| json!({ "name": "heidi", "display_name": "Heidi", "password_hash": hash }).to_string();
    for (bad, says) in [
        ("{nonsense".to_owned(), "line 2"),
        (json!({ "name": "Heidi!", "display_name": "Heidi" }).to_string(), "name: 1 to 64"),
        (json!({ "name": "heidi", "display_name": "" }).to_string(), "display_name"),
        (json!({ "name": "heidi", "display_name": "Heidi", "password": "x" }).to_string(), "unknown field `password`"),
        (json!({ "name": "grace", "display_name": "Grace again" }).to_string(), "named twice"),
        (with_hash("plain"), "no PHC string"),
        (with_hash(&exported().replace("argon2id", "argon2i")), "must be argon2id"),
        (with_hash(&exported().replace("m=19456", "m=1024")), "too weak"),
        (with_hash(&exported().replace("m=19456", "m=4000000")), "costs too much"),
    ] {
        let input = format!("{good}\n{bad}\n");
        let ended = admin(world.data_dir(), &["import-users", "--stdin"], &input).await.unwrap_err();
        assert!(ended.code == 2 && ended.err.contains(says), "{bad}: {ended:?}");
        assert_eq!(status(&world, "grace", "grace's password").await, 401);
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named() {
    let dir = TempDir::new().unwrap();
    for (setting, value) in [
        ("SCAIWAVE_LIVEKIT_URL", "ftp://sfu"),
        ("SCAIWAVE_LIVEKIT_URL", "nonsense"),
        ("SCAIWAVE_DATA_DIR", ""),
        ("SCAIWAVE_LIVEKIT_API_KEY", ""),
        ("SCAIWAVE_LIVEKIT_API_SECRET", ""),
        ("SCAIWAVE_RING_SECONDS", "121"),
        ("SCAIWAVE_RING_SECONDS", "soon"),
        ("SCAIWAVE_ACCESS_TOKEN_SECONDS", "0"),
        ("SCAIWAVE_MAX_UPLOAD_MB", "0"),
        ("SCAIWAVE_TIME_LAPSE", "0"),
        ("SCAIWAVE_SERVER_NAME", "a b"),
        ("SCAIWAVE_LISTEN", "192.0.2.1:80"),
        ("SCAIWAVE_AUTH_MODE", "magic"),
        ("SCAIWAVE_AUTH_MODE", ""),
        ("SCAIWAVE_OIDC_ISSUER", ""),
        ("SCAIWAVE_OIDC_ISSUER", "http://identity.example"),
        ("SCAIWAVE_OIDC_CLIENT_ID", ""),
        ("SCAIWAVE_PUBLIC_URL", ""),
        ("SCAIWAVE_PUBLIC_URL", "calls.example.org"),
        ("SCAIWAVE_CORS_ORIGINS", "https://app.example.org/"),
        ("SCAIWAVE_CORS_ORIGINS", "*"),
        ("SCAIWAVE_LISTEN", "here"),
        ("SCAIWAVE_LOG", "=loud"),
        ("SCAIWAVE_TRUSTED_PROXIES", "nginx"),
        ("SCAIWAVE_HEADER_TIMEOUT_SECONDS", "-1"),
    ] {
        let mut command = program(dir.path());
        command.env("SCAIWAVE_AUTH_MODE", "password,scaikey").env("SCAIWAVE_OIDC_ISSUER", "https://identity.example");
        command.env("SCAIWAVE_OIDC_CLIENT_ID", "calls").env("SCAIWAVE_PUBLIC_URL", "https://calls.example.org");
        command.arg("serve").env(setting, value);
        let ended = run(command, "").await;
        assert!(ended.code != 0 && ended.err.contains(setting), "{setting}={value}: {ended:?}");
    }
}

#[tokio::test]
async fn mock_sign_in_is_for_this_machine_only() {
    let dir = TempDir::new().unwrap();
    let mut command = program(dir.path());
    command.arg("serve").env("SCAIWAVE_AUTH_MODE", "mock").env("SCAIWAVE_LISTEN", "0.0.0.0:0");
    let ended = run(command, "").await;
    assert!(ended.code != 0 && ended.err.contains("SCAIWAVE_AUTH_MODE") && ended.err.contains("loopback"), "{ended:?}");
}
