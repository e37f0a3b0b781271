//! Tells the members of a room what became of its call.

use std::collections::{HashMap, HashSet};

use axum::extract::ws::Utf8Bytes;
use call_model::{
    EventId, InviteState, ParticipantId, UnixMillis,
    server::{Call, Invite, News},
};
use scaiwave_wire::{
    CallEndedContent, CallStartedContent, EVENT_CALL_ENDED, EVENT_CALL_STARTED, RoomEvent, StreamEvent,
};

use super::view::{CallView, Part, time};
use crate::{
    error::{Answer, Failure},
    publish::{Place, Turn},
    store::{Change, NewEvent, RoomMember},
};

/// Changed invites that are told to the whole room at once.
const MAX_UPDATES_FOR_ALL: usize = 16;

/// The timeline entry of a call's start.
pub(super) fn started_content(call: &Call) -> CallStartedContent {
    CallStartedContent { call_id: call.id.clone(), call_type: call.call_type, initiator_id: call.initiator.clone() }
}

fn ended_content(call: &Call) -> Option<CallEndedContent> {
    Some(CallEndedContent {
        call_id: call.id.clone(),
        call_type: call.call_type,
        initiator_id: call.initiator.clone(),
        end_reason: call.end_reason?,
        ended_by: call.ended_by.clone(),
        duration_ms: call.duration_ms(),
        missed_by: call.missed_by(),
    })
}

/// Writes the timeline entry of a call's start.
pub(super) async fn keep_start(tx: &mut dyn Change, call: &Call) -> Answer<RoomEvent> {
    keep(tx, call, EVENT_CALL_STARTED, started_content(call)).await
}

/// Writes the timeline entry of a call's end, if the call has just ended.
pub(super) async fn keep_end(tx: &mut dyn Change, call: &Call, news: &[News]) -> Answer<Option<RoomEvent>> {
    match ended_content(call) {
        Some(content) if news.contains(&News::Ended) => keep(tx, call, EVENT_CALL_ENDED, content).await.map(Some),
        Some(_) | None => Ok(None),
    }
}

async fn keep(tx: &mut dyn Change, call: &Call, event_type: &str, content: impl serde::Serialize) -> Answer<RoomEvent> {
    let content = serde_json::to_value(content).map_err(Failure::internal)?;
    let new = NewEvent { room: &call.room_id, sender: &call.initiator, event_type, content, event_uuid: None };
    Ok(tx.add_event(new).await?.event)
}

/// What became of an invite, as the metrics call it.
fn outcome(state: InviteState) -> &'static str {
    match state {
        InviteState::Pending => "pending",
        InviteState::Ringing => "delivered",
        InviteState::Accepted => "answered",
        InviteState::Declined => "declined",
        InviteState::Busy => "busy",
        InviteState::Missed => "missed",
        InviteState::Cancelled => "cancelled",
    }
}

fn people_of<'i>(invites: impl IntoIterator<Item = &'i Invite>) -> HashSet<&'i ParticipantId> {
    invites.into_iter().map(|invite| &invite.participant).collect()
}

/// Sends the news of one call to the members of its room.
pub(super) struct Telling<'a> {
    pub turn: &'a Turn<'a>,
    pub call: &'a Call,
    pub members: &'a [RoomMember],
    pub now: UnixMillis,
}

impl Telling<'_> {
    fn everybody(&self, id: Option<EventId>, event: StreamEvent) {
        self.turn.to_all(self.members.iter().map(|m| &m.person.id), self.place(), id, event);
    }

    /// Who is in a room is of its tenant.
    fn place(&self) -> Place<'_> {
        let tenant = self.members.first().map_or("", |member| &member.person.tenant_id);
        Place { tenant, room: &self.call.room_id }
    }

    /// A new call: the ring, which carries the call; its timeline entry; its state for who is not rung. Answers whose sockets were reached.
    pub(super) async fn started(&self, entry: &RoomEvent) -> Vec<ParticipantId> {
        self.turn.metrics().rings("sent", self.call.invites.len());
        let reached = self.ring(&self.call.invites.iter().collect::<Vec<_>>());
        // The sockets that were woken go first: a large room rings before anything else is made for it.
        tokio::task::yield_now().await;
        self.everybody(
            Some(entry.id.clone()),
            StreamEvent::CallStarted {
                sender_id: self.call.initiator.clone(),
                content: started_content(self.call),
                stream_position: entry.stream_position,
                origin_ts: entry.origin_ts,
            },
        );
        self.turn.advance(entry.stream_position);
        let rung = people_of(&self.call.invites);
        self.by_viewer(|member| !rung.contains(&member.person.id), |call| StreamEvent::CallState { call });
        reached
    }

    /// Rings; all of these began to in the same moment, so they run out together.
    fn ring(&self, invites: &[&Invite]) -> Vec<ParticipantId> {
        let Some(expires_at) = invites.first().map(|invite| invite.expires_at) else { return Vec::new() };
        let event = |call: scaiwave_wire::Call| StreamEvent::CallInvite {
            quiet: call.quiet,
            call,
            from: self.call.initiator.clone(),
            call_type: self.call.call_type,
            timeout_ms: (expires_at.0 - self.now.0).max(0).unsigned_abs(),
            expires_at: time(expires_at),
        };
        let rung = people_of(invites.iter().copied());
        self.by_viewer(|member| rung.contains(&member.person.id), event)
    }

    /// The call as it is now, to everybody with their own rights.
    pub(super) fn state(&self) {
        self.by_viewer(|_| true, |call| StreamEvent::CallState { call });
    }

    /// Serialises once for each view that differs, not once for each person.
    fn by_viewer(
        &self,
        to: impl Fn(&RoomMember) -> bool,
        event: impl Fn(scaiwave_wire::Call) -> StreamEvent,
    ) -> Vec<ParticipantId> {
        let view = CallView::from(self.call);
        let mut frames: HashMap<Part, Utf8Bytes> = HashMap::new();
        let mut reached = Vec::new();
        for RoomMember { person, power, .. } in self.members.iter().filter(|member| to(member)) {
            let frame = frames
                .entry(view.part_of(&person.id, *power))
                .or_insert_with_key(|part| self.turn.frame(self.place(), None, event(view.with(part))));
            if self.turn.to(&person.id, frame) {
                reached.push(person.id.clone());
            }
        }
        reached
    }

    /// Whose invite changed. Many at once (the ring reached a large room, or ran out there) each go to their own person, whose devices
    /// act on it: everybody's to everybody would be more than a socket takes.
    fn invites(&self, news: &[News]) {
        let changed = news.iter().filter_map(|item| match item {
            News::Invite(invite) | News::Ring(invite) => Some(invite),
            News::Ended => None,
        });
        let many = changed.clone().count() > MAX_UPDATES_FOR_ALL;
        for invite in changed {
            self.turn.metrics().rings(outcome(invite.state), 1);
            let event = StreamEvent::CallInviteUpdate {
                call_id: self.call.id.clone(),
                participant_id: invite.participant.clone(),
                state: invite.state,
                device_id: invite.device.clone(),
                ring: invite.ring,
            };
            if many {
                self.turn.to_all([&invite.participant], self.place(), None, event);
            } else {
                self.everybody(None, event);
            }
        }
    }

    /// What a change did. Answers whose sockets were reached by a ring.
    pub(super) fn changed(&self, news: &[News], ended: Option<&RoomEvent>) -> Vec<ParticipantId> {
        let rung = news.iter().filter_map(|item| match item {
            News::Ring(invite) => Some(invite),
            News::Invite(_) | News::Ended => None,
        });
        let reached = self.ring(&rung.collect::<Vec<_>>());
        self.invites(news);
        self.state();
        if let (Some(entry), Some(content)) = (ended, ended_content(self.call)) {
            self.everybody(
                Some(entry.id.clone()),
                StreamEvent::CallEnded {
                    call_id: content.call_id.clone(),
                    end_reason: content.end_reason,
                    ended_by: content.ended_by.clone(),
                    duration_ms: content.duration_ms,
                    sender_id: self.call.initiator.clone(),
                    content,
                    stream_position: entry.stream_position,
                    origin_ts: entry.origin_ts,
                },
            );
            self.turn.advance(entry.stream_position);
        }
        reached
    }
}
