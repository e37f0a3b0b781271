import { createEffect, For, type JSX, onCleanup, Show } from "solid-js";
import { Icon } from "./icons";
import { send } from "./state/session";
import { complaints, settle } from "./state/view";
import type { NoticeView } from "./types";

const INFO_SHOWN_MS = 10_000;

/** Short messages in a corner: the session's, then our own about refused commands. */
export function Notices(props: { notices: NoticeView[]; onOpenRoom: (roomId: string) => void }) {
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="Notices">
      <For each={props.notices}>
        {(notice) => (
          <Notice
            level={notice.level}
            onClose={() => send({ command: "dismiss_notice", id: notice.id })}
            action={
              <Show when={notice.room_id}>
                {(roomId) => (
                  <button type="button" class="link" onClick={() => props.onOpenRoom(roomId())}>
                    Open room
                  </button>
                )}
              </Show>
            }
          >
            {notice.text}
          </Notice>
        )}
      </For>
      <For each={complaints()}>
        {(complaint) => (
          <Notice level="error" onClose={() => settle(complaint.id)}>
            {complaint.text}
          </Notice>
        )}
      </For>
    </div>
  );
}

function Notice(props: {
  level: NoticeView["level"];
  onClose: () => void;
  action?: JSX.Element;
  children: JSX.Element;
}) {
  createEffect(() => {
    if (props.level !== "info") return;
    const timer = setTimeout(() => props.onClose(), INFO_SHOWN_MS);
    onCleanup(() => clearTimeout(timer));
  });
  return (
    <div class={`notice ${props.level}`} data-testid="notice" data-level={props.level}>
      <Icon name={props.level === "info" ? "info" : "alert"} size={18} />
      <p>
        {props.children} {props.action}
      </p>
      <button type="button" class="icon-button" aria-label="Dismiss" title="Dismiss" onClick={() => props.onClose()}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
