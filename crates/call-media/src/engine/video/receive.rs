//! A remote track: every decoded frame is counted, timed and offered to the views that show it.

use std::sync::Arc;

use futures_util::StreamExt;

use super::{camera::unix_us, picture::Picture};
use crate::{
    engine::{
        frame_hub::{FrameHub, Shot},
        livekit::{
            prelude::RemoteVideoTrack,
            webrtc::{video_frame::BoxVideoBuffer, video_stream::native::NativeVideoStream},
        },
        news::{News, NewsSender, tell},
        stats::VideoCounters,
    },
    protocol::{MediaKind, ViewSource},
};

/// Runs until the track ends or the task is aborted.
pub(crate) async fn receive(
    track: RemoteVideoTrack,
    identity: String,
    counters: Arc<VideoCounters>,
    hub: Arc<FrameHub>,
    news: NewsSender,
) {
    let source = Source { view: ViewSource::Track { sid: track.sid().to_string() }, hub };
    // holds one frame: the newest
    let mut stream = NativeVideoStream::new(track.rtc_track());
    let mut sequence = 0;
    while let Some(frame) = stream.next().await {
        let now = unix_us();
        sequence += 1;
        let picture = Arc::new(as_i420(frame.buffer));
        let Some(planes) = picture.planes() else {
            counters.bad_frame();
            continue;
        };
        if counters.is_first() {
            tell(&news, News::FirstMedia { identity: identity.clone(), kind: MediaKind::Video });
        }
        let captured = counters.frame(&planes, now);
        let shot = Shot { picture, sequence, captured_unix_us: captured, received_unix_us: now };
        source.hub.offer(&source.view, &shot);
    }
}

/// Lets go of the track's frames however its task ends.
struct Source {
    view: ViewSource,
    hub: Arc<FrameHub>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.hub.forget(&self.view);
    }
}

/// Decoders give I420; one in hardware may give something else.
fn as_i420(buffer: BoxVideoBuffer) -> Picture {
    if buffer.as_i420().is_some() { Picture::Received(buffer) } else { Picture::Captured(buffer.to_i420()) }
}
