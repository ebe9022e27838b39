import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { aPhone, aShot, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { setClock } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { checkPin, hasPin, setPin } from '#app/screens/pin.js';
import { letGo } from '#app/store/bytes.js';
import { currentPerson, forgetCurrent, peopleWithUnsent, rememberPerson } from '#app/store/people.js';
import { choosePassword, signIn, signInWithCode, signOut, takeUpSession } from '#app/sync/session.js';

const realFetch = globalThis.fetch;
afterEach(() => { globalThis.fetch = realFetch; setClock(); });

/** @param {Record<string, [number, any]>} routes 'POST /api/session' → status and body */
function serving(routes) {
  /** @type {any[]} */
  const asked = [];
  globalThis.fetch = async (path, options) => {
    const { method, headers, body } = /** @type {any} */ (options);
    asked.push({ path, method, body: body && JSON.parse(body) });
    const [status, answer] = routes[`${method} ${path}`] ?? [404, { error: { code: 'not_found' } }];
    return new Response(status === 204 ? null : JSON.stringify(answer), { status, headers: { 'X-Fieldservice': headers['X-Fieldservice-Nonce'], 'Content-Type': 'application/json' } });
  };
  return asked;
}

/** @param {string} code */
const withCode = (code) => (/** @type {unknown} */ error) => error instanceof AppError && error.code === code;
/** @param {string} id */
const session = (id) => ({ person: { id, staff_no: '0217', name: '李强' }, must_choose_password: true });

test('signing in is remembered, signing out forgets', async () => {
  const id = newPerson();
  serving({ 'POST /api/session': [200, session(id)], 'GET /api/session': [200, session(id)], 'DELETE /api/session': [204, null], 'PUT /api/account/password': [204, null] });
  assert.equal((await signIn({ name: '0217', password: 'x' })).must_choose_password, true);
  assert.equal((await currentPerson())?.staffNo, '0217');
  assert.equal((await takeUpSession())?.person.id, id);
  await choosePassword({ current: null, new: '长一点的密码' });
  await signOut();
  assert.equal(await currentPerson(), null);
});

test('who came in by a link outside the app is taken over and remembered', async () => {
  const id = newPerson();
  serving({ 'GET /api/session': [200, session(id)] });
  assert.equal((await takeUpSession())?.must_choose_password, true);
  assert.equal((await currentPerson())?.id, id);
});

test('a code signs in too; refusals carry their code and facts', async () => {
  const id = newPerson();
  const asked = serving({ 'POST /api/session': [200, session(id)] });
  await signInWithCode(' 7K4M-Q2WX ');
  assert.deepEqual(asked[0].body, { code: '7K4M-Q2WX' });
  serving({ 'POST /api/session': [429, { error: { code: 'too_many_tries', wait_seconds: 30 } }] });
  await assert.rejects(signIn({ name: 'x', password: 'y' }), (/** @type {any} */ error) => error.code === 'too_many_tries' && error.facts.wait_seconds === 30);
  serving({ 'GET /api/session': [401, { error: { code: 'signed_out' } }] });
  assert.equal(await takeUpSession(), null);
  globalThis.fetch = async () => { throw new TypeError('offline'); };
  await assert.rejects(takeUpSession(), withCode('offline'));
});

test('signing out is refused while work is only on this phone, and takes customers\' data along when not', async () => {
  const server = new FakeServer();
  const { store, engine, personId, lead } = await aPhone(server);
  server.addJob('job-1', { lead });
  await engine.run();
  await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  await store.confirm('add_note', 'job-1', { text: '未发' });
  serving({ 'DELETE /api/session': [204, null] });
  await assert.rejects(signOut(), (/** @type {any} */ error) => error.code === 'unsent' && error.facts.count === 1);
  assert.deepEqual((await peopleWithUnsent()).filter(({ id }) => id === personId).map(({ id, name, count }) => ({ id, name, count })), [{ id: personId, name: '李强', count: 1 }]);
  await engine.run();
  await signOut();
  assert.deepEqual(await store.jobs(), []);
  server.session = personId;
  await engine.run();
  assert.equal((await store.jobs()).length, 1);
});

test('signing out on a full phone forgets nobody while customers\' data is there, and is done when there is room', async () => {
  const { put } = IDBObjectStore.prototype;
  const server = new FakeServer();
  const { store, engine, personId, lead } = await aPhone(server);
  server.addJob('job-1', { lead });
  await engine.run();
  const photo = await store.confirm('add_photo', 'job-1', ...aShot('planks'));
  await engine.run();
  await letGo(store, photo.id); // the server has it
  await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  const held = async () => [(await store.jobs()).length, await store.db.read(['bytes'], (tx) => tx.objectStore('bytes').count())];
  assert.deepEqual(await held(), [1, 1]);
  serving({ 'DELETE /api/session': [204, null] });
  IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
  try {
    for (const _try of [1, 2]) await assert.rejects(signOut(), withCode('storage_full'));
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  assert.equal((await currentPerson())?.id, personId);
  assert.deepEqual(await held(), [1, 0], 'its job whole, its photo already gone: that makes room');
  serving({ 'DELETE /api/session': [401, { error: { code: 'signed_out' } }] }); // the first try has ended it
  await signOut();
  assert.deepEqual([await currentPerson(), await store.jobs()], [null, []]);
});

test('a PIN opens, a wrong one does not, and wrong tries slow down over restarts', async () => {
  let now = 1_795_000_000_000;
  setClock({ nowMs: () => now, monoMs: () => 0 });
  await rememberPerson({ id: newPerson(), name: '李强', staffNo: '0217' });
  assert.equal(await hasPin(), false);
  await assert.rejects(checkPin('1234'), withCode('no_pin'));
  await setPin('1234');
  assert.equal(await hasPin(), true);
  assert.deepEqual(await checkPin('1234'), { ok: true, wait_seconds: 0 });
  assert.deepEqual(await checkPin('0000'), { ok: false, wait_seconds: 0 });
  assert.deepEqual(await checkPin('0000'), { ok: false, wait_seconds: 0 });
  assert.deepEqual(await checkPin('0000'), { ok: false, wait_seconds: 5 });
  assert.deepEqual(await checkPin('1234'), { ok: false, wait_seconds: 5 }, 'not even the right one before the wait is over');
  now += 5000;
  assert.deepEqual(await checkPin('0000'), { ok: false, wait_seconds: 10 });
  now -= 24 * 3600 * 1000;
  assert.equal((await checkPin('1234')).wait_seconds, 900, 'a clock set back locks for a quarter of an hour, not for a day');
  now += 24 * 3600 * 1000 + 10_000;
  assert.deepEqual(await checkPin('1234'), { ok: true, wait_seconds: 0 });
  assert.deepEqual(await checkPin('0000'), { ok: false, wait_seconds: 0 });
  await forgetCurrent();
  await assert.rejects(checkPin('1234'), withCode('signed_out'));
});
