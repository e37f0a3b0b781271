//! The microphone's thread: source → clean-up → meter → track.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tracing::{info, warn};

use super::{
    Drops, FRAME, RATE,
    device::Microphone,
    meter::Meter,
    processing::Processing,
    source::{AudioSource, Read, Tone, Wav},
};
use crate::{
    engine::{
        livekit::webrtc::{audio_frame::AudioFrame, audio_source::native::NativeAudioSource},
        news::{News, NewsSender, tell},
    },
    protocol::{AudioInput, DeviceKind, Notice},
};

/// The highest tone that is asked for.
const HIGHEST_TONE: u32 = 8_000;
/// Held back by the speaker before it is heard, for the echo canceller.
const PLAYBACK_DELAY_MS: u32 = 40;

enum Control {
    Use(AudioInput),
    Devices {
        default: Option<String>,
    },
    /// Muted or not changed, or the call did.
    Wake,
}

/// What the thread and its handle share.
pub(crate) struct Shared {
    /// Heard by others.
    on: AtomicBool,
    track: Mutex<Option<NativeAudioSource>>,
    /// Of what is sent.
    pub(crate) meter: Mutex<Meter>,
    /// Frames of 10 ms sent.
    pub(crate) frames: AtomicU64,
    in_use: Mutex<Option<String>>,
    /// A device is wanted and none opens.
    missing: AtomicBool,
}

/// The handle to the thread; dropped, it ends.
pub(crate) struct Input {
    control: mpsc::Sender<Control>,
    pub(crate) shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    pub(crate) fn start(input: AudioInput, processing: Processing, drops: &Drops, news: NewsSender) -> Self {
        let (control, commands) = mpsc::channel();
        let shared = Arc::new(Shared {
            on: AtomicBool::new(false),
            track: Mutex::default(),
            meter: Mutex::default(),
            frames: AtomicU64::new(0),
            in_use: Mutex::default(),
            missing: AtomicBool::new(false),
        });
        let (ours, drops, runtime) = (shared.clone(), drops.clone(), Handle::current());
        let record = move || {
            // made here: a device belongs to the thread that opened it
            let recorder = Recorder {
                wanted: input,
                source: None,
                id_and_name: None,
                processing,
                drops,
                shared: ours,
                news,
                told: false,
                runtime,
            };
            recorder.run(&commands);
        };
        let thread = thread::Builder::new().name("microphone".into()).spawn(record).ok();
        Self { control, shared, thread }
    }

    pub(crate) fn select(&self, input: AudioInput) {
        let _ = self.control.send(Control::Use(input));
    }

    pub(crate) fn devices_changed(&self, default: Option<String>) {
        let _ = self.control.send(Control::Devices { default });
    }

    /// Where frames go from now on.
    pub(crate) fn publish(&self, track: Option<NativeAudioSource>) {
        *self.shared.track.lock() = track;
        let _ = self.control.send(Control::Wake);
    }

    pub(crate) fn set_on(&self, on: bool) {
        self.shared.on.store(on, Ordering::Relaxed);
        let _ = self.control.send(Control::Wake);
    }

    /// There is nothing to hear us with.
    pub(crate) fn is_missing(&self) -> bool {
        self.shared.missing.load(Ordering::Relaxed)
    }

    /// The id of the device that is open.
    pub(crate) fn in_use(&self) -> Option<String> {
        self.shared.in_use.lock().clone()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let (control, _) = mpsc::channel();
        self.control = control;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Recorder {
    wanted: AudioInput,
    source: Option<Box<dyn AudioSource>>,
    /// Of an open device.
    id_and_name: Option<(String, String)>,
    processing: Processing,
    drops: Drops,
    shared: Arc<Shared>,
    news: NewsSender,
    /// That there is no microphone is said once.
    told: bool,
    runtime: Handle,
}

impl Recorder {
    fn run(mut self, commands: &mpsc::Receiver<Control>) {
        self.open();
        loop {
            // a test source that nobody hears need not run; a microphone must be emptied, or it would speak of the past when unmuted
            let idle = self.source.as_ref().is_none_or(|source| source.is_test() && self.target().is_none());
            let command =
                if idle { commands.recv().map_err(|_| mpsc::TryRecvError::Disconnected) } else { commands.try_recv() };
            match command {
                Ok(Control::Use(input)) => {
                    self.wanted = input;
                    self.told = false;
                    self.open();
                }
                Ok(Control::Devices { default }) => self.follow(default),
                Ok(Control::Wake) => (),
                Err(mpsc::TryRecvError::Empty) => self.record(),
                Err(mpsc::TryRecvError::Disconnected) => break,
            }
            if self.target().is_none() {
                self.shared.meter.lock().reset();
            }
        }
    }

    /// The track, if somebody may hear us.
    fn target(&self) -> Option<NativeAudioSource> {
        if self.shared.on.load(Ordering::Relaxed) { self.shared.track.lock().clone() } else { None }
    }

    fn record(&mut self) {
        let Some(source) = &mut self.source else { return };
        let mut frame = [0; FRAME];
        let (read, is_test, delay) = (source.read(&mut frame), source.is_test(), source.delay_ms());
        match read {
            Read::Nothing => return,
            Read::Lost => return self.replace(),
            Read::Frame => (),
        }
        let Some(track) = self.target() else { return };
        if !is_test {
            self.processing.near_end(&mut frame, (delay + PLAYBACK_DELAY_MS) as i32);
        }
        self.shared.meter.lock().push(&frame);
        let audio = AudioFrame {
            data: frame.as_slice().into(),
            sample_rate: RATE,
            num_channels: 1,
            samples_per_channel: FRAME as u32,
        };
        match self.runtime.block_on(track.capture_frame(&audio)) {
            Ok(()) => _ = self.shared.frames.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                super::count(&self.drops.stage("microphone refused by the SDK"), FRAME);
                tracing::debug!(%error, "the SDK did not take a frame of the microphone");
            }
        }
    }

    fn open(&mut self) {
        // the old one first: some systems give a device to one stream only
        (self.source, self.id_and_name) = (None, None);
        let opened = self.try_open();
        self.shared.missing.store(opened.is_err(), Ordering::Relaxed);
        match opened {
            Ok(source) => {
                self.source = source;
                self.told = false;
            }
            Err(message) => {
                warn!(message, "no microphone: listening only");
                if !std::mem::replace(&mut self.told, true) {
                    tell(&self.news, News::Notice(Notice::NoMicrophone { message }));
                }
            }
        }
        *self.shared.in_use.lock() = self.id_and_name.as_ref().map(|(id, _)| id.clone());
        tell(&self.news, News::DeviceUse);
    }

    fn try_open(&mut self) -> Result<Option<Box<dyn AudioSource>>, String> {
        Ok(match &self.wanted {
            AudioInput::None => None,
            AudioInput::Tone { frequency } => Some(Box::new(Tone::new((*frequency).clamp(1, HIGHEST_TONE)))),
            AudioInput::File { path } => Some(Box::new(Wav::open(Path::new(path))?)),
            AudioInput::Device { id } => {
                let microphone = Microphone::open(id.as_deref(), &self.drops)?;
                info!(name = microphone.name(), "microphone");
                self.id_and_name = Some((microphone.id().to_owned(), microphone.name().to_owned()));
                Some(Box::new(microphone))
            }
        })
    }

    /// The device is gone: the default one instead.
    fn replace(&mut self) {
        if let Some((_, name)) = self.id_and_name.take() {
            tell(&self.news, News::Notice(Notice::DeviceLost { name, kind: DeviceKind::Microphone }));
        }
        self.wanted = AudioInput::Device { id: None };
        self.open();
    }

    fn follow(&mut self, default: Option<String>) {
        let AudioInput::Device { id } = &self.wanted else { return };
        let stale = match &self.id_and_name {
            None => true,
            Some((open, _)) => id.is_none() && default.as_ref().is_some_and(|new| new != open),
        };
        if stale {
            self.open();
        }
    }
}
