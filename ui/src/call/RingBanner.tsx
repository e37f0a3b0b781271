import { For, Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { ringing } from "../lib/words";
import { send } from "../state/session";
import type { Ring } from "../types";

/** What rings, in the main window too. It takes no focus: somebody may be typing. */
export function Rings(props: { rings: Ring[] }) {
  return (
    <div class="rings" role="alert">
      <For each={props.rings}>{(ring) => <Banner ring={ring} />}</For>
    </div>
  );
}

function Banner(props: { ring: Ring }) {
  const video = () => props.ring.call_type === "video";
  const answer = (with_video: boolean) => send({ command: "answer", call_id: props.ring.call_id, with_video });
  return (
    <section class="ring" data-testid="ring-banner" data-call-id={props.ring.call_id}>
      <Avatar id={props.ring.caller.participant_id} name={props.ring.caller.display_name} size="large" />
      <div class="ring-lines">
        <p class="strong">{props.ring.caller.display_name}</p>
        <p class="small muted">
          {ringing(props.ring.call_type)}
          <Show when={!props.ring.is_direct}> in {props.ring.room_name}</Show>
        </p>
        <Show when={props.ring.ends_current_call}>
          <p class="small warn">Answering leaves your present call.</p>
        </Show>
      </div>
      <div class="ring-actions">
        <button
          type="button"
          class="danger"
          data-testid="ring-reject"
          onClick={() => send({ command: "reject", call_id: props.ring.call_id })}
        >
          <Icon name="hangup" size={18} />
          Reject
        </button>
        <Show when={video()}>
          <button type="button" class="plain" data-testid="ring-answer-audio" onClick={() => answer(false)}>
            Without camera
          </button>
        </Show>
        <button type="button" class="accept" data-testid="ring-answer" onClick={() => answer(video())}>
          <Icon name={video() ? "camera" : "phone"} size={18} />
          Answer
        </button>
      </div>
    </section>
  );
}
