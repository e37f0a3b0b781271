import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from "solid-js";
import { people, timer } from "../lib/format";
import { phase } from "../lib/words";
import { type Box, backdropPath, grid, spotlight } from "../stage/layout";
import { report } from "../stage/report";
import { createClock } from "../state/clock";
import { layoutName, pinned } from "../state/view";
import type { AudioProcessing, CallView, Device } from "../types";
import { Controls } from "./Controls";
import { Ended, Ringing } from "./Phases";
import { TileView } from "./Tile";

/** No more than the ring of who speaks is wide: its inner edge is then straight, and blends no key colour into the picture. */
export const TILE_RADIUS = 3;
const GAP = 8;

interface Props {
  call: CallView;
  devices: Device[];
  processing: AudioProcessing;
  /** There is space for the room's timeline beside us. */
  wide: boolean;
  onShowRoom: () => void;
}

/** The call: who is in it, drawn as large as there is space. */
export function Stage(props: Props) {
  const ended = () => (props.call.phase.phase === "ended" ? props.call.phase.outcome : undefined);
  return (
    <section class="stage" data-testid="stage" aria-label={`Call in ${props.call.room_name}`}>
      <Head call={props.call} />
      <Show when={!ended() && props.call.ringing.length > 0}>
        <Ringing people={props.call.ringing} />
      </Show>
      <Show when={ended()} fallback={<Floor call={props.call} />}>
        {(how) => (
          <div class="floor solid">
            <Ended call={props.call} how={how()} />
          </div>
        )}
      </Show>
      <Show when={!ended()}>
        <Controls
          call={props.call}
          devices={props.devices}
          processing={props.processing}
          wide={props.wide}
          onShowRoom={props.onShowRoom}
        />
      </Show>
    </section>
  );
}

function Head(props: { call: CallView }) {
  const now = createClock(1000, () => props.call.answered_at !== null && props.call.phase.phase !== "ended");
  const inCall = () => props.call.phase.phase === "connected";
  const text = () =>
    inCall() && props.call.tiles.length > 0
      ? people(props.call.tiles.length)
      : phase(props.call.phase, props.call.call_type);
  return (
    <header
      class="stage-head"
      classList={{ troubled: props.call.phase.phase === "reconnecting", over: props.call.phase.phase === "ended" }}
    >
      <h2>{props.call.room_name}</h2>
      <p class="phase small" role="status" data-testid="call-phase" data-phase={props.call.phase.phase}>
        {text()}
      </p>
      <Show when={props.call.phase.phase !== "ended" && props.call.answered_at}>
        {(since) => (
          <span class="timer tabular" role="timer" aria-live="off" data-testid="call-timer">
            {timer(now() - since())}
          </span>
        )}
      </Show>
    </header>
  );
}

/** The tiles. The backdrop has a hole under each tile with a picture: the shell paints there, below the webview. */
function Floor(props: { call: CallView }) {
  let floor!: HTMLDivElement;
  let backdrop!: HTMLDivElement;
  const [size, setSize] = createSignal<Box>({ width: 0, height: 0 });

  onMount(() => {
    const observer = new ResizeObserver(() => {
      setSize({ width: floor.clientWidth, height: floor.clientHeight });
      report();
    });
    observer.observe(floor);
    onCleanup(() => observer.disconnect());
  });

  const layout = createMemo(() => {
    const tiles = props.call.tiles;
    if (layoutName(tiles.length) === "grid") return grid(tiles.length, size(), GAP);
    const chosen = tiles.findIndex((tile) => tile.identity === pinned());
    const focus =
      chosen >= 0
        ? chosen
        : Math.max(
            0,
            tiles.findIndex((tile) => !tile.is_local),
          );
    return spotlight(tiles.length, focus, size(), GAP);
  });
  const holes = () => layout().rects.filter((_, i) => props.call.tiles[i]?.video);
  createEffect(() => {
    backdrop.style.clipPath = `path(evenodd, "${backdropPath(size(), holes(), TILE_RADIUS)}")`;
  });
  createEffect(on(layout, report));

  return (
    <div class="floor" ref={floor}>
      <div class="backdrop" ref={backdrop} />
      <ul class="tiles" aria-label="People in the call">
        <For each={props.call.tiles}>
          {(tile, i) => <TileView tile={tile} rect={layout().rects[i()]} people={props.call.tiles.length} />}
        </For>
      </ul>
      <Show when={layout().hidden > 0}>
        <p class="hidden-count small">{people(layout().hidden)} more</p>
      </Show>
    </div>
  );
}
