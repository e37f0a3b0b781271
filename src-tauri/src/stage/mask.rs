//! Draws the webview over the pictures, and leaves out what the page paints in the key colour inside a tile.
//!
//! A transparent page is not enough: WebKitGTK's software renderer blends each update of it over what was there before, so whatever
//! HTML goes away (the face before the first frame, a mark on a tile) would stay visible for good.

use std::cell::OnceCell;

use gtk::{
    cairo::{self, Context, Format, ImageSurface},
    prelude::*,
};

use super::geometry::StageLayout;

/// `#010203`, as the page paints a tile that has a picture: opaque, blue first.
const KEY: [u8; 4] = [3, 2, 1, 255];

/// The webview's pixels of the part that is drawn, kept for the next frame of the same tile.
#[derive(Default)]
pub(super) struct Mask {
    image: OnceCell<ImageSurface>,
}

impl Mask {
    /// Draws the part of the webview that the context is clipped to.
    pub(super) fn draw(
        &mut self,
        cover: &gtk::EventBox,
        context: &Context,
        layout: &StageLayout,
    ) -> Result<(), cairo::Error> {
        let Some(webview) = cover.child() else { return Ok(()) };
        let scale = f64::from(cover.scale_factor());
        let (left, top, right, bottom) = context.clip_extents()?;
        let (left, top) = (left.floor(), top.floor());
        let side = |from: f64, to: f64| ((to.ceil() - from) * scale) as i32;
        let (width, height) = (side(left, right), side(top, bottom));
        if width <= 0 || height <= 0 {
            return Ok(());
        }
        let mut image = match self.image.take() {
            Some(image) if (image.width(), image.height()) == (width, height) => image,
            _ => ImageSurface::create(Format::ARgb32, width, height)?,
        };
        image.set_device_scale(scale, scale);
        let page = Context::new(&image)?;
        page.set_operator(cairo::Operator::Clear);
        page.paint()?;
        page.set_operator(cairo::Operator::Over);
        page.translate(-left, -top);
        cover.propagate_draw(&webview, &page);
        // the pixels are ours alone once its context is gone
        drop(page);
        let origin = ((left * scale) as i32, (top * scale) as i32);
        clear_key(&mut image, origin, layout, scale);
        context.set_source_surface(&image, left, top)?;
        context.paint()?;
        // the context lets go of the image
        context.set_source_rgb(0.0, 0.0, 0.0);
        let _ = self.image.set(image);
        Ok(())
    }
}

fn clear_key(image: &mut ImageSurface, origin: (i32, i32), layout: &StageLayout, scale: f64) {
    let (width, height, stride) = (image.width(), image.height(), image.stride() as usize);
    let mut pixels = match image.data() {
        Ok(pixels) => pixels,
        Err(error) => return tracing::warn!(%error, "the pictures stay covered"),
    };
    for tile in &layout.tiles {
        let rect = tile.device_rect(scale);
        let span = |at: i32, size: u32, limit: i32| {
            (at.clamp(0, limit) as usize)..((at + size as i32).clamp(0, limit) as usize)
        };
        let (rows, columns) =
            (span(rect.y - origin.1, rect.height, height), span(rect.x - origin.0, rect.width, width));
        for row in rows {
            let row = &mut pixels[row * stride..][columns.start * 4..columns.end * 4];
            clear_row(row);
        }
    }
}

fn clear_row(row: &mut [u8]) {
    let key = u32::from_ne_bytes(KEY);
    for pixel in row.as_chunks_mut::<4>().0 {
        let value = u32::from_ne_bytes(*pixel);
        *pixel = (if value == key { 0 } else { value }).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_becomes_transparent() {
        let mut row = [3, 2, 1, 255, 4, 2, 1, 255, 3, 2, 1, 255];
        clear_row(&mut row);
        assert_eq!(row, [0, 0, 0, 0, 4, 2, 1, 255, 0, 0, 0, 0]);
    }
}
