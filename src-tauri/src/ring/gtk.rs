//! The ring window on Linux: made when it rings, painted within a few milliseconds, no webview.

use std::{cell::Cell, rc::Rc};

use call_model::{CallId, CallType};
use call_session::{UserCommand, view::Ring};
use gtk::{
    Align, Orientation,
    gdk::{self, keys::constants as key},
    glib::{self, Propagation},
    prelude::*,
};
use serde_json::json;
use tauri::{AppHandle, Manager};

use super::Face;
use crate::app::{self, Shell};

const STYLE: &str = include_str!("ring.css");
const WIDTH: i32 = 380;
/// Between two rings.
const GAP: i32 = 20;

/// Opens and closes ring windows as the session's snapshots say. On the thread that runs the windows.
pub(crate) fn follow(app: &AppHandle) {
    let app = app.clone();
    let mut snapshots = app.state::<Shell>().session.snapshots();
    load_style();
    glib::MainContext::default().spawn_local(async move {
        let mut open: Vec<RingWindow> = Vec::new();
        loop {
            let mut rings = snapshots.borrow_and_update().rings.clone();
            rings.retain(|ring| ring.pops_up);
            open.retain(|window| rings.contains(&window.ring));
            for ring in rings {
                if !open.iter().any(|window| window.ring == ring) {
                    open.push(RingWindow::open(&app, ring, open.len() as i32));
                }
            }
            if snapshots.changed().await.is_err() {
                return;
            }
        }
    });
}

fn load_style() {
    let provider = gtk::CssProvider::new();
    if let Err(error) = provider.load_from_data(STYLE.as_bytes()) {
        return tracing::error!(%error, "ring.css");
    }
    if let Some(screen) = gdk::Screen::default() {
        gtk::StyleContext::add_provider_for_screen(&screen, &provider, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
    }
}

/// Closes when it is dropped.
struct RingWindow {
    ring: Ring,
    window: gtk::Window,
    /// By us: not the person's "no".
    closing: Rc<Cell<bool>>,
}

impl Drop for RingWindow {
    fn drop(&mut self) {
        self.closing.set(true);
        // gone at once; destroyed a moment later
        self.window.hide();
        self.window.close();
    }
}

impl RingWindow {
    fn open(app: &AppHandle, ring: Ring, above: i32) -> Self {
        let face = Face::of(&ring);
        let window = gtk::Window::new(gtk::WindowType::Toplevel);
        window.set_title(&face.title);
        window.set_widget_name("ring");
        window.set_type_hint(gdk::WindowTypeHint::Dialog);
        window.set_decorated(false);
        window.set_resizable(false);
        window.set_size_request(WIDTH, -1);
        window.set_keep_above(true);
        window.set_urgency_hint(true);
        window.stick();
        // It never takes the focus by itself: who is typing must not answer by accident. But it can be given the focus.
        window.set_focus_on_map(false);
        if let Some(accessible) = window.accessible() {
            accessible.set_role(gtk::atk::Role::Alert);
            accessible.set_description(&face.detail);
        }
        let content = gtk::Box::new(Orientation::Vertical, 16);
        content.style_context().add_class("ring-content");
        content.pack_start(&caller(&face), false, false, 0);
        if ring.ends_current_call {
            content.pack_start(&text("Answering ends your current call.", "ring-warning"), false, false, 0);
        }
        let answer = buttons(app, &ring, &content);
        window.add(&content);
        window.set_default(Some(&answer));
        let this = Self { ring, window, closing: Rc::default() };
        this.listen_to_keys(app);
        this.tell_when_painted(app);
        // not drawn as focused before it has the focus, but there when it gets it
        answer.grab_focus();
        content.show_all();
        this.place(above);
        this.window.show();
        this
    }

    /// In the middle, high up, one below the other: the corners belong to notifications. (Wayland places windows itself.)
    fn place(&self, above: i32) {
        let Some(display) = gdk::Display::default() else { return };
        let Some(monitor) = display.primary_monitor().or_else(|| display.monitor(0)) else { return };
        let area = monitor.workarea();
        let (_, size) = self.window.preferred_size();
        let down = above * (size.height + GAP);
        self.window.move_(area.x() + (area.width() - size.width) / 2, area.y() + area.height() / 8 + down);
    }

    /// Escape rejects; Enter presses the button that has the focus, at first Answer.
    fn listen_to_keys(&self, app: &AppHandle) {
        let (to, call_id) = (app.clone(), self.ring.call_id.clone());
        self.window.connect_key_press_event(move |_, event| {
            if event.keyval() != key::Escape {
                return Propagation::Proceed;
            }
            app::dispatch(&to, UserCommand::Reject { call_id: call_id.clone() });
            Propagation::Stop
        });
        // closing it by the desktop's means is a no too
        let (app, call_id, closing) = (app.clone(), self.ring.call_id.clone(), self.closing.clone());
        self.window.connect_delete_event(move |_, _| {
            if !closing.replace(true) {
                app::dispatch(&app, UserCommand::Reject { call_id: call_id.clone() });
            }
            Propagation::Proceed
        });
    }

    fn tell_when_painted(&self, app: &AppHandle) {
        let report = app.state::<Shell>().report.clone();
        let (call_id, told) = (self.ring.call_id.clone(), Cell::new(false));
        // after: when the window and all in it were drawn
        self.window.connect_local("draw", true, move |_| {
            if !told.replace(true) {
                report.milestone("ring_painted", json!({"call_id": call_id}));
            }
            Some(false.to_value())
        });
    }
}

/// The picture's place and the two lines beside it.
fn caller(face: &Face) -> gtk::Box {
    let row = gtk::Box::new(Orientation::Horizontal, 14);
    let avatar = text(&face.initials, "ring-avatar");
    avatar.style_context().add_class(&format!("ring-colour-{}", face.colour));
    avatar.set_valign(Align::Center);
    let lines = gtk::Box::new(Orientation::Vertical, 2);
    lines.set_valign(Align::Center);
    for (line, class) in [(&face.name, "ring-name"), (&face.detail, "ring-detail")] {
        let label = text(line, class);
        label.set_xalign(0.0);
        label.set_ellipsize(gtk::pango::EllipsizeMode::End);
        label.set_max_width_chars(28);
        lines.pack_start(&label, false, false, 0);
    }
    row.pack_start(&avatar, false, false, 0);
    row.pack_start(&lines, true, true, 0);
    row
}

/// Reject on the left, Answer on the right; comes back with Answer.
fn buttons(app: &AppHandle, ring: &Ring, content: &gtk::Box) -> gtk::Button {
    let row = gtk::Box::new(Orientation::Horizontal, 10);
    row.set_homogeneous(true);
    let is_video = ring.call_type == CallType::Video;
    let reject = button("Reject", "ring-reject");
    reject.connect_clicked({
        let (app, call_id) = (app.clone(), ring.call_id.clone());
        move |_| app::dispatch(&app, UserCommand::Reject { call_id: call_id.clone() })
    });
    row.pack_start(&reject, true, true, 0);
    if is_video {
        row.pack_start(&answering("Audio only", "ring-quiet", app, &ring.call_id, false), true, true, 0);
    }
    let answer = answering("Answer", "ring-answer", app, &ring.call_id, is_video);
    answer.set_can_default(true);
    row.pack_start(&answer, true, true, 0);
    content.pack_start(&row, false, false, 0);
    answer
}

fn answering(label: &str, class: &str, app: &AppHandle, call_id: &CallId, with_video: bool) -> gtk::Button {
    let button = button(label, class);
    let (app, call_id) = (app.clone(), call_id.clone());
    button.connect_clicked(move |_| app::answer(&app, call_id.clone(), with_video));
    button
}

fn button(label: &str, class: &str) -> gtk::Button {
    let button = gtk::Button::with_label(label);
    button.style_context().add_class("ring-button");
    button.style_context().add_class(class);
    button
}

fn text(text: &str, class: &str) -> gtk::Label {
    let label = gtk::Label::new(Some(text));
    label.style_context().add_class(class);
    label
}
