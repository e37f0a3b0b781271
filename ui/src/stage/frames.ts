// A frame as the engine's loopback socket sends it: a 40-byte little-endian header, then I420 planes, tightly packed.

const MAGIC = 0x31465753; // "SWF1"
const HEADER = 40;
const MAX_SIDE = 8192;

export interface Frame {
  view: number;
  width: number;
  height: number;
  sequence: bigint;
  /** When the pattern was drawn, by its bar code; 0 where there is none. */
  capturedUnixUs: bigint;
  receivedUnixUs: bigint;
  planes: Uint8Array;
}

/** Nothing for what is not a whole frame. */
export function decodeFrame(message: ArrayBuffer): Frame | undefined {
  if (message.byteLength < HEADER) return undefined;
  const head = new DataView(message, 0, HEADER);
  const [view, width, height] = [head.getUint32(4, true), head.getUint32(8, true), head.getUint32(12, true)];
  const even = width % 2 === 0 && height % 2 === 0;
  if (head.getUint32(0, true) !== MAGIC || !even || width === 0 || height === 0) return undefined;
  if (width > MAX_SIDE || height > MAX_SIDE || message.byteLength !== HEADER + (width * height * 3) / 2)
    return undefined;
  return {
    view,
    width,
    height,
    sequence: head.getBigUint64(16, true),
    capturedUnixUs: head.getBigInt64(24, true),
    receivedUnixUs: head.getBigInt64(32, true),
    planes: new Uint8Array(message, HEADER),
  };
}

/** Where each plane lies in `planes`. */
export function planeLayout(width: number, height: number): PlaneLayout[] {
  const luma = width * height;
  const half = width / 2;
  return [
    { offset: 0, stride: width },
    { offset: luma, stride: half },
    { offset: luma + luma / 4, stride: half },
  ];
}
