//! Desktop notifications: a ring with Answer and Reject, gone when the ring stops; a missed call. Where the desktop has no
//! notification server, nothing happens: the ring window is always there.

use std::collections::{HashMap, HashSet};

use call_model::{CallId, CallType};
use call_session::{
    Session, Snapshot, UserCommand,
    view::{NoticeLevel, NoticeView, Ring},
};
use notify_rust::{Hint, Notification, Timeout, Urgency};
use tauri::{AppHandle, async_runtime};
use tokio::sync::oneshot;

use crate::{app, ring::Face};

const ANSWER: &str = "answer";
const REJECT: &str = "reject";

/// Shows and closes notifications as the session's snapshots say.
pub(crate) async fn follow(app: AppHandle, session: Session) {
    let mut snapshots = session.snapshots();
    // what was there at the start is no news
    let mut told: HashSet<u64> = snapshots.borrow().notices.iter().map(|notice| notice.id).collect();
    // each entry's drop closes its notification
    let mut shown: HashMap<CallId, oneshot::Sender<()>> = HashMap::new();
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        let rings = || snapshot.rings.iter().filter(|ring| ring.pops_up);
        shown.retain(|call_id, _| rings().any(|ring| ring.call_id == *call_id));
        for ring in rings() {
            shown.entry(ring.call_id.clone()).or_insert_with(|| {
                let (open, closed) = oneshot::channel();
                async_runtime::spawn(show_ring(app.clone(), ring.clone(), closed));
                open
            });
        }
        for notice in news(&snapshot, &mut told) {
            async_runtime::spawn(show_missed(notice.text.clone()));
        }
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

/// Missed calls that were not told yet.
fn news<'a>(snapshot: &'a Snapshot, told: &mut HashSet<u64>) -> Vec<&'a NoticeView> {
    let fresh = snapshot.notices.iter().filter(|notice| told.insert(notice.id));
    fresh.filter(|notice| notice.level == NoticeLevel::Warning && notice.room_id.is_some()).collect()
}

async fn show_ring(app: AppHandle, ring: Ring, closed: oneshot::Receiver<()>) {
    let face = Face::of(&ring);
    let mut notification = basic(&face.name, &face.detail);
    notification
        .action(ANSWER, "Answer")
        .action(REJECT, "Reject")
        .hint(Hint::Category("call.incoming".into()))
        .hint(Hint::SuppressSound(true))
        .hint(Hint::Urgency(if ring.audible { Urgency::Critical } else { Urgency::Normal }))
        .timeout(Timeout::Never);
    let handle = match notification.show_async().await {
        Ok(handle) => handle,
        Err(error) => return tracing::info!(%error, "no notification for the ring"),
    };
    let mut chosen = None;
    tokio::select! {
        // listening starts before anybody can press
        biased;
        () = handle.wait_for_action_async(|response| {
            if let notify_rust::NotificationResponse::Action(action) = response {
                chosen = Some(action.clone());
            }
        }) => {}
        _ = closed => handle.close_async().await,
    }
    match chosen.as_deref() {
        Some(ANSWER) => app::answer(&app, ring.call_id, ring.call_type == CallType::Video),
        Some(REJECT) => app::dispatch(&app, UserCommand::Reject { call_id: ring.call_id }),
        _ => {}
    }
}

async fn show_missed(text: String) {
    let mut notification = basic(&text, "");
    notification.hint(Hint::Category("call.unanswered".into()));
    if let Err(error) = notification.show_async().await {
        tracing::info!(%error, "no notification");
    }
}

fn basic(summary: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification.appname("ScaiWave Calls").icon("scaiwave-calls").summary(summary).body(&escaped(body));
    notification
}

/// A notification's body is markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(escaped("<b>R&D</b>"), "&lt;b&gt;R&amp;D&lt;/b&gt;");
    }
}
