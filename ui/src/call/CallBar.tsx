import { Show } from "solid-js";
import { Icon } from "../icons";
import { timer } from "../lib/format";
import { phase } from "../lib/words";
import { createClock } from "../state/clock";
import { send } from "../state/session";
import type { CallView } from "../types";

/** The call while another room is in front: back to it, mute, leave. */
export function CallBar(props: { call: CallView; onReturn: () => void }) {
  const now = createClock(1000, () => props.call.answered_at !== null && !ended());
  const ended = () => props.call.phase.phase === "ended";
  const text = () => {
    const { answered_at } = props.call;
    if (props.call.phase.phase === "connected" && answered_at !== null) return timer(now() - answered_at);
    return phase(props.call.phase, props.call.call_type);
  };
  const mute = () => (props.call.microphone_on ? "Mute" : "Unmute");
  return (
    <section class="call-bar" classList={{ over: ended() }} aria-label="Running call" data-testid="call-bar">
      <button type="button" class="call-bar-return" onClick={props.onReturn}>
        <Icon name={props.call.call_type === "video" ? "camera" : "phone"} size={18} />
        <span class="strong">{props.call.room_name}</span>
        <span class="tabular small">{text()}</span>
      </button>
      <Show
        when={!ended()}
        fallback={
          <button
            type="button"
            class="icon-button"
            aria-label="Close"
            title="Close"
            onClick={() => send({ command: "dismiss_call" })}
          >
            <Icon name="close" />
          </button>
        }
      >
        <Show when={!props.call.listen_only}>
          <button
            type="button"
            class="icon-button"
            aria-label={mute()}
            title={mute()}
            aria-pressed={!props.call.microphone_on}
            onClick={() => send({ command: "set_microphone", on: !props.call.microphone_on })}
          >
            <Icon name={props.call.microphone_on ? "mic" : "mic-off"} />
          </button>
        </Show>
        <button
          type="button"
          class="icon-button"
          aria-label="Leave the call"
          title="Leave the call"
          onClick={() => send({ command: "leave" })}
        >
          <Icon name="hangup" />
        </button>
      </Show>
    </section>
  );
}
