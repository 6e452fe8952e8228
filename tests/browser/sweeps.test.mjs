// Announced sweeps: a demo with a table of its own, on a phone and a desk, without scripts and with; its calendars, read by a
// library that is not ours.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import ICAL from "ical.js";
import { PATIENCE, SIZES, end, freePort, launch, start } from "./demo.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let folder, demo, url, browser;

/** So many days from now, as the table writes it. */
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const rows = [
  "id,date,start,end,place,area,latitude,longitude,kind,source",
  `1,${day(2)},07:00,12:30,"San Julian Park, north side",,34.0435,-118.2469,removal,Bureau of Sanitation`,
  `2,${day(3)},,,Hansen Dam,,,,cleaning,`,
  ...Array.from({ length: 12 }, (_, n) => `x${n},${day(4 + n)},09:00,,Echo Park Lake ${"path ".repeat(n % 9)},Echo Park,,,,`),
  `broken,${day(2)},,,1234 Main St,,,,,`,
];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "spotlight-sweeps-"));
  mkdirSync(join(folder, "hub"));
  writeFileSync(join(folder, "hub", "notices.csv"), rows.join("\n"));
  [demo, url] = await start(await freePort(), folder);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await end(demo);
  rmSync(folder, { recursive: true, force: true });
});

async function open(path, options, use) {
  const { scripts = true, ...rest } = options;
  const context = await browser.newContext({ locale: "en-US", viewport: SIZES[0], ...rest });
  const page = await context.newPage();
  if (!scripts) await page.route("**/assets/*.js", (route) => route.abort());
  try {
    await page.goto(url + path, { waitUntil: "load" });
    return await use(page);
  } finally {
    await context.close();
  }
}

test("the next sweeps stand on map and list, and all of them on their own page", async () => {
  for (const [path, most] of [["", 10], ["list", 5], ["sweeps", 14]]) {
    await open(path, { scripts: false }, async (page) => {
      assert.equal(await page.locator(".sweeps li").count(), most, path);
      const first = page.locator(".sweeps li", { hasText: "San Julian" });
      assert.match(await first.innerText(), /07:00–12:30\s+San Julian Park, north side, Skid Row/);
      assert.doesNotMatch(await page.locator("body").innerText(), /1234 Main/);
    });
  }
});

test("the first of them is told on the first screen of a phone, and leads to the list", async () => {
  await open("", { scripts: false }, async (page) => {
    const line = page.locator("#announced a");
    const box = await line.boundingBox();
    assert.ok(box && box.y + box.height <= SIZES[0].height, JSON.stringify(box));
    assert.ok(box.height >= 44, `${box.height}`);
    await line.click();
    await page.locator("#sweeps:target").waitFor({ timeout: PATIENCE });
  });
});

test("a row's letter and its place on the map lead to each other, and one without a place has none", async () => {
  await open("", { scripts: false, viewport: SIZES[1] }, async (page) => {
    const letters = await page.locator(".sweeps .to").allTextContents();
    assert.deepEqual(letters, await page.locator("#marks .leaf").allTextContents());
    assert.equal(letters[0], "A");
    assert.equal(await page.locator(".sweeps li:not(:has(.to))").count(), 10 - letters.length);
    const { height } = await page.locator("#marks .leaf .hit").first().boundingBox();
    assert.ok(height >= 44, `${height}`);
    const row = page.locator(".sweeps li", { hasText: "San Julian" });
    await row.locator(".to").click();
    await page.locator(".zone:target").waitFor({ timeout: PATIENCE });
    await page.locator("#marks .leaf").first().click();
    await page.locator(".sweeps li:target", { hasText: "San Julian" }).waitFor({ timeout: PATIENCE });
  });
});

test("in a frame they are on the map, too, and lead to their own page beside it", async () => {
  for (const viewport of SIZES)
    for (const scripts of [false, true])
      await open("?embed=1", { scripts, viewport }, async (page) => {
        if (scripts) await page.locator("html.on-air").waitFor({ state: "attached", timeout: PATIENCE });
        for (const link of [page.locator("#announced a"), page.locator("#marks .leaf").first()]) {
          const [opened] = await Promise.all([page.context().waitForEvent("page", { timeout: PATIENCE }), link.click()]);
          await opened.locator(".sweeps li", { hasText: "San Julian" }).waitFor({ timeout: PATIENCE });
        }
      });
});

/** The cell of the first row's place, in pixels of the map's frame. */
async function zone(page) {
  const [cell, frame] = [page.locator("#marks .zone").first(), page.locator("#frame")];
  const [of, within] = [await cell.boundingBox(), await frame.boundingBox()];
  return { x: of.x + of.width / 2 - within.x, y: of.y + of.height / 2 - within.y, width: of.width };
}

const near = (one, other, off) => ["x", "y", "width"].every((key) => Math.abs(one[key] - other[key]) <= off);

test("the places of sweeps move with the drawing, and the living map shows them where it does", async () => {
  const drawn = await open("", { viewport: SIZES[1] }, async (page) => {
    const still = await zone(page);
    await page.locator("html.on-air").waitFor({ state: "attached", timeout: PATIENCE });
    const live = await zone(page);
    assert.ok(near(still, live, 2), JSON.stringify([still, live]));
    await page.locator("#frame").press("+");
    const closer = await zone(page);
    assert.ok(Math.abs(closer.width / live.width - 2) < 0.1, JSON.stringify([live, closer]));
    await page.locator("#frame").press("ArrowRight");
    const moved = await zone(page);
    assert.ok(near(moved, { ...closer, x: closer.x - 80 }, 2), JSON.stringify([closer, moved]));
    return live;
  });
  const gl = await launch(["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
  try {
    const page = await gl.newPage({ locale: "en-US", viewport: SIZES[1], reducedMotion: "reduce" });
    await page.goto(url, { waitUntil: "load" });
    await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
    // Software draws slowly on a busy machine.
    await page.locator("html[data-map=gl]").waitFor({ timeout: 3 * PATIENCE });
    const living = await zone(page);
    assert.ok(near(drawn, living, 6), JSON.stringify([drawn, living]));
  } finally {
    await gl.close();
  }
});

test("pages with sweeps hold to the rules of access, fit a phone and have links of a finger's size", async () => {
  for (const viewport of SIZES)
    for (const path of ["", "?lang=es", "?embed=1", "list?lang=es", "sweeps", "sweeps?lang=es"])
      await open(path, { viewport, scripts: false }, async (page) => {
        await page.evaluate(axe);
        const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${path}: ${wide}`);
        for (const link of await page.locator("#announced a, #sweeps a, .ways a").all()) {
          const { height } = await link.boundingBox();
          assert.ok(height >= 44, `${path}: ${await link.innerText()} is ${height} high`);
        }
      });
});

test("a sweep that is over goes from an open page, and with the last of them all that announces them", async () => {
  await open("", {}, async (page) => {
    await page.locator("html.on-air").waitFor({ state: "attached", timeout: PATIENCE });
    const count = await page.locator(".sweeps li").count();
    await page.locator(".sweeps li").first().evaluate((item) => (item.dataset.over = "1"));
    await page.waitForFunction((left) => document.querySelectorAll(".sweeps li").length === left, count - 1, { timeout: PATIENCE });
    await page.evaluate(() => document.querySelectorAll("[data-over]").forEach((item) => (item.dataset.over = "1")));
    await page.locator("#sweeps").waitFor({ state: "detached", timeout: PATIENCE });
    assert.equal(await page.locator("#announced, .zone, .leaf, .zones-mean").count(), 0);
  });
});

test("what is announced, changed or called off comes to an open page, on map and list", async () => {
  const file = join(folder, "hub", "notices.csv");
  const told = [rows[0], `7,${day(1)},08:00,,MacArthur Park,,34.0592,-118.2747,,`];
  try {
    await open("", {}, (map) =>
      open("list?lang=es", {}, (list) => open("?embed=1", {}, async (frame) => {
        const both = [map, list];
        for (const page of [...both, frame]) await page.locator("html.on-air").waitFor({ state: "attached", timeout: PATIENCE });
        const count = (page, n) =>
          page.waitForFunction((n) => document.querySelectorAll(".sweeps li").length === n, n, { timeout: PATIENCE });
        for (const [table, n] of [[[told[0]], 0], [told, 1], [rows, 10]]) {
          writeFileSync(file, table.join("\n"));
          for (const page of both) await count(page, page === list ? Math.min(n, 5) : n);
          const zones = await map.locator(".zone").count();
          await frame.waitForFunction((n) => document.querySelectorAll(".zone").length === n, zones, { timeout: PATIENCE });
          assert.equal(await frame.locator("#announced").count(), Math.min(n, 1));
          if (n !== 1) continue;
          assert.match(await map.locator("#announced").innerText(), /MacArthur Park/);
          assert.deepEqual(await map.locator(".leaf").allTextContents(), ["A"]);
          assert.equal(await map.locator(".zones-mean").count(), 2);
          assert.match(await list.locator("#sweeps").innerText(), /Desalojos y limpiezas anunciados[^]*MacArthur Park/);
        }
      })),
    );
  } finally {
    writeFileSync(file, rows.join("\n"));
  }
});

test("calendars are read by a library, with their hours on the city's clock", async () => {
  // The table that another test has put in place is read by and by.
  for (const last = Date.now() + PATIENCE; ; ) {
    const { features } = await (await fetch(`${url}api/v1/sweeps.geojson`)).json();
    if (features.length === 14) break;
    assert.ok(Date.now() < last, `${features.length} sweeps`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const [path, count] of [["sweeps.ics", 14], ["sweeps/skid-row.ics?lang=es", 1], ["sweeps/watts.ics", 0]]) {
    const answer = await fetch(url + path);
    assert.equal(answer.headers.get("content-type"), "text/calendar; charset=utf-8");
    const calendar = new ICAL.Component(ICAL.parse(await answer.text()));
    const zone = new ICAL.Timezone(calendar.getFirstSubcomponent("vtimezone"));
    assert.equal(zone.tzid, "America/Los_Angeles");
    ICAL.TimezoneService.register(zone);
    const events = calendar.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
    assert.equal(events.length, count, path);
    const [first] = events;
    if (!first) continue;
    const { date, starts } = await (async () => {
      const { features } = await (await fetch(`${url}api/v1/sweeps.geojson`)).json();
      return { date: features[0].properties.date, starts: features[0].properties.starts_at };
    })();
    assert.equal(first.startDate.toString(), `${date}T07:00:00`);
    assert.equal(first.startDate.toJSDate().toISOString().replace(".000", ""), starts);
    assert.match(first.location, /San Julian Park, north side, Skid Row, Los Angeles/);
  }
});
