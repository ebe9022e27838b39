// What is confirmed reaches the office as a file when the server is too new for this app.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPhone, aRefusal, aShot } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { bringToOffice, freshKey, saveUnsent } from '#app/screens/rescue-file.js';
import { keepRescueKey, rememberPerson, rescueKey } from '#app/store/people.js';

async function aPhoneWithWork() {
  const server = new FakeServer();
  const phone = await aPhone(server);
  server.addJob('job-1', { lead: phone.lead });
  await phone.engine.run();
  await phone.store.confirm('take_step', 'job-1', { step: 'accept' });
  return { server, ...phone };
}

/** @param {Record<string, any>} body @param {number} [status] */
function anOffice(body, status = 200) {
  /** @type {any[][]} */
  const asked = [];
  const call = async (/** @type {any[]} */ ...args) => { asked.push(args); return { ...aRefusal(status), status, body }; };
  return { asked, call: /** @type {import('#app/sync/transport.js').Call} */ (call) };
}

test('acts go as a file, without photos, once; nothing is taken from the phone', async () => {
  const { store } = await aPhoneWithWork();
  await store.confirm('add_photo', 'job-1', ...aShot('one'));
  const { asked, call } = anOffice({ state: 'taken' });
  assert.deepEqual([await bringToOffice({ store, call }), await bringToOffice({ store, call })], [true, true]);
  assert.deepEqual(asked.map(([method, path]) => [method, path]), [['POST', '/api/rescue']]);
  const file = JSON.parse(asked[0][2]);
  assert.deepEqual([file.format, file.person_id, file.ops.map((/** @type {any} */ op) => op.kind), file.files], ['fieldservice-unsent', store.personId, ['take_step', 'add_photo'], []]);
  const { pending, photos } = await store.counts();
  assert.deepEqual([pending, photos], [1, 1]);
  await store.confirm('add_note', 'job-1', { text: '还有' });
  await bringToOffice({ store, call });
  assert.equal(asked.length, 2, 'what is new goes too');
});

for (const [body, status] of /** @type {[any, number][]} */ ([[null, 0], [{ error: { code: 'server_busy' } }, 503], [{ state: 'lost' }, 200], [null, 200]])) {
  test(`${status} ${JSON.stringify(body)} says nothing of safety, and it is tried again`, async () => {
    const { store } = await aPhoneWithWork();
    const { asked, call } = anOffice(body, status);
    assert.deepEqual([await bringToOffice({ store, call }), await bringToOffice({ store, call })], [false, false]);
    assert.equal(asked.length, 2);
  });
}

test('with nothing to bring nobody is asked', async () => {
  const { store, engine } = await aPhoneWithWork();
  await engine.run();
  const { asked, call } = anOffice({});
  assert.equal(await bringToOffice({ store, call }), true);
  assert.deepEqual(asked, []);
});

test('behind a lock nothing leaves that anybody could read', async () => {
  const { store } = await aPhoneWithWork();
  await assert.rejects(saveUnsent({ id: store.personId, staffNo: '0217' }, { zone: 'UTC', locked: true }), { code: 'rescue_locked' });
});

test('the key comes with signing in and stays when a later answer has none', async () => {
  const person = { id: 'tech-key', name: '李强', staffNo: '0217' };
  await rememberPerson({ ...person, rescue: { id: 'a', key: 'first' } });
  await rememberPerson(person);
  assert.deepEqual([await rescueKey('tech-key'), await freshKey('tech-key')], [{ id: 'a', key: 'first' }, { id: 'a', key: 'first' }]);
  await rememberPerson({ ...person, rescue: { id: 'b', key: 'second' } });
  assert.equal((await freshKey('tech-key'))?.key, 'second');
  await keepRescueKey('tech-key', { id: 'c', key: 'third' });
  assert.equal((await rescueKey('tech-key'))?.key, 'third');
});
