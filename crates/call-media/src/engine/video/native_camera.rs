//! Cameras by nokhwa.

use nokhwa::{
    Camera,
    pixel_format::RgbFormat,
    utils::{
        ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat, RequestedFormatType,
        Resolution,
    },
};
use yuv::{YuvPackedImage, YuvPlanarImageMut, yuyv422_to_yuv420};

use super::{camera::CameraSource, picture::Planes};
use crate::frames::{MAX_SIDE, i420_bytes};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const FPS: u32 = 30;

/// An open camera.
pub(crate) struct NativeCamera {
    camera: Camera,
    id: String,
    picture: Vec<u8>,
}

/// All cameras with the id they are chosen by.
pub(crate) fn list() -> Vec<(String, CameraInfo)> {
    let cameras = nokhwa::query(ApiBackend::Auto).unwrap_or_default();
    cameras.into_iter().map(|camera| (stable_id(&camera), camera)).collect()
}

/// The index changes when a camera is plugged in: what describes it and where it hangs does not.
fn stable_id(camera: &CameraInfo) -> String {
    format!("{}|{}", camera.human_name(), camera.misc())
}

impl NativeCamera {
    pub(crate) fn open(id: Option<&str>) -> Result<Self, String> {
        let (id, info) = list()
            .into_iter()
            .find(|(found, _)| id.is_none_or(|id| id == found))
            .ok_or("there is no camera: connect one, or check that no other program uses it")?;
        let mut camera = start(info.index()).map_err(|error| format!("{}: {error}", info.human_name()))?;
        camera.open_stream().map_err(|error| format!("{}: {error}", info.human_name()))?;
        Ok(Self { camera, id, picture: Vec::new() })
    }
}

/// As near to 720p30 as it can in a format that needs no decoder.
fn start(index: &CameraIndex) -> Result<Camera, nokhwa::NokhwaError> {
    let wanted = CameraFormat::new(Resolution::new(WIDTH, HEIGHT), FrameFormat::YUYV, FPS);
    let formats = &[FrameFormat::YUYV, FrameFormat::NV12];
    let request = RequestedFormat::with_formats(RequestedFormatType::Closest(wanted), formats);
    Camera::new(index.clone(), request)
        .or_else(|_| Camera::new(index.clone(), RequestedFormat::new::<RgbFormat>(RequestedFormatType::None)))
}

impl CameraSource for NativeCamera {
    fn next(&mut self) -> Result<Planes<'_>, String> {
        let frame = self.camera.frame().map_err(|error| error.to_string())?;
        let (width, height) = (frame.resolution().width(), frame.resolution().height());
        let sound = |side: u32| (2..=MAX_SIDE).contains(&side) && side.is_multiple_of(2);
        if !sound(width) || !sound(height) {
            return Err(format!("the camera sends {width}x{height}, which cannot be used"));
        }
        self.picture.resize(i420_bytes(width, height), 0);
        convert(frame.buffer(), frame.source_frame_format(), (width, height), &mut self.picture)?;
        Planes::tight(width, height, &self.picture).ok_or_else(|| "the camera's picture is broken".to_owned())
    }

    fn device(&self) -> Option<(String, String)> {
        Some((self.id.clone(), self.camera.info().human_name()))
    }
}

fn convert(data: &[u8], format: FrameFormat, (width, height): (u32, u32), out: &mut [u8]) -> Result<(), String> {
    let luma = (width * height) as usize;
    let (y, chroma) = out.split_at_mut(luma);
    let (u, v) = chroma.split_at_mut(luma / 4);
    match format {
        FrameFormat::NV12 if data.len() >= luma * 3 / 2 => {
            y.copy_from_slice(&data[..luma]);
            for ((u, v), pair) in u.iter_mut().zip(v).zip(data[luma..].chunks_exact(2)) {
                (*u, *v) = (pair[0], pair[1]);
            }
            Ok(())
        }
        FrameFormat::YUYV if data.len() >= luma * 2 => {
            let packed = YuvPackedImage { yuy: &data[..luma * 2], yuy_stride: width * 2, width, height };
            let mut planar = YuvPlanarImageMut {
                y_plane: yuv::BufferStoreMut::Borrowed(y),
                y_stride: width,
                u_plane: yuv::BufferStoreMut::Borrowed(u),
                u_stride: width / 2,
                v_plane: yuv::BufferStoreMut::Borrowed(v),
                v_stride: width / 2,
                width,
                height,
            };
            yuyv422_to_yuv420(&mut planar, &packed).map_err(|error| error.to_string())
        }
        other => Err(format!("the camera sends {other} with {} bytes, which cannot be used", data.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_become_the_same_planes() {
        let expected = [[90; 8].as_slice(), &[30; 2], &[200; 2]].concat();
        let mut out = vec![0; 12];
        convert(&[90, 30, 90, 200].repeat(4), FrameFormat::YUYV, (4, 2), &mut out).expect("converted");
        assert_eq!(out, expected);
        let nv12 = [[90; 8].as_slice(), &[30, 200, 30, 200]].concat();
        convert(&nv12, FrameFormat::NV12, (4, 2), &mut out).expect("converted");
        assert_eq!(out, expected);
    }

    #[test]
    fn a_short_or_unknown_picture_is_refused() {
        assert!(convert(&[0; 15], FrameFormat::YUYV, (4, 2), &mut [0; 12]).is_err());
        assert!(convert(&[0; 99], FrameFormat::MJPEG, (4, 2), &mut [0; 12]).is_err());
    }
}
