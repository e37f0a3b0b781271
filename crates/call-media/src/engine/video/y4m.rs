//! Y4M files: a text header, then `FRAME` and the planes, again and again.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    camera::{CameraSource, FramePace},
    picture::Planes,
};
use crate::frames::{MAX_SIDE, i420_bytes};

const LONGEST_HEADER: u64 = 256;

/// A 4:2:0 file in a loop.
pub(crate) struct Y4m {
    file: BufReader<File>,
    name: String,
    size: (u32, u32),
    /// Where the first frame begins.
    start: u64,
    picture: Vec<u8>,
    pace: FramePace,
}

impl Y4m {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let mut file = BufReader::new(File::open(path).map_err(|error| format!("{name}: {error}"))?);
        let header = line(&mut file).map_err(|error| format!("{name}: {error}"))?;
        let (size, fps) = parse(&header).ok_or_else(|| format!("{name}: is no 4:2:0 Y4M file with even sides"))?;
        let picture = vec![0; i420_bytes(size.0, size.1)];
        let start = header.len() as u64 + 1;
        let mut source = Self { file, name, size, start, picture, pace: FramePace::new(fps) };
        source.read().map_err(|error| format!("{}: {error}", source.name))?;
        source.rewind().map_err(|error| format!("{}: {error}", source.name))?;
        Ok(source)
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        self.size
    }

    fn rewind(&mut self) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.start)).map(|_| ())
    }

    fn read(&mut self) -> std::io::Result<()> {
        if !line(&mut self.file)?.starts_with("FRAME") {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        self.file.read_exact(&mut self.picture)
    }
}

impl CameraSource for Y4m {
    fn next(&mut self) -> Result<Planes<'_>, String> {
        self.pace.wait();
        if self.file.fill_buf().is_ok_and(<[u8]>::is_empty) {
            self.rewind().map_err(|error| format!("{}: {error}", self.name))?;
        }
        self.read().map_err(|error| format!("{}: {error}", self.name))?;
        Planes::tight(self.size.0, self.size.1, &self.picture).ok_or_else(|| format!("{}: bad size", self.name))
    }
}

fn line(file: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    file.take(LONGEST_HEADER).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    String::from_utf8(line).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

/// Size and frames a second.
fn parse(header: &str) -> Option<((u32, u32), f64)> {
    let mut words = header.split(' ');
    if words.next() != Some("YUV4MPEG2") {
        return None;
    }
    let (mut width, mut height, mut fps) = (0, 0, 30.0);
    for word in words {
        let (kind, value) = word.split_at_checked(1)?;
        match kind {
            "W" => width = value.parse().ok()?,
            "H" => height = value.parse().ok()?,
            "C" if !value.starts_with("420") || value.contains("p1") => return None,
            "F" => {
                let (count, seconds) = value.split_once(':')?;
                fps = count.parse::<f64>().ok()? / seconds.parse::<f64>().ok()?;
            }
            _ => (),
        }
    }
    let sound = |side: u32| (2..=MAX_SIDE).contains(&side) && side.is_multiple_of(2);
    (sound(width) && sound(height) && fps.is_finite() && fps > 0.0).then_some(((width, height), fps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_plays_in_a_loop() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("two.y4m");
        let mut file = File::create(&path).expect("a file");
        file.write_all(b"YUV4MPEG2 W4 H2 F60:1 Ip A1:1 C420jpeg\n").expect("written");
        for luma in [10, 20] {
            file.write_all(b"FRAME\n").expect("written");
            file.write_all(&[&[luma; 8][..], &[128; 4]].concat()).expect("written");
        }
        let mut source = Y4m::open(&path).expect("a readable file");
        let shades: Vec<u8> = (0..5).map(|_| source.next().expect("a frame").planes[0].0[0]).collect();
        assert_eq!((source.size(), shades), ((4, 2), vec![10, 20, 10, 20, 10]));
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        for header in [
            "RIFF",
            "YUV4MPEG2 W4 H2 C444",
            "YUV4MPEG2 W3 H2",
            "YUV4MPEG2 W4",
            "YUV4MPEG2 W4 H2 F1:0",
            "YUV4MPEG2 W4 H2 C420p10",
        ] {
            assert_eq!(parse(header), None, "{header}");
        }
        assert_eq!(parse("YUV4MPEG2 W640 H360 F30000:1001"), Some(((640, 360), 30_000.0 / 1_001.0)));
    }
}
