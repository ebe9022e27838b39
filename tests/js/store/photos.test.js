import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { aJob } from '../fakes/jobs.js';
import { aPhone, aShot, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { AppError } from '#app/core/errors.js';
import { letGo, markPhotos, nextPhotos } from '#app/store/bytes.js';
import { clearBase, syncState } from '#app/store/exchange.js';
import { exportUnsent } from '#app/store/export.js';
import { unsentCount } from '#app/store/people.js';
import { openStore } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';

const { transaction } = IDBDatabase.prototype;
const { add, put } = IDBObjectStore.prototype;
afterEach(() => {
  IDBDatabase.prototype.transaction = transaction;
  Object.assign(IDBObjectStore.prototype, { add, put });
});

/** @param {string} code */
const withCode = (code) => (/** @type {unknown} */ error) => error instanceof AppError && error.code === code;

async function aPhoneWithJob() {
  const server = new FakeServer();
  const phone = await aPhone(server);
  server.addJob('job-1', { lead: phone.lead, state: 'working' });
  assert.equal((await phone.engine.run()).state, 'ok');
  return { server, ...phone };
}

/** @param {import('#app/store/store.js').Store} store @param {string | Uint8Array} content @param {Record<string, any>} [over] */
const shoot = (store, content, over) => store.confirm('add_photo', 'job-1', ...aShot(content, over));

test('act, evidence and bytes are written in one strict transaction', async () => {
  const { store, engine } = await aPhoneWithJob();
  /** @type {any[]} */
  const writes = [];
  IDBDatabase.prototype.transaction = function (...args) {
    if (args[1] === 'readwrite') writes.push(args);
    return transaction.apply(this, /** @type {any} */ (args));
  };
  const op = await shoot(store, 'one');
  assert.equal(writes.length, 1);
  assert.deepEqual(writes[0][2], { durability: 'strict' });
  assert.deepEqual(new Uint8Array(/** @type {any} */ (await store.photo(op.id)).data), new TextEncoder().encode('one'));
  assert.equal(await store.photo('other'), null);
  const job = await store.job('job-1');
  assert.deepEqual(job?.photos.map(({ id, state, only_here, unsent }) => ({ id, state, only_here, unsent })), [{ id: op.id, state: 'announced', only_here: true, unsent: true }]);
  assert.deepEqual([job?.unsent, job?.unsentPhotos, job?.unsentOps.length], [0, 1, 1], 'a photo is one thing, not two');
  const { pending, photos, oldestMs } = await store.counts();
  assert.deepEqual([pending, photos, oldestMs], [0, 1, op.occurred_at]);
  await engine.run();
  const later = await store.job('job-1');
  assert.deepEqual([later?.unsent, later?.unsentPhotos, later?.photos[0].only_here, later?.photos[0].unsent], [0, 1, true, undefined]);
});

test('storage full at photo five of six: those before are safe, it is refused, nothing is half written', async () => {
  const { store } = await aPhoneWithJob();
  for (let i = 1; i <= 5; i += 1) await shoot(store, `photo ${i}`);
  for (const broken of ['bytes', 'evidence', 'ops']) {
    const full = /** @this {IDBObjectStore} */ function (/** @type {any[]} */ ...args) {
      if (this.name === broken) throw new DOMException('full', 'QuotaExceededError');
      return (broken === 'ops' ? add : put).apply(this, /** @type {any} */ (args));
    };
    Object.assign(IDBObjectStore.prototype, { [broken === 'ops' ? 'add' : 'put']: full });
    await assert.rejects(shoot(store, 'photo 6'), withCode('storage_full'));
    Object.assign(IDBObjectStore.prototype, { add, put });
  }
  const { pending, photos } = await store.counts();
  assert.deepEqual([pending, photos, (await syncState(store)).client.next_seq], [0, 5, 6]);
  for (const { id } of (await store.outbox()).photos) assert.ok((await store.photo(id))?.data?.byteLength);
  assert.equal(await stored(store, 'bytes'), 5);
  assert.equal((await shoot(store, 'photo 6')).seq, 6);
});

test('a photo repeated after its connection broke is written once', async () => {
  const { store } = await aPhoneWithJob();
  let broken = false;
  IDBObjectStore.prototype.put = function (...args) {
    const request = put.apply(this, args);
    if (this.name === 'bytes' && !broken) { broken = true; this.transaction.abort(); }
    return request;
  };
  const op = await shoot(store, 'once');
  assert.deepEqual([(await store.outbox()).photos.map(({ id }) => id), await stored(store, 'ops')], [[op.id], 1]);
});

test('bytes go, the thumbnail stays; the same picture twice is kept while one is needed', async () => {
  const { store } = await aPhoneWithJob();
  const [one, other] = [await shoot(store, 'same'), await shoot(store, 'same', { slot: 'after' })];
  await letGo(store, one.id);
  await letGo(store, one.id);
  assert.equal((await store.photo(one.id))?.data?.byteLength, 4);
  await letGo(store, other.id);
  const { data, thumb } = /** @type {any} */ (await store.photo(other.id));
  assert.deepEqual([data, thumb.byteLength, (await store.counts()).photos], [null, 3, 0]);
  await markPhotos(store, [other.id], { upload: '' });
  assert.equal((await store.counts()).photos, 0, 'a late note brings nothing back');
});

test('the photo that proves an outcome goes first, then the oldest job, one with trouble not at all', async () => {
  const { store, server, engine, lead } = await aPhoneWithJob();
  server.addJob('job-2', { lead, state: 'working' });
  await engine.run();
  const one = await shoot(store, '1');
  const two = await store.confirm('add_photo', 'job-2', ...aShot('2'));
  const three = await shoot(store, '3');
  const paper = await store.confirm('add_photo', 'job-2', ...aShot('4', { slot: 'paper' }));
  const refusal = await store.confirm('add_photo', 'job-2', ...aShot('5'));
  const payload = JSON.stringify({ job: 'job-2', run: 1, kind: 'sign_off', revision: 1, outcome: 'refused', photo: refusal.args.sha256, signer: { name: '', role: '' }, strokes: [], language: 'zh' });
  await store.confirm('sign_sheet', 'job-2', { presented: JSON.stringify({ lines: [], total_fen: 0 }), payload, signature: '' });
  const order = [];
  for (let photo = await next(store); photo; photo = await next(store)) {
    order.push(photo.id);
    await letGo(store, photo.id);
    if (order.length === 2) await markPhotos(store, [two.id], { trouble: 'bytes_damaged' });
  }
  assert.deepEqual([new Set(order.slice(0, 2)), new Set(order.slice(2))], [new Set([paper.id, refusal.id]), new Set([one.id, three.id])]);
});

test('what is unsent can be taken along as one file, photos too', async () => {
  const { store, engine, server } = await aPhoneWithJob();
  const big = crypto.getRandomValues(new Uint8Array(60_001));
  const first = await shoot(store, big);
  await engine.run();
  await shoot(store, 'zwei');
  server.session = null;
  const file = JSON.parse(await (await exportUnsent(store)).text());
  assert.deepEqual([file.format, file.format_version, file.ops.length, file.files.length], ['fieldservice-unsent', 2, 1, 2]);
  const [one] = file.files;
  assert.deepEqual([one.id, one.job, one.sha256, one.size, one.type], [first.id, 'job-1', first.args.sha256, 60_001, 'image/jpeg']);
  assert.deepEqual(new Uint8Array(Buffer.from(one.base64, 'base64')), big);
  assert.equal(atob(file.files[1].base64), 'zwei');
  await letGo(store, first.id);
  assert.equal(JSON.parse(await (await exportUnsent(store)).text()).files.length, 1);
});

test('signing out counts photos, and leaves those alone that are only here', async () => {
  const { store, engine, personId } = await aPhoneWithJob();
  const sent = await shoot(store, 'sent');
  await shoot(store, 'unsent');
  await store.confirm('add_note', 'job-1', { text: '还没发' });
  assert.equal(await unsentCount(personId), 3);
  await engine.run();
  await letGo(store, sent.id);
  assert.equal(await unsentCount(personId), 1);
  await clearBase(store);
  assert.deepEqual([await store.photo(sent.id), await stored(store, 'bytes'), await unsentCount(personId)], [null, 1, 1]);
});

test('a phone with version 1 of the database keeps everything, and asks for everything again', async () => {
  const personId = newPerson();
  await oldDatabase(personId);
  const store = await openStore(personId, operations);
  const { pending, client, manifest } = await syncState(store);
  assert.deepEqual(pending.map(({ id, seq }) => [id, seq]), [['op-1', 4]]);
  assert.deepEqual(client, { client_id: 'client', registered: true, epoch: 3, cursor: '', next_seq: 5 });
  assert.deepEqual(manifest, [['job-1', 7]]);
  assert.equal(await store.draft('note:job-1'), '写到一半');
  const job = await store.job('job-1');
  assert.deepEqual([job?.notes.length, job?.photos, job?.answers, job?.checklist, job?.unsent], [1, [], [], null, 1]);
  await shoot(store, 'new');
  assert.equal((await store.job('job-1'))?.unsentPhotos, 1);
});

test('checklists come with the jobs and go when no job is done by them', async () => {
  const { store, server, engine } = await aPhoneWithJob();
  server.addChecklist('v1', [
    { key: 'greet', sheet: '', when: [] }, { key: 'moisture', sheet: 'found', when: [{ item: 'asked', is: true }] },
    { key: 'asked', sheet: '', when: [] }, { key: 'swept', sheet: '', when: [], required: true },
    { key: 'sign', type: 'signature', sheet: '', when: [], required: true }, { key: 'card', sheet: '', when: [], required: true },
  ]);
  server.addChecklist('v2', [{ key: 'greet', sheet: 'done', when: [] }]);
  server.edit('job-1', () => ({ checklist: { id: 'v1', pinned: false } }));
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual((await store.checklist('v1'))?.items.length, 6);
  assert.equal(await store.checklist('v2'), null);
  assert.deepEqual((await store.job('job-1'))?.shownItems, ['moisture', 'asked', 'swept']);
  assert.deepEqual((await syncState(store)).manifest.map(([id]) => id), ['job-1', 'v1']);

  const answer = await store.confirm('answer_item', 'job-1', { item: 'greet', value: { done: true } });
  server.edit('job-1', () => ({ checklist: { id: 'v2', pinned: false } })); // published while the visit runs, unseen by the phone
  assert.equal(answer.args.checklist, 'v1');
  assert.deepEqual((await store.job('job-1'))?.checklist, { id: 'v1', pinned: true });
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual((await store.job('job-1'))?.checklist, { id: 'v1', pinned: true });
  assert.ok(await store.checklist('v1'));

  server.edit('job-1', () => ({ checklist: { id: 'v2', pinned: true } }));
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual([await store.checklist('v1'), (await store.checklist('v2'))?.items.length], [null, 1]);
  const before = server.requests;
  await engine.run();
  assert.deepEqual([server.requests - before, server.seen.at(-1).fetch], [1, undefined]);
});

test('a version an unsent answer was given to stays, whatever the office does', async () => {
  const { store, server, engine } = await aPhoneWithJob();
  server.addChecklist('v1', [{ key: 'moisture', sheet: 'found', when: [] }]);
  server.addChecklist('v2', []);
  server.edit('job-1', () => ({ checklist: { id: 'v1', pinned: false } }));
  await engine.run();
  server.edit('job-1', () => ({ checklist: { id: 'v2', pinned: false } }));
  const call = server.call;
  server.call = async (...args) => { // the answer is given while the news of the new version are under way
    const late = await call(...args);
    if (!(await store.job('job-1'))?.unsent) await store.confirm('answer_item', 'job-1', { item: 'moisture', value: { milli: 9400 } });
    server.call = async () => ({ ...late, status: 0 });
    return late;
  };
  const phone = await aPhone(server, { personId: store.personId, call: (...args) => server.call(...args) });
  assert.equal((await phone.engine.run()).state, 'offline');
  assert.deepEqual((await store.job('job-1'))?.checklist, { id: 'v1', pinned: true });
  assert.ok(await store.checklist('v1'));
  assert.deepEqual((await store.job('job-1'))?.shownItems, ['moisture']);
});

test('a job that went to somebody else stays until its bytes are on the server, and leaves no thumbnails', async () => {
  const { store, server, engine } = await aPhoneWithJob();
  const op = await shoot(store, 'evidence');
  await engine.run();
  server.reassign('job-1', 'somebody');
  await engine.run();
  assert.deepEqual([(await store.job('job-1'))?.handedOver, (await store.job('job-1'))?.unsentPhotos], [true, 1]);
  await letGo(store, op.id);
  await engine.run();
  assert.deepEqual([await store.jobs(), await stored(store, 'evidence'), await stored(store, 'bytes')], [[], 0, 0]);
});

test('the office is told how much is only here, photos too', async () => {
  const { store, server, engine } = await aPhoneWithJob();
  const op = await shoot(store, 'one');
  await shoot(store, 'two');
  await engine.run();
  assert.deepEqual([server.seen.at(-1).pending, server.seen.at(-1).oldest_ms], [2, op.occurred_at]);
});

/** @param {import('#app/store/store.js').Store} store */
async function next(store) {
  return (await nextPhotos(store, () => 0)).photos[0];
}

/** Records in a store of the person's database. @param {import('#app/store/store.js').Store} store @param {string} name */
function stored(store, name) {
  return store.db.read([name], (tx) => tx.objectStore(name).count());
}

/** As the app before the visit left it. @param {string} personId */
function oldDatabase(personId) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(`fieldservice-${personId}`, 1);
    opening.onerror = reject;
    opening.onupgradeneeded = () => {
      const db = opening.result;
      db.createObjectStore('base', { keyPath: ['type', 'id'] });
      const ops = db.createObjectStore('ops', { keyPath: 'n', autoIncrement: true });
      for (const [name, path] of [['id', 'id'], ['open', 'open'], ['trouble', 'trouble'], ['acked', 'acked_ms']]) ops.createIndex(name, path, { unique: name === 'id' });
      db.createObjectStore('drafts');
      db.createObjectStore('meta');
    };
    opening.onsuccess = () => {
      const db = opening.result;
      const tx = db.transaction(['base', 'ops', 'drafts', 'meta'], 'readwrite');
      const { stops_supply, under_warranty, sign_nonce, closed, checklist, answers, photos, charges, sheets, incidents, ...fields } = aJob({ state: 'working', lead: { id: personId, name: '李强', staff_no: '0217' } });
      tx.objectStore('base').put({ type: 'job', id: 'job-1', version: 7, fields });
      tx.objectStore('ops').put({ id: 'op-1', seq: 4, schema: 1, kind: 'add_note', entity: 'job-1', args: { text: '旧版本' }, base: { version: 7 }, occurred_at: 1, mono: { page: '', t: 1 }, number: 'PG-0001', open: 1 });
      tx.objectStore('drafts').put('写到一半', 'note:job-1');
      tx.objectStore('meta').put({ client_id: 'client', registered: true, epoch: 3, cursor: 'abc', next_seq: 5 }, 'client');
      tx.oncomplete = () => { db.close(); resolve(undefined); };
    };
  });
}
