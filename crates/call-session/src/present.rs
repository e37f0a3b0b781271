//! From the state to the snapshot. Reads, changes nothing.

use call_media::protocol::{Participant, Quality};
use call_model::{
    DeviceId, DeviceState, InviteState, ParticipantId, SfuIdentity,
    client::{CallInfo, Outcome, OwnCall, Phase},
};
use scaiwave_wire::RoomEventKind;

use crate::{
    actor::{Actor, SignedIn},
    rooms::{Entry, History, RoomData, Rooms, Unsent},
    view::{
        Account, CallBadge, CallOutcome, CallPhase, CallView, Delivery, Link, MemberView, OpenRoom, Ring, RoomSummary,
        Snapshot, Tile, TimelineEntry, TimelineItem,
    },
};

impl Actor {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let signed = self.signed.as_ref();
        Snapshot {
            revision: 0,
            account: self.account(),
            link: signed.map_or(Link::Idle, |signed| signed.link.clone()),
            rooms: signed.map(room_list).unwrap_or_default(),
            open_room: signed.and_then(open_room),
            rings: signed.map(rings).unwrap_or_default(),
            call: signed.and_then(|signed| self.call_view(signed)),
            notices: self.notices.clone(),
            devices: self.devices.clone(),
            processing: self.media.processing,
        }
    }

    fn account(&self) -> Account {
        if let Some(signed) = &self.signed {
            let server = signed.client.server().to_string();
            return Account::SignedIn { me: signed.me.clone(), server, kept: signed.kept.clone() };
        }
        if let Some(server) = &self.out.signing_in {
            return Account::SigningIn { server: server.clone() };
        }
        if self.out.starting {
            return Account::Starting;
        }
        Account::SignedOut { server: self.out.server.clone(), error: self.out.error.clone() }
    }

    fn call_view(&self, signed: &SignedIn) -> Option<CallView> {
        let call = signed.machine.call()?;
        let info = signed.stage.as_ref().filter(|info| call.call_id() == Some(&info.call_id));
        let listen_only = self.engine.as_ref().is_some_and(|engine| engine.listen_only);
        Some(CallView {
            call_id: call.call_id().cloned(),
            room_id: call.room_id.clone(),
            room_name: signed.rooms.name(&call.room_id).to_owned(),
            call_type: call.call_type,
            phase: phase(signed.machine.phase()?, &signed.rooms),
            answered_at: info.and_then(|info| info.answered_at),
            microphone_on: call.microphone() && !listen_only,
            camera_on: call.camera(),
            listen_only,
            can_end: info.is_some_and(|info| info.can_end),
            tiles: if call.is_on() { self.tiles(signed, call, info) } else { Vec::new() },
            ringing: info.filter(|_| call.is_on()).map(|info| ringing(info, &signed.rooms)).unwrap_or_default(),
        })
    }

    /// Ourselves, then whom the server knows in the call, in the order of joining, then whom only the SFU has seen so far.
    fn tiles(&self, signed: &SignedIn, call: &OwnCall, info: Option<&CallInfo>) -> Vec<Tile> {
        let seen: &[Participant] = self.engine.as_ref().map_or(&[], |engine| &engine.participants);
        let me = SfuIdentity { participant: signed.me.participant_id.clone(), device: signed.machine.device().clone() };
        let mut order = vec![me.clone()];
        let known = info.map_or(&[][..], |info| &info.devices);
        let present = known.iter().filter(|device| match device.state {
            DeviceState::Joined | DeviceState::Reconnecting => true,
            DeviceState::TokenIssued | DeviceState::Left => false,
        });
        order.extend(
            present
                .map(|device| SfuIdentity { participant: device.participant.clone(), device: device.device.clone() }),
        );
        order.extend(seen.iter().filter_map(|participant| SfuIdentity::parse(&participant.identity)));
        let mut tiles: Vec<Tile> = Vec::new();
        for identity in order {
            let name = identity.to_string();
            if tiles.iter().any(|tile| tile.identity == name) {
                continue;
            }
            let participant = seen.iter().find(|participant| participant.identity == name);
            let is_local = identity == me;
            let mut tile = self.tile(signed, identity, name, participant);
            tile.is_local = is_local;
            if is_local {
                tile.microphone_on = call.microphone();
                tile.camera_on &= call.camera();
                tile.video = tile.camera_on.then(|| "local".to_owned());
            }
            tiles.push(tile);
        }
        tiles
    }

    fn tile(&self, signed: &SignedIn, identity: SfuIdentity, name: String, participant: Option<&Participant>) -> Tile {
        let SfuIdentity { participant: person, device } = identity;
        Tile {
            person: signed.rooms.person(&person),
            device_id: device,
            is_local: false,
            microphone_on: participant.is_some_and(|p| p.microphone.on),
            camera_on: participant.is_some_and(|p| p.camera.on),
            video: participant.filter(|p| p.camera.on).and_then(|p| p.camera.sid.clone()),
            speaking: participant.is_some_and(|p| p.speaking),
            quality: participant.map_or(Quality::Unknown, |p| p.quality),
            connecting: participant.is_none(),
            volume: self.volumes.get(&name).copied().unwrap_or(1.0),
            identity: name,
        }
    }
}

fn phase(phase: Phase, rooms: &Rooms) -> CallPhase {
    match phase {
        Phase::Starting => CallPhase::Starting,
        Phase::RingingOut => CallPhase::RingingOut,
        Phase::Connecting => CallPhase::Connecting,
        Phase::Connected => CallPhase::Connected,
        Phase::Reconnecting => CallPhase::Reconnecting,
        Phase::Ended(outcome) => CallPhase::Ended {
            outcome: match outcome {
                Outcome::Left => CallOutcome::Left,
                Outcome::Ended { reason, by } => CallOutcome::Ended { reason, by: by.map(|who| rooms.person(&who)) },
                Outcome::Removed => CallOutcome::Removed,
                Outcome::Failed { message } => CallOutcome::Failed { message },
            },
        },
    }
}

fn ringing(info: &CallInfo, rooms: &Rooms) -> Vec<crate::view::Person> {
    let open = info.invites.iter().filter(|invite| match invite.state {
        InviteState::Pending | InviteState::Ringing => true,
        InviteState::Accepted
        | InviteState::Declined
        | InviteState::Busy
        | InviteState::Missed
        | InviteState::Cancelled => false,
    });
    open.map(|invite| rooms.person(&invite.participant)).collect()
}

fn rings(signed: &SignedIn) -> Vec<Ring> {
    let ring = |ring: call_model::client::RingView<'_>| Ring {
        call_id: ring.call.call_id.clone(),
        room_id: ring.call.room_id.clone(),
        room_name: signed.rooms.name(&ring.call.room_id).to_owned(),
        is_direct: signed.rooms.get(&ring.call.room_id).is_some_and(|room| room.is_direct),
        caller: signed.rooms.person(ring.caller),
        call_type: ring.call.call_type,
        expires_at: ring.expires_at,
        audible: ring.audible(),
        pops_up: ring.pops_up(),
        ends_current_call: ring.ends_current_call,
    };
    signed.machine.rings().into_iter().map(ring).collect()
}

fn room_list(signed: &SignedIn) -> Vec<RoomSummary> {
    let summary = |(room_id, room): (&call_model::RoomId, &RoomData)| RoomSummary {
        room_id: room_id.clone(),
        name: room.name.clone(),
        is_direct: room.is_direct,
        unread: room.unread,
        active_call: signed.machine.call_of_room(room_id).map(|call| badge(signed, call)),
        last_activity: room.last_activity,
        preview: room.preview.clone(),
    };
    signed.rooms.by_activity().into_iter().map(summary).collect()
}

fn badge(signed: &SignedIn, call: &CallInfo) -> CallBadge {
    let mut people: Vec<(&ParticipantId, &DeviceId)> = call
        .devices
        .iter()
        .filter(|device| device.state != DeviceState::Left)
        .map(|device| (&device.participant, &device.device))
        .collect();
    people.sort();
    people.dedup_by_key(|(who, _)| *who);
    let own = signed.machine.call().filter(|own| own.is_on());
    CallBadge {
        call_id: call.call_id.clone(),
        call_type: call.call_type,
        people: u32::try_from(people.len()).unwrap_or(u32::MAX),
        joined_here: own.is_some_and(|own| own.call_id() == Some(&call.call_id)),
        started_at: call.started_at,
    }
}

fn open_room(signed: &SignedIn) -> Option<OpenRoom> {
    let room_id = signed.rooms.open.as_ref()?;
    let room = signed.rooms.get(room_id)?;
    let member =
        |(id, power): &(ParticipantId, u8)| MemberView { person: signed.rooms.person(id), power_level: *power };
    let mut timeline: Vec<_> = room.entries.values().filter_map(|entry| timeline_entry(signed, entry)).collect();
    timeline.extend(room.unsent.iter().map(|unsent| unsent_entry(signed, unsent)));
    Some(OpenRoom {
        room_id: room_id.clone(),
        name: room.name.clone(),
        is_direct: room.is_direct,
        members: room.members.iter().map(member).collect(),
        timeline,
        loading: room.history == History::Asked,
    })
}

fn timeline_entry(signed: &SignedIn, entry: &Entry) -> Option<TimelineEntry> {
    let me = &signed.me.participant_id;
    let item = match &entry.kind {
        RoomEventKind::Message(content) => {
            TimelineItem::Message { body: content.body.clone(), delivery: Delivery::Sent }
        }
        RoomEventKind::CallStarted(content) => {
            TimelineItem::CallStarted { call_id: content.call_id.clone(), call_type: content.call_type }
        }
        RoomEventKind::CallEnded(content) => TimelineItem::CallEnded {
            call_id: content.call_id.clone(),
            call_type: content.call_type,
            reason: content.end_reason,
            duration_ms: content.duration_ms,
            missed: content.missed_by.contains(me),
        },
        RoomEventKind::Other => return None,
    };
    Some(TimelineEntry {
        event_id: entry.event_id.clone(),
        sender: signed.rooms.person(&entry.sender),
        is_own: entry.sender == *me,
        at: entry.at,
        item,
    })
}

fn unsent_entry(signed: &SignedIn, unsent: &Unsent) -> TimelineEntry {
    TimelineEntry {
        event_id: unsent.uuid.to_string().into(),
        sender: signed.me.clone(),
        is_own: true,
        at: unsent.at,
        item: TimelineItem::Message { body: unsent.body.clone(), delivery: unsent.delivery.clone() },
    }
}
