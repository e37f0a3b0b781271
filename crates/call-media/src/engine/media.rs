//! What is open on this machine during a call: microphone, speaker, camera.

use std::sync::Arc;

use super::{
    audio::{Drops, input::Input, output::Output, processing::Processing},
    devices::default_of,
    frame_hub::FrameHub,
    news::NewsSender,
    video::capture::Capture,
};
use crate::protocol::{AudioInput, AudioOutput, Device, DeviceKind, MediaSetup, VideoInput};

/// Dropped, everything is closed; that waits for threads, so not on a thread that must not wait.
pub(crate) struct Media {
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) capture: Capture,
    pub(crate) drops: Drops,
    processing: Processing,
}

impl Media {
    /// Opens speaker and microphone; the camera stays closed until it is switched on.
    pub(crate) fn open(setup: &MediaSetup, hub: Arc<FrameHub>, news: &NewsSender) -> Self {
        let (processing, drops) = (Processing::default(), Drops::default());
        processing.set(setup.processing);
        Self {
            input: Input::start(setup.microphone.clone(), processing.clone(), &drops, news.clone()),
            output: Output::start(setup.speaker.clone(), processing.clone(), &drops, news.clone()),
            capture: Capture::start(setup.camera.clone(), hub, news.clone()),
            drops,
            processing,
        }
    }

    /// Goes from one setup to another; what is the same stays open.
    pub(crate) fn change(&self, from: &MediaSetup, to: &MediaSetup) {
        self.processing.set(to.processing);
        if from.microphone != to.microphone {
            self.input.select(to.microphone.clone());
        }
        if from.speaker != to.speaker {
            self.output.select(to.speaker.clone());
        }
        if from.camera != to.camera {
            self.capture.select(to.camera.clone());
        }
    }

    pub(crate) fn devices_changed(&self, devices: &[Device]) {
        self.input.devices_changed(default_of(devices, DeviceKind::Microphone));
        self.output.devices_changed(default_of(devices, DeviceKind::Speaker));
    }

    /// Closes everything.
    pub(crate) fn close(self) {
        let Self { input, output, capture, drops: _, processing } = self;
        drop((input, output, capture));
        processing.clear();
    }
}

/// The setup with another device.
pub(crate) fn with_device(setup: &MediaSetup, kind: DeviceKind, id: Option<String>) -> MediaSetup {
    let mut setup = setup.clone();
    match kind {
        DeviceKind::Microphone => setup.microphone = AudioInput::Device { id },
        DeviceKind::Speaker => setup.speaker = AudioOutput::Device { id },
        DeviceKind::Camera => setup.camera = VideoInput::Device { id },
    }
    setup
}

/// Marks what is open.
pub(crate) fn mark_in_use(mut devices: Vec<Device>, media: Option<&Media>) -> Vec<Device> {
    let open = media.map(|media| (media.input.in_use(), media.output.in_use(), media.capture.in_use()));
    for device in &mut devices {
        let open = open.as_ref().and_then(|(microphone, speaker, camera)| match device.kind {
            DeviceKind::Microphone => microphone.as_ref(),
            DeviceKind::Speaker => speaker.as_ref(),
            DeviceKind::Camera => camera.as_ref(),
        });
        device.in_use = open == Some(&device.id);
    }
    devices
}
