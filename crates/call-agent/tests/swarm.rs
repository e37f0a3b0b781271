//! A swarm at a real server, with an SFU that takes every request.
#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, fs, path::Path, process::Stdio, sync::Arc, time::Duration};

use scaiwave_server::{
    Server, admin,
    calls::sfu::NoMedia,
    config::{Livekit, Settings},
    store,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

const PATIENCE: Duration = Duration::from_secs(60);

/// Five people, all of them in the room "All", the first two in a direct room.
async fn server(dir: &TempDir) -> Server {
    let store = store::open(dir.path()).await.unwrap();
    let names = ["ann", "ben", "cat", "dan", "eve"];
    for name in names {
        admin::add_user(&store, name, name, "swarm").await.unwrap();
    }
    admin::add_room(&store, "All", &names.map(str::to_owned)).await.unwrap();
    admin::add_direct(&store, "ann", "ben").await.unwrap();
    store.close().await;
    let users = names.map(|name| json!({ "username": name, "password": "swarm" }).to_string());
    fs::write(dir.path().join("users"), users.join("\n")).unwrap();
    let livekit =
        Livekit { url: "ws://sfu.example".parse().unwrap(), api_key: "key".into(), api_secret: "secret".into() };
    let listen = "127.0.0.1:0".parse().unwrap();
    let reconcile = Duration::from_secs(3600);
    let settings = Settings { listen, reconcile, ..Settings::new(dir.path(), livekit) };
    Server::start(settings, Arc::new(NoMedia)).await.unwrap()
}

/// Runs a swarm; answers whether all went as asked, what was printed, by its first key, and what it complained about.
async fn swarm(dir: &Path, server: &Server, arguments: &str) -> (bool, HashMap<String, Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_call-agent"));
    command.args(["swarm", "--server", &format!("http://{}", server.address), "--report", "json", "--events"]);
    command.arg("--users").arg(dir.join("users")).args(arguments.split(' '));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.expect("the swarm does not end").unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let named = lines.map(|line| (if line["rings"].is_object() { "report" } else { "event" }.to_owned(), line));
    (output.status.success(), named.collect(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_rung_once_and_joiners_join() {
    let dir = TempDir::new().unwrap();
    let server = server(&dir).await;
    let arguments = "--room All --starters 1 --joiners 2 --listeners 2 --calls 3 --pause 0s --settle 0s --ring 30s";
    let (well, said, complaint) = swarm(dir.path(), &server, arguments).await;
    let report = &said["report"];
    assert!(well, "{complaint}\n{report}");
    assert_eq!(said["event"]["milestone"], "all_online");
    assert_eq!((&report["clients"]["online"], &report["calls"]["started"]), (&json!(5), &json!(3)));
    let rings = &report["rings"];
    let counts = ["expected", "seen", "missed", "doubled", "stray"].map(|count| rings[count].as_u64().unwrap());
    assert_eq!(counts, [12, 12, 0, 0, 0], "3 calls, 4 others");
    assert_eq!((&rings["latency_ms"]["count"], &rings["last_ms"]["count"]), (&json!(12), &json!(3)));
    assert_eq!(report["joins"]["done"], 6);
    assert_eq!((&report["errors"], &report["reconnects"]), (&json!({}), &json!(0)));
    assert!(report["stream_bytes"].as_u64().unwrap() > 12 * 200, "{report}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starters_take_rooms_of_their_own() {
    let dir = TempDir::new().unwrap();
    let server = server(&dir).await;
    let arguments = "--starters 2 --listeners 3 --calls 2 --pause 0s --settle 0s --ring 30s";
    let (well, said, complaint) = swarm(dir.path(), &server, arguments).await;
    assert!(well, "{complaint}");
    let report = &said["report"];
    assert_eq!((&report["calls"]["started"], &report["calls"]["existing"]), (&json!(4), &json!(0)), "{report}");
    // one room has five members, the other two
    assert_eq!((&report["rings"]["seen"], &report["rings"]["missed"]), (&json!(2 * 4 + 2), &json!(0)), "{report}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_people_out_is_said() {
    let dir = TempDir::new().unwrap();
    let server = server(&dir).await;
    let (well, _, complaint) = swarm(dir.path(), &server, "--listeners 6").await;
    assert!(!well && complaint.contains("6 people are wanted and only 5"), "{complaint}");

    let users = fs::read_to_string(dir.path().join("users")).unwrap();
    fs::write(dir.path().join("users"), users.replace("\"dan\"", "\"nobody\"")).unwrap();
    let (well, said, complaint) = swarm(dir.path(), &server, "--listeners 5 --for 1s").await;
    assert!(!well && complaint.contains("only 4 of 5 came online"), "{complaint}");
    assert_eq!(said["report"]["errors"], json!({ "wrong_password": 1 }));

    let (well, _, complaint) = swarm(dir.path(), &server, "--starters 1 --room Nowhere --settle 0s").await;
    assert!(!well && complaint.contains("starter 1 is not in “Nowhere”"), "{complaint}");
    server.stop().await;
}
