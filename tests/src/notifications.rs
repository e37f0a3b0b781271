//! The desktop's notifications, watched on the session bus as a second pair of eyes would.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use tokio::time::timeout;
use xtask::desktop::Desktop;
use zbus::{Connection, MessageStream, connection, fdo::MonitoringProxy, message::Type, zvariant::OwnedValue};

use crate::{block_on, world::SOON};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Arguments of the call: app, replaced id, icon, summary, body, actions, hints, time.
type Notify = (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedValue>, i32);

/// Everything that is said to the notification server from now on.
pub struct Notifications {
    seen: MessageStream,
    bus: Connection,
}

/// A notification that is shown.
#[derive(Debug)]
pub struct Shown {
    /// The server's number for it.
    pub id: u32,
    /// Its first line.
    pub summary: String,
    /// The names of its buttons, each followed by what is written on it.
    pub actions: Vec<String>,
}

impl Notifications {
    /// Starts to watch.
    pub fn watch(desktop: &Desktop) -> Result<Self> {
        let address = desktop.setting("DBUS_SESSION_BUS_ADDRESS").context("a desktop without a session bus")?;
        block_on(async {
            let bus = connection::Builder::address(address)?.build().await?;
            let watching = connection::Builder::address(address)?.build().await?;
            let seen = MessageStream::from(&watching);
            let (calls, replies) = (format!("interface='{SERVICE}'"), "type='method_return'".to_owned());
            let rules = [calls.as_str().try_into()?, replies.as_str().try_into()?];
            MonitoringProxy::new(&watching).await?.become_monitor(&rules, 0).await?;
            Ok(Self { seen, bus })
        })
    }

    /// The next notification that has buttons.
    pub fn with_buttons(&mut self) -> Result<Shown> {
        let mut asked = None;
        self.find(move |message| {
            let header = message.header();
            if header.member().is_some_and(|member| member == "Notify") {
                let (_, _, _, summary, _, actions, ..) = message.body().deserialize::<Notify>().ok()?;
                if !actions.is_empty() {
                    asked = Some((header.sender()?.to_string(), header.primary().serial_num(), summary, actions));
                }
                return None;
            }
            let (sender, serial, summary, actions) = asked.as_ref()?;
            let answers = header.message_type() == Type::MethodReturn
                && header.reply_serial() == Some(*serial)
                && header.destination().is_some_and(|to| to.as_str() == sender);
            let id = answers.then(|| message.body().deserialize().ok()).flatten()?;
            Some(Shown { id, summary: summary.clone(), actions: actions.clone() })
        })
        .context("no notification with buttons")
    }

    /// Presses a button, by its name.
    pub fn press(&self, shown: &Shown, action: &str) -> Result<()> {
        let pressed = (shown.id, action);
        Ok(block_on(self.bus.emit_signal(None::<&str>, PATH, SERVICE, "ActionInvoked", &pressed))?)
    }

    /// Waits until the app takes a notification back.
    pub fn closed(&mut self, shown: &Shown) -> Result<()> {
        self.find(|message| {
            let is_close = message.header().member().is_some_and(|member| member == "CloseNotification");
            (is_close && message.body().deserialize::<u32>().ok()? == shown.id).then_some(())
        })
        .context("the notification is not taken back")
    }

    fn find<T>(&mut self, mut fits: impl FnMut(&zbus::Message) -> Option<T>) -> Result<T> {
        let look = async {
            while let Some(message) = self.seen.next().await {
                if let Some(found) = fits(&message?) {
                    return Ok(found);
                }
            }
            bail!("the session bus has gone")
        };
        block_on(async { timeout(SOON, look).await? })
    }
}
