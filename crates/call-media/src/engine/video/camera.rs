//! Where pictures come from: a camera, or for tests the pattern or a file.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{native_camera::NativeCamera, picture::Planes, y4m::Y4m};
use crate::{pattern::Painter, protocol::VideoInput};

/// A source of pictures. It is closed by being dropped.
pub(crate) trait CameraSource {
    /// Waits for the next picture.
    fn next(&mut self) -> Result<Planes<'_>, String>;

    /// Stable id and name, of a device.
    fn device(&self) -> Option<(String, String)> {
        None
    }
}

/// Opens what is asked for; `None` where no camera is wanted.
pub(crate) fn open(input: &VideoInput) -> Result<Option<Box<dyn CameraSource>>, String> {
    Ok(match input {
        VideoInput::None => None,
        VideoInput::Pattern { width, height, fps } => Some(Box::new(Pattern::new(*width, *height, *fps)?)),
        VideoInput::File { path } => Some(Box::new(Y4m::open(Path::new(path))?)),
        VideoInput::Device { id } => Some(Box::new(NativeCamera::open(id.as_deref())?)),
    })
}

/// What a source will most likely bring, before it is opened: the SDK plans its layers by it.
pub(crate) fn expected_size(input: &VideoInput) -> (u32, u32) {
    match input {
        VideoInput::Pattern { width, height, .. } => (*width, *height),
        VideoInput::File { path } => Y4m::open(Path::new(path)).map_or((1280, 720), |file| file.size()),
        VideoInput::Device { .. } | VideoInput::None => (1280, 720),
    }
}

/// Pictures by the clock.
pub(crate) struct FramePace {
    next: Instant,
    step: Duration,
}

impl FramePace {
    pub(crate) fn new(fps: f64) -> Self {
        Self { next: Instant::now(), step: Duration::from_secs_f64(1.0 / fps.clamp(1.0, 120.0)) }
    }

    pub(crate) fn wait(&mut self) {
        let now = Instant::now();
        // late is late: the next picture comes a whole step later, not at once
        if now > self.next + self.step {
            self.next = now;
        }
        thread::sleep(self.next.saturating_duration_since(now));
        self.next += self.step;
    }
}

/// The moving test picture.
struct Pattern {
    painter: Painter,
    pace: FramePace,
    size: (u32, u32),
}

impl Pattern {
    fn new(width: u32, height: u32, fps: u32) -> Result<Self, String> {
        if width > 3840 || height > 2160 || !(1..=60).contains(&fps) {
            return Err(format!("a pattern of {width}x{height} at {fps} fps is too much"));
        }
        let painter =
            Painter::new(width, height).ok_or(format!("a pattern of {width}x{height} cannot hold its code"))?;
        Ok(Self { painter, pace: FramePace::new(fps.into()), size: (width, height) })
    }
}

impl CameraSource for Pattern {
    fn next(&mut self) -> Result<Planes<'_>, String> {
        self.pace.wait();
        let picture = self.painter.paint(unix_ms());
        Planes::tight(self.size.0, self.size.1, picture).ok_or_else(|| "the pattern is broken".to_owned())
    }
}

pub(crate) fn unix_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as i64)
}

pub(crate) fn unix_ms() -> u64 {
    (unix_us() / 1_000) as u64
}
