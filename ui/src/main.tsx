import { render } from "solid-js/web";
import { bridge } from "#bridge";
import { App } from "./App";
import "./styles/base.css";
import "./styles/rooms.css";
import "./styles/room.css";
import "./styles/call.css";
import { watchWindow } from "./stage/report";
import { openFrames } from "./stage/socket";
import { errorText, follow } from "./state/session";
import { complain, setDrawnHere } from "./state/view";

const root = document.getElementById("root");
if (root) render(() => <App />, root);

watchWindow();
follow().catch((error: unknown) => complain(errorText(error)));

let stopFrames: (() => void) | undefined;
bridge
  .stageKind((kind) => {
    stopFrames?.();
    stopFrames = kind.kind === "web_socket" ? openFrames(kind.port, kind.secret) : undefined;
    setDrawnHere(kind.kind !== "native");
  })
  .catch((error: unknown) => complain(errorText(error)));
