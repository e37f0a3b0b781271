//! The mixer's thread: as much of the sum as the speaker took, or ten milliseconds by the clock where there is none.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::Mutex;
use tracing::{info, warn};

use super::{
    Drops, FRAME,
    device::Speaker,
    mixer::{Gain, MixInput, Mixer},
    processing::Processing,
    source::Pace,
};
use crate::{
    engine::news::{News, NewsSender, tell},
    protocol::{AudioOutput, DeviceKind, Notice},
};

/// Waiting samples the thread fills the speaker's ring up to: what one callback takes, and once more while we wake up.
const AHEAD: usize = 3 * FRAME;
/// People whose volume is remembered.
const MOST_VOLUMES: usize = 1_000;

enum Control {
    Use(AudioOutput),
    /// Devices came or went; the system's default is this now.
    Devices {
        default: Option<String>,
    },
}

#[derive(Default)]
struct State {
    in_use: Option<String>,
}

/// The handle to the thread; dropped, it ends.
pub(crate) struct Output {
    control: mpsc::Sender<Control>,
    mixer: Arc<Mutex<Mixer>>,
    volumes: Arc<Mutex<HashMap<String, Gain>>>,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl Output {
    pub(crate) fn start(output: AudioOutput, processing: Processing, drops: &Drops, news: NewsSender) -> Self {
        let (control, commands) = mpsc::channel();
        let mixer = Arc::new(Mutex::new(Mixer::new(drops)));
        let state = Arc::new(Mutex::new(State::default()));
        let (our_mixer, our_state, drops) = (mixer.clone(), state.clone(), drops.clone());
        let play = move || {
            // made here: a device belongs to the thread that opened it
            let player = Player {
                wanted: output,
                sink: Sink::Clock(Pace::new()),
                mixer: our_mixer,
                processing,
                drops,
                state: our_state,
                news,
                told: false,
            };
            player.run(&commands);
        };
        let thread = thread::Builder::new().name("speaker".into()).spawn(play).ok();
        Self { control, mixer, volumes: Arc::default(), state, thread }
    }

    pub(crate) fn select(&self, output: AudioOutput) {
        let _ = self.control.send(Control::Use(output));
    }

    pub(crate) fn devices_changed(&self, default: Option<String>) {
        let _ = self.control.send(Control::Devices { default });
    }

    /// The id of the device that plays.
    pub(crate) fn in_use(&self) -> Option<String> {
        self.state.lock().in_use.clone()
    }

    /// A place in the mix for a track of this person.
    pub(crate) fn add(&self, identity: &str) -> MixInput {
        self.mixer.lock().add(self.volume(identity))
    }

    pub(crate) fn set_volume(&self, identity: &str, gain: f32) {
        self.volume(identity).set(gain);
    }

    fn volume(&self, identity: &str) -> Gain {
        let mut volumes = self.volumes.lock();
        if volumes.len() >= MOST_VOLUMES && !volumes.contains_key(identity) {
            return Gain::default();
        }
        volumes.entry(identity.to_owned()).or_default().clone()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let (control, _) = mpsc::channel();
        self.control = control;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

enum Sink {
    Speaker(Speaker),
    /// Nobody listens, or no speaker opens.
    Clock(Pace),
}

struct Player {
    wanted: AudioOutput,
    sink: Sink,
    mixer: Arc<Mutex<Mixer>>,
    processing: Processing,
    drops: Drops,
    state: Arc<Mutex<State>>,
    news: NewsSender,
    /// That there is no speaker is said once.
    told: bool,
}

impl Player {
    fn run(mut self, commands: &mpsc::Receiver<Control>) {
        self.open();
        loop {
            match commands.try_recv() {
                Ok(Control::Use(output)) => {
                    self.wanted = output;
                    self.told = false;
                    self.open();
                }
                Ok(Control::Devices { default }) => self.follow(default),
                Err(mpsc::TryRecvError::Empty) => self.play(),
                Err(mpsc::TryRecvError::Disconnected) => break,
            }
        }
        self.state.lock().in_use = None;
    }

    fn play(&mut self) {
        match &mut self.sink {
            Sink::Clock(pace) => {
                pace.wait();
                self.mix();
            }
            Sink::Speaker(speaker) if speaker.is_lost() => self.replace(),
            Sink::Speaker(speaker) => {
                if speaker.waiting() >= AHEAD {
                    // the callback wakes us
                    return thread::park_timeout(Duration::from_millis(10));
                }
                let frame = self.mix();
                if let Sink::Speaker(speaker) = &mut self.sink {
                    speaker.push(&frame);
                }
            }
        }
    }

    fn mix(&mut self) -> [f32; FRAME] {
        let mut frame = [0.0; FRAME];
        self.mixer.lock().mix(&mut frame);
        if matches!(self.sink, Sink::Speaker(_)) {
            // a loop, not `frame.map`: that one is unrolled 480 times and takes the compiler minutes
            let mut played = [0; FRAME];
            played.iter_mut().zip(&frame).for_each(|(to, from)| *to = (from * 32_767.0) as i16);
            self.processing.far_end(&mut played);
        }
        frame
    }

    fn open(&mut self) {
        let AudioOutput::Device { id } = self.wanted.clone() else {
            return self.take(Sink::Clock(Pace::new()), None);
        };
        // the old one first: some systems give a device to one stream only
        self.sink = Sink::Clock(Pace::new());
        match Speaker::open(id.as_deref(), &self.drops) {
            Ok(speaker) => {
                info!(name = speaker.name(), "speaker");
                self.told = false;
                let id = speaker.id().to_owned();
                self.take(Sink::Speaker(speaker), Some(id));
            }
            Err(message) => {
                warn!(message, "no speaker");
                if !std::mem::replace(&mut self.told, true) {
                    tell(&self.news, News::Notice(Notice::NoSpeaker { message }));
                }
                self.take(Sink::Clock(Pace::new()), None);
            }
        }
    }

    fn take(&mut self, sink: Sink, id: Option<String>) {
        self.sink = sink;
        self.state.lock().in_use = id;
        tell(&self.news, News::DeviceUse);
    }

    /// The device is gone: the default one instead.
    fn replace(&mut self) {
        if let Sink::Speaker(speaker) = &self.sink {
            let name = speaker.name().to_owned();
            tell(&self.news, News::Notice(Notice::DeviceLost { name, kind: DeviceKind::Speaker }));
        }
        self.wanted = AudioOutput::Device { id: None };
        self.open();
    }

    fn follow(&mut self, default: Option<String>) {
        let AudioOutput::Device { id } = &self.wanted else { return };
        match &self.sink {
            Sink::Clock(_) => self.open(),
            Sink::Speaker(speaker) if id.is_none() && default.as_deref().is_some_and(|new| new != speaker.id()) => {
                self.open();
            }
            Sink::Speaker(_) => (),
        }
    }
}
