import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { aPhone, aRefusal, aShot } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { deviceKey } from '#app/device/device-key.js';
import { syncState } from '#app/store/exchange.js';
import { currentPerson, rememberPerson, wiping } from '#app/store/people.js';
import { openStore } from '#app/store/store.js';
import { clear, forget, mark } from '#app/store/wipe.js';
import { operations } from '#app/sync/registry.js';
import { Uploads } from '#app/sync/uploads.js';

/** @typedef {import('#app/sync/transport.js').Call} Call */

/** A phone with a job, whose person is known on it, and a switch between it and its server. */
async function aLostPhone() {
  aPage();
  const server = new FakeServer();
  /** @type {{call: Call}} */
  const line = { call: server.call };
  const phone = await aPhone(server, { call: (...args) => line.call(...args) });
  server.addJob('job-1', { lead: phone.lead });
  await phone.engine.run();
  await rememberPerson({ id: phone.personId, name: '李强', staffNo: '0217' });
  await deviceKey(phone.store);
  const { client } = await syncState(phone.store);
  const device = /** @type {any} */ (server.devices.get(client.client_id));
  return { ...phone, server, line, client, block: () => { device.revoked = true; } };
}

/** How much of the person is on the phone. @param {import('#app/store/store.js').Store} store */
function everything({ db }) {
  return db.read(['base', 'ops', 'evidence', 'bytes', 'drafts', 'meta'], async (tx) => {
    let count = 0;
    for (const name of tx.objectStoreNames) count += await tx.objectStore(name).count();
    return count;
  });
}

const WIPE = { state: 'revoked', code: 'wipe', waitMs: null };

test('a blocked phone delivers what is unsent, is acknowledged, gets nothing, and is told to wipe', async () => {
  const { store, engine, server, block } = await aLostPhone();
  const op = await store.confirm('add_note', 'job-1', { text: 'x' });
  server.edit('job-1', () => ({ brief: '新的说明' }));
  block();
  assert.deepEqual(await engine.run(), WIPE);
  assert.equal(server.log.get(op.id)?.result, 'quarantined');
  assert.equal(server.applied.get(op.id), undefined);
  assert.notEqual((await store.job('job-1'))?.brief, '新的说明');
  assert.equal((await store.counts()).pending, 0);
});

test('101 acts are all delivered before the word to wipe', async () => {
  const { store, engine, server, block } = await aLostPhone();
  for (let i = 0; i < 101; i += 1) await store.confirm('record_contact', 'job-1', { channel: 'call' });
  block();
  assert.deepEqual(await engine.run(), WIPE);
  assert.equal(server.log.size, 101);
});

test('with the bytes of a photo still here it goes on, and is told after they have arrived', async () => {
  const { store, engine, server, line, block } = await aLostPhone();
  await store.confirm('add_photo', 'job-1', ...aShot('board'));
  block();
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual([server.seen.at(-1).pending, server.seen.at(-1).photos], [1, 1]);
  await new Uploads({ store, call: (...args) => line.call(...args), goesOn: () => true }).run();
  assert.deepEqual(await engine.run(), WIPE);
});

test('a photo that can never be sent does not hold it up', async () => {
  const { store, engine, server, block } = await aLostPhone();
  const { id } = await store.confirm('add_photo', 'job-1', ...aShot('board'));
  await store.db.write(['evidence'], async (tx) => void (await tx.objectStore('evidence').put({ ...(await tx.objectStore('evidence').get(id)), trouble: 'photo_too_large' })));
  block();
  assert.deepEqual(await engine.run(), WIPE);
  assert.equal(server.seen.at(-1).stuck, 1);
  assert.equal(await clear(store.personId), true);
});

test('a lost answer: delivered again, once', async () => {
  const { store, engine, server, line, block } = await aLostPhone();
  await store.confirm('add_note', 'job-1', { text: 'x' });
  block();
  line.call = async (...args) => { await server.call(...args); return aRefusal(0); };
  assert.equal((await engine.run()).state, 'offline');
  assert.equal((await store.counts()).pending, 1);
  line.call = server.call;
  assert.deepEqual(await engine.run(), WIPE);
  assert.equal(server.log.size, 1);
});

test('what was confirmed after the word to wipe is not wiped', async () => {
  const { store, engine, block } = await aLostPhone();
  block();
  assert.deepEqual(await engine.run(), WIPE);
  await store.confirm('add_note', 'job-1', { text: '刚写的' });
  const before = await everything(store);
  assert.equal(await clear(store.personId), false);
  assert.equal(await everything(store), before);
  await engine.run();
  assert.equal(await clear(store.personId), true);
});

test('nothing is left, the key included, and nothing can be confirmed any more in any tab', async () => {
  const { store, engine, personId, block } = await aLostPhone();
  await store.setDraft('note', '写了一半');
  const tab = await openStore(personId, operations);
  block();
  await engine.run();
  assert.equal(await clear(personId), true);
  assert.equal(await everything(store), 0);
  await assert.rejects(tab.confirm('add_note', 'job-1', { text: 'x' }));
  assert.equal(await everything(tab), 0);
});

test('an answer that comes late brings nothing back', async () => {
  const { store, engine, server, line, personId, block } = await aLostPhone();
  server.edit('job-1', () => ({ brief: '新的说明' }));
  line.call = async (...args) => {
    const late = await server.call(...args);
    block();
    await clear(personId);
    return late;
  };
  await assert.rejects(engine.run());
  assert.equal(await everything(store), 0);
});

test('the name and the PIN go; a colleague’s on the same phone stay', async () => {
  const { store, personId, client, engine, block } = await aLostPhone();
  await rememberPerson({ id: 'colleague', name: '孙伟', staffNo: '0218' });
  await rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  block();
  await engine.run();
  const done = { person: personId, client: client.client_id, at_ms: 1, cleared: true };
  await mark(done);
  await clear(personId);
  store.close();
  assert.ok(Number(await forget(done)) > 0);
  assert.equal(await currentPerson(), null);
  assert.deepEqual(await wiping(), done);
  await mark(undefined);
  assert.equal(await wiping(), undefined);
  await rememberPerson({ id: 'colleague', name: '孙伟', staffNo: '0218' });
  assert.equal((await currentPerson())?.name, '孙伟');
});
