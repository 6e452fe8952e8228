// What Lighthouse thinks of the pages on a phone: nothing is missing for access and good practice. How fast they are
// depends on the machine, so that is a figure of the benchmarks (`lighthouse.mjs`).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { running } from "./demo.mjs";
import { PAGES, driven, judged } from "./lighthouse.mjs";

const CATEGORIES = ["accessibility", "best-practices"];
let hub, browser, port;

before(async () => {
  hub = await running();
  ({ browser, port } = await driven());
});

after(async () => {
  await browser?.close();
  await hub?.end();
});

for (const path of PAGES)
  test(`Lighthouse finds nothing on /${path}, and it asks nobody else`, async () => {
    const { scores, faults, asked } = await judged(hub.url + path, port, CATEGORIES);
    assert.deepEqual(scores, { accessibility: 100, "best-practices": 100 }, faults.join("\n"));
    assert.ok(asked.some((address) => address.startsWith(hub.url)), "it was asked for");
    const strangers = asked.filter((address) => !address.startsWith(hub.url) && !address.startsWith("data:"));
    assert.deepEqual(strangers, []);
  });
