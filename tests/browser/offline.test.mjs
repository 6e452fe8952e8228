// Without a connection, and beside the page: what a browser keeps, the poster, the frame in another page, nearest first.
// The hub is behind a proxy with a folder of its own, which can be cut off.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PATIENCE, SIZES, launch, orders, running, top } from "./demo.mjs";

const pictures = join(top, "tests/browser/out");
const FOLDER = "/map/here/";
let hub, browser, proxy, url;
let isCut = false;
/** How much later the proxy says that it is, in milliseconds. */
let later = 0;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  hub = await running();
  browser = await launch();
  proxy = createServer((asked, answer) => {
    if (isCut) return asked.socket.destroy();
    const path = asked.url.startsWith(FOLDER) ? asked.url.slice(FOLDER.length) : "";
    const onward = request(new URL(path, hub.url), { method: asked.method, headers: asked.headers }, (from) => {
      if (from.headers.date) from.headers.date = new Date(Date.parse(from.headers.date) + later).toUTCString();
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${proxy.address().port}${FOLDER}`;
});

after(async () => {
  await browser?.close();
  proxy?.closeAllConnections();
  proxy?.close();
  await hub?.end();
});

function cut(to) {
  isCut = to;
  if (to) proxy.closeAllConnections();
}

/** Waits until the worker has kept a page of a language. */
async function keeps(page, query = "?kept=1") {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated", null, { timeout: PATIENCE });
  const isKept = async (query) =>
    Boolean(await caches.match(new URL(query, new URL(".", location.href)).href, { ignoreVary: true }));
  for (const last = Date.now() + PATIENCE; !(await page.evaluate(isKept, query)); ) {
    assert.ok(Date.now() < last, `${query} is not kept`);
    await page.waitForTimeout(50);
  }
}

test("what was seen online is there offline: the map and from when it is, and no sighting", async () => {
  const context = await browser.newContext({ viewport: SIZES[0], locale: "en-US" });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await page.goto(url);
    await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
    await keeps(page);
    const cells = await page.locator(".row").evaluateAll((rows) => rows.map((row) => row.id.slice(2)));
    assert.ok(cells.length > 0);
    // Nothing that a browser keeps holds a sighting.
    const kept = await page.evaluate(async () => {
      const texts = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const address of await cache.keys()) texts.push(await (await cache.match(address)).text());
      }
      return texts;
    });
    assert.ok(kept.length >= 2, "a page and its script");
    for (const cell of cells) assert.ok(!kept.some((text) => text.includes(cell)), cell);

    cut(true);
    for (const path of ["", "list", "?view=area.0"]) {
      await page.goto(url + path);
      const body = page.locator("body");
      await body.filter({ hasText: /Offline\. This is from \w+ \d+, \d{4}, \d\d:\d\d/ }).waitFor({ timeout: PATIENCE });
      assert.match(await body.innerText(), /No data: offline/);
      assert.equal(await page.locator(".row,.mark,.cell").count(), 0);
      assert.ok((await page.locator("#map [class^=k]").count()) > 0, "the layer is on the map");
      assert.doesNotMatch(await body.innerText(), /sightings? now|No sightings/);
    }
    await page.screenshot({ path: join(pictures, "offline-360x640.png"), fullPage: true });
    // Days later by the phone's clock, or years earlier: it says the same.
    for (const days of [-20_000, 9]) {
      const context2 = page;
      await context2.clock.setFixedTime(Date.now() + days * 86_400_000);
      await page.reload();
      assert.match(await page.locator("body").innerText(), /Offline\. This is from/);
      assert.equal(await page.locator(".row,.mark").count(), 0);
    }
    // The connection comes back: the page lives again by itself.
    cut(false);
    await page.locator("html.on-air").waitFor({ timeout: 2 * PATIENCE });
    await page.locator(".row").first().waitFor({ timeout: PATIENCE });
    assert.deepEqual(errors, []);
  } finally {
    cut(false);
    await context.close();
  }
});

test("a kept page becomes the living one as soon as the hub answers", async () => {
  const context = await browser.newContext({ viewport: SIZES[0] });
  const page = await context.newPage();
  try {
    await page.goto(`${url}?lang=es`);
    await keeps(page, "?lang=es&kept=1");
    cut(true);
    await page.goto(`${url}?lang=es`);
    await page.locator("#state", { hasText: /Sin conexi/ }).waitFor({ timeout: PATIENCE });
    cut(false);
    await page.locator(".row").first().waitFor({ timeout: 2 * PATIENCE });
    await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
  } finally {
    cut(false);
    await context.close();
  }
});

test("a kept page is replaced after six hours, and not before", async () => {
  const context = await browser.newContext({ viewport: SIZES[0] });
  const page = await context.newPage();
  const date = () =>
    page.evaluate(async () => {
      const kept = await caches.match(new URL("?kept=1", new URL(".", location.href)).href, { ignoreVary: true });
      return Date.parse(kept.headers.get("date"));
    });
  try {
    await page.goto(url);
    await keeps(page);
    const first = await date();
    later = 3_600_000;
    await page.reload();
    await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
    assert.equal(await date(), first);
    later = 7 * 3_600_000;
    await page.reload();
    const last = Date.now() + PATIENCE;
    while ((await date()) === first) {
      assert.ok(Date.now() < last, "the kept page was not replaced");
      await page.waitForTimeout(100);
    }
  } finally {
    later = 0;
    await context.close();
  }
});

test("where no worker may run the page lives without one and without a complaint", async () => {
  const context = await browser.newContext({ viewport: SIZES[0], serviceWorkers: "block" });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
  assert.deepEqual(errors, []);
  await context.close();
});

test("it can be put among a phone's apps", async () => {
  const response = await fetch(`${url}manifest.webmanifest?lang=es`);
  assert.equal(response.headers.get("content-type"), "application/manifest+json");
  const manifest = await response.json();
  assert.match(manifest.name, /Presencia policial/);
  const sizes = [];
  for (const { src, type } of manifest.icons) {
    const icon = await fetch(new URL(src, response.url));
    assert.equal(icon.headers.get("content-type"), type);
    const bytes = Buffer.from(await icon.arrayBuffer());
    if (type === "image/png") sizes.push(bytes.readUInt32BE(16));
  }
  assert.deepEqual(sizes, [192, 512]);
  // Chromium finds nothing amiss in it.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  const session = await context.newCDPSession(page);
  const { errors, url: found } = await session.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.equal(found, `${url}manifest.webmanifest`);
  await context.close();
});

test("the poster fits one sheet of A4 and of Letter, in one language and in both, and shows no sighting", async () => {
  const context = await browser.newContext({ viewport: SIZES[1] });
  const page = await context.newPage();
  for (const query of ["", "?lang=en", "?lang=es"]) {
    await page.goto(`${url}poster${query}`);
    assert.equal(await page.locator(".mark,.row,.cell").count(), 0);
    for (const format of ["A4", "Letter"]) {
      const pdf = await page.pdf({ format, preferCSSPageSize: false, path: join(pictures, `poster${query.slice(-2)}-${format}.pdf`) });
      const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
      assert.equal(sheets, 1, `${query} on ${format}`);
    }
  }
  await context.close();
});

test("on paper the page has no sighting either, and says why", async () => {
  const context = await browser.newContext({ viewport: SIZES[1], locale: "en-US" });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(".row").first().waitFor({ timeout: PATIENCE });
  await page.emulateMedia({ media: "print" });
  const seen = await page.locator(".row,.mark,.cell,.lead,#count").evaluateAll((parts) => parts.filter((part) => part.checkVisibility()).length);
  assert.equal(seen, 0);
  assert.match(await page.locator("body").innerText(), /Sightings are not printed/);
  await page.pdf({ format: "A4", path: join(pictures, "page.pdf") });
  await context.close();
});

test("another page may frame the map, and only as it is made for that", async () => {
  const context = await browser.newContext({ viewport: SIZES[0] });
  const page = await context.newPage();
  const host = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<iframe id=made src="${url}?embed=1" width=360 height=600></iframe><iframe id=other src="${url}"></iframe>`);
  });
  await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
  try {
    await page.goto(`http://127.0.0.1:${host.address().port}/`);
    const framed = page.frameLocator("#made");
    await framed.locator("html.on-air").waitFor({ timeout: PATIENCE });
    assert.ok((await framed.locator(".mark").count()) > 0);
    assert.equal(await framed.locator("form,#report,#near,textarea").count(), 0);
    await page.screenshot({ path: join(pictures, "embed.png"), fullPage: true });
    assert.equal(await page.frameLocator("#other").locator("#map").count(), 0);
    // The code on the page names the map's own address.
    await page.goto(url);
    await page.locator("#embed summary").click();
    const code = page.locator("#embed textarea");
    await page.waitForFunction(() => !document.querySelector("#embed textarea").value.includes("THE-ADDRESS"));
    const isSet = (await code.getAttribute("data-blank")) === null;
    assert.match(await code.inputValue(), isSet ? /src="https?:.+\/\?embed=1"/ : new RegExp(`src="${url}\\?embed=1"`));
  } finally {
    await context.close();
    host.close();
  }
});

test("nearest first: on a tap, in the phone alone", async () => {
  const context = await browser.newContext({
    viewport: SIZES[0],
    locale: "en-US",
    permissions: ["geolocation"],
    geolocation: { latitude: 34.0573, longitude: -118.2747 },
  });
  const page = await context.newPage();
  const requests = [];
  await page.goto(url);
  await page.locator("html.on-air").waitFor({ timeout: PATIENCE });
  const button = page.getByRole("button", { name: "Nearest first" });
  assert.match(await page.locator("#near").innerText(), /stays in this phone/);
  page.on("request", (request) => requests.push(request.url()));
  await button.click();
  await page.locator(".away", { hasText: /\d/ }).first().waitFor({ timeout: PATIENCE });
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  const far = await page.locator(".away").evaluateAll((all) =>
    all.map(({ textContent }) => parseFloat(textContent) * (/km/.test(textContent) ? 1000 : 1)),
  );
  assert.deepEqual(far, [...far].sort((a, b) => a - b));
  const { rows, marks } = await page.evaluate(orders);
  assert.deepEqual(marks, rows, "a mark's number is its row's");
  // Time for the map to rest: it asks the hub for no drawing of where the reader is, also when it is moved.
  await page.locator("#frame").focus();
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("+");
  await page.waitForTimeout(1500);
  assert.deepEqual(requests, []);
  assert.doesNotMatch(page.url(), /view=/);
  await page.screenshot({ path: join(pictures, "near-360x640.png"), fullPage: true });
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "false");
  const seen = await page.locator(".row").evaluateAll((rows) => rows.map((row) => Number(row.dataset.seen)));
  assert.ok(seen.length > 0);
  assert.deepEqual(seen, seen.toSorted((one, other) => other - one), "the newest is first again");
  assert.equal(await page.locator(".here").count(), 0);
  await context.close();
});

test("without scripts there is no button that does nothing", async () => {
  const context = await browser.newContext({ viewport: SIZES[0], javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url);
  assert.equal(await page.locator("#near button").isVisible(), false);
  await context.close();
});
