//! `cargo xtask screenshots`: the pictures of the README, taken from the real app in a real call, into `docs/images/`.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use e2e::{
    api::Api,
    window::Window,
    world::{SOON, World},
};
use serde_json::json;
use xtask::{desktop::Desktop, paths, peers::AppOptions, process};

/// The app's main window.
const MAIN: &str = "ScaiWave Calls";
/// The ring's title, with the caller's name.
const RING: &str = "Incoming video call from Bob Brown";

fn main() -> Result<()> {
    process::end_all_when_interrupted()?;
    let images = paths::root().join("docs/images");
    std::fs::create_dir_all(&images)?;
    for (theme, gtk_theme) in [("light", "Adwaita"), ("dark", "Adwaita:dark")] {
        take(theme, gtk_theme, &images).with_context(|| format!("the {theme} pictures"))?;
    }
    println!("the pictures are in {}", images.display());
    Ok(())
}

fn take(theme: &str, gtk_theme: &str, images: &Path) -> Result<()> {
    let mut world = World::start(&format!("screenshots-{theme}"))?;
    world.desktop.set("GTK_THEME", gtk_theme);
    let image = |name: &str| -> PathBuf { images.join(format!("{name}-{theme}.png")) };
    let team = world.room("Team")?;
    converse(&world, &team)?;

    let window = Window::open(&world.desktop, &AppOptions::default(), &world.directory.join("alice"))?;
    window.text("sign-in-submit", SOON)?;
    picture(&world.desktop, MAIN, &image("sign-in"))?;
    let alice = world.stack.state.user("alice")?;
    window.sign_in(&world.stack.state.server_url, "alice", &alice.password)?;
    window.click_at(&format!("[data-room-id=\"{team}\"] button"))?;
    window.text("call-video", SOON)?;
    window.text_at("[data-testid=\"timeline\"] time", SOON)?;
    picture(&world.desktop, MAIN, &image("room"))?;

    let _carol = world.agent("carol", &["--answer", "--publish", "pattern,tone:523"])?;
    let bob = world.agent("bob", &["--call", &team, "--publish", "pattern,tone:660"])?;
    window.report.milestone("ring_painted", 0, SOON)?;
    picture(&world.desktop, RING, &image("ring"))?;
    world.desktop.press("Incoming", "Answer", SOON)?;
    process::wait_until("a picture of each of the three", SOON, || {
        let lines = window.report.all();
        let drawn = lines.iter().filter(|line| line["milestone"] == "drawn");
        Ok(drawn.map(|line| line["video"].to_string()).collect::<HashSet<_>>().len() == 3)
    })?;
    picture(&world.desktop, MAIN, &image("call"))?;
    drop(bob);
    Ok(())
}

/// A few words, so that the room looks lived in.
fn converse(world: &World, room: &str) -> Result<()> {
    let (alice, bob) = (Api::sign_in(&world.stack.state, "alice")?, Api::sign_in(&world.stack.state, "bob")?);
    for (who, body) in [
        (&bob, "Morning! The new build is on the test server."),
        (&alice, "Great. I tried it on the train: the call came back by itself after the tunnel."),
        (&bob, "Shall we look at the recording of Tuesday together?"),
        (&alice, "Yes. Call me when you are ready."),
    ] {
        let message = json!({"content": {"msgtype": "swp.text", "body": body}});
        who.post(&format!("rooms/{room}/send"), &message)?.ok()?;
    }
    Ok(())
}

fn picture(desktop: &Desktop, title: &str, file: &Path) -> Result<()> {
    let mut found = Vec::new();
    process::wait_until(&format!("a window “{title}”"), SOON, || {
        found = desktop.windows(title);
        Ok(!found.is_empty())
    })?;
    desktop.screenshot(found.last().map(String::as_str), file)
}
