//! Statistics as they come from the library.

use std::collections::HashMap;

use super::stats::{
    CandidatePairStats, CodecStats, IceCandidatePairState, InboundRtpStats, MediaSourceStats, OutboundRtpStats,
    QualityLimitationReason, RemoteInboundRtpStats, RemoteOutboundRtpStats, RtcStats,
};
use crate::proto::{self, rtc_stats::Stats};

/// A field of a message as a field of a dictionary; the target type chooses.
pub(crate) trait IntoField<T> {
    fn into_field(self) -> T;
}

macro_rules! as_it_is {
    ($($type:ty),+) => {
        $(impl IntoField<$type> for $type {
            fn into_field(self) -> $type {
                self
            }
        })+
    };
}

as_it_is!(String, bool, i64, u32, u64, f64, HashMap<String, f64>);

impl IntoField<QualityLimitationReason> for i32 {
    fn into_field(self) -> QualityLimitationReason {
        match proto::QualityLimitationReason::try_from(self) {
            Ok(proto::QualityLimitationReason::LimitationNone) => QualityLimitationReason::None,
            Ok(proto::QualityLimitationReason::LimitationCpu) => QualityLimitationReason::Cpu,
            Ok(proto::QualityLimitationReason::LimitationBandwidth) => QualityLimitationReason::Bandwidth,
            Ok(proto::QualityLimitationReason::LimitationOther) | Err(_) => QualityLimitationReason::Other,
        }
    }
}

impl IntoField<Option<IceCandidatePairState>> for Option<i32> {
    fn into_field(self) -> Option<IceCandidatePairState> {
        Some(match proto::IceCandidatePairState::try_from(self?).ok()? {
            proto::IceCandidatePairState::PairFrozen => IceCandidatePairState::Frozen,
            proto::IceCandidatePairState::PairWaiting => IceCandidatePairState::Waiting,
            proto::IceCandidatePairState::PairInProgress => IceCandidatePairState::InProgress,
            proto::IceCandidatePairState::PairFailed => IceCandidatePairState::Failed,
            proto::IceCandidatePairState::PairSucceeded => IceCandidatePairState::Succeeded,
        })
    }
}

/// The kinds offered; the others are left out.
pub(crate) fn convert(stats: Vec<proto::RtcStats>) -> Vec<RtcStats> {
    stats.into_iter().filter_map(|entry| convert_one(entry.stats?)).collect()
}

fn convert_one(stats: Stats) -> Option<RtcStats> {
    Some(match stats {
        Stats::Codec(it) => RtcStats::Codec(CodecStats { rtc: it.rtc.into(), codec: it.codec.into() }),
        Stats::InboundRtp(it) => RtcStats::InboundRtp(InboundRtpStats {
            rtc: it.rtc.into(),
            stream: it.stream.into(),
            received: it.received.into(),
            inbound: it.inbound.into(),
        }),
        Stats::OutboundRtp(it) => RtcStats::OutboundRtp(OutboundRtpStats {
            rtc: it.rtc.into(),
            stream: it.stream.into(),
            sent: it.sent.into(),
            outbound: it.outbound.into(),
        }),
        Stats::RemoteInboundRtp(it) => RtcStats::RemoteInboundRtp(RemoteInboundRtpStats {
            rtc: it.rtc.into(),
            stream: it.stream.into(),
            received: it.received.into(),
            remote_inbound: it.remote_inbound.into(),
        }),
        Stats::RemoteOutboundRtp(it) => RtcStats::RemoteOutboundRtp(RemoteOutboundRtpStats {
            rtc: it.rtc.into(),
            stream: it.stream.into(),
            sent: it.sent.into(),
            remote_outbound: it.remote_outbound.into(),
        }),
        Stats::MediaSource(it) => RtcStats::MediaSource(MediaSourceStats {
            rtc: it.rtc.into(),
            source: it.source.into(),
            audio: it.audio.into(),
            video: it.video.into(),
        }),
        Stats::CandidatePair(it) => {
            RtcStats::CandidatePair(CandidatePairStats { rtc: it.rtc.into(), candidate_pair: it.candidate_pair.into() })
        }
        _ => return None,
    })
}
