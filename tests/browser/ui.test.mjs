// The UI as built, against its scripted twin of the shell, in Chromium under the app's own content security policy.
// Run: `npm --prefix ui run build:twin && node --test tests/browser/ui.test.mjs`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const DIST = at("../../ui/dist-twin");
const REMOTES = ["TR_p-2", "TR_p-3"];

let server;
let browser;
let page;
let problems;

before(async () => {
  const { csp } = JSON.parse(await readFile(at("../../tauri.conf.json"), "utf8")).app.security;
  const policy = Object.entries(csp).map(([directive, value]) => `${directive} ${value}`);
  server = await serve((path) => DIST + (path === "/" ? "/index.html" : path), {
    "content-security-policy": policy.join("; "),
  });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

beforeEach(async () => {
  await page?.close();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(10_000);
  problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) problems.push(message.text());
  });
});

const open = (scene, more = "") => page.goto(`${server.origin}/?scene=${scene}${more}`);
const part = (id) => page.getByTestId(id);
const asked = () => page.evaluate(() => globalThis.twin.log);
const lastAsked = async () => (await asked()).at(-1);
const room = (n) => part("room-item").nth(n).locator(".room-button");
const pictures = (expected) =>
  page.waitForFunction(
    (videos) => JSON.stringify((globalThis.stageTiles ?? []).map((tile) => tile.video)) === videos,
    JSON.stringify(expected),
  );
const sound = () => assert.deepEqual(problems, []);

test("signs in, and says why it could not", async () => {
  await open("sign-in", "&refuse");
  assert.equal(await part("sign-in-server").inputValue(), "https://chat.example.org/");
  await part("sign-in-user").fill("noor");
  await part("sign-in-password").fill("secret");
  await part("sign-in-submit").click();
  await part("sign-in-error").waitFor();
  assert.equal(await part("sign-in-password").inputValue(), "", "a wrong password is not kept");
  await open("sign-in");
  await part("sign-in-user").fill("noor");
  await part("sign-in-password").fill("secret");
  await part("sign-in-submit").click();
  await part("room-item").first().waitFor();
  sound();
});

test("writes, and keeps a draft for each room", async () => {
  await open("room");
  await part("composer").fill("hello there");
  await page.keyboard.press("Enter");
  await page.locator(".bubble", { hasText: "hello there" }).waitFor();
  await part("composer").fill("not yet");
  await room(1).click();
  assert.equal(await part("composer").inputValue(), "");
  await room(0).click();
  assert.equal(await part("composer").inputValue(), "not yet");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("rotter");
  await page.keyboard.press("Enter");
  assert.deepEqual(await lastAsked(), { command: "open_room", room_id: "room-6" });
  sound();
});

test("calls, looks into another room meanwhile, comes back and leaves", async () => {
  await open("room");
  await part("call-video").click();
  await part("stage").waitFor();
  assert.equal(await part("call-phase").getAttribute("data-phase"), "ringing_out");
  await pictures(["local"]);
  await room(1).click();
  await part("call-bar").waitFor();
  await pictures([]);
  await page.locator(".call-bar-return").click();
  await pictures(["local"]);
  await part("call-leave").click();
  assert.equal(await part("call-phase").getAttribute("data-phase"), "ended");
  await part("call-dismiss").click();
  await part("composer").waitFor();
  await pictures([]);
  sound();
});

test("is ringing, and answers with the camera", async () => {
  await open("ring");
  await part("ring-answer").click();
  assert.deepEqual((await asked())[0], { command: "answer", call_id: "call-8", with_video: true });
  await part("stage").waitFor();
  assert.equal(await part("ring-banner").count(), 0);
  sound();
});

test("mutes by key, but not while somebody types", async () => {
  await open("call");
  await part("stage").waitFor();
  await page.keyboard.press("m");
  assert.equal(await part("call-mute").getAttribute("aria-pressed"), "true");
  assert.equal(await part("tile").first().getAttribute("data-muted"), "true");
  await page.keyboard.press("v");
  await pictures(REMOTES);
  const before = (await asked()).length;
  await page.locator("#room-search").fill("");
  await page.keyboard.type("mv");
  assert.equal((await asked()).length, before);
  sound();
});

test("ends for everyone only after a second click; Escape gives the focus back", async () => {
  await open("call");
  await part("call-end").click();
  await page.keyboard.press("Escape");
  assert.equal(await part("call-end-confirm").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), "call-end");
  await part("call-end").click();
  await part("call-end-confirm").click();
  assert.deepEqual(await lastAsked(), { command: "end_for_everyone" });
  await open("call-two");
  await part("stage").waitFor();
  assert.equal(await part("call-end").count(), 0, "nothing to click for who may not");
  sound();
});

test("leaves a picture's place free down to the page, under the tile's key colour", async () => {
  await open("call");
  await pictures(["local", ...REMOTES]);
  // The twin takes the key colour out as the shell would; without its rule the tile shows it.
  const clear = await page.evaluate(() =>
    globalThis.stageTiles.every(({ x, y, width, height }) => {
      const top = document.elementFromPoint(x + width / 2, y + height / 2);
      const above = [];
      for (let node = top; node; node = node.parentElement) above.push(getComputedStyle(node).backgroundColor);
      return top?.classList.contains("tile") && above.every((colour) => colour === "rgba(0, 0, 0, 0)");
    }),
  );
  assert.ok(clear);
  const key = await page.evaluate(() => {
    document.adoptedStyleSheets = [];
    return getComputedStyle(document.querySelector(".tile.picture")).backgroundColor;
  });
  assert.equal(key, "rgb(1, 2, 3)");
  sound();
});

test("draws frames of the engine's socket itself, and gives each credit back", { timeout: 30_000 }, async () => {
  const credits = [];
  let secret;
  let allShown;
  const shown = new Promise((resolve) => {
    allShown = resolve;
  });
  await page.routeWebSocket(/^ws:\/\/127\.0\.0\.1:4567/, (socket) => {
    socket.onMessage(async (text) => {
      const message = JSON.parse(text);
      if (message.shown !== undefined) {
        if (credits.push(message.shown) === 3) allShown();
        return;
      }
      secret = message.secret;
      await pictures(["local", ...REMOTES]);
      for (const { view } of await page.evaluate(() => globalThis.stageTiles)) socket.send(greenFrame(view, 64, 36));
    });
  });
  await open("call", "&port=4567&secret=s3cret");
  await shown;
  const pixel = await page.evaluate(() => [
    ...document.querySelector("canvas.drawn").getContext("2d").getImageData(32, 18, 1, 1).data,
  ]);
  assert.ok(pixel[1] > 100 && pixel[0] < 50 && pixel[2] < 50, `green, not ${pixel}`);
  assert.equal(secret, "s3cret");
  assert.deepEqual(credits.sort(), [1, 2, 3]);
  sound();
});

test("survives any order of snapshots and clicks", { timeout: 120_000 }, async () => {
  await open("room");
  let seed = 7;
  const pick = (list) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return list[(seed >>> 8) % list.length];
  };
  const scenes = await page.evaluate(() => globalThis.twin.scenes);
  for (let step = 0; step < 120; step++) {
    await page.evaluate((name) => globalThis.twin.show(name), pick(scenes));
    if (step % 10 === 0) await page.setViewportSize({ width: pick([360, 720, 1120, 1600]), height: pick([480, 800]) });
    const buttons = await page.locator("button:visible:enabled").all();
    if (buttons.length > 0) await pick(buttons).evaluate((button) => button.click());
    sound();
  }
  const broken = part("notice").filter({ hasText: /Stale|TypeError|undefined/ });
  assert.equal(await broken.count(), 0);
});

function greenFrame(view, width, height) {
  const luma = width * height;
  const frame = Buffer.alloc(40 + luma * 1.5);
  [0x31465753, view, width, height].forEach((word, i) => void frame.writeUInt32LE(word, i * 4));
  frame.fill(145, 40, 40 + luma);
  frame.fill(54, 40 + luma, 40 + luma * 1.25);
  frame.fill(34, 40 + luma * 1.25);
  return frame;
}
