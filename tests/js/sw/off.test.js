// The worker that takes the place of one that does harm.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

/** Runs the worker over these pages. @param {Record<string, any>[]} pages */
async function switchOff(pages) {
  /** @type {string[]} */
  const done = [];
  const kept = ['fieldservice-b1', 'fieldservice-b2', 'somebody-else'];
  const worker = Object.assign(new EventTarget(), {
    skipWaiting: async () => { done.push('skipWaiting'); },
    caches: { keys: async () => [...kept], delete: async (/** @type {string} */ name) => kept.splice(kept.indexOf(name), 1) },
    clients: { matchAll: async () => pages },
    registration: { unregister: async () => { done.push('unregister'); } },
  });
  Object.assign(globalThis, { self: worker });
  const address = new URL('../../../static/js/sw/off.js', import.meta.url);
  await import(`${address}?pages=${pages.map(({ url }) => url)}`);
  /** @type {Promise<any>[]} */
  const work = [];
  const tell = (/** @type {string} */ name) => worker.dispatchEvent(Object.assign(new Event(name), { waitUntil: (/** @type {any} */ promise) => work.push(promise) }));
  tell('install');
  tell('activate');
  return { done, kept, end: () => Promise.all(work) };
}

test('it lets go of our builds and of itself; only a page that does not answer is loaded anew by it', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  /** @type {string[]} */
  const loaded = [];
  const page = (/** @type {string} */ url, /** @type {(ports: any[]) => void} */ hears) => ({
    url, postMessage: (/** @type {any} */ _, /** @type {any[]} */ ports) => hears(ports), navigate: async () => { loaded.push(url); },
  });
  const { done, kept, end } = await switchOff([
    page('/app/#/me', ([port]) => port.postMessage('')), page('/app/', () => {}),
    { ...page('/app/gone', () => {}), navigate: async () => { throw new TypeError('gone'); } },
  ]);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => { setImmediate(resolve); });
  assert.deepEqual(loaded, [], 'they have time to answer');
  mock.timers.tick(3000);
  await end();
  assert.deepEqual([done, kept, loaded], [['skipWaiting', 'unregister'], ['somebody-else'], ['/app/']]);
});
