import { describe, expect, it } from "vitest";
import { decodeFrame, planeLayout } from "./frames";

function message(width: number, height: number, planes = (width * height * 3) / 2, magic = 0x31465753): ArrayBuffer {
  const buffer = new ArrayBuffer(40 + planes);
  const head = new DataView(buffer);
  head.setUint32(0, magic, true);
  head.setUint32(4, 7, true);
  head.setUint32(8, width, true);
  head.setUint32(12, height, true);
  head.setBigUint64(16, 42n, true);
  head.setBigInt64(24, 1_700_000_000_000_000n, true);
  head.setBigInt64(32, 1_700_000_000_020_000n, true);
  return buffer;
}

describe("decodeFrame", () => {
  it("reads the header and leaves the planes where they are", () => {
    const frame = decodeFrame(message(64, 36));
    expect(frame).toMatchObject({
      view: 7,
      width: 64,
      height: 36,
      sequence: 42n,
      capturedUnixUs: 1_700_000_000_000_000n,
    });
    expect(frame?.planes.byteOffset).toBe(40);
    expect(frame?.planes.byteLength).toBe(64 * 36 * 1.5);
  });

  it("takes nothing that is not a whole frame", () => {
    const bad: ArrayBuffer[] = [
      new ArrayBuffer(0),
      new ArrayBuffer(39),
      message(64, 36, 64 * 36 * 1.5 - 1),
      message(64, 36, 64 * 36 * 1.5 + 1),
      message(63, 36, 63 * 36 * 1.5),
      message(0, 0),
      message(9000, 2, 27000),
      message(64, 36, undefined, 0x31465754),
    ];
    for (const buffer of bad) expect(decodeFrame(buffer)).toBeUndefined();
  });
});

describe("planeLayout", () => {
  it("packs luma and both chroma planes tightly", () => {
    expect(planeLayout(64, 36)).toEqual([
      { offset: 0, stride: 64 },
      { offset: 2304, stride: 32 },
      { offset: 2880, stride: 32 },
    ]);
  });
});
