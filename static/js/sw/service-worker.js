/**
 * Keeps one build of the app on the phone. It owns no data and never touches the API. Loaded by /app/sw.js, which names
 * the build in the address of this file.
 */
import { answerFor, cleanUp, fill } from './precache.js';

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const build = /\/static\/([^/]+)\//.exec(import.meta.url)?.[1] ?? '';
const around = { caches: worker.caches, fetch: worker.fetch.bind(worker), origin: worker.location.origin };

worker.addEventListener('install', (event) => event.waitUntil(fill(build, around)));

worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('message', (event) => {
  if (event.data?.type === 'take-over') event.waitUntil(worker.skipWaiting());
  if (event.data?.type === 'started' && event.data.build === build) event.waitUntil(Promise.all([takeCharge(), cleanUpWhenAlone()]));
});

worker.addEventListener('fetch', (event) => {
  const answer = answerFor(event.request, build, around);
  if (answer) event.respondWith(answer());
});

/**
 * A page that was on its way while this worker came into force belongs to nobody: it was asked for too early and was there too
 * late to be claimed. Without a network it could then load no further module.
 */
async function takeCharge() {
  await worker.clients.claim().catch(() => {}); // another build has come into force meanwhile
}

/** Not while another tab may still run an older build, nor while a newer one is being kept. */
async function cleanUpWhenAlone() {
  const { active, installing, waiting } = worker.registration;
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const tabs = windows.filter(({ url }) => new URL(url).pathname.startsWith('/app/'));
  if (active?.state === 'activated' && !installing && !waiting && tabs.length === 1) await cleanUp(build, around);
}
