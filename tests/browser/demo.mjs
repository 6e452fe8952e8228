// What the browser's tests share: a demo of their own, or the hub at `SPOTLIGHT_URL`, and a browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const top = fileURLToPath(new URL("../../", import.meta.url));
export const binaries =
  process.env.SPOTLIGHT_BIN_DIR ?? join(process.env.CARGO_TARGET_DIR ?? join(top, "target"), "release");
export const SIZES = [
  { width: 360, height: 640 },
  { width: 1280, height: 800 },
];
export const PATIENCE = 20_000;

/** Below the ports that the system gives to outgoing connections: none takes one before it is used, or while what listens there starts again. */
const PORTS = { first: 20_000, count: 12_000 };
let given = 0;

/** A port that nothing listens on, and that was given neither before nor to a test file that was started next to this one. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + ((8 * process.pid + given++) % PORTS.count);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A demo on a port and a folder, once it is ready. */
export async function start(port, data) {
  const child = spawn(join(binaries, "spotlight"), ["demo", "--port", String(port), "--data", data], {
    cwd: top,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const address = await new Promise((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (bytes) => {
      out += bytes;
      const line = /^ready (\S+)\n/.exec(out);
      if (line) resolve(line[1]);
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
  });
  return [child, address];
}

/** The cells that the opening messages of the demo are published as. */
const OPENING = 9;

/** Waits until the opening messages are on the map: a page without scripts shows what there was when it was asked for. */
export async function shows(address) {
  const last = Date.now() + 3 * PATIENCE;
  for (;;) {
    const { features } = await (await fetch(`${address}api/v1/sightings.geojson`)).json();
    if (features.length >= OPENING) return;
    assert.ok(Date.now() < last, `${features.length} sightings of the opening messages`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A hub with sightings: its address, and how to end it. */
export async function running() {
  if (process.env.SPOTLIGHT_URL) return { url: process.env.SPOTLIGHT_URL, end: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "spotlight-page-"));
  const [demo, url] = await start(await freePort(), folder);
  const close = async () => {
    await end(demo);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await shows(url);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, end: close };
}

/** Ends a demo as a crash would, and waits until it is gone. */
export async function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** To run before a page: it hears the hub once and then rests, so that nothing moves while it is looked at. */
export function hears_once() {
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(address) {
      super(address);
      this.addEventListener("sightings", () => setTimeout(() => this.close()), { once: true });
    }
  };
  window.setInterval = () => 0;
}

/** The cells of the rows, and of the marks by their numbers. */
export function orders() {
  const ids = (selector) => [...document.querySelectorAll(selector)].map((part) => part.id.slice(2));
  const numbers = [...document.querySelectorAll(".mark")].map((mark) => [Number(mark.querySelector(".no").textContent), mark.id.slice(2)]);
  return { rows: ids(".row"), marks: numbers.sort(([a], [b]) => a - b).map(([, cell]) => cell) };
}

/** A browser for the drawing: what draws the living map here is software, and slow (`gl.test.mjs`). */
export function launch(args = ["--disable-3d-apis"]) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...args],
  });
}
