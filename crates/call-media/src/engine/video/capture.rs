//! The camera's thread: source → track and own view. The device is open only while the camera is on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use tracing::{info, warn};

use super::{
    camera::{self, CameraSource, unix_us},
    picture::{Picture, Planes},
};
use crate::{
    engine::{
        frame_hub::{FrameHub, Shot},
        livekit::webrtc::{
            video_frame::{VideoFrame, VideoRotation},
            video_source::native::NativeVideoSource,
        },
        news::{News, NewsSender, tell},
        stats::VideoCounters,
    },
    protocol::{DeviceKind, Notice, VideoInput, ViewSource},
};

enum Control {
    Use(VideoInput),
    /// Switched on or off, or the call changed.
    Wake,
}

/// What the thread and its handle share.
struct Shared {
    on: AtomicBool,
    track: Mutex<Option<NativeVideoSource>>,
    in_use: Mutex<Option<String>>,
}

/// The handle to the thread; dropped, it ends.
pub(crate) struct Capture {
    control: mpsc::Sender<Control>,
    shared: Arc<Shared>,
    pub(crate) counters: Arc<VideoCounters>,
    wanted: Mutex<VideoInput>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    pub(crate) fn start(input: VideoInput, hub: Arc<FrameHub>, news: NewsSender) -> Self {
        let (control, commands) = mpsc::channel();
        let shared = Arc::new(Shared { on: AtomicBool::new(false), track: Mutex::default(), in_use: Mutex::default() });
        let counters = Arc::new(VideoCounters::default());
        let (wanted, ours, our_counters) = (input.clone(), shared.clone(), counters.clone());
        let film = move || {
            // made here: a device belongs to the thread that opened it
            let camera = Camera { wanted, source: None, shared: ours, counters: our_counters, hub, news, sequence: 0 };
            camera.run(&commands);
        };
        let thread = thread::Builder::new().name("camera".into()).spawn(film).ok();
        Self { control, shared, counters, wanted: Mutex::new(input), thread }
    }

    pub(crate) fn select(&self, input: VideoInput) {
        *self.wanted.lock() = input.clone();
        let _ = self.control.send(Control::Use(input));
    }

    /// Where frames go from now on.
    pub(crate) fn publish(&self, track: Option<NativeVideoSource>) {
        *self.shared.track.lock() = track;
        let _ = self.control.send(Control::Wake);
    }

    pub(crate) fn set_on(&self, on: bool) {
        self.shared.on.store(on, Ordering::Relaxed);
        let _ = self.control.send(Control::Wake);
    }

    /// The id of the device that is open.
    pub(crate) fn in_use(&self) -> Option<String> {
        self.shared.in_use.lock().clone()
    }

    /// What is or would be captured; `None` when there is no camera.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        let wanted = self.wanted.lock();
        (*wanted != VideoInput::None).then(|| camera::expected_size(&wanted))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let (control, _) = mpsc::channel();
        self.control = control;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Camera {
    wanted: VideoInput,
    source: Option<Box<dyn CameraSource>>,
    shared: Arc<Shared>,
    counters: Arc<VideoCounters>,
    hub: Arc<FrameHub>,
    news: NewsSender,
    sequence: u64,
}

impl Camera {
    fn run(mut self, commands: &mpsc::Receiver<Control>) {
        loop {
            let command = if self.source.is_some() {
                commands.try_recv()
            } else {
                commands.recv().map_err(|_| mpsc::TryRecvError::Disconnected)
            };
            match command {
                Ok(Control::Use(input)) => {
                    self.wanted = input;
                    self.close();
                }
                Ok(Control::Wake) => (),
                Err(mpsc::TryRecvError::Empty) => {
                    self.capture();
                    continue;
                }
                Err(mpsc::TryRecvError::Disconnected) => break,
            }
            match (self.target().is_some(), self.source.is_some()) {
                (true, false) => self.open(),
                (false, true) => self.close(),
                _ => (),
            }
        }
    }

    /// The track, if somebody may see us.
    fn target(&self) -> Option<NativeVideoSource> {
        if self.shared.on.load(Ordering::Relaxed) { self.shared.track.lock().clone() } else { None }
    }

    fn open(&mut self) {
        match camera::open(&self.wanted) {
            Ok(source) => {
                let device = source.as_ref().and_then(|source| source.device());
                info!(name = device.as_ref().map_or("test source", |(_, name)| name), "camera on");
                *self.shared.in_use.lock() = device.map(|(id, _)| id);
                self.source = source;
                tell(&self.news, News::DeviceUse);
            }
            Err(message) => self.fail(message),
        }
    }

    fn close(&mut self) {
        if self.source.take().is_some() {
            *self.shared.in_use.lock() = None;
            self.hub.forget(&ViewSource::LocalCamera);
            tell(&self.news, News::DeviceUse);
        }
    }

    /// Off until it is switched on again.
    fn fail(&mut self, message: String) {
        warn!(message, "no camera");
        self.close();
        self.shared.on.store(false, Ordering::Relaxed);
        tell(&self.news, News::CameraFailed { message });
    }

    fn capture(&mut self) {
        let Some(track) = self.target() else { return self.close() };
        let Some(source) = &mut self.source else { return };
        let buffer = match source.next() {
            Ok(planes) => planes.to_buffer(),
            Err(message) => return self.lose(message),
        };
        let now = unix_us();
        let frame =
            VideoFrame { rotation: VideoRotation::VideoRotation0, timestamp_us: now, frame_metadata: None, buffer };
        track.capture_frame(&frame);
        self.sequence += 1;
        let Some(planes) = Planes::of(&frame.buffer) else { return };
        let captured = self.counters.frame(&planes, now);
        if self.hub.shows(&ViewSource::LocalCamera) {
            let picture = Arc::new(Picture::Captured(frame.buffer));
            let shot = Shot { picture, sequence: self.sequence, captured_unix_us: captured, received_unix_us: now };
            self.hub.offer(&ViewSource::LocalCamera, &shot);
        }
    }

    /// The device went away: another one, if there is one.
    fn lose(&mut self, message: String) {
        let device = self.source.as_ref().and_then(|source| source.device());
        self.close();
        let Some((_, name)) = device else { return self.fail(message) };
        warn!(name, message, "the camera is gone");
        tell(&self.news, News::Notice(Notice::DeviceLost { name, kind: DeviceKind::Camera }));
        self.wanted = VideoInput::Device { id: None };
        self.open();
    }
}
