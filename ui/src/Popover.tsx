import { createEffect, createSignal, type JSX, onCleanup, Show } from "solid-js";
import { Icon, type IconName } from "./icons";

interface Props {
  /** Of the button; the panel is named the same. */
  label: string;
  icon: IconName;
  class?: string;
  /** Which way the panel opens. */
  placement: "above" | "below" | "above-end" | "below-end";
  testId?: string;
  onOpen?: () => void;
  children: (close: () => void) => JSX.Element;
}

/** A button that opens a panel beside it; Escape and clicks elsewhere close it, Escape gives the focus back. */
export function Popover(props: Props) {
  const [open, setOpen] = createSignal(false);
  let root!: HTMLDivElement;
  let button!: HTMLButtonElement;
  const close = () => {
    if (root.contains(document.activeElement)) button.focus();
    setOpen(false);
  };
  const toggle = () => {
    if (open()) return close();
    setOpen(true);
    props.onOpen?.();
  };
  createEffect(() => {
    if (!open()) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.contains(event.target)) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", onEscape, true);
    onCleanup(() => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", onEscape, true);
    });
  });
  return (
    <div class={`popover ${props.class ?? ""}`} ref={root}>
      <button
        type="button"
        class="icon-button"
        ref={button}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="dialog"
        aria-expanded={open()}
        data-testid={props.testId}
        onClick={toggle}
      >
        <Icon name={props.icon} />
      </button>
      <Show when={open()}>
        <div class={`panel ${props.placement}`} role="dialog" aria-label={props.label}>
          {props.children(close)}
        </div>
      </Show>
    </div>
  );
}
