// Lighthouse as a phone on a slow network: `node lighthouse.mjs URL` prints what a first visit to each page takes there.
// Its browser finds no host but its own, and a page that asked for another would have it among its requests.

import { pathToFileURL } from "node:url";
import lighthouse from "lighthouse";
import { freePort, launch } from "./demo.mjs";

export const PAGES = ["", "list", "about"];
const OWN = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost";

/** A browser that Lighthouse can drive: it, and its port. */
export async function driven() {
  const port = await freePort();
  return { browser: await launch(["--disable-3d-apis", OWN, `--remote-debugging-port=${port}`]), port };
}

/** For what does not depend on time: no longer than the page needs. */
const HASTE = { throttlingMethod: "provided", pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 500, cpuQuietThresholdMs: 500 };

/** Scores from 0 to 100, what keeps them from 100, figures in milliseconds, and the addresses that were asked for. */
export async function judged(url, port, categories) {
  const pace = categories.includes("performance") ? {} : HASTE;
  const flags = { ...pace, port, logLevel: "error", output: [], onlyCategories: categories, onlyAudits: ["network-requests"] };
  const { lhr } = await lighthouse(url, flags);
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const scores = Object.fromEntries(categories.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
  const weighed = categories.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0));
  const failing = weighed.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 1);
  const figure = (id) => Math.round(lhr.audits[id]?.numericValue ?? 0);
  return {
    scores,
    faults: failing.map(({ id, title, details }) => `${id}: ${title} ${JSON.stringify(details?.items ?? []).slice(0, 400)}`),
    paint: figure("largest-contentful-paint"),
    blocked: figure("total-blocking-time"),
    asked: lhr.audits["network-requests"].details.items.map(({ url }) => url),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { browser, port } = await driven();
  const lines = [];
  for (const path of PAGES) {
    const { scores, paint, blocked } = await judged(process.argv[2] + path, port, ["performance"]);
    lines.push(`/${path} ${scores.performance} (largest paint ${paint} ms, blocked ${blocked} ms)`);
  }
  await browser.close();
  console.log(lines.join(", "));
}
