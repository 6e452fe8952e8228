// What needs more than a page: a worker that keeps it for when there is no connection, and the code for other pages.

import { words } from "./words";

const folder = new URL(".", location.href);

/** Only where the connection is secure, and not in somebody else's page; a browser that wants none goes without. */
export function keep(): void {
  if (words.embedded || !isSecureContext || !("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  workers.register(new URL("sw.js", folder)).catch(() => undefined);
  void workers.ready.then((registration) => registration.active?.postMessage("keep"));
}

/** Puts this map's address into the code for a frame, where the hub does not know it. */
export function address(): void {
  const code = document.querySelector<HTMLTextAreaElement>("#embed textarea[data-blank]");
  const blank = code?.dataset.blank;
  if (code && blank) code.value = code.value.replace(blank, folder.href);
}
