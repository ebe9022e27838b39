// The key of the phone is known to the server before anything it signed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceKey } from '#app/device/device-key.js';
import { Engine } from '#app/sync/engine.js';
import { FakeServer } from '../fakes/server.js';
import { aPhone, aRefusal } from '../fakes/phone.js';

/** @param {(body: any) => any} [answer] what `POST /api/device` gives instead of the server's own answer; undefined: that */
async function aSigningPhone(answer = () => undefined) {
  const server = new FakeServer();
  /** @type {any[]} */
  const registered = [];
  /** @type {import('#app/sync/transport.js').Call} */
  const call = async (method, path, body, nonce) => {
    if (path !== '/api/device') return server.call(method, path, body, nonce);
    registered.push(/** @type {any} */ (body).key);
    const own = answer(body);
    if (own) return own;
    const reply = await server.call(method, path, body, nonce);
    const key_id = /** @type {any} */ (body).key && (await deviceKey(phone.store)).id;
    return { ...reply, body: { ...reply.body, key_id } };
  };
  const phone = await aPhone(server, { call });
  const engine = (/** @type {object} */ over = {}) => new Engine({ store: phone.store, call, build: 'build-1', deviceName: 'Test', key: () => deviceKey(phone.store), ...over });
  return { server, phone, registered, engine };
}

test('it registers the key together with the device, once', async () => {
  const { registered, engine, phone } = await aSigningPhone();
  assert.equal((await engine().run()).state, 'ok');
  assert.equal((await engine().run()).state, 'ok');
  assert.deepEqual(registered, [(await deviceKey(phone.store)).spki]);
});

test('a phone registered before it had a key tells it later', async () => {
  const { registered, engine, phone } = await aSigningPhone();
  await engine({ key: undefined }).run();
  await engine().run();
  assert.deepEqual(registered, [null, (await deviceKey(phone.store)).spki]);
});

test('it tells again after a registration that did not come through', async () => {
  let tries = 0;
  const { registered, engine } = await aSigningPhone(() => ((tries += 1) === 2 ? aRefusal(0) : undefined));
  await engine({ key: undefined }).run();
  const same = engine();
  assert.equal((await same.run()).state, 'offline');
  assert.equal((await same.run()).state, 'ok');
  assert.equal(registered.length, 3);
});

test('work comes through although the key is somebody else\'s', async () => {
  const { registered, engine } = await aSigningPhone((body) => (body.key ? aRefusal(409, 'key_of_another') : undefined));
  assert.equal((await engine().run()).state, 'ok');
  assert.equal(registered.length, 2);
  assert.equal(registered[1], null);
});

test('work comes through where the browser cannot keep a key', async () => {
  const { registered, engine } = await aSigningPhone();
  assert.equal((await engine({ key: () => Promise.reject(new Error('DataCloneError')) }).run()).state, 'ok');
  assert.deepEqual(registered, [null]);
});
