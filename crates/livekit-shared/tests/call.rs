//! Two rooms in one process on a real SFU: everything a call needs, and nothing left behind.

use std::time::Duration;

use common::{Peer, Sfu, pattern, pitch, tone};
use futures_util::StreamExt;
use livekit_shared::{
    DisconnectReason, RoomEvent,
    prelude::*,
    shared,
    track::VideoQuality,
    webrtc::{audio_stream::native::NativeAudioStream, stats::RtcStats, video_stream::native::NativeVideoStream},
};

mod common;

/// Reads frames until one has the width wanted.
async fn until_width(stream: &mut NativeVideoStream, what: &str, wanted: impl Fn(u32) -> bool) -> u32 {
    tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let frame = stream.next().await.expect("pictures go on");
            if wanted(frame.buffer.width()) {
                return frame.buffer.width();
            }
        }
    })
    .await
    .unwrap_or_else(|_| panic!("never came: {what}"))
}

async fn pictures_come_in_the_size_asked_for(bob: &mut Peer) {
    let (track, publication) = bob.subscribed(TrackKind::Video).await;
    let RemoteTrack::Video(video) = &track else { panic!("not a video track") };
    assert_eq!((publication.source(), publication.simulcasted()), (TrackSource::Camera, true));
    assert_eq!(publication.dimension(), TrackDimension(960, 540));
    let mut stream = NativeVideoStream::new(video.rtc_track());

    let frame =
        tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("in time").expect("a picture");
    let picture = frame.buffer.as_i420().expect("I420");
    let (y, u, v) = picture.data();
    assert_eq!(y.len(), picture.strides().0 as usize * picture.height() as usize);
    assert!(y.iter().max() > y.iter().min(), "the picture has a pattern");
    assert_eq!((u.len(), v.len()), (y.len() / 4, y.len() / 4));
    drop(frame);

    publication.update_video_dimensions(TrackDimension(960, 540));
    until_width(&mut stream, "the whole size", |width| width == 960).await;
    publication.update_video_dimensions(TrackDimension(320, 180));
    until_width(&mut stream, "a small size for a small tile", |width| width <= 320).await;
    publication.update_video_dimensions(TrackDimension(960, 540));
    until_width(&mut stream, "the whole size again", |width| width == 960).await;
    publication.set_video_quality(VideoQuality::Low);
    until_width(&mut stream, "the lowest quality", |width| width <= 320).await;
    publication.set_video_quality(VideoQuality::High);
    until_width(&mut stream, "the highest quality", |width| width == 960).await;

    let stats = video.get_stats().await.expect("statistics");
    let decoded = stats.iter().find_map(|entry| match entry {
        RtcStats::InboundRtp(entry) => Some(entry.inbound.frames_decoded),
        _ => None,
    });
    assert!(decoded.is_some_and(|frames| frames > 0), "frames are counted");

    publication.set_enabled(false);
    assert!(!publication.is_enabled());
    publication.set_enabled(true);
    until_width(&mut stream, "pictures after a pause", |_| true).await;

    publication.set_subscribed(false);
    bob.event("the track is unsubscribed", |event| match event {
        RoomEvent::TrackUnsubscribed { publication, .. } => Some(publication),
        _ => None,
    })
    .await;
    assert!(!publication.is_subscribed());
    // Told at once; at the SFU it takes a while, and subscribing again before it is done is lost.
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(1), stream.next()).await {}
    publication.set_subscribed(true);
    let (again, _) = bob.subscribed(TrackKind::Video).await;
    let RemoteTrack::Video(again) = again else { panic!("not a video track") };
    let mut stream = NativeVideoStream::new(again.rtc_track());
    until_width(&mut stream, "pictures of the new subscription", |_| true).await;
}

async fn the_tone_is_heard(bob: &mut Peer) {
    let (track, publication) = bob.subscribed(TrackKind::Audio).await;
    assert_eq!(publication.source(), TrackSource::Microphone);
    let RemoteTrack::Audio(audio) = &track else { panic!("not an audio track") };
    let mut stream = NativeAudioStream::new(audio.rtc_track(), 48_000, 1);
    tokio::time::timeout(Duration::from_secs(20), async {
        let mut second = Vec::new();
        loop {
            let frame = stream.next().await.expect("sound goes on");
            assert_eq!((frame.sample_rate, frame.num_channels, frame.data.len()), (48_000, 1, 480));
            second.extend_from_slice(&frame.data);
            if second.len() >= 48_000 {
                if (pitch(&second, 48_000) - 440.0).abs() < 10.0 {
                    return;
                }
                second.clear();
            }
        }
    })
    .await
    .expect("a tone of 440 Hz is heard");
}

async fn muting_is_told(alice: &mut Peer, microphone: &LocalTrackPublication, bob: &mut Peer) {
    microphone.mute();
    assert!(microphone.is_muted());
    for peer in [&mut *alice, &mut *bob] {
        let muted = |event| match event {
            RoomEvent::TrackMuted { participant, publication } => {
                Some((participant.identity(), publication.is_muted()))
            }
            _ => None,
        };
        assert_eq!(peer.event("muted", muted).await, ("alice".into(), true));
    }
    microphone.unmute();
    let unmuted = |event| match event {
        RoomEvent::TrackUnmuted { publication, .. } => Some(publication.is_muted()),
        _ => None,
    };
    assert!(!bob.event("unmuted", unmuted).await);
}

async fn data_arrives(alice: &Peer, bob: &mut Peer) {
    let packet = DataPacket {
        payload: b"hello".to_vec(),
        topic: Some("greeting".to_owned()),
        reliable: true,
        destination_identities: vec!["bob".into()],
    };
    alice.room.local_participant().publish_data(packet).await.expect("data is sent");
    let data = |event| match event {
        RoomEvent::DataReceived { payload, topic, kind, participant } => {
            Some((payload.to_vec(), topic, kind, participant.map(|participant| participant.identity())))
        }
        _ => None,
    };
    let expected = (b"hello".to_vec(), Some("greeting".to_owned()), DataPacketKind::Reliable, Some("alice".into()));
    assert_eq!(bob.event("data", data).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_joining_to_leaving() {
    let sfu = Sfu::start();
    shared::load().expect("the SDK library");
    assert_eq!(shared::version().as_deref(), Some(shared::FFI_VERSION));
    let mut alice = Peer::join(&sfu, "alice").await;
    let mut bob = Peer::join(&sfu, "bob").await;
    let came = |event| match event {
        RoomEvent::ParticipantConnected(participant) => Some(participant.identity()),
        _ => None,
    };
    assert_eq!(alice.event("bob comes", came).await, "bob".into());
    assert!(shared::live_handles() > 0);

    let (camera, pictures) = pattern();
    let (microphone, sound) = tone(440.0);
    let video = alice.publish_video(&camera).await;
    let published = |event| match event {
        RoomEvent::LocalTrackPublished { publication, .. } => Some(publication.sid()),
        _ => None,
    };
    assert_eq!(alice.event("published", published).await, video.sid());
    pictures_come_in_the_size_asked_for(&mut bob).await;

    let audio = alice.publish_audio(&microphone).await;
    the_tone_is_heard(&mut bob).await;
    let speaking = |event| match event {
        RoomEvent::ActiveSpeakersChanged { speakers } => speakers.first().map(Participant::identity),
        _ => None,
    };
    assert_eq!(bob.event("alice speaks", speaking).await, "alice".into());
    muting_is_told(&mut alice, &audio, &mut bob).await;
    data_arrives(&alice, &mut bob).await;

    alice.room.local_participant().unpublish_track(&video.sid()).await.expect("video is taken out");
    let unpublished = |event| match event {
        RoomEvent::TrackUnpublished { publication, .. } => Some(publication.kind()),
        _ => None,
    };
    assert_eq!(bob.event("unpublished", unpublished).await, TrackKind::Video);

    alice.room.close().await.expect("alice leaves");
    let left = |event| match event {
        RoomEvent::Disconnected { reason } => Some(reason),
        _ => None,
    };
    assert_eq!(alice.event("alice is out", left).await, DisconnectReason::ClientInitiated);
    assert!(matches!(alice.room.close().await, Err(RoomError::AlreadyClosed)));
    let gone = |event| match event {
        RoomEvent::ParticipantDisconnected(participant) => Some(participant.identity()),
        _ => None,
    };
    assert_eq!(bob.event("alice is gone", gone).await, "alice".into());
    bob.room.close().await.expect("bob leaves");

    pictures.abort();
    sound.abort();
    let _ = (pictures.await, sound.await);
    drop((alice, bob, camera, microphone, video, audio));
    no_handle_is_left().await;

    a_wrong_token_is_refused(&sfu).await;
    no_handle_is_left().await;
}

/// Frames under way when a stream is dropped are given back by another thread, hence the wait.
async fn no_handle_is_left() {
    let clean = async {
        while shared::live_handles() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(2), clean).await;
    assert!(in_time.is_ok(), "{} handles are left", shared::live_handles());
}

async fn a_wrong_token_is_refused(sfu: &Sfu) {
    let error = Room::connect(&sfu.url, "no.such.token", RoomOptions::default()).await.expect_err("refused");
    assert!(matches!(error, RoomError::Engine(_)), "{error}");
    assert!(error.to_string().contains("401"), "{error}");
}
