//! What can be chosen, and what the system's defaults are: looked up on a thread of its own, for some systems take seconds.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use cpal::traits::{DeviceTrait, HostTrait};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{
    news::{News, NewsSender, tell},
    video::native_camera,
};
use crate::protocol::{Device, DeviceKind};

/// How often devices are looked for: no system tells us in a way that all of cpal's and nokhwa's back ends pass on.
const PERIOD: Duration = Duration::from_secs(3);

/// The handle to the thread; dropped, it ends.
pub(crate) struct Devices {
    ask: mpsc::Sender<oneshot::Sender<Vec<Device>>>,
    known: Arc<Mutex<Vec<Device>>>,
}

impl Devices {
    pub(crate) fn start(news: NewsSender) -> Self {
        let (ask, questions) = mpsc::channel();
        let known = Arc::default();
        let watcher = Watcher { news, known: Arc::clone(&known) };
        // without the thread the list stays empty and questions fail
        let _ = thread::Builder::new().name("devices".into()).spawn(move || watcher.run(&questions));
        Self { ask, known }
    }

    /// All of them, as of now.
    pub(crate) fn list(&self) -> oneshot::Receiver<Vec<Device>> {
        let (answer, list) = oneshot::channel();
        let _ = self.ask.send(answer);
        list
    }

    /// The last list that was looked up.
    pub(crate) fn known(&self) -> Vec<Device> {
        self.known.lock().clone()
    }
}

struct Watcher {
    news: NewsSender,
    known: Arc<Mutex<Vec<Device>>>,
}

impl Watcher {
    fn run(self, questions: &mpsc::Receiver<oneshot::Sender<Vec<Device>>>) {
        loop {
            let found = look();
            if *self.known.lock() != found {
                self.known.lock().clone_from(&found);
                tell(&self.news, News::Devices(found));
            }
            match questions.recv_timeout(PERIOD) {
                Ok(answer) => {
                    let _ = answer.send(look());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => (),
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Looks everything up. Nothing is marked as in use yet.
fn look() -> Vec<Device> {
    let host = cpal::default_host();
    let mut devices = Vec::new();
    let inputs = host.input_devices().into_iter().flatten();
    add_sound(&mut devices, DeviceKind::Microphone, inputs, host.default_input_device());
    let outputs = host.output_devices().into_iter().flatten();
    add_sound(&mut devices, DeviceKind::Speaker, outputs, host.default_output_device());
    for (index, (id, camera)) in native_camera::list().into_iter().enumerate() {
        let name = camera.human_name();
        devices.push(Device { kind: DeviceKind::Camera, id, name, is_default: index == 0, in_use: false });
    }
    devices
}

fn add_sound<D: DeviceTrait>(
    list: &mut Vec<Device>,
    kind: DeviceKind,
    found: impl Iterator<Item = D>,
    default: Option<D>,
) {
    let default = default.and_then(|device| device.id().ok()).map(|id| id.to_string());
    for device in found {
        let Ok(id) = device.id().map(|id| id.to_string()) else { continue };
        // what a speaker plays is no microphone, and ALSA's bottomless pit is nothing at all
        if (kind == DeviceKind::Microphone && id.ends_with(".monitor")) || id == "alsa:null" {
            continue;
        }
        let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_owned());
        list.push(Device { kind, is_default: default.as_ref() == Some(&id), id, name, in_use: false });
    }
}

/// The system's default of a kind.
pub(crate) fn default_of(devices: &[Device], kind: DeviceKind) -> Option<String> {
    devices.iter().find(|device| device.kind == kind && device.is_default).map(|device| device.id.clone())
}
