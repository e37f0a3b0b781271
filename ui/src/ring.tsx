// The ring window where the desktop has no native one: whatever rings now and may pop up, answered or rejected here.
import { render } from "solid-js/web";
import { Rings } from "./call/RingBanner";
import "./styles/base.css";
import "./styles/call.css";
import { follow, session } from "./state/session";

const root = document.getElementById("root");
if (root) {
  render(
    () => (
      <main class="ring-window">
        <Rings rings={(session.now?.rings ?? []).filter((ring) => ring.pops_up)} />
      </main>
    ),
    root,
  );
}

// Without a shell there is nothing to ring, and nobody to tell.
follow().catch(() => {});
