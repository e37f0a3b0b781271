//! All unsafe code of the crate: the library's C functions, its callback, and its memory.
//!
//! Nothing here waits. The callback runs on the library's threads, where no request may be issued; [`in_callback`] tells.

use std::{
    cell::Cell,
    ffi::CString,
    path::Path,
    slice,
    sync::{Arc, OnceLock},
};

use prost::Message;

use crate::{handle::OwnedHandle, library::LoadError, proto, router};

type Callback = extern "C" fn(*const u8, usize);
type InitializeFn = unsafe extern "C" fn(Callback, bool, *const i8, *const i8);
type RequestFn = unsafe extern "C" fn(*const u8, usize, *mut *const u8, *mut usize) -> u64;
type DropHandleFn = unsafe extern "C" fn(u64) -> bool;
type VersionFn = unsafe extern "C" fn(*mut CallStatus) -> RustBuffer;
type FreeBufferFn = unsafe extern "C" fn(RustBuffer, *mut CallStatus);

/// uniffi's string as it crosses the C interface.
#[repr(C)]
struct RustBuffer {
    capacity: u64,
    len: u64,
    data: *mut u8,
}

/// uniffi's outcome of a call; `code` 0 is success.
#[repr(C)]
struct CallStatus {
    code: i8,
    error: RustBuffer,
}

impl CallStatus {
    fn new() -> Self {
        Self { code: 0, error: RustBuffer { capacity: 0, len: 0, data: std::ptr::null_mut() } }
    }
}

struct Api {
    request: RequestFn,
    drop_handle: DropHandleFn,
}

static API: OnceLock<Api> = OnceLock::new();

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is the library's, inside the callback.
pub(crate) fn in_callback() -> bool {
    IN_CALLBACK.get()
}

/// Loads the library and asks its version; [`Opened::start`] makes it usable.
pub(crate) struct Opened {
    library: libloading::Library,
}

impl Opened {
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        // SAFETY: the file's size, and at set-up its hash, are those of the pinned release, whose initializers are harmless.
        let library = unsafe { libloading::Library::new(path) }
            .map_err(|error| LoadError::Unusable { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { library })
    }

    fn symbol<T: Copy>(&self, name: &str) -> Result<T, LoadError> {
        // SAFETY: the types above repeat the pinned release's declarations; the library is never unloaded once started.
        unsafe { self.library.get::<T>(name) }
            .map(|symbol| *symbol)
            .map_err(|_| LoadError::NotTheSdk { missing: name.to_owned() })
    }

    pub(crate) fn version(&self) -> Result<String, LoadError> {
        let version: VersionFn = self.symbol("uniffi_livekit_ffi_fn_func_build_version")?;
        let free: FreeBufferFn = self.symbol("ffi_livekit_ffi_rustbuffer_free")?;
        let mut status = CallStatus::new();
        // SAFETY: `status` outlives the call, and the buffer is read before it is given back, once.
        unsafe {
            let buffer = version(&mut status);
            if status.code != 0 || buffer.data.is_null() {
                return Err(LoadError::NotTheSdk { missing: "version".to_owned() });
            }
            let text = String::from_utf8_lossy(slice::from_raw_parts(buffer.data, buffer.len as usize)).into_owned();
            free(buffer, &mut status);
            Ok(text)
        }
    }

    /// Registers the callback and keeps the library for the life of the process: its threads never end.
    pub(crate) fn start(self) -> Result<(), LoadError> {
        let initialize: InitializeFn = self.symbol("livekit_ffi_initialize")?;
        let api =
            Api { request: self.symbol("livekit_ffi_request")?, drop_handle: self.symbol("livekit_ffi_drop_handle")? };
        let sdk = CString::new("rust").unwrap_or_default();
        let version = CString::new(env!("CARGO_PKG_VERSION")).unwrap_or_default();
        // SAFETY: both strings outlive the call, which copies them; the callback is a static function.
        unsafe { initialize(on_event, false, sdk.as_ptr().cast(), version.as_ptr().cast()) };
        std::mem::forget(self.library);
        // A second start would be a bug of `library::load`, which holds a lock; the first one then stays.
        let _ = API.set(api);
        Ok(())
    }
}

extern "C" fn on_event(data: *const u8, len: usize) {
    if data.is_null() {
        return;
    }
    // SAFETY: the library passes a valid buffer that lives during this call; nothing keeps the slice.
    let bytes = unsafe { slice::from_raw_parts(data, len) };
    IN_CALLBACK.set(true);
    match proto::FfiEvent::decode(bytes) {
        Ok(proto::FfiEvent { message: Some(message) }) => router::deliver(message),
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "an event of the SDK library does not decode"),
    }
    IN_CALLBACK.set(false);
}

/// Sends a request and returns the bytes of its answer; `None` if the library refused it or is not loaded.
pub(crate) fn request(bytes: &[u8]) -> Option<Vec<u8>> {
    debug_assert!(!in_callback(), "a request from the library's callback would deadlock");
    let api = API.get()?;
    let mut answer = std::ptr::null();
    let mut len = 0;
    // SAFETY: all four pointers are valid for the call. The answer lives until its handle is dropped, after the copy.
    unsafe {
        let handle = (api.request)(bytes.as_ptr(), bytes.len(), &mut answer, &mut len);
        if handle == 0 || answer.is_null() {
            return None;
        }
        let copy = slice::from_raw_parts(answer, len).to_vec();
        (api.drop_handle)(handle);
        Some(copy)
    }
}

/// Gives a handle back. False if the library does not know it.
pub(crate) fn drop_handle(id: u64) -> bool {
    // SAFETY: takes any number; an unknown one is answered with false.
    API.get().is_some_and(|api| unsafe { (api.drop_handle)(id) })
}

/// Bytes in the library's memory, valid while their handle lives.
pub(crate) struct ForeignBytes {
    start: *const u8,
    len: usize,
    _owner: Arc<OwnedHandle>,
}

// SAFETY: the memory is plain bytes that the library neither writes nor frees before the handle is dropped.
unsafe impl Send for ForeignBytes {}
// SAFETY: as above; only shared reads are offered.
unsafe impl Sync for ForeignBytes {}

impl ForeignBytes {
    /// A plane of a picture the library sent; `None` for a null plane.
    pub(crate) fn of_plane(plane: &proto::video_buffer_info::ComponentInfo, owner: &Arc<OwnedHandle>) -> Option<Self> {
        let start = plane.data_ptr as *const u8;
        (!start.is_null()).then(|| Self { start, len: plane.size as usize, _owner: Arc::clone(owner) })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: address and size are the library's own description of the buffer that `_owner` keeps alive.
        unsafe { slice::from_raw_parts(self.start, self.len) }
    }
}

/// Copies the samples of a frame the library sent.
pub(crate) fn copy_samples(frame: &proto::AudioFrameBufferInfo) -> Vec<i16> {
    let start = frame.data_ptr as *const i16;
    let len = frame.num_channels as usize * frame.samples_per_channel as usize;
    if start.is_null() || !start.is_aligned() || len == 0 {
        return Vec::new();
    }
    // SAFETY: address and count are the library's own description of a buffer whose handle the caller still holds.
    unsafe { slice::from_raw_parts(start, len) }.to_vec()
}

/// Copies the bytes of a data packet the library sent.
pub(crate) fn copy_bytes(buffer: &proto::BufferInfo) -> Vec<u8> {
    let start = buffer.data_ptr as *const u8;
    if start.is_null() || buffer.data_len == 0 {
        return Vec::new();
    }
    // SAFETY: address and length are the library's own description of a buffer whose handle the caller still holds.
    unsafe { slice::from_raw_parts(start, buffer.data_len as usize) }.to_vec()
}
