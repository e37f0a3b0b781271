//! Microphones and speakers by cpal. What runs in a callback here neither allocates nor locks nor waits.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use cpal::{
    BufferSize, Device, DeviceId, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedStreamConfigRange,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use rtrb::{Consumer, Producer, RingBuffer};
use tracing::{debug, warn};

use super::{Drops, FRAME, RATE, count, resample::Resampler, source::Read};
use crate::protocol::DeviceKind;

/// The device's own buffer: without a size PulseAudio takes two seconds.
const BUFFER: u32 = 480;
/// Between callback and reader, at the highest usual rate: enough for a reader that was kept waiting.
const RING: usize = 96 * 100;

/// A device that is open.
struct Opened {
    /// Stable over restarts.
    id: String,
    name: String,
    lost: Arc<AtomicBool>,
    _stream: Stream,
}

/// The default device, or the one with this id.
fn find(kind: DeviceKind, id: Option<&str>) -> Result<Device, String> {
    let host = cpal::default_host();
    let device = match id {
        Some(id) => DeviceId::from_str(id).ok().and_then(|id| host.device_by_id(&id)),
        None if kind == DeviceKind::Microphone => host.default_input_device(),
        None => host.default_output_device(),
    };
    device.ok_or_else(|| match id {
        Some(id) => format!("the device {id} is not there: choose another"),
        None => "the system has none: connect one, or check that its sound service runs".to_owned(),
    })
}

/// Our rate and a format we know if the device has them; few channels.
fn choose(ranges: impl Iterator<Item = SupportedStreamConfigRange>) -> Option<(StreamConfig, SampleFormat)> {
    let format_rank = |format| match format {
        SampleFormat::F32 => Some(0),
        SampleFormat::I16 => Some(1),
        SampleFormat::I32 => Some(2),
        _ => None,
    };
    ranges
        .filter_map(|range| {
            let rate = RATE.clamp(range.min_sample_rate(), range.max_sample_rate());
            let format = format_rank(range.sample_format())?;
            let extra_channels = range.channels().abs_diff(2);
            Some(((rate.abs_diff(RATE), extra_channels, format), range, rate))
        })
        .min_by_key(|(rank, ..)| *rank)
        .map(|(_, range, sample_rate)| {
            let config =
                StreamConfig { channels: range.channels(), sample_rate, buffer_size: BufferSize::Fixed(BUFFER) };
            (config, range.sample_format())
        })
}

/// Tries with a small buffer, then with the device's own.
fn start(
    mut config: StreamConfig,
    build: impl Fn(StreamConfig) -> Result<Stream, cpal::Error>,
) -> Result<Stream, String> {
    let mut built = build(config);
    if let Err(error) = &built {
        debug!(%error, "no small buffer");
        config.buffer_size = BufferSize::Default;
        built = build(config);
    }
    let stream = built.map_err(|error| error.to_string())?;
    stream.play().map_err(|error| error.to_string())?;
    Ok(stream)
}

/// What the device's error means for the stream.
fn on_error(lost: Arc<AtomicBool>, waiting: Thread) -> impl Fn(cpal::Error) + Clone + Send + 'static {
    move |error| match error.kind() {
        ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => debug!(%error, "sound device"),
        _ => {
            warn!(%error, "a sound device stopped");
            lost.store(true, Ordering::Relaxed);
            waiting.unpark();
        }
    }
}

fn id_and_name(device: &Device) -> (String, String) {
    let id = device.id().map(|id| id.to_string()).unwrap_or_default();
    let name = device.description().map(|description| description.name().to_owned());
    (id.clone(), name.unwrap_or(id))
}

/// An open microphone; belongs to the thread that opened it.
pub(crate) struct Microphone {
    opened: Opened,
    ring: Consumer<f32>,
    resampler: Resampler,
    partial: usize,
    pending: [i16; FRAME],
}

impl Microphone {
    pub(crate) fn open(id: Option<&str>, drops: &Drops) -> Result<Self, String> {
        let device = find(DeviceKind::Microphone, id)?;
        let configs = device.supported_input_configs().map_err(|error| error.to_string())?;
        let (config, format) = choose(configs).ok_or("it has no format that can be used: choose another")?;
        let (lost, dropped) = (Arc::new(AtomicBool::new(false)), drops.stage("microphone ring full"));
        let (consumer, stream) = match format {
            SampleFormat::I16 => capture::<i16>(&device, config, &lost, &dropped),
            SampleFormat::I32 => capture::<i32>(&device, config, &lost, &dropped),
            _ => capture::<f32>(&device, config, &lost, &dropped),
        }?;
        let (id, name) = id_and_name(&device);
        debug!(name, ?config, ?format, "microphone open");
        Ok(Self {
            opened: Opened { id, name, lost, _stream: stream },
            ring: consumer,
            resampler: Resampler::new(config.sample_rate, RATE),
            partial: 0,
            pending: [0; FRAME],
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.opened.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.opened.name
    }

    /// Ours on its way to the reader; what the device itself holds is about its buffer.
    pub(crate) fn latency_ms(&self) -> u32 {
        10 + BUFFER * 1_000 / RATE
    }

    pub(crate) fn read_frame(&mut self, frame: &mut [i16; FRAME]) -> Read {
        for _ in 0..4 {
            while self.partial < FRAME {
                let Some(sample) = self.resampler.next(|| self.ring.pop().ok()) else { break };
                self.pending[self.partial] = (sample.clamp(-1.0, 1.0) * 32_767.0) as i16;
                self.partial += 1;
            }
            if self.partial == FRAME {
                self.partial = 0;
                *frame = self.pending;
                return Read::Frame;
            }
            if self.opened.lost.load(Ordering::Relaxed) {
                return Read::Lost;
            }
            // the callback wakes us
            thread::park_timeout(Duration::from_millis(5));
        }
        Read::Nothing
    }
}

fn capture<T: SizedSample>(
    device: &Device,
    config: StreamConfig,
    lost: &Arc<AtomicBool>,
    dropped: &Arc<AtomicU64>,
) -> Result<(Consumer<f32>, Stream), String>
where
    f32: FromSample<T>,
{
    let reader = thread::current();
    let ring = std::cell::Cell::new(None);
    let stream = start(config, |config| {
        let (mut producer, consumer) = RingBuffer::new(RING);
        ring.set(Some(consumer));
        let (reader, dropped) = (reader.clone(), dropped.clone());
        let channels = usize::from(config.channels);
        device.build_input_stream(
            config,
            move |data: &[T], _: &_| {
                for frame in data.chunks_exact(channels) {
                    let sum: f32 = frame.iter().map(|&sample| f32::from_sample_(sample)).sum();
                    if producer.push(sum / channels as f32).is_err() {
                        count(&dropped, 1);
                    }
                }
                reader.unpark();
            },
            on_error(lost.clone(), thread::current()),
            None,
        )
    })?;
    let consumer = ring.take().ok_or("it did not open")?;
    Ok((consumer, stream))
}

/// An open speaker; belongs to the thread that opened it.
pub(crate) struct Speaker {
    opened: Opened,
    ring: Producer<f32>,
}

impl Speaker {
    pub(crate) fn open(id: Option<&str>, drops: &Drops) -> Result<Self, String> {
        let device = find(DeviceKind::Speaker, id)?;
        let configs = device.supported_output_configs().map_err(|error| error.to_string())?;
        let (config, format) = choose(configs).ok_or("it has no format that can be used: choose another")?;
        let (lost, missing) = (Arc::new(AtomicBool::new(false)), drops.stage("speaker ring empty"));
        let (ring, stream) = match format {
            SampleFormat::I16 => playback::<i16>(&device, config, &lost, &missing),
            SampleFormat::I32 => playback::<i32>(&device, config, &lost, &missing),
            _ => playback::<f32>(&device, config, &lost, &missing),
        }?;
        let (id, name) = id_and_name(&device);
        debug!(name, ?config, ?format, "speaker open");
        Ok(Self { opened: Opened { id, name, lost, _stream: stream }, ring })
    }

    pub(crate) fn id(&self) -> &str {
        &self.opened.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.opened.name
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.opened.lost.load(Ordering::Relaxed)
    }

    /// Samples that wait to be played.
    pub(crate) fn waiting(&self) -> usize {
        RING - self.ring.slots()
    }

    /// There is always room for a frame after fewer than [`RING`] samples were waiting: the mixer asks first.
    pub(crate) fn push(&mut self, frame: &[f32; FRAME]) {
        let _ = self.ring.push_partial_slice(frame);
    }
}

fn playback<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: StreamConfig,
    lost: &Arc<AtomicBool>,
    missing: &Arc<AtomicU64>,
) -> Result<(Producer<f32>, Stream), String> {
    let mixer = thread::current();
    let ring = std::cell::Cell::new(None);
    let stream = start(config, |config| {
        let (producer, mut consumer) = RingBuffer::<f32>::new(RING);
        ring.set(Some(producer));
        let (mixer, missing) = (mixer.clone(), missing.clone());
        let channels = usize::from(config.channels);
        let mut resampler = Resampler::new(RATE, config.sample_rate);
        let mut started = false;
        device.build_output_stream(
            config,
            move |data: &mut [T], _: &_| {
                started |= !consumer.is_empty();
                for frame in data.chunks_exact_mut(channels) {
                    let sample = resampler.next(|| consumer.pop().ok()).unwrap_or_else(|| {
                        count(&missing, usize::from(started));
                        0.0
                    });
                    frame.fill(T::from_sample_(sample));
                }
                mixer.unpark();
            },
            on_error(lost.clone(), thread::current()),
            None,
        )
    })?;
    let producer = ring.take().ok_or("it did not open")?;
    Ok((producer, stream))
}
