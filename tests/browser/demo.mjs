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

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
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

/** Waits until the opening messages are on the map: a page without scripts shows what there was when it was asked for. */
export async function shows(address) {
  const last = Date.now() + PATIENCE;
  for (;;) {
    const { features } = await (await fetch(`${address}api/v1/sightings.geojson`)).json();
    if (features.length > 0) return;
    assert.ok(Date.now() < last, "no sighting of the opening messages");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A hub with sightings: its address, and how to end it. */
export async function running() {
  if (process.env.SPOTLIGHT_URL) return { url: process.env.SPOTLIGHT_URL, end: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "spotlight-page-"));
  const [demo, url] = await start(await freePort(), folder);
  await shows(url);
  const end = () => {
    demo.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, end };
}

/** A browser for the drawing: what draws the living map here is software, and slow (`gl.test.mjs`). */
export function launch(args = ["--disable-3d-apis"]) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...args],
  });
}
