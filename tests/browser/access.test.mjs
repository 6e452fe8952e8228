// The page for those who do not use it with eyes and a finger alone: axe's rules, the keyboard, large print, forced
// colours, still pictures. On a phone and on a desk, with and without scripts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { PATIENCE, SIZES, hears_once, launch, running } from "./demo.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = ["", "list", "?lang=es", "?view=area.0", "?view=city", "?lang=es&view=area.0&period=none", "poster", "?embed=1", "no/such/page"];

let hub, browser;

before(async () => {
  hub = await running();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await hub?.end();
});

/** A page in a context of its own, whose script rests once it lives: nothing moves while it is looked at. */
async function open(path, options, use) {
  const { scripts = true, ...rest } = options;
  const context = await browser.newContext({ locale: "en-US", viewport: SIZES[0], ...rest });
  const page = await context.newPage();
  // Axe and the keyboard's walk need scripts themselves: the page goes without its own.
  if (scripts) await page.addInitScript(hears_once);
  else await page.route("**/assets/*.js", (route) => route.abort());
  try {
    await page.goto(hub.url + path, { waitUntil: "load" });
    const lives = scripts && !/poster|no\//.test(path);
    if (lives) await page.locator("html.on-air").waitFor({ state: "attached", timeout: PATIENCE });
    return await use(page);
  } finally {
    await context.close();
  }
}

/** What axe finds, a line each. It runs in the browser's own world, so no policy of the page is in its way. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
    RULES,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary.replace(/\s+/g, " ")}`),
  );
}

/** The address of each layer that is not the first. */
async function layers() {
  const { layers } = await (await fetch(`${hub.url}api/v1/layers`)).json();
  return layers.slice(1).map(({ id }) => `?layer=${id}`);
}

for (const viewport of SIZES)
  for (const scripts of [true, false])
    test(`axe finds nothing at ${viewport.width}x${viewport.height}, ${scripts ? "with" : "without"} scripts`, async () => {
      const found = {};
      for (const path of [...VIEWS, ...(await layers())])
        await open(path, { viewport, scripts }, async (page) => {
          for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            const lines = await violations(page);
            if (lines.length) found[`${path} ${colorScheme}`] = lines;
          }
        });
      assert.deepEqual(found, {});
    });

/** Every control that can be seen, smaller than a finger; links within a sentence are read as text. */
function small() {
  const controls = [...document.querySelectorAll("a[href],button,select,summary,input:not([type=hidden]),[tabindex='0']")];
  const shown = controls.filter(
    (control) => !control.closest(".skip,#marks") && control.checkVisibility({ visibilityProperty: true }),
  );
  const boxes = shown.map((control) => [control.outerHTML.slice(0, 90), control.getBoundingClientRect()]);
  return boxes.filter(([, { width, height }]) => width < 43.5 || height < 43.5).map(([html, { width, height }]) => `${width} x ${height}: ${html}`);
}

test("every control is as large as a finger", async () => {
  for (const viewport of SIZES)
    for (const scripts of [true, false])
      for (const path of [...VIEWS, ...(await layers())])
        await open(path, { viewport, scripts }, async (page) => {
          assert.deepEqual(await page.evaluate(small), [], `${path} at ${viewport.width}`);
        });
});

/** Marks without a row, and rows without a mark. */
function unpaired() {
  const cells = (selector) => [...document.querySelectorAll(selector)].map((part) => part.id.slice(2));
  const [marks, rows] = [cells(".mark"), cells(".row")];
  return [...marks.filter((cell) => !rows.includes(cell)), ...rows.filter((cell) => !marks.includes(cell))];
}

test("every mark has its row, and every row its mark", async () => {
  for (const scripts of [true, false])
    for (const path of ["", "?lang=es", "?view=area.0", "?view=city", "?embed=1"])
      await open(path, { scripts }, async (page) => {
        assert.ok((await page.locator(".row").count()) > 0, path);
        assert.deepEqual(await page.evaluate(unpaired), [], path);
      });
});

/** Where the focus is: the control's number among all, and whether its outline can be seen. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { width, height, right, bottom } = element.getBoundingClientRect();
  return {
    html: element.outerHTML.slice(0, 90),
    at: [...document.querySelectorAll("*")].indexOf(element),
    visible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0 && right > 0 && bottom > 0,
  };
}

test("the Tab key reaches everything, in the order of the page, and shows where it is", async () => {
  for (const scripts of [true, false])
    for (const path of ["", "list", "?lang=es", "poster", "?embed=1"])
      await open(path, { viewport: SIZES[1], scripts }, async (page) => {
        const all = await page.evaluate(() => {
          const controls = [...document.querySelectorAll("a[href],button,input,select,summary,textarea,[tabindex='0']")];
          const shown = controls.filter(
            (control) => control.tabIndex >= 0 && control.checkVisibility({ visibilityProperty: true }),
          );
          return shown.map((control) => [...document.querySelectorAll("*")].indexOf(control));
        });
        const walk = [];
        for (let step = 0; step < all.length + 3; step += 1) {
          await page.keyboard.press("Tab");
          const here = await page.evaluate(focused);
          if (!here || walk.some(({ at }) => at === here.at)) break;
          assert.ok(here.visible, `${path}: the focus cannot be seen on ${here.html}`);
          walk.push(here);
        }
        assert.deepEqual(walk.map(({ at }) => at), all, path);
        if (path !== "poster" && !path.includes("embed")) assert.match(walk[0].html, /class="skip"/);
      });
});

test("the skip link leads to the list", async () => {
  await open("", { viewport: SIZES[1] }, async (page) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest("#now")), "the focus is in the list");
  });
});

/** How far one can scroll to the side. */
const beyond = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

test("in large print, on narrow screens and from right to left nothing is cut off", async () => {
  // 1280 x 800 at 200 % and at 400 %, and the narrowest phone.
  for (const viewport of [{ width: 640, height: 400 }, { width: 320, height: 200 }, { width: 320, height: 568 }])
    for (const path of VIEWS)
      await open(path, { viewport, scripts: false }, async (page) => {
        assert.equal(await page.evaluate(beyond), 0, `${path} at ${viewport.width}`);
        await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
        assert.equal(await page.evaluate(beyond), 0, `${path} at ${viewport.width} with letters twice as large`);
        await page.evaluate(() => {
          document.documentElement.style.fontSize = "";
          document.documentElement.dir = "rtl";
        });
        assert.equal(await page.evaluate(beyond), 0, `${path} at ${viewport.width} from right to left`);
      });
});

test("in forced colours what is chosen and what is a control can still be told", async () => {
  await open("?view=area.0", { forcedColors: "active", colorScheme: "dark", viewport: SIZES[1] }, async (page) => {
    const styles = await page.evaluate(() => {
      const of = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
      return {
        chosen: of("#areas [aria-current]", "backgroundColor"),
        other: of("#areas a:not([aria-current])", "backgroundColor"),
        step: of("#moves .in", "borderTopStyle"),
        bar: of("#rows progress", "forcedColorAdjust"),
      };
    });
    assert.notEqual(styles.chosen, styles.other);
    assert.equal(styles.step, "solid");
    assert.equal(styles.bar, "none");
    assert.deepEqual(await violations(page), []);
  });
});

test("who wants no motion sees none, but what has faded still goes", async () => {
  await open("", { reducedMotion: "reduce", scripts: false }, async (page) => {
    const moving = await page.evaluate(() =>
      document.getAnimations().filter(({ animationName }) => !["faded", "stale"].includes(animationName)).map(({ animationName }) => animationName),
    );
    assert.deepEqual(moving, []);
    assert.ok(await page.evaluate(() => document.getAnimations().some(({ animationName }) => animationName === "faded")));
    const durations = await page.evaluate(() =>
      [...document.querySelectorAll("*")].map((part) => getComputedStyle(part).transitionDuration).filter((time) => parseFloat(time) > 0),
    );
    assert.deepEqual(durations, []);
  });
});
