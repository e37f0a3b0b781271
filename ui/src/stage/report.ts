// Tells the shell which pictures are visible where. Everything that may move a tile asks for a report; at most one goes out a
// frame, and only when something did change. A picture that comes or goes is told at once: a frame of a page that is being
// painted anew can take long, and somebody waits for that picture.
import { bridge } from "#bridge";
import type { StageTile } from "../types";

/** A tile's element and what it shows. */
export interface Picture {
  element: HTMLElement;
  video: string;
  mirror: boolean;
  radius: number;
}

const pictures = new Map<number, Picture>();
let lastView = 0;
let frame = 0;
let urgent = false;
let sent = "[]";

/** What the shell takes at most. */
const MAX_TILES = 49;

/** A number for a picture, never used twice. */
export function newView(): number {
  lastView += 1;
  return lastView;
}

/** Shows a picture, or with none ends it. */
export function setPicture(view: number, picture: Picture | undefined): void {
  if (picture) pictures.set(view, picture);
  else pictures.delete(view);
  if (!urgent) queueMicrotask(flush);
  urgent = true;
}

/** Something may have moved. */
export function report(): void {
  if (document.hidden) flush();
  else if (frame === 0) frame = requestAnimationFrame(flush);
}

function flush(): void {
  cancelAnimationFrame(frame);
  frame = 0;
  urgent = false;
  const tiles = document.hidden ? [] : visible();
  const text = JSON.stringify(tiles);
  if (text === sent) return;
  sent = text;
  bridge.setStage(tiles).catch(() => {
    // Told again with the next change; the shell has said why in its log.
    sent = "";
  });
}

function visible(): StageTile[] {
  const tiles: StageTile[] = [];
  for (const [view, { element, video, mirror, radius }] of pictures) {
    const box = element.getBoundingClientRect();
    const [x, y] = [Math.round(box.left), Math.round(box.top)];
    const [width, height] = [Math.round(box.right) - x, Math.round(box.bottom) - y];
    const seen = width >= 2 && height >= 2 && x < innerWidth && y < innerHeight && x + width > 0 && y + height > 0;
    if (seen) tiles.push({ view, video, x, y, width, height, mirror, radius });
  }
  return tiles.slice(0, MAX_TILES);
}

/** Watches what moves tiles without drawing them anew. */
export function watchWindow(): void {
  window.addEventListener("resize", report);
  document.addEventListener("scroll", report, { capture: true, passive: true });
  document.addEventListener("visibilitychange", report);
}
