import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { bus } from '#app/core/events.js';
import { startUpdates, takeOver } from '#app/sync/updates.js';

test('a new build waits until the page lets it take over', async (t) => {
  /** @type {any[]} */
  const calls = [];
  const registration = Object.assign(new EventTarget(), { waiting: /** @type {any} */ (null), installing: /** @type {any} */ (null), update: async () => calls.push('update') });
  const serviceWorker = Object.assign(new EventTarget(), { controller: {}, register: async (/** @type {any[]} */ ...args) => { calls.push(args); return registration; } });
  aPage({ serviceWorker });
  let policyName = '';
  Object.assign(globalThis, { trustedTypes: { createPolicy: (/** @type {string} */ name, /** @type {any} */ rules) => { policyName = name; return rules; } }, location: { reload: () => calls.push('reload') } });
  t.after(() => { delete (/** @type {any} */ (globalThis).trustedTypes); });
  let waiting = 0;
  t.after(bus.on('build', () => { waiting += 1; }));

  assert.equal(await startUpdates(), true);
  assert.equal(policyName, 'fieldservice');
  assert.deepEqual(calls, [['/app/sw.js', { scope: '/app/', type: 'module', updateViaCache: 'none' }]]);
  assert.equal(takeOver(), false);

  bus.emit('server-build', 'build-2');
  const worker = Object.assign(new EventTarget(), { state: 'installed', postMessage: (/** @type {any} */ message) => calls.push(message) });
  registration.installing = worker;
  registration.dispatchEvent(new Event('updatefound'));
  worker.dispatchEvent(new Event('statechange'));
  assert.equal(waiting, 1);

  registration.waiting = worker;
  assert.equal(takeOver(), true);
  serviceWorker.dispatchEvent(new Event('controllerchange'));
  assert.deepEqual(calls.slice(1), ['update', { type: 'take-over' }, 'reload']);
});
