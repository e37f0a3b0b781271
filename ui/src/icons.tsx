// Our own drawings, 24 × 24, stroked in the text's colour.
import type { JSX } from "solid-js";

const SHAPES = {
  mic: () => (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  "mic-off": () => (
    <>
      <path d="M15 10.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5c0 .9-.2 1.7-.5 2.5M12 18v3M4 4l16 16" />
    </>
  ),
  camera: () => (
    <>
      <rect x="2.5" y="6" width="13" height="12" rx="3" />
      <path d="m15.5 11 6-3.5v9l-6-3.5" />
    </>
  ),
  "camera-off": () => (
    <>
      <path d="M10 6h2.5a3 3 0 0 1 3 3v2l6-3.5v9l-4-2.3M15.5 15.5A3 3 0 0 1 12.5 18h-7a3 3 0 0 1-3-3V9a3 3 0 0 1 2.5-3" />
      <path d="m4 4 16 16" />
    </>
  ),
  phone: () => (
    <path d="M6.2 3.5h2.3a1 1 0 0 1 1 .8l.8 3.2a1 1 0 0 1-.3 1L8.2 10.2a12 12 0 0 0 5.6 5.6l1.7-1.8a1 1 0 0 1 1-.3l3.2.8a1 1 0 0 1 .8 1v2.3a2.7 2.7 0 0 1-2.9 2.7A15.5 15.5 0 0 1 3.5 6.4a2.7 2.7 0 0 1 2.7-2.9Z" />
  ),
  hangup: () => (
    <path d="M3 14.2c-.6-.6-.7-1.6-.2-2.3C4.7 9.3 8.2 7.8 12 7.8s7.3 1.5 9.2 4.1c.5.7.4 1.7-.2 2.3l-1.3 1.2a1 1 0 0 1-1.2.1L15.9 14a1 1 0 0 1-.5-1v-1.9a12 12 0 0 0-6.8 0V13a1 1 0 0 1-.5 1l-2.6 1.5a1 1 0 0 1-1.2-.1Z" />
  ),
  search: () => (
    <>
      <circle cx="10.5" cy="10.5" r="6" />
      <path d="m15 15 5.5 5.5" />
    </>
  ),
  send: () => <path d="M4 12 3.5 4.5 21 12 3.5 19.5 4 12Zm0 0h8" />,
  sliders: () => (
    <>
      <path d="M4 7h8M17 7h3M4 17h3M12 17h8" />
      <circle cx="14.5" cy="7" r="2.5" />
      <circle cx="9.5" cy="17" r="2.5" />
    </>
  ),
  grid: () => (
    <>
      <rect x="3.5" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="3.5" y="13" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="13" width="7.5" height="6.5" rx="1.5" />
    </>
  ),
  spotlight: () => (
    <>
      <rect x="3.5" y="5" width="12" height="14" rx="2" />
      <path d="M18.5 6h2M18.5 12h2M18.5 18h2" />
    </>
  ),
  chat: () => (
    <path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v8a2.5 2.5 0 0 1-2.5 2.5H10l-4.5 3.5V17A2 2 0 0 1 4 15Z" />
  ),
  people: () => (
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14.5a6.5 6.5 0 0 1 4 5" />
    </>
  ),
  down: () => <path d="m6 9.5 6 6 6-6" />,
  back: () => <path d="m14.5 5-7 7 7 7" />,
  close: () => <path d="m6 6 12 12M18 6 6 18" />,
  more: () => (
    <>
      <circle cx="5" cy="12" r="1" />
      <circle cx="12" cy="12" r="1" />
      <circle cx="19" cy="12" r="1" />
    </>
  ),
  retry: () => <path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4" />,
  missed: () => <path d="m4 7 7 7 8.5-8.5M4 12V7h5" />,
  alert: () => (
    <>
      <path d="M12 4 2.8 19.5h18.4ZM12 10v4.5" />
      <path d="M12 17v.1" />
    </>
  ),
  info: () => (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 11v5.5M12 7.7v.1" />
    </>
  ),
  signal: () => <path d="M5 19v-3M10 19v-6.5M15 19V9.5" />,
  leave: () => <path d="M10 4H6.5A2.5 2.5 0 0 0 4 6.5v11A2.5 2.5 0 0 0 6.5 20H10M15 8l4.5 4-4.5 4M19.5 12H10" />,
} as const satisfies Record<string, () => JSX.Element>;

export type IconName = keyof typeof SHAPES;

/** Decoration only: the button or text beside it carries the name. */
export function Icon(props: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={props.size ?? 20}
      height={props.size ?? 20}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {SHAPES[props.name]()}
    </svg>
  );
}

/** The product's mark: two voices as waves that meet. */
export function Mark(props: { size: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={props.size} height={props.size} aria-hidden="true">
      <rect class="mark-field" width="32" height="32" rx="9" />
      <path class="mark-near" d="M6 19c3.3 0 3.3-6 6.7-6s3.3 6 6.6 6 3.4-6 6.7-6" />
      <path class="mark-far" d="M6 13c3.3 0 3.3 6 6.7 6s3.3-6 6.6-6 3.4 6 6.7 6" />
    </svg>
  );
}
