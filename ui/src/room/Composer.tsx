import { createEffect, createSignal, on, onCleanup } from "solid-js";
import { Icon } from "../icons";
import { ask, errorText } from "../state/session";
import { complain, drafts } from "../state/view";

const MAX_HEIGHT_PX = 160;

export function Composer(props: { roomId: string; roomName: string }) {
  const [text, setText] = createSignal("");
  let field!: HTMLTextAreaElement;
  // Kept here too: when we are taken down, the room may already be gone.
  let current = "";

  const keep = (roomId: string, draft: string) => {
    if (draft === "") drafts.delete(roomId);
    else drafts.set(roomId, draft);
  };
  createEffect(
    on(
      () => props.roomId,
      (roomId) => {
        if (current !== "") keep(current, text());
        current = roomId;
        setText(drafts.get(roomId) ?? "");
      },
    ),
  );
  onCleanup(() => keep(current, text()));
  createEffect(
    on(text, () => {
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, MAX_HEIGHT_PX)}px`;
    }),
  );

  const submit = async () => {
    const [room_id, body] = [current, text().trim()];
    if (body === "") return;
    setText("");
    try {
      await ask({ command: "send_message", room_id, body });
    } catch (error) {
      complain(errorText(error));
      if (current === room_id && text() === "") setText(body);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <textarea
        ref={field}
        rows="1"
        maxlength="16000"
        aria-label={`Message to ${props.roomName}`}
        placeholder="Write a message"
        data-testid="composer"
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="submit"
        class="icon-button send"
        aria-label="Send"
        title="Send (Enter)"
        disabled={text().trim() === ""}
        data-testid="send"
      >
        <Icon name="send" />
      </button>
    </form>
  );
}
