//! The ringtone and the ring-back, played by a thread of its own. No device, no sound: nobody is told, the window rings all the same.

mod tune;

use std::{
    sync::{Arc, mpsc},
    thread,
};

use call_session::{Session, Snapshot, view::CallPhase};
use cpal::{
    BufferSize, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, Stream, StreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use tauri::async_runtime;

use self::tune::Tune;

/// 20 ms: with the default size PulseAudio would play two seconds on after the ring has stopped.
const BUFFER_FRAMES: u32 = 960;

/// Plays what the session's snapshots call for.
pub(crate) fn follow(session: &Session) {
    let (tunes, wanted) = mpsc::channel();
    if let Err(error) = thread::Builder::new().name("ringtone".into()).spawn(move || play_all(&wanted)) {
        return tracing::warn!(%error, "no ringtone");
    }
    let mut snapshots = session.snapshots();
    async_runtime::spawn(async move {
        let mut playing = None;
        loop {
            let tune = wanted_by(&snapshots.borrow_and_update());
            if tune != playing && tunes.send(tune).is_err() {
                return;
            }
            playing = tune;
            if snapshots.changed().await.is_err() {
                return;
            }
        }
    });
}

/// A ring goes before the ring-back: whoever calls and is called at once hears the call that waits for an answer.
fn wanted_by(snapshot: &Snapshot) -> Option<Tune> {
    if snapshot.rings.iter().any(|ring| ring.audible) {
        return Some(Tune::Ring);
    }
    let rings_out = snapshot.call.as_ref().is_some_and(|call| call.phase == CallPhase::RingingOut);
    rings_out.then_some(Tune::RingBack)
}

fn play_all(wanted: &mpsc::Receiver<Option<Tune>>) {
    let mut playing = None;
    while let Ok(next) = wanted.recv() {
        // what was asked for while a device was being opened: the newest counts
        let next = wanted.try_iter().last().unwrap_or(next);
        drop(playing.take());
        playing = next.and_then(|tune| match play(tune) {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::info!(%error, "no sound for the ring");
                None
            }
        });
    }
}

/// Plays a tune again and again on the system's default device until the stream is dropped.
fn play(tune: Tune) -> Result<Stream, String> {
    let device = cpal::default_host().default_output_device().ok_or("there is no speaker")?;
    let supported = device.default_output_config().map_err(|error| error.to_string())?;
    let format = supported.sample_format();
    let mut config: StreamConfig = supported.into();
    config.buffer_size = BufferSize::Fixed(BUFFER_FRAMES);
    let samples: Arc<[f32]> = tune.render(config.sample_rate).into();
    let opened = open(&device, &config, format, &samples).or_else(|_| {
        config.buffer_size = BufferSize::Default;
        open(&device, &config, format, &samples)
    });
    let stream = opened.map_err(|error| error.to_string())?;
    stream.play().map_err(|error| error.to_string())?;
    Ok(stream)
}

fn open(
    device: &cpal::Device,
    config: &StreamConfig,
    format: SampleFormat,
    samples: &Arc<[f32]>,
) -> Result<Stream, cpal::Error> {
    match format {
        SampleFormat::I16 => open_as::<i16>(device, config, samples),
        SampleFormat::I32 => open_as::<i32>(device, config, samples),
        SampleFormat::U8 => open_as::<u8>(device, config, samples),
        _ => open_as::<f32>(device, config, samples),
    }
}

fn open_as<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: &StreamConfig,
    samples: &Arc<[f32]>,
) -> Result<Stream, cpal::Error> {
    let (samples, channels, mut at) = (samples.clone(), usize::from(config.channels).max(1), 0);
    let fill = move |data: &mut [T], _: &OutputCallbackInfo| {
        for frame in data.chunks_mut(channels) {
            frame.fill(T::from_sample(samples[at]));
            at = (at + 1) % samples.len();
        }
    };
    device.build_output_stream(*config, fill, |error| tracing::info!(%error, "the ring's sound"), None)
}
