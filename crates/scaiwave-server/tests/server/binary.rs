//! The program itself: admin commands beside a running server, settings that cannot be used, a clean stop.

use serde_json::json;
use tempfile::TempDir;

use crate::{
    program::{Program, admin, program, run},
    world::sign_in,
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
