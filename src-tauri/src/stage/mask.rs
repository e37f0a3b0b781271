//! The webview over the pictures, without what the page paints in the key colour inside a tile.
//!
//! A transparent page is not enough: WebKitGTK's software renderer blends each update of it over what was there before, so whatever
//! HTML goes away (the face before the first frame, a mark on a tile) would stay visible for good.
//!
//! The page without the key colour is kept, where the screen's own server can lay it over a picture, and made anew only where the
//! webview changes: a frame of video costs one blend and reads no pixel of the page.

use std::{cell::RefCell, sync::Arc};

use gtk::{
    cairo::{self, Content, Context, Format, ImageSurface, Operator, RectangleInt, Region, Surface},
    gdk,
    glib::translate::{ToGlibPtr, from_glib_none},
    prelude::*,
};

use super::geometry::{DeviceRect, StageLayout};

/// `#010203`, as the page paints a tile that has a picture: opaque, blue first.
const KEY: [u8; 4] = [3, 2, 1, 255];

thread_local! {
    /// What the webview changed since it was last drawn. Here because GDK calls back without data of ours; there is one main window.
    static CHANGED: RefCell<Region> = RefCell::new(Region::create());
}

/// Notes from now on what the webview changes; it must have its place in the window.
pub(super) fn watch(webview: &impl IsA<gtk::Widget>) {
    let watch_window = |webview: &gtk::Widget| {
        if let Some(window) = webview.window() {
            // SAFETY: the window lives as long as this reference, and the handler is a plain function.
            unsafe { gdk::ffi::gdk_window_set_invalidate_handler(window.to_glib_none().0, Some(note)) }
        }
    };
    let webview = webview.upcast_ref::<gtk::Widget>();
    watch_window(webview);
    webview.connect_realize(watch_window);
}

/// GDK calls this when the webview asks to be drawn, not when something else in the window does.
unsafe extern "C" fn note(_: *mut gdk::ffi::GdkWindow, region: *mut cairo::ffi::cairo_region_t) {
    // SAFETY: GDK's region is valid during the call; this takes a reference of its own.
    let region: Region = unsafe { from_glib_none(region) };
    // fails only without memory
    let _ = CHANGED.with_borrow_mut(|changed| changed.union(&region));
}

/// What lies over the pictures.
#[derive(Default)]
pub(super) struct Mask {
    page: Option<Page>,
    layout: Arc<StageLayout>,
}

/// The page at one size of the window.
struct Page {
    width: i32,
    height: i32,
    scale: i32,
    /// As the webview paints it, then without the key.
    pixels: ImageSurface,
    /// The same, where the window is drawn.
    overlay: Surface,
}

impl Mask {
    /// Draws the part of the webview that the context is clipped to.
    pub(super) fn draw(
        &mut self,
        cover: &gtk::EventBox,
        context: &Context,
        layout: &Arc<StageLayout>,
    ) -> Result<(), cairo::Error> {
        let Some(webview) = cover.child() else { return Ok(()) };
        let changed = CHANGED.replace(Region::create());
        let page = match self.page.take() {
            Some(page) if page.fits(cover) => page,
            _ => {
                self.layout = Arc::default();
                Page::new(cover, context)?
            }
        };
        let whole = RectangleInt::new(0, 0, page.width, page.height);
        if !Arc::ptr_eq(&self.layout, layout) {
            self.layout = layout.clone();
            changed.union_rectangle(&whole)?;
        }
        changed.intersect_rectangle(&whole)?;
        let page = self.page.insert(page);
        if !changed.is_empty() {
            page.renew(cover, &webview, &changed, layout)?;
        }
        context.set_source_surface(&page.overlay, 0.0, 0.0)?;
        context.paint()
    }
}

impl Page {
    fn new(cover: &gtk::EventBox, context: &Context) -> Result<Self, cairo::Error> {
        let (width, height, scale) = (cover.allocated_width(), cover.allocated_height(), cover.scale_factor());
        let pixels = ImageSurface::create(Format::ARgb32, width * scale, height * scale)?;
        pixels.set_device_scale(f64::from(scale), f64::from(scale));
        let overlay = context.target().create_similar(Content::ColorAlpha, width, height)?;
        Ok(Self { width, height, scale, pixels, overlay })
    }

    fn fits(&self, cover: &gtk::EventBox) -> bool {
        (self.width, self.height, self.scale)
            == (cover.allocated_width(), cover.allocated_height(), cover.scale_factor())
    }

    /// Takes over what the webview shows there now.
    fn renew(
        &mut self,
        cover: &gtk::EventBox,
        webview: &gtk::Widget,
        changed: &Region,
        layout: &StageLayout,
    ) -> Result<(), cairo::Error> {
        let clipped = |surface: &Surface| -> Result<Context, cairo::Error> {
            let context = Context::new(surface)?;
            for rect in rectangles(changed) {
                let [x, y, width, height] = [rect.x(), rect.y(), rect.width(), rect.height()].map(f64::from);
                context.rectangle(x, y, width, height);
            }
            context.clip();
            Ok(context)
        };
        let context = clipped(&self.pixels)?;
        context.set_operator(Operator::Clear);
        context.paint()?;
        context.set_operator(Operator::Over);
        cover.propagate_draw(webview, &context);
        // the pixels are ours alone once their context is gone
        drop(context);
        for rect in rectangles(changed) {
            clear_key(&mut self.pixels, &rect, layout, self.scale);
        }
        let context = clipped(&self.overlay)?;
        context.set_operator(Operator::Source);
        context.set_source_surface(&self.pixels, 0.0, 0.0)?;
        context.paint()
    }
}

fn rectangles(region: &Region) -> impl Iterator<Item = RectangleInt> + '_ {
    (0..region.num_rectangles()).map(|nth| region.rectangle(nth))
}

/// Makes the key transparent where a tile is, within `part` (in the window's pixels).
fn clear_key(pixels: &mut ImageSurface, part: &RectangleInt, layout: &StageLayout, scale: i32) {
    let stride = pixels.stride() as usize;
    let mut bytes = match pixels.data() {
        Ok(bytes) => bytes,
        Err(error) => return tracing::warn!(%error, "the pictures stay covered"),
    };
    let [left, top, width, height] = [part.x(), part.y(), part.width(), part.height()].map(|side| side * scale);
    for tile in &layout.tiles {
        let DeviceRect { x, y, width: across, height: down } = tile.device_rect(f64::from(scale));
        let span = |from: i32, size: u32, least: i32, room: i32| {
            let most = least + room;
            from.clamp(least, most) as usize..(from + size as i32).clamp(least, most) as usize
        };
        let (rows, columns) = (span(y, down, top, height), span(x, across, left, width));
        for row in rows {
            clear_row(&mut bytes[row * stride..][columns.start * 4..columns.end * 4]);
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
    use crate::stage::geometry::StageTile;

    #[test]
    fn only_the_key_becomes_transparent() {
        let mut row = [3, 2, 1, 255, 4, 2, 1, 255, 3, 2, 1, 255];
        clear_row(&mut row);
        assert_eq!(row, [0, 0, 0, 0, 4, 2, 1, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn the_key_goes_only_inside_a_tile_and_the_changed_part() {
        let mut pixels = ImageSurface::create(Format::ARgb32, 8, 8).expect("an image");
        pixels.data().expect("pixels").as_chunks_mut::<4>().0.fill(KEY);
        let tile = StageTile {
            view: 1,
            video: "local".into(),
            x: -1.0,
            y: 1.0,
            width: 3.0,
            height: 9.0,
            mirror: false,
            radius: 0.0,
        };
        clear_key(&mut pixels, &RectangleInt::new(0, 0, 4, 2), &StageLayout { tiles: vec![tile] }, 2);
        let stride = pixels.stride() as usize;
        let bytes = pixels.data().expect("pixels");
        for (row, column) in (0..8).flat_map(|row| (0..8).map(move |column| (row, column))) {
            let is_clear = bytes[row * stride + column * 4 + 3] == 0;
            assert_eq!(is_clear, (2..4).contains(&row) && column < 4, "row {row}, column {column}");
        }
    }
}
