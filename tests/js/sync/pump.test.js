import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { aPhone, aRefusal, aShot } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { bus } from '#app/core/events.js';
import { tellSharing } from '#app/device/sharing.js';
import { startPump, syncNow } from '#app/sync/pump.js';
import { status } from '#app/sync/status.js';

/**
 * A started pump on a fake server; timers stand still until told.
 * @param {import('node:test').TestContext} t
 * @param {Parameters<typeof aPage>[0]} [given]
 */
async function aPump(t, given) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 0.5);
  const page = aPage(given);
  const server = new FakeServer();
  /** @type {{call: import('#app/sync/transport.js').Call}} */
  const line = { call: server.call };
  const { store, lead } = await aPhone(server);
  server.addJob('job-1', { lead });
  t.after(startPump(store, { call: (...args) => line.call(...args) }));
  await settled();
  return { server, line, store, ...page };
}

/** Until nothing more happens by itself; hashing takes real time in another thread, so turns alone do not tell. */
async function settled() {
  const until = performance.now() + 25;
  while (performance.now() < until || status().state === 'sending') await turn();
}

function turn() {
  return new Promise((resolve) => { setImmediate(resolve); });
}

test('it syncs at the start and tells how things stand', async (t) => {
  const { store, server } = await aPump(t);
  assert.equal((await store.jobs()).length, 1);
  const { state, pending, lastContactMs, retryAtMs } = status();
  assert.deepEqual({ state, pending, lastContactMs, retryAtMs }, { state: 'ok', pending: 0, lastContactMs: server.nowMs, retryAtMs: null });
});

test('what is confirmed leaves at once', async (t) => {
  const { store, server } = await aPump(t);
  await store.confirm('take_step', 'job-1', { step: 'accept' });
  await settled();
  assert.equal(server.jobs.get('job-1')?.fields.state, 'accepted');
  assert.equal(status().pending, 0);
});

test('without a network it counts exactly what is only here, and tries with growing pauses', async (t) => {
  const { store, line, server } = await aPump(t);
  let tries = 0;
  line.call = async () => { tries += 1; return aRefusal(0); };
  const op = await store.confirm('add_note', 'job-1', { text: '没有信号' });
  await settled();
  assert.deepEqual([status().state, status().pending, status().oldestMs, tries], ['offline', 1, op.occurred_at, 1]);
  for (const [ms, wanted] of [[1999, 1], [1, 2], [3999, 2], [1, 3]]) {
    t.mock.timers.tick(ms);
    await settled();
    assert.equal(tries, wanted);
  }
  line.call = server.call;
  globalThis.window.dispatchEvent(new Event('online'));
  await settled();
  assert.deepEqual([status().state, status().pending], ['ok', 0]);
});

test('a new job reaches an open phone within a minute', async (t) => {
  const { store, server } = await aPump(t);
  server.addJob('job-2', { lead: /** @type {any} */ (server.jobs.get('job-1')).fields.lead });
  t.mock.timers.tick(46_000);
  await settled();
  assert.equal((await store.jobs()).length, 2);
});

test('a hidden page with nothing to send does not ask; becoming visible it does', async (t) => {
  const { server, document } = await aPump(t);
  document.visibilityState = 'hidden';
  const before = server.requests;
  t.mock.timers.tick(45_000);
  await settled();
  assert.equal(server.requests, before);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  await settled();
  assert.equal(server.requests, before + 1);
});

test('without a network by the browser\'s word the timer rests, but not for ever, and "online" wakes it', async (t) => {
  const { server } = await aPump(t);
  Object.assign(globalThis.navigator, { onLine: false });
  const before = server.requests;
  for (let i = 0; i < 6; i += 1) t.mock.timers.tick(45_000);
  await settled();
  assert.deepEqual([server.requests, status().state], [before, 'offline']);
  t.mock.timers.tick(45_000);
  await settled();
  assert.deepEqual([server.requests, status().state], [before + 1, 'ok']);
  t.mock.timers.tick(45_000);
  await settled();
  globalThis.window.dispatchEvent(new Event('online'));
  await settled();
  assert.equal(server.requests, before + 2);
});

test('runs never overlap: a wish during a run becomes one more run', async (t) => {
  const { line, server } = await aPump(t);
  let running = 0;
  let most = 0;
  let runs = 0;
  line.call = async (...args) => {
    running += 1;
    runs += 1;
    most = Math.max(most, running);
    for (let i = 0; i < 50; i += 1) await turn();
    running -= 1;
    return server.call(...args);
  };
  await Promise.all([syncNow(), syncNow(), syncNow()]);
  assert.deepEqual([most, runs], [1, 1]);
  const first = syncNow();
  await turn();
  await Promise.all([first, syncNow(), syncNow()]);
  assert.deepEqual([most, runs], [1, 3]);
});

test('a wish during a run leaves no second timer behind', async (t) => {
  const { line, server } = await aPump(t);
  let calls = 0;
  line.call = async (...args) => {
    calls += 1;
    if (calls === 1) void syncNow(); // one run follows this one …
    if (calls === 2) t.mock.timers.tick(1_000); // … and takes a second
    return server.call(...args);
  };
  await syncNow();
  assert.equal(calls, 2);
  t.mock.timers.tick(44_500); // 45 s after the first, 44.5 s after the second
  await settled();
  assert.equal(calls, 2);
  t.mock.timers.tick(500);
  await settled();
  assert.equal(calls, 3);
});

test('signed out it waits quietly and keeps everything', async (t) => {
  const { server, store } = await aPump(t);
  let told = 0;
  t.after(bus.on('signed-out', () => { told += 1; }));
  const person = server.session;
  server.session = null;
  await store.confirm('add_note', 'job-1', { text: '会话过期' });
  await settled();
  const asked = server.requests;
  t.mock.timers.tick(3_600_000);
  await settled();
  assert.deepEqual([status().state, status().pending, told, server.requests], ['signed_out', 1, 1, asked]);
  server.session = person;
  assert.deepEqual([(await syncNow()).state, status().pending], ['ok', 0]);
});

test('it waits as long as the server asks', async (t) => {
  const { line, server } = await aPump(t);
  let tries = 0;
  line.call = async () => { tries += 1; return aRefusal(503, 'server_busy', 20_000); };
  await syncNow();
  t.mock.timers.tick(20_900);
  await settled();
  assert.equal(tries, 1);
  line.call = server.call;
  t.mock.timers.tick(200);
  await settled();
  assert.equal(status().state, 'ok');
});

test('a storage that fails is told as trouble, not as "nothing to do"', async (t) => {
  const { store } = await aPump(t);
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = () => { throw new DOMException('gone', 'InvalidStateError'); };
  await syncNow();
  IDBDatabase.prototype.transaction = transaction;
  assert.deepEqual([status().state, status().code], ['server_trouble', 'storage_failed']);
  assert.equal((await store.jobs()).length, 1);
});

test('a tab that holds the lock for too long is passed by', async (t) => {
  const locks = {
    request: (/** @type {string} */ _, /** @type {{signal: AbortSignal}} */ { signal }) =>
      new Promise((__, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); }),
  };
  const pumping = aPump(t, { locks });
  while (status().state !== 'sending') await turn();
  for (let i = 0; i < 50; i += 1) await turn();
  t.mock.timers.tick(10_000);
  const { store } = await pumping;
  await settled();
  assert.equal((await store.jobs()).length, 1);
});

test('a free lock is used', async (t) => {
  let used = 0;
  const locks = { request: (/** @type {string} */ _, /** @type {any} */ __, /** @type {() => any} */ work) => { used += 1; return work(); } };
  await aPump(t, { locks });
  assert.equal(used, 1);
});

/** @param {import('#app/store/store.js').Store} store @param {string} content @param {Record<string, any>} [over] */
const shoot = (store, content, over) => store.confirm('add_photo', 'job-1', ...aShot(content, over));

test('a visit of 60 acts, 8 photos and a sheet: two requests, one photo and then the others at once, acts before bytes', async (t) => {
  const { store, server, line } = await aPump(t);
  line.call = async () => aRefusal(0);
  server.edit('job-1', () => ({ state: 'working' }));
  const add = (/** @type {number} */ i) => store.confirm('add_note', 'job-1', { text: `记录 ${i} ${'长'.repeat(300)}` });
  for (let i = 0; i < 52; i += 1) await add(i);
  for (let i = 0; i < 9; i += 1) await shoot(store, `photo ${i}`, i ? {} : { slot: 'paper' });
  await settled();
  assert.deepEqual([status().pending, status().photos], [52, 9]);
  server.seen.length = 0;
  /** @type {string[]} */
  const order = [];
  line.call = (...args) => { order.push(args[1]); return server.call(...args); };
  await syncNow();
  assert.deepEqual([server.seen.length, server.tus.seen.length, server.tus.blobs.size], [2, 2, 9]);
  assert.deepEqual(order, ['/api/sync', '/api/uploads', '/api/uploads/bundle', '/api/sync']);
  assert.deepEqual([status().state, status().pending, status().photos, status().uploading], ['ok', 0, 0, null]);
  assert.ok((await store.job('job-1'))?.photos.every(({ state, only_here }) => state === 'verified' && !only_here));
  assert.equal(server.seen[1].pending, undefined);
});

test('photos wait while the server is full or busy, and go when the network is back', async (t) => {
  const { store, server, line } = await aPump(t);
  line.call = async (...args) => (args[1] === '/api/uploads' ? aRefusal(507, 'server_full') : server.call(...args));
  await shoot(store, 'one');
  await settled();
  assert.deepEqual([status().state, status().code, status().pending, status().photos], ['server_trouble', 'disk_full', 0, 1]);
  line.call = server.call;
  globalThis.window.dispatchEvent(new Event('online'));
  await settled();
  assert.deepEqual([status().state, status().photos, server.tus.blobs.size], ['ok', 0, 1]);
});

test('who may see the last position is told before any act, waits without a line, and the last word goes', async (t) => {
  const { store, server, line } = await aPump(t);
  t.after(startPump(store, { call: (...args) => line.call(...args), before: async (call) => {
    const wish = await store.meta('shares');
    if (wish) await tellSharing(store, wish, call);
  } }));
  await settled();
  /** @type {any[]} */
  const seen = [];
  let status = 0;
  line.call = async (...args) => {
    seen.push(args[1] === '/api/sync' ? 'sync' : args[2]);
    return args[1] === '/api/sync' ? server.call(...args) : { ...aRefusal(0), status };
  };
  const say = (/** @type {boolean} */ shared, said_ms = Date.now()) => store.setMeta('shares', { shared, said_ms });
  await say(true, Date.now() - 5000);
  for (const refused of [0, 403, 503]) {
    status = refused;
    await syncNow();
    assert.equal((await store.meta('shares')).told, undefined, 'it goes on waiting');
  }
  await say(false);
  status = 204;
  seen.length = 0;
  await store.confirm('add_note', 'job-1', { text: '先撤回' });
  await settled();
  assert.deepEqual([seen[0].shared, seen[0].person, seen[1]], [false, store.personId, 'sync']);
  assert.ok(seen[0].waited_ms >= 0 && seen[0].waited_ms < 5000);
  assert.equal((await store.meta('shares')).told, true);
  await syncNow(); // by now the person's own record says so
  assert.deepEqual([await store.meta('shares'), seen.filter((one) => one !== 'sync').length], [null, 1]);
  const { call } = line;
  line.call = async (...args) => { if (args[1] !== '/api/sync') await say(true, 7); return call(...args); };
  await say(false);
  await syncNow();
  assert.deepEqual(await store.meta('shares'), { shared: true, said_ms: 7 }, 'said anew while the old word was on its way');
});

test('signed out: photos stay, nothing is asked again by itself', async (t) => {
  const { store, server } = await aPump(t);
  const person = server.session;
  server.session = null;
  await shoot(store, 'one');
  await settled();
  assert.deepEqual([status().state, status().photos, server.tus.seen.length], ['signed_out', 1, 0]);
  server.session = person;
  await syncNow();
  assert.deepEqual([status().state, status().photos], ['ok', 0]);
});

test('how far a photo is, is told', async (t) => {
  const { store, line, server } = await aPump(t);
  /** @type {any[]} */
  const told = [];
  t.after(bus.on('status', ({ uploading }) => told.push(uploading)));
  server.tus.cutAt = 300 * 1024;
  line.call = server.call;
  const op = await shoot(store, 'x'.repeat(600 * 1024));
  await settled();
  await syncNow();
  assert.deepEqual(told.filter(Boolean).at(-1), { ids: [op.id], percent: 92 });
  assert.equal(status().uploading, null);
});
