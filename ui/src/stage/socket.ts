// The portable way to the screen: frames from the engine's loopback socket, drawn into the tiles' canvases. Newest wins: what
// arrives while a frame of the same tile waits for the screen replaces it. Each frame taken gives its credit back.
import { decodeFrame, type Frame, planeLayout } from "./frames";

const canvases = new Map<number, HTMLCanvasElement>();
const waiting = new Map<number, Frame>();
let socket: WebSocket | undefined;
let scheduled = false;

/** Draws a view into a canvas, or with none no more. */
export function setCanvas(view: number, canvas: HTMLCanvasElement | undefined): void {
  if (canvas) canvases.set(view, canvas);
  else canvases.delete(view);
}

/** Follows one engine's socket; the engine's next start brings another address. Returns how to stop. */
export function openFrames(port: number, secret: string): () => void {
  const mine = new WebSocket(`ws://127.0.0.1:${port}/`);
  mine.binaryType = "arraybuffer";
  mine.onopen = () => mine.send(JSON.stringify({ secret }));
  mine.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return;
    const frame = decodeFrame(data);
    if (frame) take(frame);
  };
  socket = mine;
  return () => {
    mine.onmessage = null;
    mine.close();
    if (socket === mine) socket = undefined;
    waiting.clear();
  };
}

function take(frame: Frame): void {
  if (waiting.has(frame.view)) giveCredit(frame.view);
  waiting.set(frame.view, frame);
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(drawAll);
}

function drawAll(): void {
  scheduled = false;
  for (const [view, frame] of waiting) {
    const canvas = canvases.get(view);
    if (canvas) draw(canvas, frame);
    giveCredit(view);
  }
  waiting.clear();
}

function draw(canvas: HTMLCanvasElement, frame: Frame): void {
  const { width, height } = frame;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const picture = new VideoFrame(frame.planes, {
    format: "I420",
    codedWidth: width,
    codedHeight: height,
    timestamp: Number(frame.receivedUnixUs),
    layout: planeLayout(width, height),
  });
  canvas.getContext("2d", { alpha: false })?.drawImage(picture, 0, 0);
  picture.close();
}

function giveCredit(view: number): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ shown: view }));
}
