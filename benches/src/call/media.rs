//! The picture and the sound both sides send: files, so that neither spends time on making them.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use call_media::pattern::Painter;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const FPS: u32 = 30;
/// Two seconds of picture, 83 MB; both players start again at its end.
const FRAMES: u32 = 60;
const RATE: u32 = 48_000;
const TONE_HZ: f32 = 440.0;

/// Where they are.
pub(super) struct Sources {
    /// Y4M, 1280 × 720, 30 a second.
    pub(super) camera: PathBuf,
    /// WAV, 16 bit, 48 kHz, one channel.
    pub(super) microphone: PathBuf,
}

impl Sources {
    pub(super) fn write(directory: &Path) -> Result<Self> {
        let sources = Self { camera: directory.join("camera.y4m"), microphone: directory.join("microphone.wav") };
        write_picture(&sources.camera)?;
        write_tone(&sources.microphone)?;
        Ok(sources)
    }
}

fn write_picture(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut painter = Painter::new(WIDTH, HEIGHT).context("the pattern does not come in this size")?;
    writeln!(file, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg")?;
    for frame in 0..FRAMES {
        writeln!(file, "FRAME")?;
        file.write_all(painter.paint(u64::from(frame * 1000 / FPS)))?;
    }
    Ok(file.flush()?)
}

/// One second, a whole number of periods: it loops without a click.
fn write_tone(path: &Path) -> Result<()> {
    let bytes = RATE * 2;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt ")?;
    file.write_all(&16_u32.to_le_bytes())?;
    for half in [1_u16, 1] {
        file.write_all(&half.to_le_bytes())?; // PCM, one channel
    }
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&bytes.to_le_bytes())?;
    for half in [2_u16, 16] {
        file.write_all(&half.to_le_bytes())?; // bytes a frame, bits a sample
    }
    file.write_all(b"data")?;
    file.write_all(&bytes.to_le_bytes())?;
    for at in 0..RATE {
        let sample = (std::f32::consts::TAU * TONE_HZ * at as f32 / RATE as f32).sin() * 6_000.0;
        file.write_all(&(sample as i16).to_le_bytes())?;
    }
    Ok(file.flush()?)
}
