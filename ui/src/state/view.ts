// What is the window's own: which pane is in front, drafts, complaints. Nothing here says anything about the call.
import { createSignal } from "solid-js";
import type { LayoutName } from "../stage/layout";
import type { DeviceKind } from "../types";

/** The stage is in front of the room while a call is there. */
export const [atCall, setAtCall] = createSignal(true);
/** In a narrow window: the list is in front of the room. */
export const [listInFront, setListInFront] = createSignal(true);
/** In a wide window: the room's timeline beside the stage; from the start where that leaves the pictures large. */
export const [chatBeside, setChatBeside] = createSignal(window.matchMedia("(min-width: 1440px)").matches);
const [chosenLayout, setLayoutName] = createSignal<LayoutName>();

export { setLayoutName };

/** How tiles are laid out. Unless somebody chose: two people see each other large, more see everybody alike. */
export const layoutName = (people: number): LayoutName => chosenLayout() ?? (people === 2 ? "spotlight" : "grid");
/** The large tile of the spotlight, by identity; nobody chosen: the first other person. */
export const [pinned, setPinned] = createSignal<string>();

/** Unsent text by room. Lost with the window, on purpose. */
export const drafts = new Map<string, string>();

export interface Complaint {
  id: number;
  text: string;
}

const KEPT = 3;
const [list, setList] = createSignal<Complaint[]>([]);
let lastId = 0;

/** Refused commands, oldest first, at most three. */
export const complaints = list;

export function complain(text: string): void {
  lastId += 1;
  const complaint = { id: lastId, text };
  setList((now) => [...now.filter((old) => old.text !== text), complaint].slice(-KEPT));
}

export function settle(id: number): void {
  setList((now) => now.filter((complaint) => complaint.id !== id));
}

/** Follows a media query. */
export function matches(query: string): () => boolean {
  const media = window.matchMedia(query);
  const [value, setValue] = createSignal(media.matches);
  media.addEventListener("change", () => setValue(media.matches));
  return value;
}

/** We draw the pictures ourselves (web-socket stage). */
export const [drawnHere, setDrawnHere] = createSignal(false);

const [explicit, setExplicit] = createSignal<readonly DeviceKind[]>([]);

/** No device of the kind was chosen in this window: the system's default is followed. */
export const followsSystem = (kind: DeviceKind) => !explicit().includes(kind);

export function setFollowsSystem(kind: DeviceKind, follows: boolean): void {
  setExplicit((now) => [...now.filter((other) => other !== kind), ...(follows ? [] : [kind])]);
}
