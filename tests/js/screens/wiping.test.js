import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { aPhone } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { currentPerson, rememberPerson, wiping } from '#app/store/people.js';
import { mark } from '#app/store/wipe.js';
import { goOn, wipe } from '#app/screens/wiping.js';

/** A phone that was told to wipe itself, and what is around the records on it. @param {import('node:test').TestContext} t */
async function toldToWipe(t) {
  const gone = { caches: /** @type {string[]} */ ([]), workers: 0 };
  const worker = { unregister: async () => { gone.workers += 1; } };
  aPage({ serviceWorker: { getRegistrations: async () => [worker] } });
  /** @type {Record<string, any>} */
  const kept = { lang: 'en', 'lock.after_minutes': '15', 'turned.to_customer': '{}' };
  Object.defineProperty(globalThis, 'localStorage', { value: Object.defineProperty(kept, 'removeItem', { value: (/** @type {string} */ key) => { delete kept[key]; }, enumerable: false }), configurable: true });
  Object.defineProperty(globalThis, 'caches', { value: { keys: async () => ['fieldservice-build-1'], delete: async (/** @type {string} */ name) => gone.caches.push(name) }, configurable: true });
  const server = new FakeServer();
  const { store, engine, personId, lead } = await aPhone(server);
  server.addJob('job-1', { lead });
  await engine.run();
  await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  t.after(() => mark(undefined));
  return { server, store, personId, gone, kept };
}

/** The network, as this test wants it. @param {import('node:test').TestContext} t @param {() => Promise<Response>} answer */
function line(t, answer) {
  /** @type {string[]} */
  const asked = [];
  t.mock.method(globalThis, 'fetch', async (/** @type {string} */ path, /** @type {any} */ { headers }) => {
    asked.push(path);
    const response = await answer();
    response.headers.set('X-Fieldservice', headers['X-Fieldservice-Nonce']);
    return response;
  });
  return asked;
}

test('everything of the person goes, and the office is told', async (t) => {
  const { store, personId, gone, kept } = await toldToWipe(t);
  const asked = line(t, async () => new Response(null, { status: 204 }));
  const done = await wipe(store);
  assert.deepEqual([done?.cleared, done?.told, done?.person], [true, true, personId]);
  assert.match(asked[0], /^\/api\/device\/[0-9a-f-]{36}\/wiped$/);
  assert.deepEqual(Object.keys(kept), ['lang']);
  assert.deepEqual(gone, { caches: ['fieldservice-build-1'], workers: 1 });
  assert.equal(await currentPerson(), null);
});

test('without signal everything goes but the app, which tells the office later', async (t) => {
  const { store, gone } = await toldToWipe(t);
  let online = false;
  const asked = line(t, async () => { if (!online) throw new TypeError('no line'); return new Response(null, { status: 204 }); });
  const first = await wipe(store);
  assert.deepEqual([first?.cleared, first?.told ?? false, gone.caches.length], [true, false, 0]);
  assert.deepEqual(await wiping(), first);
  online = true;
  const done = await goOn(/** @type {any} */ (await wiping()));
  assert.deepEqual([done?.told, gone.caches.length, asked[0] === asked[1]], [true, 1, true]);
});

for (const [status, told] of /** @type {[number, boolean][]} */ ([[204, true], [401, true], [404, true], [500, false], [503, false], [429, false]])) {
  test(`an answer ${status}: the office ${told ? 'knows' : 'does not know yet'}`, async (t) => {
    const { store } = await toldToWipe(t);
    line(t, async () => new Response(null, { status }));
    assert.equal(Boolean((await wipe(store))?.told), told);
  });
}

test('killed right after it began, it goes on by itself', async (t) => {
  const { store, personId } = await toldToWipe(t);
  line(t, async () => new Response(null, { status: 204 }));
  await mark({ person: personId, client: '0190c0de-0000-7000-8000-000000000001', at_ms: 5 });
  store.close();
  const done = await goOn(/** @type {any} */ (await wiping()));
  assert.deepEqual([done?.at_ms, done?.told], [5, true]);
  assert.deepEqual((await goOn(/** @type {any} */ (done)))?.told, true); // another tab, later
});

test('killed right after it began, with something new on the phone: it is sent first', async (t) => {
  const { store, personId } = await toldToWipe(t);
  const asked = line(t, async () => new Response(null, { status: 204 }));
  await mark({ person: personId, client: '0190c0de-0000-7000-8000-000000000001', at_ms: 5 });
  await store.confirm('add_note', 'job-1', { text: 'x' });
  assert.equal(await goOn(/** @type {any} */ (await wiping())), null);
  assert.deepEqual([await wiping(), asked.length, (await store.counts()).pending], [undefined, 0, 1]);
});

test('a tab that slept does not wipe whoever began anew since', async (t) => {
  const { server, store, personId } = await toldToWipe(t);
  let online = false;
  const asked = line(t, async () => { if (!online) throw new TypeError('no line'); return new Response(null, { status: 204 }); });
  const asleep = /** @type {any} */ (await wipe(store));
  online = true;
  assert.equal((await goOn(asleep))?.told, true);
  await mark(undefined); // its person signs in again in this tab, and works
  await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  const { store: anew, engine } = await aPhone(server, { personId });
  await engine.run();
  await anew.confirm('add_note', 'job-1', { text: 'x' });
  const before = asked.length;
  assert.equal(await goOn(asleep), null);
  assert.deepEqual([(await currentPerson())?.id, await wiping(), asked.length - before, (await anew.counts()).pending], [personId, undefined, 0, 1]);
});

test('nor does one whose word to the office took that long', async (t) => {
  const { store, personId } = await toldToWipe(t);
  line(t, async () => {
    await mark(undefined);
    await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
    return new Response(null, { status: 204 });
  });
  assert.equal(await wipe(store), null);
  assert.deepEqual([(await currentPerson())?.id, await wiping()], [personId, undefined]);
});

test('a colleague who shares the phone keeps the app', async (t) => {
  const { store, gone } = await toldToWipe(t);
  await rememberPerson({ id: 'colleague-2', name: '孙伟', staffNo: '0218' });
  line(t, async () => new Response(null, { status: 204 }));
  await wipe(store);
  assert.equal((await currentPerson())?.id, 'colleague-2');
  assert.deepEqual(gone, { caches: [], workers: 0 });
});
