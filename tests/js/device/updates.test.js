import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { bus } from '#app/core/events.js';

afterEach(() => {
  mock.timers.reset();
  delete (/** @type {any} */ (globalThis).trustedTypes);
});

let copies = 0;

/** A page of a build that a worker keeps; the module remembers, so each test has its own copy. @param {{controller?: any, busy?: () => boolean, worker?: string}} [given] */
async function anApp({ controller = { name: 'worker of build-1' }, busy = () => false, worker } = {}) {
  mock.timers.enable({ apis: ['setTimeout'] });
  /** @type {any[]} */
  const calls = [];
  const active = { postMessage: (/** @type {any} */ message) => calls.push(message) };
  const registration = Object.assign(new EventTarget(), { active, waiting: /** @type {any} */ (null), installing: /** @type {any} */ (null), update: async () => calls.push('update') });
  const serviceWorker = Object.assign(new EventTarget(), { controller, register: async (/** @type {any[]} */ ...args) => { calls.push(args); return registration; } });
  const { document } = aPage({ serviceWorker });
  Object.assign(document.documentElement.dataset, worker ? { worker } : {});
  Object.assign(globalThis, { location: { reload: () => calls.push('reload') } });
  const address = new URL('../../../static/js/device/updates.js', import.meta.url);
  const { startUpdates, takeOver, isNewBuild } = /** @type {typeof import('#app/device/updates.js')} */ (await import(`${address}?copy=${copies += 1}`));
  /** Another worker takes charge, asked for by whichever tab. */
  const takeCharge = () => {
    serviceWorker.controller = { name: 'another worker' };
    serviceWorker.dispatchEvent(new Event('controllerchange'));
  };
  /** A newer build has been kept and waits. */
  const waits = () => {
    const newer = Object.assign(new EventTarget(), { state: 'installed', postMessage: (/** @type {any} */ message) => calls.push(message) });
    registration.installing = newer;
    registration.dispatchEvent(new Event('updatefound'));
    registration.waiting = newer;
    newer.dispatchEvent(new Event('statechange'));
  };
  const started = await startUpdates(() => busy());
  return { calls, registration, serviceWorker, takeOver, isNewBuild, takeCharge, waits, started };
}

/** How often something is told. @param {import('node:test').TestContext} t @param {'build'} name */
function counted(t, name) {
  const told = { times: 0 };
  t.after(bus.on(name, () => { told.times += 1; }));
  return told;
}

const REGISTERED = [['/app/sw.js', { scope: '/app/', type: 'module', updateViaCache: 'none' }], { type: 'started', build: 'build-1' }];

test('a new build waits until the page lets it take over', async (t) => {
  let policyName = '';
  Object.assign(globalThis, { trustedTypes: { createPolicy: (/** @type {string} */ name, /** @type {any} */ rules) => { policyName = name; return rules; } } });
  const told = counted(t, 'build');
  const app = await anApp();
  assert.deepEqual([app.started, policyName, app.calls], [true, 'fieldservice', REGISTERED]);
  assert.deepEqual([app.takeOver(), app.isNewBuild()], [false, false]);

  bus.emit('server-build', 'build-2');
  app.waits();
  assert.deepEqual([told.times, app.isNewBuild()], [1, true]);
  assert.equal(app.takeOver(), true);
  assert.deepEqual(app.calls.slice(2), ['update', { type: 'take-over' }]);
  app.takeCharge();
  assert.deepEqual(app.calls.slice(4), ['reload']);
});

test('who takes it is not kept waiting by what stands in the form', async () => {
  const app = await anApp({ busy: () => true });
  app.waits();
  app.takeOver();
  app.takeCharge();
  assert.equal(app.calls.at(-1), 'reload');
});

test('taken in another tab: a page with nothing begun loads it once', async () => {
  const app = await anApp();
  app.takeCharge();
  assert.deepEqual(app.calls.slice(2), ['reload']);
});

test('taken in another tab: words that were begun stay, and the page follows when they are done', async (t) => {
  let busy = true;
  const told = counted(t, 'build');
  const app = await anApp({ busy: () => busy });
  app.takeCharge();
  mock.timers.tick(5000);
  assert.deepEqual([app.calls.slice(2), told.times > 0, app.isNewBuild()], [[], true, true]);
  busy = false;
  mock.timers.tick(1000);
  assert.deepEqual(app.calls.slice(2), ['reload']);
});

test('taken in another tab: the person may take it here before that', async () => {
  const app = await anApp({ busy: () => true });
  app.takeCharge();
  assert.equal(app.takeOver(), true);
  assert.deepEqual(app.calls.slice(2), ['reload']);
});

test('the first worker takes over from nobody: nothing is loaded anew', async () => {
  const app = await anApp({ controller: null });
  app.takeCharge();
  mock.timers.tick(5000);
  assert.deepEqual([app.calls.slice(2), app.isNewBuild()], [[], false]);
});

test('switched off nothing is registered; a worker that goes is answered, so that it leaves the page alone', async () => {
  const app = await anApp({ worker: 'off', busy: () => true });
  assert.deepEqual([app.started, app.calls], [false, []]);
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => { port1.onmessage = resolve; });
  app.serviceWorker.dispatchEvent(Object.assign(new Event('message'), { ports: [port2] }));
  await answered;
  port1.close();
});
