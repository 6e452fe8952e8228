// The drawn page beside pictures of it that were looked at and found good. What moves is held still: the page is the one
// that browsers keep (no sightings, no connection), and its script is told the same four sightings at the same time.
//
// `SPOTLIGHT_DRAW=1` takes the pictures anew, of the demo, with Debian's chromium and DejaVu fonts; look at them before
// they are committed. What differs is left in `out/`.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { PATIENCE, launch, running, top } from "./demo.mjs";

const folder = join(top, "tests/browser/pictures");
const out = join(top, "tests/browser/out");
/** The share of the pixels that may differ: letters are smoothed a little differently by each version of a browser. */
const TOLERANCE = 0.01;
const AT = "2026-07-01T22:00:00Z";

const PHONE = { width: 360, height: 640 };
const DESK = { width: 1280, height: 800 };
const CASES = [
  ["phone", "?", PHONE, {}],
  ["phone-dark", "?", PHONE, { colorScheme: "dark" }],
  ["phone-spanish", "?lang=es&", PHONE, {}],
  ["phone-plain", "?", PHONE, { plain: true }],
  ["tablet", "?", { width: 768, height: 1024 }, {}],
  ["desk", "?", DESK, {}],
  ["desk-dark", "?view=area.0&", DESK, { colorScheme: "dark" }],
  ["print", "?", { width: 794, height: 1123 }, { media: "print" }],
  ["poster", "poster?", { width: 794, height: 1123 }, { media: "print" }],
];

let hub, browser;

before(async () => {
  mkdirSync(folder, { recursive: true });
  mkdirSync(out, { recursive: true });
  hub = await running();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await hub?.end();
});

/** A sighting's cell, about as large as one. */
function feature(n, lat, lon, level, minutes) {
  const corner = (k) => [lon + 0.0021 * Math.sin((k * Math.PI) / 3), lat + 0.0017 * Math.cos((k * Math.PI) / 3)];
  const ring = [0, 1, 2, 3, 4, 5, 0].map(corner);
  const time = (later) => new Date(Date.parse(AT) + later * 60_000).toISOString();
  const [last_seen, fades_at] = [time(-minutes), time(60 - minutes)];
  const properties = { cell: `cell${n}`, label: `near ${n}TH ST & MAIN ST`, level, last_seen, fades_at };
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties };
}

const sightings = {
  at: AT,
  node_online: true,
  reported_gone: { cell7: AT },
  features: [
    feature(5, 34.0442, -118.2439, "corroborated", 3),
    feature(6, 34.0475, -118.2502, "photo", 12),
    feature(7, 34.0561, -118.2745, "unconfirmed", 31),
    feature(8, 34.0985, -118.3277, "unconfirmed", 52),
  ],
};

/** In the place of the hub's stream: says once what there is. */
function still(data) {
  window.EventSource = class {
    addEventListener(name, listener) {
      if (name === "sightings") setTimeout(() => listener({ data }));
    }
    close() {}
  };
}

async function picture([, path, viewport, { media = "screen", plain = false, colorScheme = "light" }]) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    locale: "en-US",
    reducedMotion: "reduce",
    serviceWorkers: "block",
    // Half as large is large enough to see what moved, and a third of the bytes.
    deviceScaleFactor: viewport.width > 500 ? 0.5 : 1,
  });
  const page = await context.newPage();
  await page.addInitScript(still, JSON.stringify(sightings));
  const seconds = Date.parse(AT) / 1000;
  const hold = async (route) => {
    const address = new URL(route.request().url());
    address.searchParams.set("kept", "1");
    const response = await route.fetch({ url: address.href });
    const body = (await response.text())
      .replace('"kept":true', '"kept":false')
      .replace(/"(at|latest)":\d+/g, `"$1":${seconds}`)
      .replace(/(id="state"[^>]*>)[^<]*/, "$1as of 15:00")
      .replace(/(, (?:read|leídos) )[^.<]*/g, "$1just now")
      .replace(/(As of|Del) [^.]*\d\d:\d\d\./g, "$1 July 1, 2026, 15:00.");
    await route.fulfill({ response, body });
  };
  await page.route((address) => /\/(list|poster)?$/.test(address.pathname), hold);
  if (plain) await page.route("**/assets/*.js", (route) => route.abort());
  try {
    await page.emulateMedia({ media });
    await page.goto(hub.url + path);
    if (!plain && !path.startsWith("poster")) await page.locator(".row").nth(3).waitFor({ state: "attached", timeout: PATIENCE });
    await page.evaluate(() => document.fonts.ready);
    // What the event made the page ask for has come.
    await page.waitForLoadState("networkidle");
    await page.unrouteAll({ behavior: "wait" });
    return await page.screenshot({ animations: "disabled" });
  } finally {
    await context.close();
  }
}

/** In eight steps a colour, which is near enough to compare by and a quarter of the bytes. */
function coarse(picture) {
  const png = PNG.sync.read(picture);
  png.data.forEach((value, n) => (png.data[n] = Math.round((Math.round((value * 7) / 255) * 255) / 7)));
  return PNG.sync.write(png, { colorType: 2, deflateLevel: 9, filterType: 0 });
}

for (const one of CASES)
  test(`the page looks as it did: ${one[0]}`, async () => {
    const taken = await picture(one);
    const file = join(folder, `${one[0]}.png`);
    if (process.env.SPOTLIGHT_DRAW || !existsSync(file)) {
      assert.ok(process.env.SPOTLIGHT_DRAW, `no picture ${file}`);
      return writeFileSync(file, coarse(taken));
    }
    const [now, then] = [PNG.sync.read(taken), PNG.sync.read(readFileSync(file))];
    assert.deepEqual([now.width, now.height], [then.width, then.height]);
    const diff = new PNG({ width: now.width, height: now.height });
    const differing = pixelmatch(then.data, now.data, diff.data, now.width, now.height, { threshold: 0.2 });
    const share = differing / (now.width * now.height);
    if (share > TOLERANCE) {
      writeFileSync(join(out, `${one[0]}-now.png`), taken);
      writeFileSync(join(out, `${one[0]}-differs.png`), PNG.sync.write(diff));
    }
    assert.ok(share <= TOLERANCE, `${(share * 100).toFixed(1)} % of the pixels differ: out/${one[0]}-differs.png`);
  });
