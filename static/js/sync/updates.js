import { bus } from '#app/core/events.js';

/** The page's side of the service worker: a new build waits until the page says that nothing would be lost. */

/** @type {ServiceWorkerRegistration | null} */
let registration = null;

/**
 * Registers the worker that makes the app open without a network; emits 'build' when a new version waits.
 * @returns {Promise<boolean>} false where the browser cannot (insecure context, private window)
 */
export async function startUpdates() {
  if (!('serviceWorker' in navigator)) return false;
  bus.on('server-build', () => void check());
  try {
    registration = await navigator.serviceWorker.register(scriptAddress('/app/sw.js'), { scope: '/app/', type: 'module', updateViaCache: 'none' });
  } catch (error) {
    console.warn('The app cannot be kept for use without a network.', error);
    return false;
  }
  watch(registration);
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

/**
 * The waiting version takes over and the page loads it. Call only when no form is dirty.
 * @returns {boolean} false: none waits
 */
export function takeOver() {
  const waiting = registration?.waiting;
  if (!waiting) return false;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage({ type: 'take-over' });
  return true;
}

/** @param {ServiceWorkerRegistration} watched */
function watch(watched) {
  if (watched.waiting && navigator.serviceWorker.controller) bus.emit('build', {});
  watched.addEventListener('updatefound', () => {
    const worker = watched.installing;
    worker?.addEventListener('statechange', () => {
      // Without a controller it is the first one: nothing to take over from.
      if (worker.state === 'installed' && navigator.serviceWorker.controller) bus.emit('build', {});
    });
  });
}

/** Trusted Types let scripts be loaded from addresses of a known policy only. @param {string} path @returns {string} */
function scriptAddress(path) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return path;
  const policy = types.createPolicy('fieldservice', { createScriptURL: (/** @type {string} */ url) => (url === '/app/sw.js' ? url : '') });
  return policy.createScriptURL(path);
}
