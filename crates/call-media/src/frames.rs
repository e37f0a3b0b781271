//! Frames on their way to the screen: one binary WebSocket message each, a [`FrameHeader`] and the I420 planes.
//!
//! A client gets [`CREDITS`] frames of a view ahead of what it gave back; a [`Frame`] gives its credit back when it was shown or
//! dropped, so a slow screen gets fewer frames, always the newest, and nothing queues up.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use crate::protocol::{FrameEndpoint, MAX_VIEWS};

/// Bytes of a header on the wire.
pub const HEADER_BYTES: usize = 40;
/// Frames of one view that may be under way.
pub const CREDITS: u32 = 2;
/// The longest side of a frame.
pub const MAX_SIDE: u32 = 4096;

const MAGIC: u32 = u32::from_le_bytes(*b"SWF1");

/// What stands before the planes, little-endian, in this order after the magic number `SWF1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Which view it is for.
    pub view: u32,
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// Rises with every frame of the view's source, also with those that were dropped.
    pub sequence: u64,
    /// From the pattern's bar code, Unix microseconds; 0 if unknown.
    pub captured_unix_us: i64,
    /// When the engine had the frame, Unix microseconds.
    pub received_unix_us: i64,
}

/// Why bytes are no frame.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Shorter than a header, or without its magic number.
    #[error("not a frame")]
    NotAFrame,
    /// A side that is odd, zero or beyond [`MAX_SIDE`].
    #[error("{0}x{1} is no size for a frame")]
    Size(u32, u32),
    /// The planes do not have the size the header says.
    #[error("{got} bytes of planes instead of {expected}")]
    Length {
        /// By width and height.
        expected: usize,
        /// What came.
        got: usize,
    },
}

/// Bytes of the three planes of an I420 picture with even sides.
pub const fn i420_bytes(width: u32, height: u32) -> usize {
    width as usize * height as usize * 3 / 2
}

impl FrameHeader {
    /// As it goes on the wire.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        for (at, value) in [MAGIC, self.view, self.width, self.height].into_iter().enumerate() {
            bytes[at * 4..at * 4 + 4].copy_from_slice(&value.to_le_bytes());
        }
        bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.captured_unix_us.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.received_unix_us.to_le_bytes());
        bytes
    }

    /// Reads the header of a whole message and checks that the planes after it are as long as they must be.
    pub fn decode(message: &[u8]) -> Result<Self, FrameFault> {
        let header: &[u8; HEADER_BYTES] = message.first_chunk().ok_or(FrameFault::NotAFrame)?;
        let (words, rest) = header.split_at(16);
        let mut words = words.as_chunks().0.iter().copied().map(u32::from_le_bytes);
        let mut longs = rest.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        let mut word = || words.next().ok_or(FrameFault::NotAFrame);
        let mut long = || longs.next().ok_or(FrameFault::NotAFrame);
        if word()? != MAGIC {
            return Err(FrameFault::NotAFrame);
        }
        let header = Self {
            view: word()?,
            width: word()?,
            height: word()?,
            sequence: long()?,
            captured_unix_us: long()? as i64,
            received_unix_us: long()? as i64,
        };
        let sound = |side: u32| side > 0 && side <= MAX_SIDE && side.is_multiple_of(2);
        if !sound(header.width) || !sound(header.height) {
            return Err(FrameFault::Size(header.width, header.height));
        }
        let (expected, got) = (i420_bytes(header.width, header.height), message.len() - HEADER_BYTES);
        if expected != got { Err(FrameFault::Length { expected, got }) } else { Ok(header) }
    }
}

/// The client's first message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// From [`FrameEndpoint`].
    pub secret: String,
}

/// The client's message for each frame it is done with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The view the frame was for.
    pub shown: u32,
}

/// A frame. Its credit goes back by [`Frame::shown`] or, at the latest, when it is dropped.
pub struct Frame {
    /// What and when.
    pub header: FrameHeader,
    message: Bytes,
    credit: Option<mpsc::Sender<u32>>,
}

impl Frame {
    /// Luma, `width` bytes a row.
    pub fn y(&self) -> &[u8] {
        &self.planes()[..self.luma()]
    }

    /// Blue difference, `width / 2` bytes a row.
    pub fn u(&self) -> &[u8] {
        &self.planes()[self.luma()..self.luma() * 5 / 4]
    }

    /// Red difference, `width / 2` bytes a row.
    pub fn v(&self) -> &[u8] {
        &self.planes()[self.luma() * 5 / 4..]
    }

    /// The engine may send the next one; the picture stays readable.
    pub fn shown(&mut self) {
        if let Some(credit) = self.credit.take() {
            // full only if more credits came back than frames were sent; closed when the connection is gone: both need no more
            let _ = credit.try_send(self.header.view);
        }
    }

    fn planes(&self) -> &[u8] {
        &self.message[HEADER_BYTES..]
    }

    fn luma(&self) -> usize {
        self.header.width as usize * self.header.height as usize
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.shown();
    }
}

/// Why no frames come.
#[derive(Debug, thiserror::Error)]
pub enum FrameClientError {
    /// The engine is gone or refused the secret.
    #[error("the connection for frames failed: {0}")]
    Connection(#[from] Box<tungstenite::Error>),
    /// The engine sent something else.
    #[error("the engine sent a bad frame: {0}")]
    Fault(#[from] FrameFault),
}

/// The receiving end, for the native stage and for tests.
pub struct FrameClient {
    incoming: SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    credits: mpsc::Sender<u32>,
    writer: JoinHandle<()>,
}

impl FrameClient {
    /// Connects and shows the secret.
    pub async fn connect(endpoint: &FrameEndpoint) -> Result<Self, FrameClientError> {
        let limit = HEADER_BYTES + i420_bytes(MAX_SIDE, MAX_SIDE);
        let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
        let address = format!("ws://127.0.0.1:{}/", endpoint.port);
        let (socket, _) =
            tokio_tungstenite::connect_async_with_config(address, Some(config), true).await.map_err(Box::new)?;
        let (mut outgoing, incoming) = socket.split();
        outgoing.send(Message::text(json(&Hello { secret: endpoint.secret.0.clone() }))).await.map_err(Box::new)?;
        let (credits, mut given) = mpsc::channel(MAX_VIEWS * CREDITS as usize * 2);
        // own task: frames are dropped on whatever thread draws, and a credit must not wait until the next frame is asked for
        let writer = tokio::spawn(async move {
            while let Some(shown) = given.recv().await {
                if outgoing.send(Message::text(json(&Shown { shown }))).await.is_err() {
                    break;
                }
            }
        });
        Ok(Self { incoming, credits, writer })
    }

    /// The next frame of any view; `None` when the engine closed. May be dropped and called again without losing a frame.
    pub async fn next(&mut self) -> Option<Result<Frame, FrameClientError>> {
        loop {
            return match self.incoming.next().await? {
                Ok(Message::Binary(message)) => Some(self.frame(message)),
                Ok(Message::Close(_)) => None,
                Ok(_) => continue,
                Err(error) => Some(Err(Box::new(error).into())),
            };
        }
    }

    fn frame(&self, message: Bytes) -> Result<Frame, FrameClientError> {
        let header = FrameHeader::decode(&message)?;
        Ok(Frame { header, message, credit: Some(self.credits.clone()) })
    }
}

impl Drop for FrameClient {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: FrameHeader = FrameHeader {
        view: 7,
        width: 4,
        height: 2,
        sequence: u64::MAX - 1,
        captured_unix_us: 1_795_473_000_123_000,
        received_unix_us: -5,
    };

    fn message(header: &FrameHeader, planes: usize) -> Vec<u8> {
        let mut message = header.encode().to_vec();
        message.resize(HEADER_BYTES + planes, 0);
        message
    }

    #[test]
    fn a_header_comes_back_as_it_went() {
        assert_eq!(FrameHeader::decode(&message(&HEADER, 12)), Ok(HEADER));
        assert_eq!(&HEADER.encode()[..8], b"SWF1\x07\0\0\0");
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert_eq!(FrameHeader::decode(b""), Err(FrameFault::NotAFrame));
        assert_eq!(FrameHeader::decode(&[0; 52]), Err(FrameFault::NotAFrame));
        assert_eq!(FrameHeader::decode(&message(&HEADER, 11)), Err(FrameFault::Length { expected: 12, got: 11 }));
        for (width, height) in [(3, 2), (4, 0), (MAX_SIDE + 2, 2)] {
            let header = FrameHeader { width, height, ..HEADER };
            assert_eq!(FrameHeader::decode(&message(&header, 12)), Err(FrameFault::Size(width, height)));
        }
    }
}
