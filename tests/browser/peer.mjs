// A participant in a call that is not ours: the npm `livekit-client` in Chromium. Publishes the test pattern and a tone,
// measures what it sees and hears, and says so in JSON lines on stdout. Ends on stdin's end, SIGTERM, SIGINT or after --seconds.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const USAGE = `node tests/browser/peer.mjs --url ws://… --token … [options]
  --token T            join token; better by the variable LIVEKIT_TOKEN, which no process list shows
  --width 1280 --height 720 --fps 30    of the pattern that is published; --width 0 publishes no picture
  --tone 660           Hz of the tone that is published; 0 publishes no sound
  --seconds N          ends by itself
  --camera F.y4m --microphone F.wav     publishes these, through Chromium's own capture devices, instead
  --wait               opens the page, says "waiting", and joins by the first line of stdin: {"url": …, "token": …}
  --sample-hz 10       how often the bar code of the remote picture is read
  --headed             shows the window (needs DISPLAY); --window 1280x800 is its size
  --chromium PATH      default: CHROMIUM or /usr/bin/chromium`;

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    token: { type: "string", default: process.env.LIVEKIT_TOKEN ?? "" },
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "720" },
    fps: { type: "string", default: "30" },
    tone: { type: "string", default: "660" },
    camera: { type: "string" },
    microphone: { type: "string" },
    wait: { type: "boolean", default: false },
    seconds: { type: "string" },
    "sample-hz": { type: "string", default: "10" },
    headed: { type: "boolean", default: false },
    window: { type: "string", default: "1280x800" },
    chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
    help: { type: "boolean", default: false },
  },
});

if (options.help || !(options.wait || (options.url && options.token))) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(options.help ? 0 : 2);
}

// Read from the start, so that a line that comes before it is asked for is not lost.
const input = createInterface({ input: process.stdin });
const firstLine = new Promise((resolve) => input.once("line", resolve));
const inputEnded = new Promise((resolve) => input.once("close", resolve));

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const FILES = {
  "/": here("page/index.html"),
  "/peer.js": here("page/peer.js"),
  "/pattern.js": here("page/pattern.js"),
  "/measure.js": here("page/measure.js"),
  "/livekit-client.js": here("node_modules/livekit-client/dist/livekit-client.esm.mjs"),
};

const say = (event, detail = {}) =>
  process.stdout.write(`${JSON.stringify({ event, at_ms: Date.now(), ...detail })}\n`);

function launch() {
  return chromium.launch({
    executablePath: options.chromium,
    // Signals are ours: the call is left before the browser goes.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    // The new headless mode is the real browser without a window; Playwright's own switch is the old one.
    headless: false,
    args: [
      ...(options.headed ? [] : ["--headless=new"]),
      `--window-size=${options.window.replace("x", ",")}`,
      "--no-sandbox",
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-ui-for-media-stream",
      ...(options.camera || options.microphone ? ["--use-fake-device-for-media-stream"] : []),
      ...(options.camera ? [`--use-file-for-fake-video-capture=${options.camera}`] : []),
      ...(options.microphone ? [`--use-file-for-fake-audio-capture=${options.microphone}`] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
    ],
  });
}

/** Resolves when it is time to go. */
function ending(browser) {
  return new Promise((resolve) => {
    process.on("SIGTERM", () => resolve("SIGTERM"));
    process.on("SIGINT", () => resolve("SIGINT"));
    inputEnded.then(() => resolve("stdin"));
    browser.on("disconnected", () => resolve("browser"));
    if (options.seconds) setTimeout(() => resolve("seconds"), Number(options.seconds) * 1000);
  });
}

/** Where to join: as asked on the command line, or with --wait by the first line of stdin. */
async function destination() {
  if (!options.wait) return { url: options.url, token: options.token };
  say("waiting");
  const { url, token } = JSON.parse(await firstLine);
  return { url, token };
}

const server = await serve((path) => FILES[path]);
const browser = await launch();
let failed = false;
try {
  const page = await browser.newPage({ viewport: null });
  const ended = ending(browser);
  const lost = new Promise((resolve) => {
    page.exposeFunction("say", (event, detail) => {
      say(event, detail);
      if (event === "disconnected") resolve("disconnected");
    });
  });
  page.on("pageerror", (error) => say("error", { message: error.message }));
  await page.goto(`${server.origin}/`);
  const join = async () =>
    page.evaluate((wanted) => globalThis.join(wanted), {
      ...(await destination()),
      devices: Boolean(options.camera || options.microphone),
      width: Number(options.width),
      height: Number(options.height),
      fps: Number(options.fps),
      tone: Number(options.tone),
      sampleHz: Number(options["sample-hz"]),
    });
  const why = await Promise.race([ended, lost, join().then(() => Promise.race([ended, lost]))]);
  if (why !== "browser" && why !== "disconnected") await page.evaluate(() => globalThis.leave());
  say("ended", { why });
} catch (error) {
  failed = true;
  say("error", { message: error instanceof Error ? error.message.split("\n")[0] : String(error) });
} finally {
  await browser.close();
  server.close();
}
process.exit(failed ? 1 : 0);
