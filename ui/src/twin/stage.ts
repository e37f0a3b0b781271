// Paints stand-in pictures below the page, where the shell would.

import { hue } from "../lib/format";
import type { StageTile } from "../types";

const layer = document.createElement("div");
layer.style.cssText = "position:fixed;inset:0;z-index:-1;pointer-events:none";
document.body.prepend(layer);

// The shell takes the key colour of a tile with a picture out; a browser cannot.
const keyedOut = new CSSStyleSheet();
keyedOut.replaceSync(".tile.picture { background: none !important; }");
document.adoptedStyleSheets = [keyedOut];

export function paint(tiles: StageTile[]): void {
  layer.replaceChildren(...tiles.map(picture));
}

function picture(tile: StageTile): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const { width, height } = tile;
  Object.assign(canvas, { width, height });
  canvas.style.cssText = `position:absolute;left:${tile.x}px;top:${tile.y}px;border-radius:${tile.radius}px`;
  if (tile.mirror) canvas.style.transform = "scaleX(-1)";
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  const tone = hue(tile.video, 12) * 30;
  const sky = pen.createLinearGradient(0, 0, width, height);
  sky.addColorStop(0, `hsl(${tone} 40% 72%)`);
  sky.addColorStop(1, `hsl(${tone + 60} 35% 38%)`);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = `hsl(${tone + 20} 30% 24%)`;
  pen.beginPath();
  pen.ellipse(width / 2, height * 1.08, height * 0.46, height * 0.42, 0, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = `hsl(${20 + (tone % 20)} 45% 62%)`;
  pen.beginPath();
  pen.ellipse(width / 2, height * 0.46, height * 0.17, height * 0.22, 0, 0, 2 * Math.PI);
  pen.fill();
  return canvas;
}
