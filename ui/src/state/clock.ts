import { type Accessor, createEffect, createSignal, onCleanup } from "solid-js";

/** The present time, in steps of `stepMs`, only while `running`. */
export function createClock(stepMs: number, running: Accessor<boolean> = () => true): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  createEffect(() => {
    if (!running()) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), stepMs);
    onCleanup(() => clearInterval(timer));
  });
  return now;
}
