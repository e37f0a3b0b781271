import { For, Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { names } from "../lib/format";
import { outcome } from "../lib/words";
import { send } from "../state/session";
import type { CallOutcome, CallView, Person } from "../types";

/** Who is being rung. */
export function Ringing(props: { people: Person[] }) {
  return (
    <div class="ringing" data-testid="ringing">
      <span class="ringing-faces">
        <For each={props.people.slice(0, 5)}>
          {(person) => <Avatar id={person.participant_id} name={person.display_name} size="small" />}
        </For>
      </span>
      <span class="small">Ringing {names(props.people.map((person) => person.display_name))}…</span>
    </div>
  );
}

/** Why the call is over, and what to do now. */
export function Ended(props: { call: CallView; how: CallOutcome }) {
  const failed = () => props.how.outcome === "failed";
  return (
    <div class="ended">
      <span class="ended-mark" classList={{ failed: failed() }}>
        <Icon name={failed() ? "alert" : "hangup"} size={28} />
      </span>
      <h3>{failed() ? "The call did not work" : "Call ended"}</h3>
      <p class="ended-why">{outcome(props.how)}</p>
      <div class="row">
        <button
          type="button"
          class="plain"
          data-testid="call-dismiss"
          onClick={() => send({ command: "dismiss_call" })}
        >
          Close
        </button>
        <Show when={props.how.outcome !== "removed"}>
          <button
            type="button"
            class="accept"
            data-testid="call-again"
            onClick={() =>
              send({ command: "start_call", room_id: props.call.room_id, call_type: props.call.call_type })
            }
          >
            {failed() ? "Try again" : props.how.outcome === "left" ? "Join or call again" : "Call back"}
          </button>
        </Show>
      </div>
    </div>
  );
}
