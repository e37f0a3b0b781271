import { For } from "solid-js";
import { Popover } from "../Popover";
import { send } from "../state/session";
import { followsSystem, setFollowsSystem } from "../state/view";
import type { AudioProcessing, Device, DeviceKind } from "../types";

const KINDS: { kind: DeviceKind; label: string; none: string }[] = [
  { kind: "microphone", label: "Microphone", none: "No microphone found" },
  { kind: "speaker", label: "Speaker", none: "No speaker found" },
  { kind: "camera", label: "Camera", none: "No camera found" },
];

const STAGES: { field: keyof AudioProcessing; label: string }[] = [
  { field: "echo_cancellation", label: "Cancel echo" },
  { field: "noise_suppression", label: "Suppress noise" },
  { field: "gain_control", label: "Even out loudness" },
];

/** Devices and the clean-up of the microphone; looks for devices each time it is opened. */
export function DevicesMenu(props: { devices: Device[]; processing: AudioProcessing }) {
  return (
    <Popover
      label="Devices"
      icon="sliders"
      class="devices"
      placement="above"
      testId="call-devices"
      onOpen={() => send({ command: "refresh_devices" })}
    >
      {() => (
        <>
          <For each={KINDS}>{(row) => <DeviceChoice {...row} devices={props.devices} />}</For>
          <fieldset>
            <legend class="small muted">Clean-up of your microphone</legend>
            <For each={STAGES}>
              {({ field, label }) => (
                <label class="switch">
                  <span>{label}</span>
                  <input
                    type="checkbox"
                    checked={props.processing[field]}
                    onChange={(event) =>
                      send({
                        command: "set_processing",
                        processing: { ...props.processing, [field]: event.currentTarget.checked },
                      })
                    }
                  />
                </label>
              )}
            </For>
          </fieldset>
        </>
      )}
    </Popover>
  );
}

function DeviceChoice(props: { kind: DeviceKind; label: string; none: string; devices: Device[] }) {
  const own = () => props.devices.filter((device) => device.kind === props.kind);
  const standard = () => own().find((device) => device.is_default);
  const used = () => own().find((device) => device.in_use);
  // A default device in use was not necessarily chosen: unless it was, the system is being followed.
  const value = () => {
    const now = used();
    return now === undefined || (now.is_default && followsSystem(props.kind)) ? "" : now.id;
  };
  const select = (id: string) => {
    setFollowsSystem(props.kind, id === "");
    send({ command: "select_device", kind: props.kind, device: id === "" ? null : id });
  };
  const system = () => {
    if (own().length === 0) return props.none;
    const name = standard()?.name;
    return name ? `System default (${name})` : "System default";
  };
  return (
    <label class="choice">
      <span class="small muted">{props.label}</span>
      <select disabled={own().length === 0} onChange={(event) => select(event.currentTarget.value)}>
        <option value="" selected={value() === ""}>
          {system()}
        </option>
        <For each={own()}>
          {(device) => (
            <option value={device.id} selected={value() === device.id}>
              {device.name}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}
