//! Wrong input and absent servers: a clear sentence each, nothing crashes, nothing is left half open.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use e2e::{
    api::Api,
    noise,
    window::Window,
    world::{SOON, World},
};
use serde_json::{Value, json};
use xtask::{
    peers::{App, AppOptions},
    process::wait_until,
    stack::direct_name,
};

#[test]
fn the_sign_in_window_says_what_is_wrong() {
    let world = World::start("sign-in-refused").unwrap();
    let window = Window::open(&world.desktop, &AppOptions::default(), &world.directory.join("alice")).unwrap();
    let server = &world.stack.state.server_url;
    let password = &world.stack.state.user("alice").unwrap().password;

    let refused = |server: &str, password: &str, sentence: &str| {
        window.sign_in(server, "alice", password).unwrap();
        let shown = format!("//*[@data-testid='sign-in-error'][contains(., {sentence:?})]");
        window.wait_for_path(&shown, SOON).unwrap();
    };
    refused(server, "wrong", "The name or the password is wrong. Check both and try again.");

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}");
    refused(&nobody, password, &format!("{free} cannot be reached"));

    let web = web_server();
    let sentence = format!("{web} answers, but it is not a ScaiWave server. Check the address.");
    refused(&format!("http://{web}"), password, &sentence);
    refused("two words", password, "“two words” is not a server address.");

    // and after all that, the right one
    window.sign_in(server, "alice", password).unwrap();
    window.report.milestone("online", 0, SOON).unwrap();
    window.text("room-item", SOON).unwrap();
}

/// A web server of another kind: everything is a page. Ends with the tests.
fn web_server() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // whoever goes away early is none of our business
            let _ = answer_with_a_page(&stream);
        }
    });
    address
}

fn answer_with_a_page(mut stream: &TcpStream) -> std::io::Result<()> {
    for line in BufReader::new(stream).lines() {
        if line?.is_empty() {
            break;
        }
    }
    let page = "<!doctype html><title>A shop</title><p>Welcome!";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len())
}

#[test]
fn without_an_sfu_nobody_is_rung_and_the_caller_is_told() {
    let mut world = World::start("sfu-down").unwrap();
    let direct = world.room(&direct_name("alice", "bob")).unwrap();
    let team = world.room("Team").unwrap();
    let mut bob = world.agent("bob", &["--answer"]).unwrap();
    bob.events.milestone("online", 0, SOON).unwrap();
    let window = world.window("alice").unwrap();
    world.stack.stop_livekit();

    let carol = Api::sign_in(&world.stack.state, "carol").unwrap();
    let refused = carol.post("calls/initiate", &json!({"room_id": team, "type": "audio"})).unwrap();
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (503, &"SW_CALL_LIVEKIT_UNREACHABLE".into()),
        "{refused:?}"
    );
    assert!(refused.retry_after.is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "no Retry-After");

    window.click_at(&format!("[data-room-id=\"{direct}\"] button")).unwrap();
    window.click("call-video").unwrap();
    let told = window.wait_for_path("//*[contains(., 'media server')]", SOON);
    let shown = window.text_at("body", SOON).unwrap();
    told.unwrap_or_else(|error| panic!("{error:#}\n{shown}"));
    for room in [&direct, &team] {
        let state = Api::sign_in(&world.stack.state, "alice").unwrap().get(&format!("rooms/{room}/state")).unwrap();
        assert!(state.ok().unwrap()["active_call"].is_null(), "a call is left half open in {room}");
    }

    // with the SFU back it rings: events come in order, so this ring is the first that Bob saw
    world.stack.start_livekit().unwrap();
    let alice = Api::sign_in(&world.stack.state, "alice").unwrap();
    let call = alice.post("calls/initiate", &json!({"room_id": direct, "type": "audio"})).unwrap().ok().unwrap();
    bob.events.milestone("ring_received", 0, SOON).unwrap();
    let rings: Vec<Value> = bob.events.all().into_iter().filter(|line| line["milestone"] == "ring_received").collect();
    assert_eq!(rings.len(), 1, "{rings:?}");
    assert_eq!(rings[0]["call_id"], call["call_id"]);
    bob.process.check().unwrap();
}

#[test]
fn webhooks_that_are_not_the_sfus_change_nothing() {
    let world = World::start("webhook").unwrap();
    let app = world.app("alice").unwrap();
    let room = world.room(&direct_name("alice", "bob")).unwrap();
    let bob = world.agent("bob", &["--call", &room, "--publish", "pattern,tone:660"]).unwrap();
    world.answer(&app).unwrap();
    let call_id = app.report.milestone("connected", 0, SOON).unwrap()["call_id"].as_str().unwrap().to_owned();
    bob.events.milestone("first_frame_drawn", 0, SOON).unwrap();

    let api = Api::sign_in(&world.stack.state, "bob").unwrap();
    let look = || api.get(&format!("calls/{call_id}")).unwrap().ok().unwrap();
    let all_in = |call: &Value| {
        call["participants"].as_array().unwrap().iter().all(|device| device["state"] == "joined")
            && call["state"] == "active"
    };
    wait_until("the SFU's own webhooks are in", SOON, || Ok(all_in(&look()))).unwrap();
    let before = look();
    let finished = json!({"event": "room_finished", "id": "EV_forged", "createdAt": "1795474800",
        "room": {"name": before["livekit_room"], "sid": "RM_forged"}});
    for body in [finished.to_string().as_str(), "", "{", "[]", "\u{0}\u{1}", "{\"event\":7}"] {
        for authorization in [None, Some("nonsense"), Some("Bearer nonsense"), Some("e30.e30.e30")] {
            let answer = api.post_raw("calls/webhook", body, authorization).unwrap();
            assert_eq!(answer.status, 401, "{body:?} {authorization:?}: {answer:?}");
        }
    }
    assert_eq!(look(), before, "the call was touched");
    let mark = app.report.mark();
    app.report
        .wait("Bob's picture", mark, SOON, |line| line["milestone"] == "drawn" && line["video"] != "local")
        .unwrap();
}

#[test]
fn nonsense_on_the_event_stream_hides_no_ring() {
    let world = World::start("noise").unwrap();
    let mut state = world.stack.state.clone();
    state.server_url = noise::before(&state.server_url).unwrap();
    let directory = world.directory.join("alice");
    let mut app = App::start(Some(&world.desktop), &state, "alice", &AppOptions::default(), &directory).unwrap();
    app.report.milestone("online", 0, SOON).unwrap();
    let room = world.room(&direct_name("alice", "bob")).unwrap();
    let mut bob = world.agent("bob", &["--call", &room, "--publish", "pattern,tone:660"]).unwrap();
    world.answer(&app).unwrap();
    bob.events.milestone("first_frame_drawn", 0, SOON).unwrap();
    world.hang_up(&bob).unwrap();
    bob.report(SOON).unwrap();
    // as the stream says it: nobody but the app itself is left in the media room
    app.report.milestone("call_ended", 0, SOON).unwrap();
    app.process.check().unwrap();
    // the same connection all the time
    let lines = app.report.all();
    assert_eq!(lines.iter().filter(|line| line["milestone"] == "online").count(), 1, "{lines:?}");
}
