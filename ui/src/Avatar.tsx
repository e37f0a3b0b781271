import { hue, initials } from "./lib/format";

/** Initials on one of eight colours that stays with the id. */
export function Avatar(props: { id: string; name: string; size?: "small" | "large" | "huge"; square?: boolean }) {
  return (
    <span
      class={`avatar hue-${hue(props.id)} ${props.size ?? ""}`}
      classList={{ square: props.square ?? false }}
      aria-hidden="true"
    >
      {initials(props.name)}
    </span>
  );
}
