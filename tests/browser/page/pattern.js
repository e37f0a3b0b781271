// The test pattern with its bar code: a strip across the top, height h/12, 50 cells: white, black, then 48 bits of the Unix
// time in ms at drawing, most significant first, white = 1. Below it something moves.

const CELLS = 50;
const BITS = 48;
const PLAUSIBLE_MS = 60_000;

/** Draws the pattern `fps` times a second; gives the canvas. */
export function drawPattern(width, height, fps) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { alpha: false });
  setInterval(() => paint(pen, width, height, Date.now()), 1000 / fps);
  paint(pen, width, height, Date.now());
  return canvas;
}

function paint(pen, width, height, now) {
  const strip = Math.floor(height / 12);
  pen.fillStyle = "#203a43";
  pen.fillRect(0, strip, width, height - strip);
  const phase = (now % 4000) / 4000;
  for (let i = 0; i < 6; i++) {
    pen.fillStyle = `hsl(${i * 60 + phase * 360} 70% 55%)`;
    const x = ((i / 6 + phase) % 1) * width;
    pen.fillRect(x, strip + (i * (height - strip)) / 6, width / 8, (height - strip) / 6);
  }
  for (let cell = 0; cell < CELLS; cell++) {
    pen.fillStyle = bit(cell, now) ? "#ffffff" : "#000000";
    const left = Math.round((cell * width) / CELLS);
    pen.fillRect(left, 0, Math.round(((cell + 1) * width) / CELLS) - left, strip);
  }
}

// 48 bits are more than the bit operators take.
function bit(cell, now) {
  if (cell < 2) return cell === 0;
  return Math.floor(now / 2 ** (BITS - 1 - (cell - 2))) % 2 === 1;
}

/** Reads bar codes from a <video>; gives the time of capture in Unix ms, or nothing where there is none. */
export function barCodeReader(video) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return () => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0) return undefined;
    if (canvas.width !== width) Object.assign(canvas, { width, height: 1 });
    pen.drawImage(video, 0, Math.floor(height / 24), width, 1, 0, 0, width, 1);
    const pixels = pen.getImageData(0, 0, width, 1).data;
    return decode((cell) => {
      const at = Math.floor(((cell + 0.5) * width) / CELLS) * 4;
      return 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2] >= 128;
    }, Date.now());
  };
}

function decode(isWhite, now) {
  if (!isWhite(0) || isWhite(1)) return undefined;
  let time = 0;
  for (let cell = 2; cell < CELLS; cell++) time = time * 2 + (isWhite(cell) ? 1 : 0);
  return Math.abs(time - now) <= PLAUSIBLE_MS ? time : undefined;
}
