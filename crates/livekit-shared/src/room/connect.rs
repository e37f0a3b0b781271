//! Options on the wire, and joining.

use super::{RoomOptions, SimulateScenario, session::Session};
use crate::{
    client::call,
    error::{RoomError, RoomResult},
    proto::{self, connect_callback},
    webrtc::peer_connection_factory::{ContinualGatheringPolicy, IceTransportsType, RtcConfiguration},
};

pub(crate) async fn join(url: &str, token: &str, options: &RoomOptions) -> RoomResult<Session> {
    let wire = options_to_wire(options);
    let request = |request_async_id| proto::ConnectRequest {
        url: url.to_owned(),
        token: token.to_owned(),
        options: wire,
        request_async_id,
    };
    let answer: proto::ConnectCallback = call!(Connect, request)?;
    match answer.message {
        Some(connect_callback::Message::Result(joined)) => Ok(Session::adopt(joined, options.auto_subscribe)),
        Some(connect_callback::Message::Error(error)) => Err(RoomError::from_text(error)),
        None => Err(RoomError::Internal("connecting had no result".to_owned())),
    }
}

fn options_to_wire(options: &RoomOptions) -> proto::RoomOptions {
    proto::RoomOptions {
        auto_subscribe: Some(options.auto_subscribe),
        adaptive_stream: Some(options.adaptive_stream),
        dynacast: Some(options.dynacast),
        rtc_config: Some(rtc_config_to_wire(&options.rtc_config)),
        join_retries: Some(options.join_retries),
        single_peer_connection: Some(options.single_peer_connection),
        connect_timeout_ms: u64::try_from(options.connect_timeout.as_millis()).ok(),
        ..Default::default()
    }
}

fn rtc_config_to_wire(config: &RtcConfiguration) -> proto::RtcConfig {
    let transport = match config.ice_transport_type {
        IceTransportsType::Relay => proto::IceTransportType::TransportRelay,
        IceTransportsType::NoHost => proto::IceTransportType::TransportNohost,
        IceTransportsType::All => proto::IceTransportType::TransportAll,
    };
    let gathering = match config.continual_gathering_policy {
        ContinualGatheringPolicy::GatherOnce => proto::ContinualGatheringPolicy::GatherOnce,
        ContinualGatheringPolicy::GatherContinually => proto::ContinualGatheringPolicy::GatherContinually,
    };
    let ice_servers = config.ice_servers.iter().map(|server| proto::IceServer {
        urls: server.urls.clone(),
        username: Some(server.username.clone()),
        password: Some(server.password.clone()),
    });
    proto::RtcConfig {
        ice_transport_type: Some(transport as i32),
        continual_gathering_policy: Some(gathering as i32),
        ice_servers: ice_servers.collect(),
    }
}

pub(crate) fn scenario_to_wire(scenario: SimulateScenario) -> proto::SimulateScenarioKind {
    use proto::SimulateScenarioKind as Kind;
    match scenario {
        SimulateScenario::SignalReconnect => Kind::SimulateSignalReconnect,
        SimulateScenario::Speaker => Kind::SimulateSpeaker,
        SimulateScenario::NodeFailure => Kind::SimulateNodeFailure,
        SimulateScenario::ServerLeave => Kind::SimulateServerLeave,
        SimulateScenario::Migration => Kind::SimulateMigration,
        SimulateScenario::ForceTcp => Kind::SimulateForceTcp,
        SimulateScenario::ForceTls => Kind::SimulateForceTls,
        SimulateScenario::FullReconnect => Kind::SimulateFullReconnect,
        SimulateScenario::DisconnectSignalOnResume => Kind::SimulateDisconnectSignalOnResume,
    }
}
