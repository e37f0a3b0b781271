//! Puts the parts together and ends them.

use std::{
    error::Error,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use call_media::host::EngineLaunch;
use call_model::CallId;
use call_session::{
    Session, SessionConfig, UserCommand,
    view::{Link, Snapshot},
};
use tauri::{App, AppHandle, Emitter, Manager, RunEvent, async_runtime};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    cli::{Cli, SignIn},
    commands, notify,
    profile::Profile,
    report::Report,
    ring, sound,
    stage::Stage,
    tray,
    vault::KeyringVault,
    windows,
};

/// Windows get at most one snapshot in this time, the newest.
const SNAPSHOT_PACE: Duration = Duration::from_millis(16);
/// What leaving the call may take when the app ends; the server notices by itself after that.
const FAREWELL: Duration = Duration::from_secs(3);

/// What every part may reach.
pub(crate) struct Shell {
    pub(crate) session: Session,
    pub(crate) stage: Stage,
    pub(crate) report: Report,
    quitting: AtomicBool,
}

/// Runs the app; comes back when the person quits it.
pub(crate) fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let profile = Profile::open(cli.profile.clone())?;
    let sign_in = cli.sign_in()?;
    let report = cli.report.as_deref().map(Report::to_file).transpose()?.unwrap_or_default();
    let single_instance = tauri_plugin_single_instance::Builder::new()
        .dbus_id(profile.bus_name())
        .callback(|app, arguments, _| {
            if !arguments.iter().any(|argument| argument == "--background") {
                windows::open_main(app);
            }
        })
        .build();
    let app = tauri::Builder::default()
        .plugin(single_instance)
        .invoke_handler(commands::handler())
        .setup(move |app| setup(app, &cli, profile, sign_in, report))
        .on_window_event(windows::on_event)
        .build(tauri::generate_context!())?;
    app.run(|_, event| {
        // the last window closed: the ring still works, until somebody quits
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}

fn setup(
    app: &mut App,
    cli: &Cli,
    profile: Profile,
    sign_in: Option<SignIn>,
    report: Report,
) -> Result<(), Box<dyn Error>> {
    let lock = profile.lock()?;
    let config = SessionConfig {
        vault: Arc::new(KeyringVault::new(&profile)),
        device_id: profile.installation.to_string().into(),
        media: cli.media(),
        engine: EngineLaunch::locate().unwrap_or_else(|error| {
            // the session says so again when there is a call; everything else works
            tracing::error!(%error);
            EngineLaunch { program: "call-engine".into(), library: None }
        }),
        last_server: profile.last_server(),
    };
    let session = async_runtime::block_on(async { Session::start(config) });
    let stage = Stage::start(&session, report.clone());
    app.manage(lock);
    app.manage(Shell { session: session.clone(), stage, report: report.clone(), quitting: AtomicBool::new(false) });
    let handle = app.handle();
    if cli.has_speaker() {
        sound::follow(&session);
    }
    ring::follow(handle);
    async_runtime::spawn(notify::follow(handle.clone(), session.clone()));
    async_runtime::spawn(show_snapshots(handle.clone(), session.clone(), profile));
    async_runtime::spawn(report_online(session.clone(), report.clone()));
    async_runtime::spawn(write_milestones(session.clone(), report));
    async_runtime::spawn(quit_by_signal(handle.clone()));
    tray::offer(handle);
    if let Some(SignIn { server, username, password }) = sign_in {
        let command = UserCommand::SignIn { server, username, password };
        async_runtime::spawn(async move { log_refusal(session.dispatch(command).await) });
    }
    if !cli.background {
        windows::open_main(handle);
    }
    Ok(())
}

/// Answers a ring and brings the call's window to the front.
pub(crate) fn answer(app: &AppHandle, call_id: CallId, with_video: bool) {
    dispatch(app, UserCommand::Answer { call_id, with_video });
    windows::open_main(app);
}

/// Asks the session; a refusal shows in the snapshot's notices.
pub(crate) fn dispatch(app: &AppHandle, command: UserCommand) {
    let session = app.state::<Shell>().session.clone();
    async_runtime::spawn(async move { log_refusal(session.dispatch(command).await) });
}

/// Leaves the call, ends the engine, then the app.
pub(crate) fn quit(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if shell.quitting.swap(true, Ordering::AcqRel) {
        return;
    }
    let (app, session) = (app.clone(), shell.session.clone());
    async_runtime::spawn(async move {
        if timeout(FAREWELL, session.shutdown()).await.is_err() {
            tracing::warn!("the call could not be left in time");
        }
        app.exit(0);
    });
}

/// Hands each window the newest snapshot, and remembers where somebody signed in.
async fn show_snapshots(app: AppHandle, session: Session, profile: Profile) {
    let mut snapshots = session.snapshots();
    while snapshots.changed().await.is_ok() {
        let next = Instant::now() + SNAPSHOT_PACE;
        let snapshot = snapshots.borrow_and_update().clone();
        if !app.webview_windows().is_empty()
            && let Err(error) = app.emit("snapshot", &*snapshot)
        {
            tracing::warn!(%error, "a snapshot did not reach the window");
        }
        profile.remember(&snapshot.account);
        sleep_until(next).await;
    }
}

async fn write_milestones(session: Session, report: Report) {
    let mut milestones = session.milestones();
    loop {
        match milestones.recv().await {
            Ok(milestone) => report.line(&milestone),
            Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => tracing::warn!(missed, "milestones"),
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Reports each time the event stream is live: from then on it rings.
async fn report_online(session: Session, report: Report) {
    let mut snapshots = session.snapshots();
    let is_online = |snapshot: &Arc<Snapshot>| snapshot.link == Link::Online;
    while snapshots.wait_for(is_online).await.is_ok() {
        report.milestone("online", serde_json::json!({}));
        if snapshots.wait_for(|snapshot| !is_online(snapshot)).await.is_err() {
            return;
        }
    }
}

/// Being told to end is no reason to leave the others with a ghost in the call.
async fn quit_by_signal(app: AppHandle) {
    #[cfg(unix)]
    let asked: io::Result<()> = async {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        Ok(())
    }
    .await;
    #[cfg(not(unix))]
    let asked: io::Result<()> = tokio::signal::ctrl_c().await;
    match asked {
        Ok(()) => quit(&app),
        Err(error) => tracing::warn!(%error, "signals are not heard"),
    }
}

fn log_refusal(result: Result<(), call_session::UserError>) {
    if let Err(error) = result {
        tracing::warn!(code = error.code, message = error.message, "refused");
    }
}
