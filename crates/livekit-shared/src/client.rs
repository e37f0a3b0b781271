//! Requests to the library and the answers that come later.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use prost::Message as _;
use tokio::sync::oneshot;

use crate::{
    ffi, proto,
    proto::{ffi_event::Message as Event, ffi_request::Message as Request, ffi_response::Message as Response},
    webrtc::{RtcError, RtcErrorType},
};

/// Sends a request of one kind and unpacks the answer of the same kind.
macro_rules! request {
    ($kind:ident, $request:expr) => {
        match $crate::client::send($crate::proto::ffi_request::Message::$kind($request)) {
            Ok($crate::proto::ffi_response::Message::$kind(answer)) => Ok(answer),
            Ok(_) => Err($crate::client::refused(stringify!($kind))),
            Err(error) => Err(error),
        }
    };
}

/// Sends a request whose answer comes as an event of the same kind, and awaits that.
macro_rules! call {
    ($kind:ident, $request:expr) => {
        $crate::client::call!($kind, $request, None)
    };
    ($kind:ident, $request:expr, $keep:expr) => {{
        let (id, answer) = $crate::client::expect($keep);
        #[allow(clippy::redundant_closure_call)]
        match $crate::client::request!($kind, ($request)(Some(id))) {
            Ok(_) => match answer.await {
                Ok($crate::proto::ffi_event::Message::$kind(answer)) => Ok(answer),
                _ => Err($crate::client::refused(stringify!($kind))),
            },
            Err(error) => {
                $crate::client::forget(id);
                Err(error)
            }
        }
    }};
}

pub(crate) use {call, request};

struct Waiter {
    answer: oneshot::Sender<Event>,
    /// Memory the library reads until it answers; it stays even when nobody awaits any more.
    _keep: Option<Box<dyn Any + Send>>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static WAITERS: LazyLock<Mutex<HashMap<u64, Waiter>>> = LazyLock::new(Mutex::default);

/// The error for a request the library did not take; its reason is only in the library's own log.
pub(crate) fn refused(request: &str) -> RtcError {
    RtcError { error_type: RtcErrorType::Internal, message: format!("the LiveKit SDK library refused {request}") }
}

pub(crate) fn send(message: Request) -> Result<Response, RtcError> {
    crate::library::ensure_loaded()?;
    let bytes = proto::FfiRequest { message: Some(message) }.encode_to_vec();
    ffi::request(&bytes)
        .and_then(|answer| proto::FfiResponse::decode(answer.as_slice()).ok())
        .and_then(|answer| answer.message)
        .ok_or_else(|| refused("a request"))
}

/// Reserves the id of an answer that is to come, before the request is sent.
pub(crate) fn expect(keep: Option<Box<dyn Any + Send>>) -> (u64, oneshot::Receiver<Event>) {
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let (answer, receiver) = oneshot::channel();
    WAITERS.lock().insert(id, Waiter { answer, _keep: keep });
    (id, receiver)
}

/// Withdraws a reservation whose request was not taken.
pub(crate) fn forget(id: u64) {
    WAITERS.lock().remove(&id);
}

/// Hands an answer to who awaits it; gives it back if nobody does.
pub(crate) fn answer(id: u64, event: Event) -> Option<Event> {
    // Two steps: the waiter and its memory are dropped outside the lock.
    let waiter = WAITERS.lock().remove(&id);
    match waiter {
        Some(waiter) => waiter.answer.send(event).err(),
        None => Some(event),
    }
}

/// Leaves a room without awaiting it.
pub(crate) fn leave(room: u64) {
    let request = proto::DisconnectRequest { room_handle: room, request_async_id: None, reason: None };
    if let Err(error) = request!(Disconnect, request) {
        tracing::warn!(%error, "a forgotten room could not be left");
    }
}
