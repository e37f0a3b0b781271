import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import { Icon, type IconName } from "../icons";
import { Popover } from "../Popover";
import { send } from "../state/session";
import { chatBeside, layoutName, setChatBeside, setLayoutName } from "../state/view";
import type { AudioProcessing, CallView, Device } from "../types";
import { DevicesMenu } from "./DevicesMenu";

interface Props {
  call: CallView;
  devices: Device[];
  processing: AudioProcessing;
  wide: boolean;
  onShowRoom: () => void;
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

/** The bar under the tiles. */
export function Controls(props: Props) {
  const toggleMicrophone = () => {
    if (!props.call.listen_only) send({ command: "set_microphone", on: !props.call.microphone_on });
  };
  const toggleCamera = () => send({ command: "set_camera", on: !props.call.camera_on });

  createEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event.target)) return;
      if (event.key === "m" || event.key === "M") toggleMicrophone();
      else if (event.key === "v" || event.key === "V") toggleCamera();
    };
    document.addEventListener("keydown", onKey);
    onCleanup(() => document.removeEventListener("keydown", onKey));
  });

  const microphone = () => {
    if (props.call.listen_only) return "Listen only: there is no microphone";
    return props.call.microphone_on ? "Mute" : "Unmute";
  };
  const camera = () => (props.call.camera_on ? "Turn the camera off" : "Turn the camera on");
  const spotlit = () => layoutName(props.call.tiles.length) === "spotlight";
  return (
    <div class="controls" role="toolbar" aria-label="Call">
      <div class="controls-side">
        <Control
          icon={spotlit() ? "grid" : "spotlight"}
          label={spotlit() ? "Show everybody alike" : "Show one person large"}
          onClick={() => setLayoutName(spotlit() ? "grid" : "spotlight")}
        />
      </div>
      <div class="controls-main">
        <Control
          icon={props.call.microphone_on ? "mic" : "mic-off"}
          label={microphone()}
          shortcut="M"
          pressed={!props.call.microphone_on}
          disabled={props.call.listen_only}
          testId="call-mute"
          onClick={toggleMicrophone}
        />
        <Control
          icon={props.call.camera_on ? "camera" : "camera-off"}
          label={camera()}
          shortcut="V"
          pressed={!props.call.camera_on}
          testId="call-camera"
          onClick={toggleCamera}
        />
        <DevicesMenu devices={props.devices} processing={props.processing} />
        <span class="leave-group">
          <Control
            icon="hangup"
            label="Leave the call"
            danger
            testId="call-leave"
            onClick={() => send({ command: "leave" })}
          />
          <Show when={props.call.can_end}>
            <EndMenu />
          </Show>
        </span>
      </div>
      <div class="controls-side end">
        <Control
          icon="chat"
          label={props.wide && chatBeside() ? "Hide the messages" : "Show the messages"}
          onClick={() => (props.wide ? setChatBeside((now) => !now) : props.onShowRoom())}
        />
      </div>
    </div>
  );
}

function Control(props: {
  icon: IconName;
  label: string;
  shortcut?: string;
  pressed?: boolean;
  disabled?: boolean;
  danger?: boolean;
  testId?: string;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="control"
      classList={{ danger: props.danger ?? false }}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-keyshortcuts={props.shortcut}
      title={props.shortcut ? `${props.label} (${props.shortcut})` : props.label}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={() => props.onClick()}
    >
      <Icon name={props.icon} size={22} />
    </button>
  );
}

/** Ending it for everyone takes a second click. */
function EndMenu() {
  const [busy, setBusy] = createSignal(false);
  const end = (close: () => void) => {
    setBusy(true);
    close();
    send({ command: "end_for_everyone" });
    setBusy(false);
  };
  return (
    <Popover label="End for everyone" icon="down" class="end-menu" placement="above-end" testId="call-end">
      {(close) => (
        <>
          <p class="strong">End the call for everyone?</p>
          <p class="small muted">The others are put out of the call too.</p>
          <div class="row">
            <button type="button" class="plain" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              class="danger"
              disabled={busy()}
              data-testid="call-end-confirm"
              onClick={() => end(close)}
            >
              End for everyone
            </button>
          </div>
        </>
      )}
    </Popover>
  );
}
