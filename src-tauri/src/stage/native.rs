//! The native stage: one drawing area below the transparent webview paints every tile; the web process does no work for a frame.
//!
//! Pictures are painted pixel for pixel at the tile's device pixels: cairo never scales.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    f64::consts::{FRAC_PI_2, PI},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use call_media::frames::Frame;
use gtk::{
    cairo::{self, Context, Format, ImageSurface},
    glib::{self, Propagation},
    prelude::*,
};
use parking_lot::RwLock;
use serde_json::json;
use tauri::WebviewWindow;
use tokio::sync::mpsc;
use webkit2gtk::WebViewExt;

use super::{
    VideoSurface,
    feed::{Picture, Want},
    geometry::{StageLayout, StageTile},
    mask::{self, Mask},
    pace::Pace,
};
use crate::report::{Report, unix_us};

/// All credits of all views fit, and layouts between them.
const QUEUE: usize = 256;
/// Behind a picture that does not fill its tile.
const BACKDROP: (f64, f64, f64) = (0.055, 0.063, 0.078);

/// The handle that other threads hold; what it says is carried out on the thread that runs the windows.
pub(crate) struct NativeSurface {
    layout: RwLock<Arc<StageLayout>>,
    painter: RwLock<Option<mpsc::Sender<Order>>>,
    report: Report,
}

enum Order {
    Place(Arc<StageLayout>),
    Present(Picture),
}

impl NativeSurface {
    /// Draws nothing until it is attached to a window.
    pub(crate) fn new(report: Report) -> Self {
        Self { layout: RwLock::default(), painter: RwLock::default(), report }
    }

    /// Takes the place between the window and its webview; a window before this one is forgotten.
    pub(crate) fn attach(&self, window: &WebviewWindow) -> tauri::Result<()> {
        let (orders, waiting) = mpsc::channel(QUEUE);
        *self.painter.write() = Some(orders);
        let report = self.report.clone();
        window.with_webview(move |webview| install(&webview.inner(), waiting, report))
    }

    fn order(&self, order: Order) {
        if let Some(painter) = &*self.painter.read() {
            // full or closed: dropping a picture gives its credit back
            let _ = painter.try_send(order);
        }
    }
}

impl VideoSurface for NativeSurface {
    fn place(&self, layout: Arc<StageLayout>) {
        *self.layout.write() = layout.clone();
        self.order(Order::Place(layout));
    }

    fn wants(&self, view: u32) -> Option<Want> {
        let layout = self.layout.read();
        layout.tiles.iter().find(|tile| tile.view == view).map(|tile| Want { mirror: tile.mirror })
    }

    fn present(&self, picture: Picture) {
        self.order(Order::Present(picture));
    }
}

/// window → overlay → (drawing area, event box → webview). The box draws the webview through a [`Mask`]: alone it would replace the
/// pictures.
fn install(webview: &webkit2gtk::WebView, mut orders: mpsc::Receiver<Order>, report: Report) {
    let Some(parent) = webview.parent().and_then(|parent| parent.downcast::<gtk::Box>().ok()) else {
        return tracing::error!("the window is not built as expected: no pictures");
    };
    webview.set_background_color(&gtk::gdk::RGBA::new(0.0, 0.0, 0.0, 0.0));
    let (overlay, area, cover) = (gtk::Overlay::new(), gtk::DrawingArea::new(), gtk::EventBox::new());
    cover.set_visible_window(false);
    parent.remove(webview);
    cover.add(webview);
    overlay.add(&area);
    overlay.add_overlay(&cover);
    parent.pack_start(&overlay, true, true, 0);
    let painter = Rc::new(RefCell::new(Painter { report, ..Painter::default() }));
    area.connect_draw({
        let painter = painter.clone();
        move |area, context| {
            if let Err(error) = painter.borrow_mut().draw(context, f64::from(area.scale_factor())) {
                tracing::warn!(%error, "pictures were not drawn");
            }
            Propagation::Proceed
        }
    });
    cover.connect_draw({
        let (painter, mask) = (painter.clone(), RefCell::new(Mask::default()));
        move |cover, context| {
            let layout = painter.borrow().layout.clone();
            if let Err(error) = mask.borrow_mut().draw(cover, context, &layout) {
                tracing::warn!(%error, "the webview was not drawn");
            }
            Propagation::Stop
        }
    });
    overlay.show_all();
    mask::watch(webview);
    let area = area.downgrade();
    glib::MainContext::default().spawn_local(async move {
        while let Some(order) = orders.recv().await {
            let Some(area) = area.upgrade() else { return };
            match order {
                Order::Place(layout) => {
                    painter.borrow_mut().place(layout);
                    area.queue_draw();
                }
                Order::Present(picture) => {
                    if let Some(tile) = painter.borrow_mut().present(picture) {
                        let (left, top) = (tile.x.floor(), tile.y.floor());
                        let (right, bottom) = ((tile.x + tile.width).ceil(), (tile.y + tile.height).ceil());
                        area.queue_draw_area(left as i32, top as i32, (right - left) as i32, (bottom - top) as i32);
                    }
                }
            }
        }
    });
}

/// Lives on the thread that runs the windows.
#[derive(Default)]
struct Painter {
    layout: Arc<StageLayout>,
    pictures: HashMap<u32, Shown>,
    paces: HashMap<u32, Pace>,
    /// Pictures whose first frame was told.
    told: HashSet<String>,
    report: Report,
}

/// The newest picture of a view.
struct Shown {
    video: String,
    surface: ImageSurface,
    width: u32,
    height: u32,
    /// Until it is drawn for the first time; then its credit goes back.
    fresh: Option<Frame>,
}

impl Painter {
    fn place(&mut self, layout: Arc<StageLayout>) {
        self.pictures
            .retain(|view, shown| layout.tiles.iter().any(|tile| tile.view == *view && tile.video == shown.video));
        self.paces.retain(|view, _| layout.tiles.iter().any(|tile| tile.view == *view));
        self.told.retain(|video| layout.tiles.iter().any(|tile| tile.video == *video));
        self.layout = layout;
    }

    /// Takes the picture in; the tile is to be drawn again.
    fn present(&mut self, picture: Picture) -> Option<StageTile> {
        let tile = self.layout.tiles.iter().find(|tile| tile.view == picture.frame.header.view)?.clone();
        let shown = Shown::new(picture, tile.video.clone())?;
        self.pictures.insert(tile.view, shown);
        Some(tile)
    }

    fn draw(&mut self, context: &Context, scale: f64) -> Result<(), cairo::Error> {
        let layout = self.layout.clone();
        for tile in &layout.tiles {
            let Some(shown) = self.pictures.get_mut(&tile.view) else { continue };
            context.save()?;
            shown.draw(context, tile, scale)?;
            context.restore()?;
            if let Some(frame) = shown.fresh.take() {
                self.count(tile, &frame);
            }
        }
        Ok(())
    }

    fn count(&mut self, tile: &StageTile, frame: &Frame) {
        let captured = frame.header.captured_unix_us;
        let latency_ms = (captured != 0).then(|| (unix_us() - captured) as f32 / 1000.0);
        if self.told.insert(tile.video.clone()) {
            self.report.milestone("first_frame_drawn", json!({"view": tile.view, "video": tile.video}));
        }
        let now = Instant::now();
        let pace = self.paces.entry(tile.view).or_insert_with(|| Pace::new(now));
        if let Some(second) = pace.drawn(now, latency_ms) {
            let (p50, p95) = second.latency_ms.unzip();
            let details = json!({
                "view": tile.view, "video": tile.video, "width": frame.header.width, "height": frame.header.height,
                "fps": second.fps, "latency_ms_p50": p50, "latency_ms_p95": p95,
            });
            self.report.milestone("drawn", details);
        }
    }
}

impl Shown {
    fn new(picture: Picture, video: String) -> Option<Self> {
        let Picture { frame, pixels } = picture;
        let (width, height) = (frame.header.width, frame.header.height);
        let surface =
            ImageSurface::create_for_data(pixels, Format::Rgb24, width as i32, height as i32, width as i32 * 4);
        match surface {
            Ok(surface) => Some(Self { video, surface, width, height, fresh: Some(frame) }),
            Err(error) => {
                tracing::warn!(%error, "a frame that cannot be drawn");
                None
            }
        }
    }

    fn draw(&self, context: &Context, tile: &StageTile, scale: f64) -> Result<(), cairo::Error> {
        let rect = tile.device_rect(scale);
        let place = rect.centred(self.width, self.height);
        let user = |device: i32| f64::from(device) / scale;
        let (left, top) = (user(rect.x), user(rect.y));
        let (width, height) = (user(rect.width as i32), user(rect.height as i32));
        outline(context, left, top, width, height, tile.radius);
        context.clip();
        if self.width < rect.width || self.height < rect.height {
            let (red, green, blue) = BACKDROP;
            context.set_source_rgb(red, green, blue);
            context.paint()?;
        }
        self.surface.set_device_scale(scale, scale);
        context.set_source_surface(&self.surface, user(place.x), user(place.y))?;
        context.rectangle(user(place.x), user(place.y), user(place.width as i32), user(place.height as i32));
        context.fill()
    }
}

/// A rectangle with round corners; without them a plain one, which is clipped without a mask.
fn outline(context: &Context, left: f64, top: f64, width: f64, height: f64, radius: f64) {
    let radius = radius.min(width / 2.0).min(height / 2.0);
    if radius < 0.5 {
        return context.rectangle(left, top, width, height);
    }
    let (right, bottom) = (left + width, top + height);
    context.new_sub_path();
    context.arc(right - radius, top + radius, radius, -FRAC_PI_2, 0.0);
    context.arc(right - radius, bottom - radius, radius, 0.0, FRAC_PI_2);
    context.arc(left + radius, bottom - radius, radius, FRAC_PI_2, PI);
    context.arc(left + radius, top + radius, radius, PI, PI + FRAC_PI_2);
    context.close_path();
}
