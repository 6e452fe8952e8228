// Without a connection the page is still there: map, layers, the number to text, and from when it is. Sightings are not:
// the hub makes the page that is kept without any (`views/offline.rs` says why), so nothing here can outlive its hour.

const worker = self as unknown as ServiceWorkerGlobalScope;
/** Each city of a hub has a worker for its folder, and what they keep lies in one place: this one's is under its own name. */
const OWN = ` ${worker.registration.scope}`;
const KEPT = `kept-2${OWN}`;
/** Milliseconds after which a kept page is replaced by a newer one, by the hub's clock. */
const FRESH = 6 * 3600 * 1000;
/** Milliseconds to wait for the hub before the kept page is shown. */
const PATIENCE = 15_000;

/** The page to keep in the language of an address. */
function keptAddress(of: URL): string {
  const address = new URL(worker.registration.scope);
  const lang = of.searchParams.get("lang") ?? "";
  if (/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(lang)) address.searchParams.set("lang", lang);
  address.searchParams.set("kept", "1");
  return address.href;
}

/**
 * Keeps the page for an address, and its script, unless the one that is kept is nearly as new as an answer's `date`;
 * without a date, unless there is any.
 */
async function keep(of: URL, date?: string): Promise<void> {
  const address = keptAddress(of);
  const cache = await caches.open(KEPT);
  const old = await cache.match(address, { ignoreVary: true });
  const age = Math.abs(Date.parse(date ?? "") - Date.parse(old?.headers.get("date") ?? ""));
  if (old && (date === undefined || age < FRESH)) return;
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) return;
  const page = await answer.clone().text();
  // It is made without sightings. If it ever were not, it is not kept.
  if (/data-fades|class="mark/.test(page)) return;
  const source = /<script type="module" src="([^"]+)"/.exec(page)?.[1];
  if (source) {
    const script = new URL(source, worker.registration.scope).href;
    for (const { url } of await cache.keys())
      if (url !== script && !new URL(url).searchParams.has("kept")) await cache.delete(url);
    if (!(await cache.match(script, { ignoreVary: true }))) await cache.add(script);
  }
  await cache.put(address, answer);
}

/** The living page; without an answer the one that is kept. */
async function page(event: FetchEvent, url: URL): Promise<Response> {
  const kept = async (): Promise<Response | undefined> =>
    (await caches.open(KEPT)).match(keptAddress(url), { ignoreVary: true });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(event.request, { signal: stop.signal });
    if (answer.status >= 500) return (await kept()) ?? answer;
    if (answer.ok) event.waitUntil(keep(url, answer.headers.get("date") ?? new Date().toUTCString()).catch(() => undefined));
    return answer;
  } catch (error) {
    const page = await kept();
    if (page) return page;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

worker.addEventListener("install", () => void worker.skipWaiting());

worker.addEventListener("activate", (event) => {
  const begin = async (): Promise<void> => {
    for (const name of await caches.keys())
      if (name === "kept-1" || (name.startsWith("kept-") && name.endsWith(OWN) && name !== KEPT)) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(begin());
});

// A page that was loaded before there was a worker asks to be kept.
worker.addEventListener("message", (event) => {
  if (event.source instanceof WindowClient) event.waitUntil(keep(new URL(event.source.url)).catch(() => undefined));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !request.url.startsWith(worker.registration.scope)) return;
  const path = request.url.slice(worker.registration.scope.length).split(/[?#]/)[0] ?? "";
  if (request.mode === "navigate") {
    // Map and list. A frame in another page is not kept.
    if (["", "list"].includes(path) && !url.searchParams.has("embed")) event.respondWith(page(event, url));
  } else if (path.startsWith("assets/")) {
    const asset = async (): Promise<Response> =>
      (await (await caches.open(KEPT)).match(request, { ignoreVary: true })) ?? fetch(request);
    event.respondWith(asset());
  }
});
