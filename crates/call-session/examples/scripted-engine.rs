//! A test double of the process `call-engine`: speaks its protocol, has no SDK and no devices, and gets into every call at once.
//! Its frame secret is its process id, so that a test can kill it.
#![allow(clippy::unwrap_used)]

use std::io::{Write, stdin, stdout};

use call_media::protocol::{
    Command, Connection, DisconnectReason, Event, FrameEndpoint, Output, Participant, Quality, Reply, Request, Secret,
    TrackState,
};

fn say(output: &Output) {
    let mut line = serde_json::to_vec(output).unwrap();
    line.push(b'\n');
    let mut out = stdout().lock();
    out.write_all(&line).unwrap();
    out.flush().unwrap();
}

fn event(event: Event) {
    say(&Output::Event { event });
}

/// The join token of the reference server is a JWT: its `sub` is the identity.
fn identity(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

fn main() {
    let secret = Secret(std::process::id().to_string());
    let frames = FrameEndpoint { port: 1, secret };
    event(Event::Ready { version: "scripted".into(), sdk_version: "none".into(), frames });
    let mut me = Participant {
        identity: String::new(),
        is_local: true,
        microphone: TrackState::default(),
        camera: TrackState::default(),
        speaking: false,
        level: 0.0,
        quality: Quality::Excellent,
    };
    for line in stdin().lines() {
        let Request { id, command } = serde_json::from_str(&line.unwrap()).unwrap();
        say(&Output::Reply { id, result: Ok(Reply::Done) });
        match command {
            Command::Join { token, microphone, camera, .. } => {
                me.identity = identity(&token.0);
                (me.microphone.on, me.camera.on) = (microphone, camera);
                event(Event::Connection { state: Connection::Connecting });
                event(Event::Connection { state: Connection::Connected });
            }
            Command::SetMicrophone { on } => me.microphone.on = on,
            Command::SetCamera { on } => me.camera.on = on,
            Command::Leave => {
                event(Event::Connection { state: Connection::Disconnected { reason: DisconnectReason::Left } });
            }
            Command::Shutdown => return,
            _ => continue,
        }
        event(Event::Participants { participants: vec![me.clone()] });
    }
}
