//! WebRTC's counters, <https://www.w3.org/TR/webrtc-stats/>: the kinds a call client reads.

/// One entry of the statistics.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // the real crate's shape; they are read every few seconds
pub enum RtcStats {
    /// How media is coded.
    Codec(CodecStats),
    /// What we receive.
    InboundRtp(InboundRtpStats),
    /// What we send.
    OutboundRtp(OutboundRtpStats),
    /// What the other side says of what we send.
    RemoteInboundRtp(RemoteInboundRtpStats),
    /// What the other side says of what we receive.
    RemoteOutboundRtp(RemoteOutboundRtpStats),
    /// What we capture.
    MediaSource(MediaSourceStats),
    /// A way through the network.
    CandidatePair(CandidatePairStats),
}

/// Why a picture is smaller or rarer than it could be.
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub enum QualityLimitationReason {
    /// It is not.
    #[default]
    None,
    /// The processor.
    Cpu,
    /// The network.
    Bandwidth,
    /// Something else.
    Other,
}

/// How far a way through the network is.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceCandidatePairState {
    /// Not tried before another.
    Frozen,
    /// To be tried.
    Waiting,
    /// Tried now.
    InProgress,
    /// It does not work.
    Failed,
    /// It works.
    Succeeded,
}

/// An entry is made of dictionaries.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $dictionary:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone)]
        pub struct $name {
            /// When, and under which id.
            pub rtc: dictionaries::RtcStats,
            $($(#[$field_doc])* pub $field: dictionaries::$dictionary,)+
        }
    };
}

entry! {
    /// How media is coded.
    CodecStats {
        /// Of the codec.
        codec: CodecStats,
    }
}
entry! {
    /// What we receive.
    InboundRtpStats {
        /// Of the stream.
        stream: RtpStreamStats,
        /// Of its packets.
        received: ReceivedRtpStreamStats,
        /// Of its media.
        inbound: InboundRtpStreamStats,
    }
}
entry! {
    /// What we send.
    OutboundRtpStats {
        /// Of the stream.
        stream: RtpStreamStats,
        /// Of its packets.
        sent: SentRtpStreamStats,
        /// Of its media.
        outbound: OutboundRtpStreamStats,
    }
}
entry! {
    /// What the other side says of what we send.
    RemoteInboundRtpStats {
        /// Of the stream.
        stream: RtpStreamStats,
        /// Of its packets.
        received: ReceivedRtpStreamStats,
        /// Of the way there and back.
        remote_inbound: RemoteInboundRtpStreamStats,
    }
}
entry! {
    /// What the other side says of what we receive.
    RemoteOutboundRtpStats {
        /// Of the stream.
        stream: RtpStreamStats,
        /// Of its packets.
        sent: SentRtpStreamStats,
        /// Of the way there and back.
        remote_outbound: RemoteOutboundRtpStreamStats,
    }
}
entry! {
    /// What we capture.
    MediaSourceStats {
        /// Of the source.
        source: MediaSourceStats,
        /// Of its sound.
        audio: AudioSourceStats,
        /// Of its pictures.
        video: VideoSourceStats,
    }
}
entry! {
    /// A way through the network.
    CandidatePairStats {
        /// Of the way.
        candidate_pair: CandidatePairStats,
    }
}

/// The W3C's dictionaries; times are seconds, `timestamp` is microseconds since 1970.
#[allow(missing_docs)] // the W3C's text says what each is
pub mod dictionaries {
    use std::collections::HashMap;

    use super::{IceCandidatePairState, QualityLimitationReason};
    use crate::{proto, webrtc::stats_wire::IntoField as _};

    /// A dictionary, and how it is read from the message of the same fields.
    macro_rules! dictionary {
        ($name:ident from $wire:ident { $($field:ident $(= $wire_field:ident)?: $type:ty,)+ }) => {
            #[derive(Debug, Default, Clone)]
            pub struct $name {
                $(pub $field: $type,)+
            }

            impl From<proto::$wire> for $name {
                fn from(wire: proto::$wire) -> Self {
                    Self { $($field: dictionary!(@read wire $field $($wire_field)?).into_field(),)+ }
                }
            }
        };
        (@read $wire:ident $field:ident) => { $wire.$field };
        (@read $wire:ident $field:ident $wire_field:ident) => { $wire.$wire_field };
    }

    dictionary! {
        RtcStats from RtcStatsData {
            id: String,
            timestamp: i64,
        }
    }

    dictionary! {
        CodecStats from CodecStats {
            payload_type: u32,
            transport_id: String,
            mime_type: String,
            clock_rate: u32,
            channels: u32,
            sdp_fmtp_line: String,
        }
    }

    dictionary! {
        RtpStreamStats from RtpStreamStats {
            ssrc: u32,
            kind: String,
            transport_id: String,
            codec_id: String,
        }
    }

    dictionary! {
        ReceivedRtpStreamStats from ReceivedRtpStreamStats {
            packets_received: u64,
            packets_lost: i64,
            jitter: f64,
        }
    }

    dictionary! {
        InboundRtpStreamStats from InboundRtpStreamStats {
            track_identifier: String,
            mid: String,
            remote_id: String,
            frames_decoded: u32,
            key_frames_decoded: u32,
            frames_rendered: u32,
            frames_dropped: u32,
            frame_width: u32,
            frame_height: u32,
            frames_per_second: f64,
            qp_sum: u64,
            total_decode_time: f64,
            total_inter_frame_delay: f64,
            total_squared_inter_frame_delay: f64,
            pause_count: u32,
            total_pause_duration: f64,
            freeze_count: u32,
            total_freeze_duration: f64,
            last_packet_received_timestamp: f64,
            header_bytes_received: u64,
            packets_discarded: u64,
            fec_bytes_received: u64,
            fec_packets_received: u64,
            fec_packets_discarded: u64,
            bytes_received: u64,
            nack_count: u32,
            fir_count: u32,
            pli_count: u32,
            total_processing_delay: f64,
            estimated_playout_timestamp: f64,
            jitter_buffer_delay: f64,
            jitter_buffer_target_delay: f64,
            jitter_buffer_emitted_count: u64,
            jitter_buffer_minimum_delay: f64,
            total_samples_received: u64,
            concealed_samples: u64,
            silent_concealed_samples: u64,
            concealment_events: u64,
            inserted_samples_for_deceleration: u64,
            removed_samples_for_acceleration: u64,
            audio_level: f64,
            total_audio_energy: f64,
            total_samples_duration: f64,
            frames_received: u64,
            decoder_implementation: String,
            playout_id: String,
            power_efficient_decoder: bool,
            frames_assembled_from_multiple_packets: u64,
            total_assembly_time: f64,
            retransmitted_packets_received: u64,
            retransmitted_bytes_received: u64,
            rtx_ssrc: u32,
            fec_ssrc: u32,
        }
    }

    dictionary! {
        SentRtpStreamStats from SentRtpStreamStats {
            packets_sent: u64,
            bytes_sent: u64,
        }
    }

    dictionary! {
        OutboundRtpStreamStats from OutboundRtpStreamStats {
            mid: String,
            media_source_id: String,
            remote_id: String,
            rid: String,
            header_bytes_sent: u64,
            retransmitted_packets_sent: u64,
            retransmitted_bytes_sent: u64,
            rtx_ssrc: u32,
            target_bitrate: f64,
            total_encoded_bytes_target: u64,
            frame_width: u32,
            frame_height: u32,
            frames_per_second: f64,
            frames_sent: u32,
            huge_frames_sent: u32,
            frames_encoded: u32,
            key_frames_encoded: u32,
            qp_sum: u64,
            total_encode_time: f64,
            total_packet_send_delay: f64,
            quality_limitation_reason: QualityLimitationReason,
            quality_limitation_durations: HashMap<String, f64>,
            quality_limitation_resolution_changes: u32,
            nack_count: u32,
            fir_count: u32,
            pli_count: u32,
            encoder_implementation: String,
            power_efficient_encoder: bool,
            active: bool,
            scalibility_mode = scalability_mode: String,
        }
    }

    dictionary! {
        RemoteInboundRtpStreamStats from RemoteInboundRtpStreamStats {
            local_id: String,
            round_trip_time: f64,
            total_round_trip_time: f64,
            fraction_lost: f64,
            round_trip_time_measurements: u64,
        }
    }

    dictionary! {
        RemoteOutboundRtpStreamStats from RemoteOutboundRtpStreamStats {
            local_id: String,
            remote_timestamp: f64,
            reports_sent: u64,
            round_trip_time: f64,
            total_round_trip_time: f64,
            round_trip_time_measurements: u64,
        }
    }

    dictionary! {
        MediaSourceStats from MediaSourceStats {
            track_identifier: String,
            kind: String,
        }
    }

    dictionary! {
        AudioSourceStats from AudioSourceStats {
            audio_level: f64,
            total_audio_energy: f64,
            total_samples_duration: f64,
            echo_return_loss: f64,
            echo_return_loss_enhancement: f64,
            dropped_samples_duration: f64,
            dropped_samples_events: u32,
            total_capture_delay: f64,
            total_samples_captured: u64,
        }
    }

    dictionary! {
        VideoSourceStats from VideoSourceStats {
            width: u32,
            height: u32,
            frames: u32,
            frames_per_second: f64,
        }
    }

    dictionary! {
        CandidatePairStats from CandidatePairStats {
            transport_id: String,
            local_candidate_id: String,
            remote_candidate_id: String,
            state: Option<IceCandidatePairState>,
            nominated: bool,
            packets_sent: u64,
            packets_received: u64,
            bytes_sent: u64,
            bytes_received: u64,
            last_packet_sent_timestamp: f64,
            last_packet_received_timestamp: f64,
            total_round_trip_time: f64,
            current_round_trip_time: f64,
            available_outgoing_bitrate: f64,
            available_incoming_bitrate: f64,
            requests_received: u64,
            requests_sent: u64,
            responses_received: u64,
            responses_sent: u64,
            consent_requests_sent: u64,
            packets_discarded_on_send: u32,
            bytes_discarded_on_send: u64,
        }
    }
}
