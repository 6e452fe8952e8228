// The living map in Chromium, its WebGL2 drawn by software: that it takes the drawing's place and shows the same, asks nobody
// but its own hub, stays within its budget, and leaves the drawing where it cannot work.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PATIENCE, SIZES, launch, orders, running, top } from "./demo.mjs";

const pictures = join(top, "tests/browser/out");
const WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
/** Software draws slowly on a busy machine, and all else waits for it. */
const SLOW = 3 * PATIENCE;
/** All that a first visit may take, in bytes on the wire. */
const BUDGET = 400_000;

let hub, browser;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  hub = await running();
  browser = await launch(WEBGL);
});

after(async () => {
  await browser?.close();
  await hub?.end();
});

/** A page that has come to life; what leaves the origin, what goes wrong, and what it asked for. */
async function open(path, options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: SIZES[1], reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const seen = { strangers: [], errors: [], tiles: [], asked: new Set() };
  context.on("request", (request) => {
    if (!/^data:|events$/.test(request.url())) seen.asked.add(request.url());
    if (!/^data:/.test(request.url()) && !request.url().startsWith(hub.url)) seen.strangers.push(request.url());
  });
  context.on("response", (response) => {
    if (response.url().includes(".mvt")) seen.tiles.push([response.url(), response.status()]);
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  await page.goto(hub.url + path, { waitUntil: "load" });
  await page.locator("html.on-air").waitFor({ timeout: SLOW });
  return { page, context, seen };
}

/** What addresses take on the wire: a browser does not tell of its workers' own scripts. */
async function weight(addresses) {
  const headers = { "accept-encoding": "br" };
  const answers = await Promise.all([...addresses].map((address) => fetch(address, { headers })));
  return answers.reduce((sum, answer) => sum + Number(answer.headers.get("content-length")), 0);
}

const drawn = (page) => page.locator("html[data-map=gl]").waitFor({ timeout: SLOW });
/** It has come to rest, and all that is in sight is drawn. */
const settled = (page) => page.locator("#gl[data-rests]").waitFor({ state: "attached", timeout: SLOW });

/** The colour in the middle of a place of the map, as a screen shows it. */
async function colour(page, x, y) {
  const { x: left, y: top } = await page.locator("#frame").boundingBox();
  const shot = await page.screenshot({ clip: { x: left + x, y: top + y, width: 1, height: 1 } });
  return page.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const context = document.createElement("canvas").getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }, shot.toString("base64"));
}

for (const viewport of SIZES) {
  test(`at ${viewport.width}x${viewport.height} it takes the drawing's place, with the same marks`, async () => {
    const { page, context, seen } = await open("", { viewport });
    await drawn(page);
    await settled(page);
    const { rows, marks } = await page.evaluate(orders);
    assert.ok(rows.length > 0);
    assert.deepEqual(marks, rows, "each row has its mark, with its number");
    assert.ok(seen.tiles.length > 0);
    assert.deepEqual(seen.tiles.filter(([, status]) => status !== 200 && status !== 204), []);
    const bytes = await weight(seen.asked);
    assert.ok(bytes > 0.7 * BUDGET && bytes < BUDGET, `${bytes} bytes of ${[...seen.asked].join(" ")}`);
    assert.deepEqual(seen.strangers, []);
    assert.deepEqual(seen.errors, []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= viewport.width, `${wide} px wide`);
    await page.screenshot({ path: join(pictures, `gl-${viewport.width}.png`) });
    await context.close();
  });
}

test("a mark leads to its row and a row to its mark", async () => {
  const { page, context, seen } = await open("");
  await drawn(page);
  // The newest: it does not fade meanwhile.
  const cell = (await page.locator(".row").first().getAttribute("id")).slice(2);
  await page.locator(`#m-${cell} .hit:visible`).click();
  await page.locator(`#s-${cell}.on`).waitFor({ timeout: SLOW });
  // From far away, the row brings the mark back into sight.
  await page.locator("#frame").focus();
  for (let press = 0; press < 4; press += 1) await page.keyboard.press("+");
  for (let press = 0; press < 12; press += 1) await page.keyboard.press("ArrowLeft");
  await settled(page);
  await page.locator(`#s-${cell} .to`).click();
  await settled(page);
  const [map, badge] = await Promise.all([
    page.locator("#frame").boundingBox(),
    page.locator(`#m-${cell} .hit:visible`).boundingBox(),
  ]);
  assert.ok(badge.x > map.x && badge.x < map.x + map.width, JSON.stringify({ map, badge }));
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("wheel, drag, keys and buttons move it, and the address follows", async () => {
  const { page, context, seen } = await open("");
  await drawn(page);
  const box = () => page.locator("#marks").getAttribute("viewBox");
  const moved = async (what, act) => {
    const before = await box();
    await act();
    await page.waitForFunction((old) => document.querySelector("#marks").getAttribute("viewBox") !== old, before, {
      timeout: SLOW,
    });
    await settled(page);
    assert.notEqual(await box(), before, what);
  };
  const { x, y, width, height } = await page.locator("#frame").boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await moved("wheel", () => page.mouse.wheel(0, -400));
  await page.waitForURL(/view=\d\.\d+\.\d+/, { timeout: SLOW });
  await moved("drag", async () => {
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 90, y + height / 2 + 40, { steps: 4 });
    await page.mouse.up();
  });
  await moved("button", () => page.locator("#moves .in").click());
  await page.locator("#frame").focus();
  await moved("key", () => page.keyboard.press("-"));
  await moved("link", () => page.locator("#areas a").nth(1).click());
  assert.match(page.url(), /view=area\.0/);
  await page.locator("#areas a").nth(1).and(page.locator("[aria-current]")).waitFor({ timeout: SLOW });
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("a place that was looked for keeps its pin, and the pin its place", async () => {
  const { page, context, seen } = await open("?q=5th+and+san+pedro");
  await drawn(page);
  const inside = () => page.evaluate(() => {
    const [pin, frame] = ["#marks .pin", "#frame"].map((name) => document.querySelector(name).getBoundingClientRect());
    return pin.left > frame.left && pin.right < frame.right && pin.top > frame.top && pin.bottom < frame.bottom;
  });
  await page.locator("#marks .pin").waitFor({ timeout: SLOW });
  assert.ok(await inside());
  await page.locator("#moves .in").click();
  await settled(page);
  assert.ok(await inside(), "nearer, it is still there");
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("a click says what an area counts, and the keyboard says it too", async () => {
  const { page, context, seen } = await open("?view=area.0");
  await drawn(page);
  await page.locator("#frame").focus();
  await page.keyboard.press("Enter");
  await page.locator("#said", { hasText: /\w/ }).waitFor({ timeout: SLOW });
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector("#said").textContent === "");
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("the slider and the steps move through the months, and the map and its words follow", async () => {
  const { page, context, seen } = await open("?view=area.0");
  await drawn(page);
  const names = await page.locator("#period option:not([value=none])").allTextContents();
  assert.ok(names.length > 1, "the demo has months");
  const oldest = names[names.length - 1];
  const value = await page.locator("#period option", { hasText: oldest }).getAttribute("value");
  const follows = async (name, period) => {
    await page.waitForURL((url) => url.searchParams.get("period") === period, { timeout: SLOW });
    for (const legend of await page.locator(".legend .scale").all()) assert.match(await legend.textContent(), new RegExp(name));
    assert.equal(await page.locator("#slide output").textContent(), name);
    assert.match(await page.locator("#files a").first().getAttribute("href"), new RegExp(`period=${period}`));
  };
  await page.locator("#slider").focus();
  await page.keyboard.press("Home");
  await follows(oldest, value);
  assert.equal(await page.locator("#slider").getAttribute("aria-valuetext"), oldest);
  const last = Date.now() + SLOW;
  while (!seen.tiles.some(([address]) => address.includes(`period=${value}`))) {
    assert.ok(Date.now() < last, "its tiles are asked for");
    await page.waitForTimeout(50);
  }
  assert.equal(await page.locator("html").getAttribute("data-map"), "gl");
  // A step is a link, and the page is not loaded anew.
  await page.evaluate(() => (window.same = true));
  await page.locator("#steps .next").click();
  const next = await page.locator("#period").evaluate((list, value) => {
    const at = [...list.options].findIndex((option) => option.value === value);
    return [list.options[at - 1].text, list.options[at - 1].value];
  }, value);
  await follows(...next);
  assert.ok(await page.evaluate(() => window.same));
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("it turns dark with the page", async () => {
  const { page, context, seen } = await open("?view=city&period=none");
  await drawn(page);
  await settled(page);
  const light = await colour(page, 4, 4);
  await page.emulateMedia({ colorScheme: "dark" });
  const sum = (rgb) => rgb.reduce((total, part) => total + part, 0);
  assert.ok(sum(light) > 3 * 150, `${light}`);
  const last = Date.now() + SLOW;
  for (let dark = light; sum(dark) >= 3 * 80; dark = await colour(page, 4, 4)) assert.ok(Date.now() < last, `${dark}`);
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("where its context is lost, the drawing is back", async () => {
  const { page, context, seen } = await open("");
  await drawn(page);
  await page.evaluate(() => {
    const canvas = document.querySelector("#gl canvas");
    canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext();
  });
  await page.locator("html:not([data-map])").waitFor({ timeout: SLOW });
  await page.locator("#gl").waitFor({ state: "detached", timeout: SLOW });
  assert.equal(await page.locator("#map").evaluate((map) => getComputedStyle(map).opacity), "1");
  assert.ok(await page.locator("#frame > #marks .mark").count());
  assert.deepEqual(seen.errors, []);
  await context.close();
});

test("without WebGL2, with little data or without its script nothing but the drawing is loaded", async () => {
  const saving = () => Object.defineProperty(navigator, "connection", { value: { saveData: true } });
  const none = () => {
    const context = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind === "webgl2" ? null : context.call(this, kind, ...rest);
    };
  };
  for (const prepare of [saving, none]) {
    const context = await browser.newContext({ viewport: SIZES[0] });
    await context.addInitScript(prepare);
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(hub.url, { waitUntil: "load" });
    await page.locator("html.on-air").waitFor({ timeout: SLOW });
    await page.waitForTimeout(3000);
    assert.deepEqual(asked.filter((url) => /\/gl-|\.mvt/.test(url)), []);
    assert.ok(await page.locator("#map").isVisible());
    await context.close();
  }
});
