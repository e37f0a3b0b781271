//! Where pictures stand: CSS pixels as the webview says, device pixels as they are drawn. Pure.

use call_session::view::DrawnTile;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The longest side of a tile in device pixels.
const MAX_SIDE: u32 = 4096;

/// Which pictures the window draws and where, whole.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, TS)]
#[ts(export)]
pub(crate) struct StageLayout {
    /// At most 49; a later one lies above an earlier one.
    pub(crate) tiles: Vec<StageTile>,
}

/// A picture in the window, in CSS pixels from the window's top left corner.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
pub(crate) struct StageTile {
    /// Chosen by the window: a new number for a new picture.
    pub(crate) view: u32,
    /// `Tile.video`.
    pub(crate) video: String,
    /// Left edge.
    pub(crate) x: f64,
    /// Upper edge.
    pub(crate) y: f64,
    /// Width.
    pub(crate) width: f64,
    /// Height.
    pub(crate) height: f64,
    /// Left and right changed, as one sees oneself.
    pub(crate) mirror: bool,
    /// Of the corners.
    pub(crate) radius: f64,
}

/// A rectangle in device pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceRect {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl StageLayout {
    /// Whether every number can be drawn: finite, in bounds, no view twice.
    pub(crate) fn is_sound(&self) -> bool {
        let mut views: Vec<u32> = self.tiles.iter().map(|tile| tile.view).collect();
        views.sort_unstable();
        views.dedup();
        views.len() == self.tiles.len()
            && self.tiles.len() <= call_media::protocol::MAX_VIEWS
            && self.tiles.iter().all(StageTile::is_sound)
    }

    /// What to ask the engine for; tiles too small to see are left out.
    pub(crate) fn drawn(&self, scale: f64) -> Vec<DrawnTile> {
        self.tiles.iter().filter_map(|tile| tile.drawn(scale)).collect()
    }
}

impl StageTile {
    fn is_sound(&self) -> bool {
        let side = |value: f64| (-32_768.0..=32_768.0).contains(&value);
        [self.x, self.y].into_iter().all(side)
            && [self.width, self.height, self.radius].into_iter().all(|value| side(value) && value >= 0.0)
            && self.video.len() <= 256
    }

    /// The tile's place, each edge on a device pixel.
    pub(crate) fn device_rect(&self, scale: f64) -> DeviceRect {
        let edge = |at: f64| (at * scale).round() as i32;
        let (left, top) = (edge(self.x), edge(self.y));
        let side = |from: i32, to: i32| (to - from).clamp(0, MAX_SIDE as i32) as u32;
        let (width, height) = (side(left, edge(self.x + self.width)), side(top, edge(self.y + self.height)));
        DeviceRect { x: left, y: top, width, height }
    }

    fn drawn(&self, scale: f64) -> Option<DrawnTile> {
        let DeviceRect { width, height, .. } = self.device_rect(scale);
        (width >= 2 && height >= 2).then(|| DrawnTile { view: self.view, video: self.video.clone(), width, height })
    }
}

impl DeviceRect {
    /// Where a picture that was scaled to fit within stands: in the middle, on device pixels; one that is (for the moment after a
    /// resize) too large sticks out on both sides.
    pub(crate) fn centred(&self, width: u32, height: u32) -> Self {
        let middle = |at: i32, room: u32, size: u32| at + (room as i32 - size as i32).div_euclid(2);
        Self { x: middle(self.x, self.width, width), y: middle(self.y, self.height, height), width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(x: f64, y: f64, width: f64, height: f64) -> StageTile {
        StageTile { view: 1, video: "local".into(), x, y, width, height, mirror: false, radius: 8.0 }
    }

    #[test]
    fn neighbours_share_an_edge_at_any_scale() {
        for scale in [1.0, 1.25, 1.5, 2.0] {
            let left = tile(10.3, 0.0, 100.4, 50.0).device_rect(scale);
            let right = tile(110.7, 0.0, 77.7, 50.0).device_rect(scale);
            assert_eq!(left.x + left.width as i32, right.x, "at scale {scale}");
        }
    }

    #[test]
    fn a_tile_asks_for_device_pixels() {
        let layout = StageLayout { tiles: vec![tile(0.0, 0.0, 640.0, 360.0), tile(0.0, 0.0, 0.4, 360.0)] };
        let drawn = layout.drawn(2.0);
        assert_eq!(drawn.len(), 1, "one is too small to see");
        assert_eq!((drawn[0].width, drawn[0].height), (1280, 720));
    }

    #[test]
    fn a_picture_stands_in_the_middle() {
        let rect = DeviceRect { x: 10, y: 20, width: 100, height: 100 };
        assert_eq!(rect.centred(100, 56), DeviceRect { x: 10, y: 42, width: 100, height: 56 });
        assert_eq!(rect.centred(104, 100).x, 8, "too large for the moment");
    }

    #[test]
    fn nonsense_is_no_layout() {
        assert!(StageLayout { tiles: vec![tile(0.0, -40.0, 10.0, 10.0)] }.is_sound());
        for (x, width) in [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (0.0, -1.0), (0.0, 1e9)] {
            assert!(!StageLayout { tiles: vec![tile(x, 0.0, width, 10.0)] }.is_sound(), "{x} {width}");
        }
        let twice = StageLayout { tiles: vec![tile(0.0, 0.0, 9.0, 9.0), tile(9.0, 0.0, 9.0, 9.0)] };
        assert!(!twice.is_sound(), "a view twice");
        let many = (0..50).map(|view| StageTile { view, ..tile(0.0, 0.0, 9.0, 9.0) }).collect();
        assert!(!StageLayout { tiles: many }.is_sound(), "too many");
    }
}
