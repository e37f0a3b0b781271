//! The test picture: a bar code of the capture time above something that moves.
//!
//! Every pattern source draws it (this one, the browser peer's), whoever decodes the picture reads the time back, scaled and
//! compressed as it may be, and so knows the latency from one end to the other without a second channel.
//!
//! A strip across the top, a twelfth of the height, has [`CELLS`] cells: white, black, then 48 bits, most significant first, of the
//! Unix time in milliseconds, white for one.

/// Cells of the strip.
pub const CELLS: u32 = 50;
/// Below this a cell would be narrower than two pixels.
pub const MIN_WIDTH: u32 = 2 * CELLS;
/// Below this the strip would be lower than four pixels.
pub const MIN_HEIGHT: u32 = 48;

const BITS: u32 = CELLS - 2;
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const THRESHOLD: u32 = 128;
/// A time further from now than this is no time but chance.
const PLAUSIBLE_MS: u64 = 60_000;

/// Draws the moving picture. Only what changes is drawn again, so that a test source costs next to nothing.
pub struct Painter {
    width: usize,
    height: usize,
    /// I420, tightly packed.
    planes: Vec<u8>,
    /// Left and top of the block as it was drawn last.
    block: Option<(usize, usize)>,
}

impl Painter {
    /// Width and height must be even and at least [`MIN_WIDTH`] × [`MIN_HEIGHT`].
    pub fn new(width: u32, height: u32) -> Option<Self> {
        if width < MIN_WIDTH || height < MIN_HEIGHT || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
            return None;
        }
        let (width, height) = (width as usize, height as usize);
        let mut painter = Self { width, height, planes: vec![128; width * height * 3 / 2], block: None };
        for y in 0..height {
            painter.restore_row(y, 0, width);
        }
        Some(painter)
    }

    /// The picture of this moment: I420, tightly packed.
    pub fn paint(&mut self, unix_ms: u64) -> &[u8] {
        self.move_block(unix_ms);
        self.paint_strip(unix_ms);
        &self.planes
    }

    fn paint_strip(&mut self, unix_ms: u64) {
        let strip = self.height / 12;
        for cell in 0..CELLS as usize {
            let (from, to) = (cell * self.width / CELLS as usize, (cell + 1) * self.width / CELLS as usize);
            self.planes[from..to].fill(if cell_is_white(cell as u32, unix_ms) { WHITE } else { BLACK });
        }
        let (first, rest) = self.planes.split_at_mut(self.width);
        for row in rest.chunks_exact_mut(self.width).take(strip - 1) {
            row.copy_from_slice(first);
        }
        // no colour in the strip: chroma bleeds into luma when it is scaled and compressed
        let (chroma_width, luma) = (self.width / 2, self.width * self.height);
        let chroma = chroma_width * (self.height / 2);
        for plane in 0..2 {
            let start = luma + plane * chroma;
            self.planes[start..start + chroma_width * strip.div_ceil(2)].fill(128);
        }
    }

    /// A block that crosses the picture every four seconds, and goes up and down while it does.
    fn move_block(&mut self, unix_ms: u64) {
        let (size_x, size_y) = ((self.width / 8) & !1, (self.height / 6) & !1);
        if let Some((left, top)) = self.block {
            for y in top..top + size_y {
                self.restore_row(y, left, left + size_x);
            }
            self.fill_chroma((left, top), (size_x, size_y), (128, 128));
        }
        let top_limit = self.height / 6;
        let swing = |period: u64, room: usize| {
            let phase = unix_ms % (2 * period);
            (phase.min(2 * period - phase) as usize * room / period as usize) & !1
        };
        let left = swing(4_000, self.width - size_x);
        let top = (top_limit & !1) + swing(2_700, self.height - size_y - (top_limit & !1));
        for y in top..top + size_y {
            self.planes[y * self.width + left..][..size_x].fill(190);
        }
        self.fill_chroma((left, top), (size_x, size_y), (90, 200));
        self.block = Some((left, top));
    }

    /// The background: a slanted ramp, so that a wrong stride is seen at once.
    fn restore_row(&mut self, y: usize, from: usize, to: usize) {
        for (x, sample) in (from..to).zip(&mut self.planes[y * self.width + from..]) {
            *sample = 40 + ((x + y) * 120 / (self.width + self.height)) as u8;
        }
    }

    fn fill_chroma(&mut self, (left, top): (usize, usize), (size_x, size_y): (usize, usize), (u, v): (u8, u8)) {
        let (stride, luma) = (self.width / 2, self.width * self.height);
        let plane = stride * (self.height / 2);
        for (start, value) in [(luma, u), (luma + plane, v)] {
            for y in top / 2..(top + size_y) / 2 {
                self.planes[start + y * stride + left / 2..][..size_x / 2].fill(value);
            }
        }
    }
}

fn cell_is_white(cell: u32, unix_ms: u64) -> bool {
    match cell {
        0 => true,
        1 => false,
        bit => (unix_ms >> (BITS - 1 - (bit - 2))) & 1 == 1,
    }
}

/// Reads the capture time in Unix milliseconds from a luma plane, if it has one that is within a minute of `now_ms`.
pub fn read_time(luma: &[u8], stride: usize, width: u32, height: u32, now_ms: u64) -> Option<u64> {
    if width < MIN_WIDTH
        || height < MIN_HEIGHT
        || luma.len() < stride * (height as usize / 12)
        || stride < width as usize
    {
        return None;
    }
    if !read_cell(luma, stride, width, height, 0) || read_cell(luma, stride, width, height, 1) {
        return None;
    }
    let time = (2..CELLS).fold(0, |time, cell| (time << 1) | u64::from(read_cell(luma, stride, width, height, cell)));
    (time.abs_diff(now_ms) <= PLAUSIBLE_MS).then_some(time)
}

/// The mean of a cell's middle column over the strip's middle half: a few samples more than one, and compression does not matter.
fn read_cell(luma: &[u8], stride: usize, width: u32, height: u32, cell: u32) -> bool {
    let x = ((cell * width / CELLS + (cell + 1) * width / CELLS) / 2) as usize;
    let strip = height as usize / 12;
    let rows = strip / 4..(strip - strip / 4).max(strip / 4 + 1);
    let count = rows.len() as u32;
    let sum: u32 = rows.map(|y| u32::from(luma[y * stride + x])).sum();
    sum >= THRESHOLD * count
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_473_000_123;

    /// Nearest neighbour: the worst scaler there is.
    fn scale(luma: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
        (0..to.1)
            .flat_map(|y| (0..to.0).map(move |x| (x, y)))
            .map(|(x, y)| luma[y * from.1 / to.1 * from.0 + x * from.0 / to.0])
            .collect()
    }

    #[test]
    fn the_time_survives_every_usual_size_and_scaling() {
        for (width, height) in [(1280, 720), (640, 360), (320, 180), (1920, 1080), (100, 48)] {
            let mut painter = Painter::new(width, height).expect("a valid size");
            for time in [NOW, NOW + 33, NOW + 59_000, NOW - 59_000] {
                let planes = painter.paint(time);
                assert_eq!(read_time(planes, width as usize, width, height, NOW), Some(time), "{width}x{height}");
            }
        }
        let mut painter = Painter::new(1280, 720).expect("a valid size");
        let planes = painter.paint(NOW);
        for (width, height) in [(640, 360), (320, 180), (426, 240), (854, 480)] {
            let small = scale(planes, (1280, 720), (width as usize, height as usize));
            assert_eq!(read_time(&small, width as usize, width, height, NOW), Some(NOW), "{width}x{height}");
        }
    }

    #[test]
    fn a_picture_without_a_code_or_with_a_stale_one_has_no_time() {
        assert_eq!(read_time(&vec![128; 1280 * 720], 1280, 1280, 720, NOW), None);
        assert_eq!(read_time(&vec![255; 1280 * 720], 1280, 1280, 720, NOW), None);
        let mut painter = Painter::new(320, 180).expect("a valid size");
        let planes = painter.paint(NOW).to_vec();
        assert_eq!(read_time(&planes, 320, 320, 180, NOW + 61_000), None);
        assert_eq!(
            read_time(&planes[..100], 320, 320, 180, NOW),
            None,
            "a plane that is too short is refused, not read"
        );
    }

    #[test]
    fn the_picture_moves_and_leaves_no_trail() {
        let mut painter = Painter::new(320, 180).expect("a valid size");
        let first = painter.paint(NOW).to_vec();
        let second = painter.paint(NOW + 500).to_vec();
        let below = 320 * 30..320 * 180;
        assert_ne!(first[below.clone()], second[below]);
        assert_eq!(painter.paint(NOW), Painter::new(320, 180).expect("a valid size").paint(NOW));
    }

    #[test]
    fn odd_and_tiny_sizes_are_refused() {
        assert!(
            Painter::new(321, 180).is_none() && Painter::new(320, 181).is_none() && Painter::new(98, 180).is_none()
        );
    }
}
