import { createEffect, createMemo, on, onCleanup, Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { quality } from "../lib/words";
import { Popover } from "../Popover";
import type { Rect } from "../stage/layout";
import { newView, report, setPicture } from "../stage/report";
import { setCanvas } from "../stage/socket";
import { send } from "../state/session";
import { drawnHere, layoutName, pinned, setLayoutName, setPinned } from "../state/view";
import type { Tile } from "../types";
import { TILE_RADIUS } from "./Stage";

interface Props {
  tile: Tile;
  rect: Rect | undefined;
  /** How many people are here. */
  people: number;
}

/** One person. With a picture, all of it but the marks has the key colour: there the shell shows what it paints below. */
export function TileView(props: Props) {
  // A new number for a new picture, so that a late frame finds no tile rather than the wrong one.
  const view = createMemo(on(() => props.tile.video, newView));
  let element!: HTMLLIElement;
  const place = () => props.rect ?? { x: 0, y: 0, width: 0, height: 0 };

  createEffect(() => {
    const { x, y, width, height } = place();
    Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
    report();
  });
  createEffect(() => {
    const { video, is_local } = props.tile;
    if (video === null) return;
    const mine = view();
    setPicture(mine, { element, video, mirror: is_local, radius: TILE_RADIUS });
    onCleanup(() => setPicture(mine, undefined));
  });

  const name = () => (props.tile.is_local ? `${props.tile.person.display_name} (you)` : props.tile.person.display_name);
  const weak = () => quality(props.tile.quality);
  const spoken = () =>
    [
      name(),
      props.tile.microphone_on ? "" : "muted",
      props.tile.camera_on ? "camera on" : "camera off",
      props.tile.connecting ? "connecting" : "",
      weak() ?? "",
    ]
      .filter(Boolean)
      .join(", ");

  return (
    <li
      ref={element}
      class="tile"
      classList={{
        picture: props.tile.video !== null,
        speaking: props.tile.speaking,
        tiny: place().width < 200,
        gone: place().width === 0,
      }}
      aria-label={spoken()}
      data-testid="tile"
      data-identity={props.tile.identity}
      data-camera={props.tile.camera_on ? "true" : "false"}
      data-muted={props.tile.microphone_on ? "false" : "true"}
      data-speaking={props.tile.speaking ? "true" : "false"}
    >
      <Show when={props.tile.video !== null && drawnHere()}>
        <Picture view={view()} mirror={props.tile.is_local} />
      </Show>
      <Show when={props.tile.video === null}>
        <Avatar
          id={props.tile.person.participant_id}
          name={props.tile.person.display_name}
          size={faceSize(place().height)}
        />
      </Show>
      <Show when={props.tile.connecting}>
        <span class="tile-state small">Connecting…</span>
      </Show>
      <span class="caption small">
        <Show when={!props.tile.microphone_on}>
          <span class="mark-muted" title="Muted">
            <Icon name="mic-off" size={16} />
          </span>
        </Show>
        <span class="caption-name">{name()}</span>
        <Show when={weak()}>
          {(text) => (
            <span class="mark-weak" title={text()}>
              <Icon name="signal" size={16} />
            </span>
          )}
        </Show>
      </span>
      <Show when={props.people > 1}>
        <TileMenu tile={props.tile} people={props.people} />
      </Show>
    </li>
  );
}

const faceSize = (height: number) => (height > 260 ? "huge" : height > 120 ? "large" : "small");

function Picture(props: { view: number; mirror: boolean }) {
  let canvas!: HTMLCanvasElement;
  createEffect(() => {
    const { view } = props;
    setCanvas(view, canvas);
    onCleanup(() => setCanvas(view, undefined));
  });
  return <canvas class="drawn" classList={{ mirrored: props.mirror }} ref={canvas} data-view={props.view} />;
}

function TileMenu(props: { tile: Tile; people: number }) {
  const large = () => layoutName(props.people) === "spotlight" && pinned() === props.tile.identity;
  const enlarge = (close: () => void) => {
    if (large()) {
      setPinned(undefined);
      setLayoutName("grid");
    } else {
      setPinned(props.tile.identity);
      setLayoutName("spotlight");
    }
    close();
  };
  return (
    <Popover
      label={`Options for ${props.tile.person.display_name}`}
      icon="more"
      class="tile-menu"
      placement="below-end"
    >
      {(close) => (
        <>
          <Show when={!props.tile.is_local}>
            <Volume tile={props.tile} />
          </Show>
          <button type="button" class="menu-item" onClick={() => enlarge(close)}>
            <Icon name={large() ? "grid" : "spotlight"} size={18} />
            {large() ? "Show everybody alike" : "Show large"}
          </button>
        </>
      )}
    </Popover>
  );
}

function Volume(props: { tile: Tile }) {
  const percent = () => Math.round(props.tile.volume * 100);
  return (
    <label class="volume">
      <span class="small">
        Volume <output class="tabular">{percent()} %</output>
      </span>
      <input
        type="range"
        min="0"
        max="200"
        step="5"
        value={percent()}
        onInput={(event) =>
          send({
            command: "set_volume",
            identity: props.tile.identity,
            gain: event.currentTarget.valueAsNumber / 100,
          })
        }
      />
    </label>
  );
}
