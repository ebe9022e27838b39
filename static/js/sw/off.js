/**
 * Takes the place of a worker that does harm: lets go of every kept build and of itself, and touches no records. Loaded by
 * /app/sw.js when the worker is switched off.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** A page of ours answers at once and loads itself anew when nothing typed is lost by it; a page that cannot is helped. */
const PATIENCE_MS = 3000;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));

worker.addEventListener('activate', (event) => event.waitUntil(go()));

async function go() {
  const pages = await worker.clients.matchAll({ type: 'window' }); // as they are now: those that load themselves anew meanwhile are done
  for (const name of await worker.caches.keys()) if (name.startsWith('fieldservice-')) await worker.caches.delete(name);
  await worker.registration.unregister();
  await Promise.all(pages.map(async (page) => {
    if (!(await answers(page))) await page.navigate(page.url).catch(() => {}); // it has gone by itself
  }));
}

/** @param {WindowClient} page @returns {Promise<boolean>} */
async function answers(page) {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), PATIENCE_MS);
  });
  page.postMessage({ type: 'off' }, [port2]);
  const isThere = await answer;
  port1.close();
  return isThere;
}
