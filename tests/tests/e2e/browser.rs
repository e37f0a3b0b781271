//! A call with somebody whose program nobody here wrote: npm `livekit-client` in Chromium.

use std::{f64::consts::TAU, io::Read, process::Command, time::Duration};

use e2e::{
    api::Api,
    world::{SOON, World},
};
use serde_json::{Value, json};
use xtask::{
    lines::Lines,
    paths,
    process::{Output, Pipes, Process},
};

/// Chromium's start on a loaded machine.
const CHROMIUM: Duration = Duration::from_secs(90);
/// Of the tone that the browser plays; the app's is 440.
const BROWSERS_TONE: u32 = 660;
/// Samples a second, and how many seconds to listen at most.
const RATE: usize = 48_000;
const SECONDS: usize = 10;

#[test]
fn the_app_and_a_browser_see_and_hear_each_other() {
    let world = World::start("browser").unwrap();
    let app = world.app("alice").unwrap();
    let carol = Api::sign_in(&world.stack.state, "carol").unwrap();
    let team = world.room("Team").unwrap();
    let grant = carol.post("calls/initiate", &json!({"room_id": team, "type": "video"})).unwrap().ok().unwrap();
    let (_browser, browser) = browser(&world, &grant);
    let event = |what: &str, mark: usize, fits: &dyn Fn(&Value) -> bool| browser.wait(what, mark, CHROMIUM, fits);
    event("the browser is in", 0, &|line| line["event"] == "published").unwrap();
    world.answer(&app).unwrap();

    let state = &world.stack.state;
    let alice = state.user("alice").unwrap().participant_id.clone();
    let carol = state.user("carol").unwrap().participant_id.clone();
    let of = |line: &Value, who: &str| line["identity"].as_str().is_some_and(|identity| identity.starts_with(who));

    // the browser's side: the app's picture by its bar code, the app's tone
    let stats = |line: &Value| line["event"] == "stats" && of(line, &alice);
    let near = |hz: &Value, wanted: f64| hz.as_f64().is_some_and(|hz| (hz - wanted).abs() < 10.0);
    let heard =
        |line: &Value| stats(line) && line["latency_samples"].as_u64() > Some(0) && near(&line["tone_hz"], 440.0);
    let first = event("the app's bar code and tone in the browser", 0, &heard).unwrap();
    let frames = first["frames_decoded"].as_u64().unwrap();
    let more = |line: &Value| stats(line) && line["frames_decoded"].as_u64() > Some(frames);
    event("more of the app's frames in the browser", browser.mark(), &more).unwrap();

    // the app's side: the browser's picture by its bar code, and its tone
    for kind in ["video", "audio"] {
        let first = |line: &Value| line["milestone"] == "first_media" && line["kind"] == kind && of(line, &carol);
        app.report.wait(&format!("the browser's {kind} in the app"), 0, SOON, first).unwrap();
    }
    let drawn =
        |line: &Value| line["milestone"] == "drawn" && line["video"] != "local" && line["latency_ms_p50"].is_number();
    app.report.wait("the browser's bar code in the app", 0, SOON, drawn).unwrap();
    let tone = heard_from_the_speaker(&world, f64::from(BROWSERS_TONE));
    assert!(tone > 0.5, "of what the app plays, {tone:.3} is the browser's tone");
}

/// Carol's browser in the call; ends with its input.
fn browser(world: &World, grant: &Value) -> (Process, Lines) {
    let output = world.directory.join("browser.jsonl");
    let mut command = Command::new("node");
    command.arg(paths::root().join("tests/browser/peer.mjs"));
    command.args(["--width", "640", "--height", "360", "--tone", &BROWSERS_TONE.to_string()]);
    command.args(["--url", grant["livekit_url"].as_str().unwrap()]);
    command.env("LIVEKIT_TOKEN", grant["livekit_token"].as_str().unwrap());
    let pipes = Pipes { stdin: true, stdout: Output::File(output.clone()) };
    let process = Process::start("browser", command, &world.directory.join("browser.log"), pipes).unwrap();
    (process, Lines::of(&output))
}

/// The part of a tone in what comes out of the desktop's speaker, 0.0 to 1.0: in the middle of a second's pieces, of the second where
/// it is largest, as the first may begin in silence. Ends early where the tone is clear.
fn heard_from_the_speaker(world: &World, frequency: f64) -> f64 {
    let mut command = world.desktop.command("parec");
    command.args(["--device=speaker.monitor", "--raw", "--format=s16le", "--channels=1"]);
    command.args(["--rate", &RATE.to_string()]);
    let pipes = Pipes { stdout: Output::Pipe, stdin: false };
    let mut recorder = world.desktop.run("parec", command, pipes).unwrap();
    let mut sound = recorder.stdout().unwrap();
    let mut best = 0.0_f64;
    for _ in 0..SECONDS {
        let mut bytes = vec![0; RATE * 2];
        sound.read_exact(&mut bytes).unwrap();
        let samples: Vec<f64> =
            bytes.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]]))).collect();
        // short, so that a sample lost on a busy machine spoils one of them and not the second
        let mut parts: Vec<f64> =
            samples.chunks_exact(RATE / 20).map(|piece| part_of(piece, frequency / RATE as f64)).collect();
        parts.sort_by(f64::total_cmp);
        best = best.max(parts[parts.len() / 2]);
        if best > 0.9 {
            break;
        }
    }
    best
}

/// How much of the energy lies at one frequency, given in turns a sample.
fn part_of(samples: &[f64], frequency: f64) -> f64 {
    let energy: f64 = samples.iter().map(|sample| sample * sample).sum();
    let (mut cosine, mut sine) = (0.0, 0.0);
    for (position, sample) in samples.iter().enumerate() {
        let angle = TAU * frequency * position as f64;
        cosine += sample * angle.cos();
        sine += sample * angle.sin();
    }
    if energy == 0.0 { 0.0 } else { 2.0 * (cosine * cosine + sine * sine) / (samples.len() as f64 * energy) }
}
