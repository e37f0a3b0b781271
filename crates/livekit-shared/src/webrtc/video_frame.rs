//! Pictures as they go in and come out.

use std::{fmt, sync::Arc};

use crate::{ffi::ForeignBytes, handle::OwnedHandle, proto};

/// The largest side of a picture, in pixels.
const MAX_SIDE: u32 = 16_384;

/// How a picture must be turned to stand upright, in degrees clockwise.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum VideoRotation {
    /// Upright.
    VideoRotation0 = 0,
    /// By a quarter.
    VideoRotation90 = 90,
    /// By a half.
    VideoRotation180 = 180,
    /// By three quarters.
    VideoRotation270 = 270,
}

/// How pixels lie in memory.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoBufferType {
    /// The system's own.
    Native,
    /// Planar YUV 4:2:0.
    I420,
    /// With alpha.
    I420A,
    /// Planar YUV 4:2:2.
    I422,
    /// Planar YUV 4:4:4.
    I444,
    /// Planar YUV 4:2:0 of 10 bits.
    I010,
    /// YUV 4:2:0 with interleaved chroma.
    NV12,
}

/// What a sender attached to a frame, if both sides agreed on that.
#[derive(Debug, Clone)]
pub struct FrameMetadata {
    /// Capture time, microseconds since 1970.
    pub user_timestamp: Option<u64>,
    /// A rising number.
    pub frame_id: Option<u32>,
    /// At most some 230 bytes.
    pub user_data: Option<Vec<u8>>,
}

/// A picture and when it was taken.
#[derive(Debug)]
pub struct VideoFrame<T>
where
    T: AsRef<dyn VideoBuffer>,
{
    /// How to turn it.
    pub rotation: VideoRotation,
    /// When it was captured, microseconds; 0 means now.
    pub timestamp_us: i64,
    /// What the sender attached.
    pub frame_metadata: Option<FrameMetadata>,
    /// The pixels.
    pub buffer: T,
}

impl<T: AsRef<dyn VideoBuffer>> VideoFrame<T> {
    /// Captured now.
    pub fn new(rotation: VideoRotation, buffer: T) -> Self {
        Self { rotation, timestamp_us: 0, frame_metadata: None, buffer }
    }
}

/// Pixels of any kind.
pub type BoxVideoBuffer = Box<dyn VideoBuffer>;
/// A received frame.
pub type BoxVideoFrame = VideoFrame<BoxVideoBuffer>;

pub(crate) mod internal {
    use super::I420Buffer;

    /// Kinds of pixels are this crate's alone.
    pub trait BufferSealed: Send + Sync {
        /// The same picture as I420, copied.
        fn to_i420(&self) -> I420Buffer;
    }
}

/// The pixels of a picture.
pub trait VideoBuffer: internal::BufferSealed + fmt::Debug {
    /// Pixels.
    fn width(&self) -> u32;
    /// Pixels.
    fn height(&self) -> u32;
    /// How they lie in memory.
    fn buffer_type(&self) -> VideoBufferType;
    /// Without a copy, if it is I420; received frames always are.
    fn as_i420(&self) -> Option<&I420Buffer> {
        None
    }
}

enum Storage {
    /// Y, U and V one behind the other.
    Owned(Vec<u8>),
    /// The library's memory, given back when the buffer is dropped.
    Library([ForeignBytes; 3]),
}

/// Planar YUV 4:2:0. The planes' sizes are always stride × rows.
pub struct I420Buffer {
    width: u32,
    height: u32,
    strides: [u32; 3],
    storage: Storage,
}

impl I420Buffer {
    /// Green and unpadded (all bytes 0). Sizes above 16,384 pixels a side are cut to that.
    pub fn new(width: u32, height: u32) -> I420Buffer {
        let chroma = width.div_ceil(2);
        Self::with_strides(width, height, width, chroma, chroma)
    }

    /// With padded rows; a stride, in bytes, below the row's width is raised to it.
    pub fn with_strides(width: u32, height: u32, stride_y: u32, stride_u: u32, stride_v: u32) -> I420Buffer {
        let (width, height) = (width.min(MAX_SIDE), height.min(MAX_SIDE));
        let fit = |stride: u32, row: u32| stride.clamp(row, 2 * MAX_SIDE);
        let chroma = width.div_ceil(2);
        let strides = [fit(stride_y, width), fit(stride_u, chroma), fit(stride_v, chroma)];
        let mut buffer = I420Buffer { width, height, strides, storage: Storage::Owned(Vec::new()) };
        buffer.storage = Storage::Owned(vec![0; buffer.sizes().iter().sum()]);
        buffer
    }

    /// Black and unpadded.
    pub fn new_black(width: u32, height: u32) -> I420Buffer {
        let mut buffer = Self::new(width, height);
        let (_, u, v) = buffer.data_mut();
        u.fill(128);
        v.fill(128);
        buffer
    }

    /// A received picture, if what the library says of it adds up.
    pub(crate) fn from_library(handle: OwnedHandle, info: &proto::VideoBufferInfo) -> Option<I420Buffer> {
        let owner = Arc::new(handle);
        let [y, u, v] = info.components.as_slice() else { return None };
        let strides = [y.stride, u.stride, v.stride];
        let planes = [y, u, v];
        let chroma = info.width.div_ceil(2);
        let sane = info.r#type == proto::VideoBufferType::I420 as i32
            && (1..=MAX_SIDE).contains(&info.width)
            && (1..=MAX_SIDE).contains(&info.height)
            && strides
                .iter()
                .zip([info.width, chroma, chroma])
                .all(|(stride, row)| (row..=2 * MAX_SIDE).contains(stride));
        let buffer =
            I420Buffer { width: info.width, height: info.height, strides, storage: Storage::Owned(Vec::new()) };
        if !sane || planes.iter().zip(buffer.sizes()).any(|(plane, size)| plane.size as usize != size) {
            return None;
        }
        let plane = |index: usize| ForeignBytes::of_plane(planes[index], &owner);
        Some(I420Buffer { storage: Storage::Library([plane(0)?, plane(1)?, plane(2)?]), ..buffer })
    }

    fn sizes(&self) -> [usize; 3] {
        let rows = [self.height, self.chroma_height(), self.chroma_height()];
        std::array::from_fn(|plane| self.strides[plane] as usize * rows[plane] as usize)
    }

    /// Pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Half the width, rounded up.
    pub fn chroma_width(&self) -> u32 {
        self.width.div_ceil(2)
    }

    /// Half the height, rounded up.
    pub fn chroma_height(&self) -> u32 {
        self.height.div_ceil(2)
    }

    /// Bytes from row to row of Y, U and V.
    pub fn strides(&self) -> (u32, u32, u32) {
        (self.strides[0], self.strides[1], self.strides[2])
    }

    /// Y, U and V.
    pub fn data(&self) -> (&[u8], &[u8], &[u8]) {
        match &self.storage {
            Storage::Owned(bytes) => {
                let [y, u, _] = self.sizes();
                let (luma, chroma) = bytes.split_at(y);
                let (u, v) = chroma.split_at(u);
                (luma, u, v)
            }
            Storage::Library([y, u, v]) => (y.as_slice(), u.as_slice(), v.as_slice()),
        }
    }

    /// Y, U and V for writing. A received picture is copied first: the library may still use its memory.
    pub fn data_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let [y_size, u_size, _] = self.sizes();
        if let Storage::Library(_) = self.storage {
            let (y, u, v) = self.data();
            self.storage = Storage::Owned([y, u, v].concat());
        }
        let bytes: &mut [u8] = match &mut self.storage {
            Storage::Owned(bytes) => bytes,
            Storage::Library(_) => &mut [],
        };
        let (luma, chroma) = bytes.split_at_mut(y_size);
        let (u, v) = chroma.split_at_mut(u_size);
        (luma, u, v)
    }

    /// How the library is told of it. It reads the planes while `self` lives.
    pub(crate) fn describe(&self) -> Option<proto::VideoBufferInfo> {
        if self.width == 0 || self.height == 0 {
            return None;
        }
        let (y, u, v) = self.data();
        let components = [y, u, v]
            .into_iter()
            .zip(self.strides)
            .map(|(plane, stride)| proto::video_buffer_info::ComponentInfo {
                data_ptr: plane.as_ptr() as u64,
                stride,
                size: plane.len() as u32,
            })
            .collect();
        Some(proto::VideoBufferInfo {
            r#type: proto::VideoBufferType::I420 as i32,
            width: self.width,
            height: self.height,
            data_ptr: y.as_ptr() as u64,
            stride: None,
            components,
        })
    }
}

impl internal::BufferSealed for I420Buffer {
    fn to_i420(&self) -> I420Buffer {
        let (y, u, v) = self.data();
        let storage = Storage::Owned([y, u, v].concat());
        I420Buffer { width: self.width, height: self.height, strides: self.strides, storage }
    }
}

impl VideoBuffer for I420Buffer {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn buffer_type(&self) -> VideoBufferType {
        VideoBufferType::I420
    }

    fn as_i420(&self) -> Option<&I420Buffer> {
        Some(self)
    }
}

impl fmt::Debug for I420Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("I420Buffer").field("width", &self.width).field("height", &self.height).finish()
    }
}

impl AsRef<dyn VideoBuffer> for I420Buffer {
    fn as_ref(&self) -> &(dyn VideoBuffer + 'static) {
        self
    }
}

/// Extra methods of buffers whose kind is known.
pub mod native {
    use super::{I420Buffer, VideoBuffer};

    /// Conversions; on a `dyn VideoBuffer` they are there without it.
    pub trait VideoFrameBufferExt: VideoBuffer {
        /// The same picture as I420, copied.
        fn to_i420(&self) -> I420Buffer;
    }

    impl<T: VideoBuffer> VideoFrameBufferExt for T {
        fn to_i420(&self) -> I420Buffer {
            super::internal::BufferSealed::to_i420(self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(width: u32, height: u32, mend: impl Fn(&mut proto::VideoBufferInfo)) -> Option<I420Buffer> {
        let memory = I420Buffer::new(64, 64);
        let mut info = I420Buffer { width, height, strides: [64, 32, 32], ..memory }.describe()?;
        let rows = [height, height.div_ceil(2), height.div_ceil(2)];
        for (component, rows) in info.components.iter_mut().zip(rows) {
            component.size = component.stride * rows;
        }
        mend(&mut info);
        I420Buffer::from_library(OwnedHandle::adopt(&proto::FfiOwnedHandle { id: 0 }), &info)
    }

    #[test]
    fn planes_are_stride_times_rows_also_for_odd_sizes() {
        let buffer = I420Buffer::with_strides(5, 3, 8, 1, 4);
        let (y, u, v) = buffer.data();
        assert_eq!(buffer.strides(), (8, 3, 4), "a stride below the row's width is raised");
        assert_eq!((y.len(), u.len(), v.len()), (24, 6, 8));
    }

    #[test]
    fn an_empty_picture_never_crosses() {
        assert!(I420Buffer::new(0, 4).describe().is_none());
        assert!(I420Buffer::new(4, 0).describe().is_none());
    }

    #[test]
    fn a_received_picture_must_add_up() {
        assert!(described(64, 64, |_| {}).is_some());
        assert!(described(64, 64, |info| info.components[1].size -= 1).is_none(), "size is not stride × rows");
        assert!(described(65, 64, |_| {}).is_none(), "stride below the width");
        assert!(described(64, 64, |info| info.components[2].data_ptr = 0).is_none(), "null plane");
        assert!(described(64, 64, |info| info.components.truncate(2)).is_none(), "two planes");
        assert!(described(64, 64, |info| info.r#type = proto::VideoBufferType::Nv12 as i32).is_none(), "not I420");
        assert!(described(64, 64, |info| info.width = 0).is_none(), "empty");
    }

    #[test]
    fn writing_to_a_received_picture_copies_it() {
        let source = I420Buffer::new_black(64, 64);
        let info = source.describe().expect("not empty");
        let handle = OwnedHandle::adopt(&proto::FfiOwnedHandle { id: 0 });
        let mut received = I420Buffer::from_library(handle, &info).expect("sane");
        received.data_mut().0[0] = 7;
        assert_eq!(received.data().0[0], 7);
        assert_eq!(source.data().0[0], 0);
    }
}
