/**
 * One immutable build in one cache, whole or not at all. Cache Storage and fetch are given, so that this runs in tests.
 * @typedef {{caches: CacheStorage, fetch: typeof globalThis.fetch, origin: string}} Surroundings
 */

const PREFIX = 'fieldservice-';
/** Requests at a time: a phone's line chokes on more. */
const AT_ONCE = 8;

/** @param {string} build */
export function cacheName(build) {
  return PREFIX + build;
}

/** @param {string} build */
export function shellAddress(build) {
  return `/app/shell?build=${build}`;
}

/**
 * Fetches everything the app of this build may ask for. Rejects, leaving no half cache behind, when anything is missing.
 * @param {string} build
 * @param {Surroundings} around
 */
export async function fill(build, { caches, fetch, origin }) {
  const name = cacheName(build);
  const wasHere = await caches.has(name); // the server went back to a build that tabs, or the worker in charge, may still need
  try {
    const list = await (await good(fetch, `${origin}/static/${build}/precache.json`)).json();
    if (list.build !== build) throw new Error(`The list is of build ${list.build}, not ${build}.`);
    const cache = await caches.open(name);
    const urls = [...new Set([shellAddress(build), ...list.urls])];
    for (let at = 0; at < urls.length; at += AT_ONCE) {
      await Promise.all(urls.slice(at, at + AT_ONCE).map(async (url) => cache.put(url, await good(fetch, origin + url))));
    }
  } catch (error) {
    if (!wasHere) await caches.delete(name);
    throw error;
  }
}

/**
 * Deletes the caches of other builds. Call only once this build is in charge, none is on its way and no tab runs another.
 * @param {string} build
 * @param {Surroundings} around
 */
export async function cleanUp(build, { caches }) {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== cacheName(build));
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * The answer to a request of the page, or null: the worker has no business with it (the API, other pages).
 * A shell always comes from the cache first: the app must open at once, also where the network is a lie.
 * @param {Request} request
 * @param {string} build
 * @param {Surroundings} around
 * @returns {(() => Promise<Response>) | null}
 */
export function answerFor(request, build, around) {
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== around.origin) return null;
  if (request.mode === 'navigate') return pathname.startsWith('/app/') ? () => shell(request, build, around) : null;
  const of = /^\/static\/([^/]+)\//.exec(pathname)?.[1];
  if (!of) return null;
  return of === build ? () => kept(pathname, build, around) : () => left(request, of, around);
}

/**
 * When the browser has evicted this build's shell and the server has moved on, the page comes as the server serves it now:
 * another build, but whole, for its files are none of this worker's business.
 * @param {Request} request
 * @param {string} build
 * @param {Surroundings} around
 */
async function shell(request, build, around) {
  const own = await kept(shellAddress(build), build, around);
  return isGood(own) ? own : around.fetch(request.url, { credentials: 'same-origin' });
}

/**
 * A tab goes on with the build that was in charge before: the server has it no more, its cache stays until that tab is gone.
 * @param {Request} request
 * @param {string} build
 * @param {Surroundings} around
 */
async function left(request, build, { caches, fetch }) {
  const name = cacheName(build);
  const found = (await caches.has(name)) && (await (await caches.open(name)).match(new URL(request.url).pathname));
  return found || fetch(request);
}

/**
 * From the cache; what the browser has evicted comes from the network and is kept again.
 * @param {string} path
 * @param {string} build
 * @param {Surroundings} around
 */
async function kept(path, build, { caches, fetch, origin }) {
  const cache = await caches.open(cacheName(build));
  const found = await cache.match(path);
  if (found) return found;
  const response = await fetch(origin + path, { credentials: 'same-origin' });
  if (isGood(response)) await cache.put(path, response.clone()).catch(() => {});
  return response;
}

/** @param {Surroundings['fetch']} fetch @param {string} url */
async function good(fetch, url) {
  const response = await fetch(url, { cache: 'reload', credentials: 'same-origin' });
  if (!isGood(response)) throw new Error(`${url}: ${response.status}`);
  return response;
}

/** A redirect would be refused by a navigation later; a captive portal answers with one. @param {Response} response */
function isGood(response) {
  return response.ok && !response.redirected;
}
