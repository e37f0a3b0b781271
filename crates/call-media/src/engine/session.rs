//! The way into a call: connecting and publishing.

use std::time::{Duration, Instant};

use tokio::{sync::mpsc, time::timeout};
use tracing::{info, warn};

use super::{
    audio::RATE,
    livekit::{
        options::{AudioEncoding, TrackPublishOptions, VideoCodec},
        prelude::{
            LocalAudioTrack, LocalParticipant, LocalTrack, LocalTrackPublication, LocalVideoTrack, Room, RoomEvent,
            RoomOptions, TrackSource,
        },
        webrtc::{
            audio_source::{AudioSourceOptions, RtcAudioSource, native::NativeAudioSource},
            video_frame::{I420Buffer, VideoFrame, VideoRotation},
            video_source::{RtcVideoSource, VideoResolution, native::NativeVideoSource},
        },
    },
    stdio::fault,
    video::camera::unix_us,
};
use crate::protocol::{EngineError, EngineErrorCode};

const JOIN_TIMEOUT: Duration = Duration::from_secs(10);
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(4);

/// A call we are in.
pub(crate) struct Joined {
    pub(crate) room: Room,
    pub(crate) events: mpsc::UnboundedReceiver<RoomEvent>,
    /// When the join began.
    pub(crate) started: Instant,
    pub(crate) connect_ms: u64,
}

/// Connects within [`JOIN_TIMEOUT`].
pub(crate) async fn connect(url: String, token: String) -> Result<Joined, EngineError> {
    let started = Instant::now();
    let mut options = RoomOptions::default();
    options.auto_subscribe = true;
    // the SFU stops layers nobody watches, here and at the others
    options.adaptive_stream = true;
    options.dynacast = true;
    options.join_retries = 1;
    options.connect_timeout = SIGNAL_TIMEOUT;
    match timeout(JOIN_TIMEOUT, Room::connect(&url, &token, options)).await {
        Ok(Ok((room, events))) => {
            let connect_ms = started.elapsed().as_millis() as u64;
            info!(connect_ms, "connected");
            Ok(Joined { room, events, started, connect_ms })
        }
        // the SFU repeats the token it refuses
        Ok(Err(error)) => Err(classify(&url, &error.to_string().replace(&token, "the token"))),
        Err(_) => Err(unreachable_at(&url, "no answer within ten seconds")),
    }
}

/// The SDK says why only in words.
fn classify(url: &str, words: &str) -> EngineError {
    let lower = words.to_lowercase();
    let refused = ["401", "403", "404", "unauthorized", "permission", "token", "client error"];
    if refused.iter().any(|word| lower.contains(word)) {
        return fault(
            EngineErrorCode::TokenRefused,
            format!(
                "the media server refused us ({words}): the call may be over, or the permission too old: join again"
            ),
        );
    }
    unreachable_at(url, words)
}

fn unreachable_at(url: &str, why: &str) -> EngineError {
    fault(
        EngineErrorCode::Unreachable,
        format!(
            "the media server at {url} cannot be reached ({why}): check the network, and that its firewall lets calls through"
        ),
    )
}

/// What is to be published, and how.
pub(crate) struct Plan {
    pub(crate) microphone: Option<(NativeAudioSource, bool)>,
    pub(crate) camera: Option<(NativeVideoSource, bool)>,
}

/// What was published.
pub(crate) struct Published {
    pub(crate) microphone: Option<LocalTrackPublication>,
    pub(crate) camera: Option<LocalTrackPublication>,
    pub(crate) error: Option<EngineError>,
}

pub(crate) fn microphone_source() -> NativeAudioSource {
    // cleaned before, so not again; no queue: frames come by the microphone's own clock
    NativeAudioSource::new(AudioSourceOptions::default(), RATE, 1, 0)
}

pub(crate) fn camera_source((width, height): (u32, u32)) -> NativeVideoSource {
    let source = NativeVideoSource::new(VideoResolution { width, height }, false);
    // without a first frame the SDK sends black ones ten times a second, also while muted
    let frame = VideoFrame {
        rotation: VideoRotation::VideoRotation0,
        timestamp_us: unix_us(),
        frame_metadata: None,
        buffer: I420Buffer::new_black(width, height),
    };
    source.capture_frame(&frame);
    source
}

/// Publishes both at once; muted from the first moment where they are not to be heard or seen.
pub(crate) async fn publish(participant: LocalParticipant, plan: Plan) -> Published {
    let microphone = async {
        let (source, on) = plan.microphone?;
        let track = LocalAudioTrack::create_audio_track("microphone", RtcAudioSource::Native(source));
        if !on {
            track.mute();
        }
        Some(participant.publish_track(LocalTrack::Audio(track), microphone_options()).await)
    };
    let camera = async {
        let (source, on) = plan.camera?;
        let track = LocalVideoTrack::create_video_track("camera", RtcVideoSource::Native(source));
        if !on {
            track.mute();
        }
        Some(participant.publish_track(LocalTrack::Video(track), camera_options()).await)
    };
    let (microphone, camera) = tokio::join!(microphone, camera);
    let mut error = None;
    let mut take = |result: Option<Result<LocalTrackPublication, _>>| match result? {
        Ok(publication) => Some(publication),
        Err(cause) => {
            warn!(%cause, "not published");
            let message = format!("the media server did not take what we send ({cause}): leave and join again");
            error = Some(fault(EngineErrorCode::Internal, message));
            None
        }
    };
    let (microphone, camera) = (take(microphone), take(camera));
    Published { microphone, camera, error }
}

fn microphone_options() -> TrackPublishOptions {
    TrackPublishOptions {
        source: TrackSource::Microphone,
        audio_encoding: Some(AudioEncoding { max_bitrate: 48_000 }),
        ..TrackPublishOptions::default()
    }
}

/// VP8: every browser decodes it and it has real simulcast. H.264 takes half the processor time here, but what encodes it depends on the
/// platform, and its first frame takes twice as long.
fn camera_options() -> TrackPublishOptions {
    TrackPublishOptions {
        source: TrackSource::Camera,
        video_codec: VideoCodec::VP8,
        simulcast: true,
        ..TrackPublishOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_server_that_is_not_there() {
        let refused = classify("ws://sfu", "engine: signal failure: client error: 401 - invalid token");
        assert_eq!(refused.code, EngineErrorCode::TokenRefused);
        for words in
            ["engine: signal failure: transport connection error: refused", "engine: signal failure: server error: 503"]
        {
            let error = classify("ws://sfu", words);
            assert_eq!(error.code, EngineErrorCode::Unreachable, "{words}");
            assert!(error.message.contains("ws://sfu") && error.message.contains("check"));
        }
    }
}
