import { Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { names, people, timer } from "../lib/format";
import { createClock } from "../state/clock";
import { send } from "../state/session";
import { setListInFront } from "../state/view";
import type { CallBadge, CallType, OpenRoom } from "../types";
import { Composer } from "./Composer";
import { Timeline } from "./Timeline";

interface Props {
  room: OpenRoom;
  /** The room's running call. */
  badge: CallBadge | null;
  /** Beside the stage: no header icons, the stage has its own. */
  aside: boolean;
}

export function Room(props: Props) {
  const call = (call_type: CallType) => send({ command: "start_call", room_id: props.room.room_id, call_type });
  const running = () => (props.badge && !props.badge.joined_here ? props.badge : undefined);
  const members = () =>
    props.room.is_direct
      ? "Direct conversation"
      : `${people(props.room.members.length)}: ${names(props.room.members.map((member) => member.person.display_name))}`;
  return (
    <section class="room" classList={{ aside: props.aside }} aria-label={props.room.name}>
      <header class="room-header">
        <button
          type="button"
          class="icon-button back"
          aria-label="Back to the rooms"
          title="Back to the rooms"
          onClick={() => setListInFront(true)}
        >
          <Icon name="back" />
        </button>
        <Avatar id={props.room.room_id} name={props.room.name} square={!props.room.is_direct} />
        <div class="room-title">
          <h2>{props.room.name}</h2>
          <p class="muted small">{members()}</p>
        </div>
        <Show when={!props.aside && !props.badge}>
          <button
            type="button"
            class="icon-button"
            aria-label={`Call ${props.room.name}`}
            title="Audio call"
            data-testid="call-audio"
            onClick={() => call("audio")}
          >
            <Icon name="phone" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label={`Call ${props.room.name} with video`}
            title="Video call"
            data-testid="call-video"
            onClick={() => call("video")}
          >
            <Icon name="camera" />
          </button>
        </Show>
      </header>
      <Show when={!props.aside && running()}>{(badge) => <Running badge={badge()} onJoin={call} />}</Show>
      <Timeline room={props.room} onCall={call} />
      <Composer roomId={props.room.room_id} roomName={props.room.name} />
    </section>
  );
}

function Running(props: { badge: CallBadge; onJoin: (type: CallType) => void }) {
  const now = createClock(1000);
  return (
    <div class="running" role="status">
      <span class="live">
        <Icon name={props.badge.call_type === "video" ? "camera" : "phone"} size={18} />
        <span>{props.badge.call_type === "video" ? "Video call" : "Audio call"}</span>
      </span>
      <span class="muted small">{people(props.badge.people)}</span>
      <span class="muted small tabular" aria-hidden="true">
        {timer(now() - props.badge.started_at)}
      </span>
      <button type="button" class="accept" data-testid="join-call" onClick={() => props.onJoin(props.badge.call_type)}>
        Join
      </button>
    </div>
  );
}
