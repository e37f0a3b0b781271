//! The program itself: admin commands beside a running server, settings that cannot be used, a clean stop.

use std::{path::Path, process::Stdio};

use scaiwave_server::auth;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::{
    sign_in::password_grant,
    world::{PATIENCE, World, sign_in},
};

fn server(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scaiwave-server"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.env("SCAIWAVE_DATA_DIR", dir).env("SCAIWAVE_LISTEN", "127.0.0.1:0");
    command.env("SCAIWAVE_LIVEKIT_URL", "ws://127.0.0.1:9").env("SCAIWAVE_LIVEKIT_API_KEY", "key");
    command.env("SCAIWAVE_LIVEKIT_API_SECRET", "secret");
    command
}

async fn admin(dir: &Path, args: &[&str], input: &str) -> Result<Value, String> {
    let mut child = server(dir).arg("admin").args(args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

#[tokio::test]
async fn people_and_rooms_are_added_beside_a_running_server_which_then_stops_cleanly() {
    let dir = TempDir::new().unwrap();
    let mut child = server(dir.path()).arg("serve").spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    timeout(PATIENCE, stdout.read_line(&mut line)).await.unwrap().unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let base = ready["listening"].as_str().unwrap();

    let add = ["add-user", "erin", "--display-name", "Erin", "--password-stdin"];
    let id = admin(dir.path(), &add, "erin's password\n").await.unwrap()["participant_id"].clone();
    admin(dir.path(), &["add-user", "frank", "--display-name", "Frank", "--password-stdin"], "x").await.unwrap();
    let room = admin(dir.path(), &["add-room", "--name", "New", "--member", "erin:100"], "").await.unwrap();
    let direct = admin(dir.path(), &["add-direct", "erin", "frank"], "").await.unwrap();
    assert_eq!(admin(dir.path(), &["add-direct", "frank", "erin"], "").await.unwrap(), direct, "they have one already");

    let erin = sign_in(base, "erin").await;
    assert_eq!(id, erin.id.as_str());
    let rooms = erin.get("/v1/rooms").await.ok();
    assert_eq!(
        (&rooms[0]["id"], &rooms[1]["id"], &rooms[1]["name"]),
        (&room["room_id"], &direct["room_id"], &json!("Frank"))
    );

    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    assert!(timeout(PATIENCE, child.wait()).await.expect("does not stop").unwrap().success());
}

#[tokio::test]
async fn admin_says_what_is_wrong() {
    let dir = TempDir::new().unwrap();
    for (args, input, says) in [
        (&["add-user", "Erin!", "--display-name", "Erin", "--password-stdin"][..], "x", "NAME"),
        (&["add-user", "erin", "--display-name", " ", "--password-stdin"], "x", "--display-name"),
        (&["add-user", "erin", "--display-name", "Erin", "--password-stdin"], "", "password"),
        (&["add-room", "--name", "New", "--member", "nobody"], "", "no user \"nobody\""),
        (&["add-room", "--name", "New", "--member", "nobody:101"], "", "0 to 100"),
        (&["add-direct", "erin", "erin"], "", "different"),
    ] {
        let error = admin(dir.path(), args, input).await.unwrap_err();
        assert!(error.contains(says), "{args:?}: {error}");
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
        let error = admin(world.data_dir(), &["import-users", "--stdin"], &input).await.unwrap_err();
        assert!(error.contains(says), "{bad}: {error}");
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
        ("SCAIWAVE_ACCESS_TOKEN_SECONDS", "0"),
        ("SCAIWAVE_SERVER_NAME", "a b"),
        ("SCAIWAVE_LISTEN", "192.0.2.1:80"),
    ] {
        let output = server(dir.path()).arg("serve").env(setting, value).output();
        let output = timeout(PATIENCE, output).await.unwrap_or_else(|_| panic!("{setting}={value} was taken")).unwrap();
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && says.contains(setting), "{setting}={value}: {says}");
    }
}
