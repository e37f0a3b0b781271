import { createEffect, createMemo, For, Index, Match, on, onCleanup, onMount, Show, Switch } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { clock, day } from "../lib/format";
import { type Block, blocks } from "../lib/timeline";
import { timelineCall } from "../lib/words";
import { send } from "../state/session";
import type { CallType, OpenRoom, TimelineEntry } from "../types";

const NEAR_END_PX = 80;

export function Timeline(props: { room: OpenRoom; onCall: (type: CallType) => void }) {
  let scroller!: HTMLDivElement;
  let following = true;
  const list = createMemo(() => blocks(props.room.timeline));
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const noteScroll = () => {
    following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
  };
  createEffect(on(list, () => following && queueMicrotask(toEnd)));
  createEffect(
    on(
      () => props.room.room_id,
      () => {
        following = true;
        queueMicrotask(toEnd);
      },
    ),
  );
  // The stage beside us, or a growing composer, changes our height: the end stays in view.
  onMount(() => {
    const observer = new ResizeObserver(() => following && toEnd());
    observer.observe(scroller);
    onCleanup(() => observer.disconnect());
  });
  return (
    <div
      class="timeline"
      role="log"
      aria-label="Messages"
      tabindex="0"
      data-testid="timeline"
      ref={scroller}
      onScroll={noteScroll}
    >
      <Show when={props.room.timeline.length === 0}>
        <p class="empty">{props.room.loading ? "Loading…" : "Nothing here yet. Say hello."}</p>
      </Show>
      <Index each={list()}>
        {(block) => <BlockView block={block()} roomId={props.room.room_id} onCall={props.onCall} />}
      </Index>
    </div>
  );
}

function BlockView(props: { block: Block; roomId: string; onCall: (type: CallType) => void }) {
  const as = <K extends Block["kind"]>(kind: K) =>
    props.block.kind === kind ? (props.block as Extract<Block, { kind: K }>) : undefined;
  return (
    <Switch>
      <Match when={as("day")}>{(it) => <h3 class="day small muted">{day(it().at, Date.now())}</h3>}</Match>
      <Match when={as("call")}>{(it) => <CallLine entry={it().entry} onCall={props.onCall} />}</Match>
      <Match when={as("run")}>
        {(it) => (
          <div class="run" classList={{ own: it().isOwn }}>
            <Show when={!it().isOwn}>
              <Avatar id={it().sender.participant_id} name={it().sender.display_name} size="small" />
            </Show>
            <div class="run-body">
              <p class="run-head small">
                <span class="strong">{it().isOwn ? "You" : it().sender.display_name}</span>
                <time class="muted">{clock(it().at)}</time>
              </p>
              <For each={it().entries}>{(entry) => <Message entry={entry} roomId={props.roomId} />}</For>
            </div>
          </div>
        )}
      </Match>
    </Switch>
  );
}

function Message(props: { entry: TimelineEntry; roomId: string }) {
  const message = () => (props.entry.item.kind === "message" ? props.entry.item : undefined);
  const failed = () => {
    const delivery = message()?.delivery;
    return delivery?.state === "failed" ? delivery.reason : undefined;
  };
  const retry = () => {
    const body = message()?.body;
    if (body !== undefined) send({ command: "send_message", room_id: props.roomId, body });
  };
  return (
    <div class="message" data-testid="message" data-delivery={message()?.delivery.state} title={clock(props.entry.at)}>
      <p class="bubble">{message()?.body}</p>
      <Show when={message()?.delivery.state === "sending"}>
        <span class="delivery small muted">Sending…</span>
      </Show>
      <Show when={failed()}>
        {(reason) => (
          <span class="delivery small failed">
            Not sent: {reason()}
            <button type="button" class="link" onClick={retry}>
              <Icon name="retry" size={14} />
              Try again
            </button>
          </span>
        )}
      </Show>
    </div>
  );
}

function CallLine(props: { entry: TimelineEntry; onCall: (type: CallType) => void }) {
  const item = () => (props.entry.item.kind === "message" ? undefined : props.entry.item);
  const missed = () => {
    const now = item();
    return now?.kind === "call_ended" && now.missed;
  };
  return (
    <Show when={item()}>
      {(now) => {
        const words = () => timelineCall(now(), props.entry.sender.display_name, props.entry.is_own);
        return (
          <div
            class="call-line small"
            classList={{ missed: missed() ?? false }}
            data-testid="timeline-call"
            data-kind={now().kind}
            data-missed={missed() ? "true" : "false"}
          >
            <Icon name={missed() ? "missed" : now().call_type === "video" ? "camera" : "phone"} size={16} />
            <span class="strong">{words().title}</span>
            <Show when={words().detail}>
              <span class="muted">{words().detail}</span>
            </Show>
            <time class="muted">{clock(props.entry.at)}</time>
            <Show when={missed()}>
              <button type="button" class="link" onClick={() => props.onCall(now().call_type)}>
                Call back
              </button>
            </Show>
          </div>
        );
      }}
    </Show>
  );
}
