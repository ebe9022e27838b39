import { bus } from '#app/core/events.js';

/**
 * The page's side of the service worker. A new build waits until a person takes it; then every tab loads it, once, as soon as
 * nothing would be lost there. Until then a tab goes on with its own build, whose files the new worker still has.
 */

const LOOK_MS = 500;

/** @type {ServiceWorkerRegistration | null} */
let registration = null;
/** Who answered for this page when it was loaded. */
let controller = globalThis.navigator?.serviceWorker?.controller ?? null;
/** The person of this tab wants it now. */
let isAsked = false;
/** Another build is in charge than the one that this page was made of. */
let isBehind = false;
let isBusy = () => false;

/**
 * Registers the worker that makes the app open without a network; emits 'build' when a new version waits.
 * @param {() => boolean} busy something here is in nobody's store yet: the page must not be loaded anew by itself
 * @returns {Promise<boolean>} false where the browser cannot (insecure context, private window), or the office has switched it off
 */
export async function startUpdates(busy) {
  isBusy = busy;
  const { serviceWorker } = navigator;
  if (!serviceWorker) return false;
  const { build, worker } = document.documentElement.dataset;
  serviceWorker.addEventListener('controllerchange', look);
  serviceWorker.addEventListener('message', ({ ports }) => ports[0]?.postMessage('')); // of `sw/off.js`: this page sees to itself
  look();
  if (worker === 'off') return false;
  bus.on('server-build', () => void check());
  try {
    registration = await serviceWorker.register(scriptAddress('/app/sw.js'), { scope: '/app/', type: 'module', updateViaCache: 'none' });
  } catch (error) {
    console.warn('The app cannot be kept for use without a network.', error);
    return false;
  }
  watch(registration);
  registration.active?.postMessage({ type: 'started', build });
  return true;
}

/** Looks for a new version now. */
export async function check() {
  try {
    await registration?.update();
  } catch {
    // no network: the next contact asks again
  }
}

/** Whether a new version could be taken now. */
export function isNewBuild() {
  return isBehind || Boolean(registration?.waiting && navigator.serviceWorker.controller);
}

/**
 * The waiting version takes over and the page loads it.
 * @returns {boolean} false: none waits
 */
export function takeOver() {
  const waiting = registration?.waiting;
  isAsked = Boolean(waiting) || isBehind;
  if (waiting) waiting.postMessage({ type: 'take-over' });
  else if (isBehind) location.reload();
  return isAsked;
}

/** The first worker takes over from nobody. */
function look() {
  const was = controller;
  controller = navigator.serviceWorker.controller;
  if (!was || was === controller || (isBehind && !isAsked)) return;
  isBehind = true;
  settle();
}

/** Loads the page anew when that loses nothing; until then the person sees that a version waits. */
function settle() {
  if (isAsked || !isBusy()) return location.reload();
  bus.emit('build', {});
  setTimeout(settle, LOOK_MS);
}

/** @param {ServiceWorkerRegistration} watched */
function watch(watched) {
  if (isNewBuild()) bus.emit('build', {});
  watched.addEventListener('updatefound', () => {
    const worker = watched.installing;
    worker?.addEventListener('statechange', () => {
      // Without a controller it is the first one: nothing to take over from.
      if (worker.state === 'installed' && navigator.serviceWorker.controller) bus.emit('build', {});
    });
  });
}

/** @type {any} a name is given once a page */
let policy = null;

/** Trusted Types let scripts be loaded from addresses of a known policy only. @param {string} path of the service worker, or of the one that orders a day @returns {string} */
export function scriptAddress(path) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return path;
  policy ??= types.createPolicy('fieldservice', { createScriptURL: (/** @type {string} */ url) => (/^\/(app\/sw|static\/\w+\/js\/phone\/order)\.js$/.test(url) ? url : '') });
  return policy.createScriptURL(path);
}
