//! A remote track: every 10 ms is metered and put into the mix.

use std::sync::Arc;

use futures_util::StreamExt;

use super::{
    audio::{RATE, mixer::MixInput},
    livekit::{prelude::RemoteAudioTrack, webrtc::audio_stream::native::NativeAudioStream},
    news::{News, NewsSender, tell},
    stats::AudioCounters,
};
use crate::protocol::MediaKind;

/// Runs until the track ends or the task is aborted.
pub(crate) async fn receive(
    track: RemoteAudioTrack,
    identity: String,
    counters: Arc<AudioCounters>,
    mut mix: MixInput,
    news: NewsSender,
) {
    let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
    while let Some(frame) = stream.next().await {
        mix.push(&frame.data);
        if counters.frame(&frame.data) {
            tell(&news, News::FirstMedia { identity: identity.clone(), kind: MediaKind::Audio });
        }
    }
}
