//! Where an event of the library goes: to the answer awaited, to its room, to its stream, or, with its handles, nowhere.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use parking_lot::RwLock;
use tokio::sync::mpsc;

use crate::{
    client,
    handle::{OwnedHandle, Reap, reap},
    proto::{
        self, audio_stream_event, connect_callback, data_packet_received, ffi_event::Message as Event,
        publish_track_callback, room_event, video_stream_event,
    },
    webrtc::{audio_stream::AudioQueue, video_stream::VideoQueue},
};

type Table<T> = LazyLock<RwLock<HashMap<u64, T>>>;

static ROOMS: Table<mpsc::UnboundedSender<room_event::Message>> = LazyLock::new(RwLock::default);
static VIDEO: Table<Arc<VideoQueue>> = LazyLock::new(RwLock::default);
static AUDIO: Table<Arc<AudioQueue>> = LazyLock::new(RwLock::default);

/// The events of a room from now on. The receiver must be drained with [`release_room_event`] when it is given up.
pub(crate) fn register_room(room: u64) -> mpsc::UnboundedReceiver<room_event::Message> {
    let (sender, receiver) = mpsc::unbounded_channel();
    ROOMS.write().insert(room, sender);
    receiver
}

pub(crate) fn forget_room(room: u64) {
    ROOMS.write().remove(&room);
}

pub(crate) fn register_video(stream: u64, queue: Arc<VideoQueue>) {
    VIDEO.write().insert(stream, queue);
}

pub(crate) fn forget_video(stream: u64) {
    VIDEO.write().remove(&stream);
}

pub(crate) fn register_audio(stream: u64, queue: Arc<AudioQueue>) {
    AUDIO.write().insert(stream, queue);
}

pub(crate) fn forget_audio(stream: u64) {
    AUDIO.write().remove(&stream);
}

/// Called on the library's threads: hands over and returns.
pub(crate) fn deliver(event: Event) {
    match event {
        Event::RoomEvent(proto::RoomEvent { room_handle, message: Some(message) }) => to_room(room_handle, message),
        Event::VideoStreamEvent(event) => to_video(event),
        Event::AudioStreamEvent(event) => to_audio(event),
        Event::Panic(panic) => tracing::error!(message = panic.message, "the SDK library panicked"),
        event => {
            if let Some(id) = async_id(&event)
                && let Some(event) = client::answer(id, event)
            {
                release_answer(event);
            }
        }
    }
}

fn to_room(room: u64, message: room_event::Message) {
    let sender = ROOMS.read().get(&room).cloned();
    match sender {
        Some(sender) => {
            if let Err(mpsc::error::SendError(message)) = sender.send(message) {
                release_room_event(message);
            }
        }
        None => release_room_event(message),
    }
}

fn to_video(event: proto::VideoStreamEvent) {
    let queue = VIDEO.read().get(&event.stream_handle).cloned();
    match event.message {
        Some(video_stream_event::Message::FrameReceived(frame)) => {
            let handle = OwnedHandle::adopt(&frame.buffer.handle);
            if let Some(queue) = queue {
                queue.receive(handle, &frame);
            }
        }
        Some(video_stream_event::Message::Eos(_)) => {
            if let Some(queue) = queue {
                queue.end();
            }
        }
        None => {}
    }
}

fn to_audio(event: proto::AudioStreamEvent) {
    let queue = AUDIO.read().get(&event.stream_handle).cloned();
    match event.message {
        Some(audio_stream_event::Message::FrameReceived(received)) => {
            let _handle = OwnedHandle::adopt(&received.frame.handle);
            if let Some(queue) = queue {
                queue.receive(&received.frame.info);
            }
        }
        Some(audio_stream_event::Message::Eos(_)) => {
            if let Some(queue) = queue {
                queue.end();
            }
        }
        None => {}
    }
}

/// The request an event answers, for the requests this crate sends.
fn async_id(event: &Event) -> Option<u64> {
    Some(match event {
        Event::Connect(answer) => answer.async_id,
        Event::Disconnect(answer) => answer.async_id,
        Event::PublishTrack(answer) => answer.async_id,
        Event::UnpublishTrack(answer) => answer.async_id,
        Event::PublishData(answer) => answer.async_id,
        Event::CaptureAudioFrame(answer) => answer.async_id,
        Event::SetLocalMetadata(answer) => answer.async_id,
        Event::SetLocalName(answer) => answer.async_id,
        Event::SetLocalAttributes(answer) => answer.async_id,
        Event::GetStats(answer) => answer.async_id,
        Event::GetSessionStats(answer) => answer.async_id,
        Event::SimulateScenario(answer) => answer.async_id,
        _ => return None,
    })
}

/// Gives back what an answer nobody awaits any more carries: a room is left, a publication dropped.
fn release_answer(event: Event) {
    match event {
        Event::Connect(proto::ConnectCallback { message: Some(connect_callback::Message::Result(joined)), .. }) => {
            let mut handles =
                vec![OwnedHandle::adopt(&joined.room.handle), OwnedHandle::adopt(&joined.local_participant.handle)];
            for entry in &joined.participants {
                handles.push(OwnedHandle::adopt(&entry.participant.handle));
                handles.extend(entry.publications.iter().map(|publication| OwnedHandle::adopt(&publication.handle)));
            }
            reap(Reap::Room(joined.room.handle.id, handles));
        }
        Event::PublishTrack(proto::PublishTrackCallback {
            message: Some(publish_track_callback::Message::Publication(publication)),
            ..
        }) => drop(OwnedHandle::adopt(&publication.handle)),
        _ => {}
    }
}

/// Gives back the handles an event carries that nobody will look at.
pub(crate) fn release_room_event(message: room_event::Message) {
    let handle = match &message {
        room_event::Message::ParticipantConnected(event) => &event.info.handle,
        room_event::Message::TrackPublished(event) => &event.publication.handle,
        room_event::Message::TrackSubscribed(event) => &event.track.handle,
        room_event::Message::ByteStreamOpened(event) => &event.reader.handle,
        room_event::Message::TextStreamOpened(event) => &event.reader.handle,
        room_event::Message::DataTrackPublished(event) => &event.track.handle,
        room_event::Message::DataPacketReceived(event) => match &event.value {
            Some(data_packet_received::Value::User(packet)) => &packet.data.handle,
            _ => return,
        },
        _ => return,
    };
    drop(OwnedHandle::adopt(handle));
}
