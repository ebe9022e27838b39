import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { forceCloseDatabase } from 'fake-indexeddb';
import { aPhone, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { AppError } from '#app/core/errors.js';
import { bus } from '#app/core/events.js';
import { Database } from '#app/store/database.js';
import { syncState } from '#app/store/exchange.js';
import { exportUnsent } from '#app/store/export.js';
import { openStore } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';

const original = IDBDatabase.prototype.transaction;
const originalAdd = IDBObjectStore.prototype.add;
afterEach(() => {
  IDBDatabase.prototype.transaction = original;
  IDBObjectStore.prototype.add = originalAdd;
});

/** A phone that holds job-1 of its person. */
async function aPhoneWithJob() {
  const server = new FakeServer();
  const phone = await aPhone(server);
  server.addJob('job-1', { lead: phone.lead });
  assert.equal((await phone.engine.run()).state, 'ok');
  return { server, ...phone };
}

/** @param {string} code */
const withCode = (code) => (/** @type {unknown} */ error) => error instanceof AppError && error.code === code;

test('a confirmed step shows at once, is marked unsent and counted', async () => {
  const { store } = await aPhoneWithJob();
  const op = await store.confirm('take_step', 'job-1', { step: 'accept' });
  const job = await store.job('job-1');
  assert.equal(job?.state, 'accepted');
  assert.deepEqual(job?.steps.map(({ id, unsent, to }) => ({ id, unsent, to })), [{ id: op.id, unsent: true, to: 'accepted' }]);
  assert.equal(job?.unsent, 1);
  assert.equal((await store.counts()).pending, 1);
  assert.equal((await store.counts()).oldestMs, op.occurred_at);
});

test('it writes an act in one strict transaction', async () => {
  const { store } = await aPhoneWithJob();
  /** @type {any[]} */
  const writes = [];
  IDBDatabase.prototype.transaction = function (...args) {
    if (args[1] === 'readwrite') writes.push(args);
    return original.apply(this, /** @type {any} */ (args));
  };
  await store.confirm('take_step', 'job-1', { step: 'accept' });
  assert.equal(writes.length, 1);
  assert.deepEqual(writes[0][2], { durability: 'strict' });
});

test('two tabs never take the same number, nor the same step twice', async () => {
  const { store, personId } = await aPhoneWithJob();
  const other = await openStore(personId, operations);
  const notes = await Promise.all([store, other, store, other].map((tab, i) => tab.confirm('add_note', 'job-1', { text: `${i}` })));
  assert.deepEqual(notes.map((op) => op.seq).sort(), [1, 2, 3, 4]);
  const steps = await Promise.allSettled([store, other].map((tab) => tab.confirm('take_step', 'job-1', { step: 'accept' })));
  assert.deepEqual(steps.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  other.close();
});

test('it refuses what the rules refuse and writes nothing', async () => {
  const { store } = await aPhoneWithJob();
  await assert.rejects(store.confirm('take_step', 'job-1', { step: 'finish' }), withCode('step_out_of_order'));
  await assert.rejects(store.confirm('take_step', 'nope', { step: 'accept' }), withCode('job_unknown'));
  await assert.rejects(store.confirm('add_note', 'job-1', { text: '  ' }), withCode('text_missing'));
  await assert.rejects(store.confirm('record_contact', 'job-1', { channel: 'pigeon' }), withCode('channel_unknown'));
  assert.equal((await store.counts()).pending, 0);
  assert.equal((await syncState(store)).client.next_seq, 1);
});

test('a helper may write notes but not move the job on', async () => {
  const { store, server } = await aPhoneWithJob();
  server.edit('job-1', () => ({}));
  const job = /** @type {any} */ (await store.job('job-1'));
  assert.throws(() => operations.take_step.build({ step: 'accept' }, { job, me: { id: 'helper', name: '' }, nowMs: 0 }), withCode('not_lead'));
  assert.deepEqual(operations.add_note.build({ text: ' 好 ' }, { job, me: { id: 'helper', name: '' }, nowMs: 0 }), { text: '好' });
});

test('a full storage keeps nothing half-written and says so', async () => {
  const { store } = await aPhoneWithJob();
  /** @type {any[]} */
  const told = [];
  const off = bus.on('storage', (detail) => told.push(detail.code));
  IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };
  await assert.rejects(store.confirm('take_step', 'job-1', { step: 'accept' }), withCode('storage_full'));
  IDBObjectStore.prototype.add = originalAdd;
  off();
  assert.deepEqual(told, ['storage_full']);
  assert.equal((await store.counts()).pending, 0);
  assert.equal((await store.confirm('take_step', 'job-1', { step: 'accept' })).seq, 1);
});

test('it opens a lost connection again and goes on', async () => {
  const { store } = await aPhoneWithJob();
  let lost = 2;
  IDBDatabase.prototype.transaction = function (...args) {
    if (lost-- > 0) throw new DOMException('the database connection is closing', 'InvalidStateError');
    return original.apply(this, /** @type {any} */ (args));
  };
  await store.confirm('take_step', 'job-1', { step: 'accept' });
  assert.equal((await store.outbox()).pending.length, 1);
});

test('a connection the browser ended while the page slept is opened again at the next access, without a failure before', async (t) => {
  const { store } = await aPhoneWithJob();
  /** @type {IDBDatabase | undefined} */
  let used;
  IDBDatabase.prototype.transaction = function (...args) {
    used = this;
    return original.apply(this, /** @type {any} */ (args));
  };
  await store.jobs();
  const ended = /** @type {IDBDatabase} */ (used);
  forceCloseDatabase(/** @type {any} */ (ended));
  const failures = t.mock.method(IDBDatabase.prototype, 'close');
  await store.confirm('take_step', 'job-1', { step: 'accept' });
  assert.equal((await store.outbox()).pending.length, 1);
  assert.notEqual(used, ended);
  assert.equal(failures.mock.callCount(), 0, 'the ended one was not tried');
});

test('an open that is answered too late leaves nothing open', async (t) => {
  const name = newPerson();
  const held = await new Promise((resolve) => { const opening = indexedDB.open(name, 1); opening.onsuccess = () => resolve(opening.result); });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const failed = assert.rejects(new Database(name, 2, () => {}).read(['meta'], async () => 0), withCode('storage_failed'));
  for (let i = 0; i < 12; i += 1) {
    await new Promise((resolve) => { setImmediate(resolve); });
    t.mock.timers.tick(8000);
  }
  await failed;
  t.mock.timers.reset();
  held.close(); // now all of them are answered
  let stoodInTheWay = false;
  await new Promise((resolve) => {
    const deleting = indexedDB.deleteDatabase(name);
    deleting.onblocked = () => { stoodInTheWay = true; resolve(0); };
    deleting.onsuccess = resolve;
  });
  assert.equal(stoodInTheWay, false);
});

test('a read that keeps failing is an error, never "no data"', async () => {
  const { store } = await aPhoneWithJob();
  IDBDatabase.prototype.transaction = () => { throw new DOMException('gone', 'InvalidStateError'); };
  await assert.rejects(store.jobs(), withCode('storage_failed'));
});

test('a database that does not open is an error, never an empty phone', async () => {
  const open = indexedDB.open;
  indexedDB.open = () => { throw new DOMException('broken', 'UnknownError'); };
  await assert.rejects(openStore(newPerson(), operations), withCode('storage_failed'));
  indexedDB.open = open;
});

test('an act repeated after its connection broke is written once', async () => {
  const { store } = await aPhoneWithJob();
  let broken = false;
  IDBObjectStore.prototype.add = function (...args) {
    const request = originalAdd.apply(this, args);
    if (!broken) { broken = true; this.transaction.abort(); }
    return request;
  };
  await store.confirm('add_note', 'job-1', { text: '一次' });
  assert.deepEqual((await store.outbox()).pending.map((op) => op.seq), [1]);
});

test('a newer version of the database can open while this one is used', async () => {
  const { store, personId } = await aPhoneWithJob();
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`fieldservice-${personId}`);
    request.onsuccess = resolve;
    request.onerror = reject;
    request.onblocked = () => reject(new Error('blocked'));
  });
  assert.deepEqual(await store.jobs(), []);
});

test('a step taken back stays in the record with its reason', async () => {
  const { store } = await aPhoneWithJob();
  const step = await store.confirm('take_step', 'job-1', { step: 'accept' });
  await assert.rejects(store.confirm('take_back_step', 'job-1', { reason: '' }), withCode('reason_missing'));
  await assert.rejects(store.confirm('take_back_step', 'job-1', { step_id: 'other', reason: '按错了' }), withCode('nothing_to_take_back'));
  await store.confirm('take_back_step', 'job-1', { reason: '按错了' });
  const job = await store.job('job-1');
  assert.equal(job?.state, 'assigned');
  assert.deepEqual(job?.steps.map(({ id, void_reason }) => [id, void_reason]), [[step.id, '按错了']]);
});

test('text that a database cannot hold is cleaned before it is kept', async () => {
  const { store } = await aPhoneWithJob();
  const op = await store.confirm('add_note', 'job-1', { text: 'a\0b\ud83dc😀' });
  assert.equal(op.args.text, 'abc😀');
});

test('drafts and settings survive a restart; unsent work can be taken along as a file', async () => {
  const { store, personId } = await aPhoneWithJob();
  await store.setDraft('note:job-1', '写到一半');
  await store.setMeta('map', 'amap');
  await store.confirm('add_note', 'job-1', { text: '在手机上' });
  store.close();
  const again = await openStore(personId, operations);
  assert.equal(await again.draft('note:job-1'), '写到一半');
  assert.equal(await again.meta('map'), 'amap');
  await again.setDraft('note:job-1', '');
  assert.equal(await again.draft('note:job-1'), undefined);
  const file = JSON.parse(await (await exportUnsent(again)).text());
  assert.deepEqual(file.ops.map((/** @type {any} */ op) => op.args.text), ['在手机上']);
  assert.equal(file.person_id, personId);
});

test('another tab hears that something changed', async () => {
  const { store, personId } = await aPhoneWithJob();
  const other = await openStore(personId, operations);
  let heard = 0;
  const off = bus.on('changed', () => { heard += 1; });
  await store.confirm('add_note', 'job-1', { text: '听到' });
  for (let i = 0; i < 50 && heard < 2; i += 1) await new Promise((resolve) => { setTimeout(resolve, 10); });
  off();
  other.close();
  assert.equal(heard, 2); // this page's own word, and the message of the other tab
});
