//! I420 pictures: seen through planes and strides, scaled into a tight buffer.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8,
};

use crate::{
    engine::livekit::webrtc::video_frame::{BoxVideoBuffer, I420Buffer, VideoBuffer},
    frames::{MAX_SIDE, i420_bytes},
};

/// The planes of a picture somebody else holds.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Luma, then the two differences, each with its stride.
    pub(crate) planes: [(&'a [u8], usize); 3],
}

impl<'a> Planes<'a> {
    /// `None` if the picture has no pixels, is too large, or its planes are shorter than it says.
    pub(crate) fn new(width: u32, height: u32, planes: [(&'a [u8], usize); 3]) -> Option<Self> {
        let picture = Self { width, height, planes };
        let whole = (0..3).all(|plane| {
            let (w, h) = picture.size(plane);
            let (data, stride) = planes[plane];
            w > 0 && stride >= w && h > 0 && data.len() >= stride * (h - 1) + w
        });
        (whole && width <= MAX_SIDE && height <= MAX_SIDE).then_some(picture)
    }

    /// A picture without gaps between rows and planes.
    pub(crate) fn tight(width: u32, height: u32, data: &'a [u8]) -> Option<Self> {
        let (luma, chroma_width) = (width as usize * height as usize, width.div_ceil(2) as usize);
        let chroma = chroma_width * height.div_ceil(2) as usize;
        let (y, rest) = data.split_at_checked(luma)?;
        let (u, v) = rest.split_at_checked(chroma)?;
        Self::new(width, height, [(y, width as usize), (u, chroma_width), (v, chroma_width)])
    }

    pub(crate) fn of(buffer: &'a I420Buffer) -> Option<Self> {
        let ((y, u, v), (stride_y, stride_u, stride_v)) = (buffer.data(), buffer.strides());
        let planes = [(y, stride_y as usize), (u, stride_u as usize), (v, stride_v as usize)];
        let size: &dyn VideoBuffer = buffer.as_ref();
        Self::new(size.width(), size.height(), planes)
    }

    /// Width and height of a plane.
    fn size(&self, plane: usize) -> (usize, usize) {
        let (width, height) = (self.width as usize, self.height as usize);
        if plane == 0 { (width, height) } else { (width.div_ceil(2), height.div_ceil(2)) }
    }

    fn rows(self, plane: usize) -> impl Iterator<Item = &'a [u8]> {
        let ((width, height), (data, stride)) = (self.size(plane), self.planes[plane]);
        (0..height).map(move |row| &data[row * stride..][..width])
    }

    /// A copy the SDK can take.
    pub(crate) fn to_buffer(self) -> I420Buffer {
        let mut buffer = I420Buffer::new(self.width, self.height);
        let (stride_y, stride_u, stride_v) = buffer.strides();
        let (y, u, v) = buffer.data_mut();
        for (plane, (data, stride)) in [(y, stride_y), (u, stride_u), (v, stride_v)].into_iter().enumerate() {
            for (to, from) in data.chunks_mut(stride as usize).zip(self.rows(plane)) {
                to[..from.len()].copy_from_slice(from);
            }
        }
        buffer
    }
}

/// A picture that may be needed after its source has gone on.
pub(crate) enum Picture {
    /// From the network; holds memory of the SDK.
    Received(BoxVideoBuffer),
    /// From the camera.
    Captured(I420Buffer),
}

impl Picture {
    pub(crate) fn planes(&self) -> Option<Planes<'_>> {
        match self {
            Self::Received(buffer) => buffer.as_i420().and_then(Planes::of),
            Self::Captured(buffer) => Planes::of(buffer),
        }
    }
}

/// The largest even size with the picture's shape within a tile.
pub(crate) fn fit(picture: (u32, u32), tile: (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(picture.0.max(1)), u64::from(picture.1.max(1)));
    let (tile_width, tile_height) = (u64::from(tile.0.clamp(2, MAX_SIDE)), u64::from(tile.1.clamp(2, MAX_SIDE)));
    let (fitted_width, fitted_height) = if width * tile_height > height * tile_width {
        (tile_width, tile_width * height / width)
    } else {
        (tile_height * width / height, tile_height)
    };
    let even = |side: u64| ((side & !1).max(2)) as u32;
    (even(fitted_width), even(fitted_height))
}

/// Keeps the tables of the last scaling.
#[derive(Default)]
pub(crate) struct Scaler(Resizer);

impl Scaler {
    /// Appends the picture in this size, tightly packed, to `out`. Both sides must be even.
    pub(crate) fn append(&mut self, picture: Planes<'_>, (width, height): (u32, u32), out: &mut Vec<u8>) -> Option<()> {
        if (picture.width, picture.height) == (width, height) {
            (0..3).flat_map(|plane| picture.rows(plane)).for_each(|row| out.extend_from_slice(row));
            return Some(());
        }
        let start = out.len();
        out.resize(start + i420_bytes(width, height), 0);
        let (y, chroma) = out[start..].split_at_mut(width as usize * height as usize);
        let (u, v) = chroma.split_at_mut(chroma.len() / 2);
        for (plane, to) in [y, u, v].into_iter().enumerate() {
            let (width, height) = if plane == 0 { (width, height) } else { (width / 2, height / 2) };
            self.scale_plane(picture, plane, to, (width, height))?;
        }
        Some(())
    }

    fn scale_plane(&mut self, picture: Planes<'_>, plane: usize, to: &mut [u8], size: (u32, u32)) -> Option<()> {
        let ((width, height), (data, stride)) = (picture.size(plane), picture.planes[plane]);
        // rows with gaps are packed first: the filter would take what lies in the gaps into account
        let packed: Vec<u8>;
        let data = if stride == width {
            &data[..width * height]
        } else {
            packed = picture.rows(plane).collect::<Vec<_>>().concat();
            &packed
        };
        // typed: the untyped call would instantiate the kernels of every pixel format here, minutes of compiling
        let source = TypedImageRef::<U8>::from_buffer(width as u32, height as u32, data).ok()?;
        let mut target = TypedImage::<U8>::from_buffer(size.0, size.1, to).ok()?;
        // downwards this takes every pixel into account, upwards it is linear
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.0.resize_typed(&source, &mut target, &options).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern;

    #[test]
    fn a_tile_is_filled_as_far_as_the_shape_allows() {
        assert_eq!(fit((1280, 720), (640, 640)), (640, 360));
        assert_eq!(fit((1280, 720), (2000, 720)), (1280, 720));
        assert_eq!(fit((320, 180), (641, 361)), (640, 360));
        assert_eq!(fit((720, 1280), (100, 100)), (56, 100));
        assert_eq!(fit((4096, 2), (10, 10)), (10, 2));
        assert_eq!(fit((640, 360), (0, 0)), (2, 2));
    }

    #[test]
    fn the_time_is_still_read_after_scaling() {
        let now = 1_795_473_000_123;
        let mut painter = pattern::Painter::new(1280, 720).expect("a valid size");
        let picture = painter.paint(now).to_vec();
        let planes = Planes::tight(1280, 720, &picture).expect("a whole picture");
        let mut scaler = Scaler::default();
        for (width, height) in [(640, 360), (320, 180), (426, 240), (1280, 720), (1920, 1080)] {
            let mut out = vec![7; 3];
            scaler.append(planes, (width, height), &mut out).expect("scaled");
            assert_eq!(out.len(), 3 + i420_bytes(width, height));
            assert_eq!(
                pattern::read_time(&out[3..], width as usize, width, height, now),
                Some(now),
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn gaps_between_rows_are_not_part_of_the_picture() {
        let (width, height, stride) = (4_usize, 4_usize, 7_usize);
        let mut luma = vec![255; stride * (height - 1) + width];
        (0..height).for_each(|row| luma[row * stride..][..width].fill(100));
        let chroma = [50; 4];
        let planes = Planes::new(4, 4, [(&luma, stride), (&chroma, 2), (&chroma, 2)]).expect("a whole picture");
        let mut out = Vec::new();
        Scaler::default().append(planes, (2, 2), &mut out).expect("scaled");
        assert_eq!(out, [100, 100, 100, 100, 50, 50]);
        let buffer = planes.to_buffer();
        let mut out = Vec::new();
        Scaler::default().append(Planes::of(&buffer).expect("whole"), (4, 4), &mut out).expect("copied");
        assert_eq!(out, [[100; 16].as_slice(), &[50; 8]].concat());
    }

    #[test]
    fn planes_that_are_too_short_are_refused() {
        let (luma, chroma) = ([0; 15], [0; 4]);
        assert!(Planes::new(4, 4, [(&luma, 4), (&chroma, 2), (&chroma, 2)]).is_none());
        assert!(Planes::tight(4, 4, &[0; 23]).is_none());
        assert!(Planes::new(0, 0, [(&[], 0), (&[], 0), (&[], 0)]).is_none());
    }
}
