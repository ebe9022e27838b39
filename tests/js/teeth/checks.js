/**
 * Directed checks of the phone: each fails when the protection it stands for in `protections.json` is taken out. They say
 * what a person or the server would notice, never how the phone does it.
 */
import assert from 'node:assert/strict';
import { aPage } from '../fakes/browser.js';
import { aJob } from '../fakes/jobs.js';
import { aRefusal, aShot, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';

/**
 * @typedef {typeof import('./modules.js')} App
 * @typedef {import('#app/sync/transport.js').Call} Call
 * @typedef {import('#app/sync/transport.js').Reply} Reply
 */

const DAY_MS = 24 * 3600 * 1000;
const KB = 1024;

/** A phone with one job, in step with its server, and a switch between the two. @param {App} app @param {Partial<import('#app/types/domain.js').JobFields>} [fields] */
async function aPhone(app, fields = {}) {
  const server = new FakeServer();
  const personId = newPerson();
  server.session = personId;
  server.addJob('job-1', { lead: { id: personId, name: '李强', staff_no: '0217' }, ...fields });
  /** @type {{call: Call}} */
  const line = { call: server.call };
  const call = /** @type {Call} */ ((...args) => line.call(...args));
  const tab = async () => {
    const store = await app.openStore(personId, app.operations);
    return { store, engine: new app.Engine({ store, call, build: 'build-1', deviceName: 'Test' }) };
  };
  const { store, engine } = await tab();
  assert.equal((await engine.run()).state, 'ok');
  const uploads = new app.Uploads({ store, call, goesOn: () => true });
  return { server, personId, line, store, engine, uploads, tab, tus: server.tus };
}

/** @param {import('#app/store/store.js').Store} store @param {string} [step] */
const take = (store, step = 'accept') => store.confirm('take_step', 'job-1', { step });
/** @param {import('#app/store/store.js').Store} store */
const note = (store) => store.confirm('add_note', 'job-1', { text: '水管在漏' });
/** @param {import('#app/store/store.js').Store} store @param {number} [kb] @param {Record<string, any>} [over] */
const shoot = (store, kb = 1, over = {}) => store.confirm('add_photo', 'job-1', ...aShot(new Uint8Array(kb * KB).map((_, index) => index % 251), over));
/** @param {import('#app/store/store.js').Store} store */
const pending = async (store) => (await store.counts()).pending;

/** Takes the network away. @param {(url: string, options: any) => any} answer @param {() => Promise<void>} work */
async function withFetch(answer, work) {
  const { fetch } = globalThis;
  globalThis.fetch = /** @type {any} */ (answer);
  try {
    await work();
  } finally {
    globalThis.fetch = fetch;
  }
}

/** Replaces methods of IndexedDB while `work` runs. @param {any} prototype @param {Record<string, any>} methods @param {() => Promise<void>} work */
async function withStorage(prototype, methods, work) {
  const before = Object.fromEntries(Object.keys(methods).map((name) => [name, prototype[name]]));
  Object.assign(prototype, methods);
  try {
    await work();
  } finally {
    Object.assign(prototype, before);
  }
}

// ── acts and answers ──────────────────────────────────────────────────────────────────────────────────────────────

/** P13: acts acknowledged weeks ago stand on a server that was restored from a backup of before. @param {App} app */
export async function aRestoredServerGetsTheJournal(app) {
  const { server, store, engine } = await aPhone(app);
  const backup = server.backup();
  const op = await take(store);
  await engine.run();
  server.nowMs += 20 * DAY_MS;
  await engine.run();
  server.restore(backup);
  await take(store, 'depart');
  assert.equal((await engine.run()).state, 'ok', 'at the first contact');
  assert.equal(server.applied.get(op.id), 1);
  assert.equal(server.jobs.get('job-1')?.fields.state, 'en_route');
  assert.equal(await pending(store), 0);
}

/** P13: a late answer of the server as it was before a restore. @param {App} app */
export async function anAnswerFromBeforeARestoreCountsForNothing(app) {
  const { server, store, engine, line, tab } = await aPhone(app);
  const backup = server.backup();
  const op = await take(store);
  const other = await tab();
  line.call = async (...args) => {
    const late = await server.call(...args);
    line.call = async (...given) => { line.call = async () => aRefusal(0); return server.call(...given); };
    server.restore(backup);
    await other.engine.run();
    return late;
  };
  await engine.run();
  line.call = server.call;
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.log.get(op.id)?.result, 'applied');
  assert.equal(await pending(store), 0);
}

/** P1: both copies of a profile get their work through. @param {App} app */
export async function aCopiedProfileGetsThrough(app) {
  const { server, store, engine } = await aPhone(app);
  await take(store);
  await engine.run();
  const { client } = await app.syncState(store);
  await note(store);
  const op = await take(store, 'depart');
  /** @type {any} */ (server.devices.get(client.client_id)).lastSeq = 5; // the other copy sent what this one never had
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.applied.get(op.id), 1);
  assert.equal(await pending(store), 0);
}

/** P1: the server waits for numbers that this phone will never send again. @param {App} app */
export async function aServerThatLostItsTailGetsEverything(app) {
  const { server, store, engine } = await aPhone(app);
  await take(store);
  await engine.run();
  const { client } = await app.syncState(store);
  /** @type {any} */ (server.devices.get(client.client_id)).lastSeq = 0;
  const op = await note(store);
  await engine.run();
  await engine.run();
  assert.equal(server.applied.get(op.id), 1);
}

/** P6, P17: another tab is further when an answer comes late. @param {App} app */
export async function aLateAnswerTakesNothingBack(app) {
  const { server, store, engine, line, tab } = await aPhone(app);
  const other = await tab();
  server.edit('job-1', () => ({ brief: '旧的说明' }));
  line.call = async (...args) => {
    const late = await server.call(...args);
    line.call = server.call;
    server.edit('job-1', () => ({ brief: '新的说明' }));
    await other.engine.run();
    line.call = async () => aRefusal(0); // and then the line is gone: what is shown now is shown for hours
    return late;
  };
  await engine.run();
  assert.equal((await store.job('job-1'))?.brief, '新的说明');
}

/** P15: a captive portal that even mirrors what it was asked. @param {App} app */
export async function aPortalIsOffline(app) {
  const { store } = await aPhone(app);
  await take(store);
  const engine = new app.Engine({ store, call: app.call, build: 'build-1', deviceName: 'Test' });
  await withFetch(async (_, { body }) => acknowledging(JSON.parse(body), 200, { 'Content-Type': 'application/json' }), async () => {
    assert.equal((await engine.run()).state, 'offline');
    assert.equal(await pending(store), 1);
  });
}

/** @param {any} request @param {number} status @param {Record<string, string>} headers */
function acknowledging(request, status, headers) {
  const acks = request.ops.map((/** @type {any} */ { id }) => ({ id, result: 'applied', version: 1, note: null }));
  const body = { nonce: request.nonce, epoch: request.epoch, server_time: Date.now(), from: request.cursor, to: request.cursor, more: false, acks, changes: [], manifest: null, min_proto: 1 };
  return new Response(JSON.stringify(body), { status, headers });
}

/** P15: an error page that looks like an answer. @param {App} app */
export async function onlyA200Acknowledges(app) {
  const { store, engine, server, line } = await aPhone(app);
  await take(store);
  line.call = async (...args) => ({ ...(await server.call(...args)), status: 500 });
  assert.equal((await engine.run()).state, 'server_trouble');
  assert.equal(await pending(store), 1);
}

/** P15: a page that begins like JSON. @param {App} app */
export async function onlyJsonAcknowledges(app) {
  const { store } = await aPhone(app);
  await take(store);
  const engine = new app.Engine({ store, call: app.call, build: 'build-1', deviceName: 'Test' });
  await withFetch(async (_, { body, headers }) => acknowledging(JSON.parse(body), 200, { 'Content-Type': 'text/html', 'X-Fieldservice': headers['X-Fieldservice-Nonce'] }), async () => {
    await engine.run();
    assert.equal(await pending(store), 1);
  });
}

/** P15: the line breaks in the middle of an answer. @param {App} app */
export async function anAnswerCutShortIsOffline(app) {
  const body = () => new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) });
  await withFetch(async (_, { headers }) => new Response(body(), { status: 200, headers: { 'Content-Type': 'application/json', 'X-Fieldservice': headers['X-Fieldservice-Nonce'] } }), async () => {
    assert.equal((await app.call('POST', '/api/sync', {})).status, 0);
  });
}

/** P15: an answer kept by a proxy for another request. @param {App} app */
export async function anAnswerToAnotherRequestAcknowledgesNothing(app) {
  await spoiltAnswer(app, (reply) => ({ ...reply, body: { ...reply.body, nonce: 'ffffffffffffffff' } }));
}

/** P1: an answer this app does not understand. @param {App} app */
export async function aBrokenAnswerAcknowledgesNothing(app) {
  await spoiltAnswer(app, (reply) => ({ ...reply, body: { ...reply.body, acks: reply.body.acks.map((/** @type {any} */ ack) => ({ ...ack, result: 'fine' })) } }));
}

/** @param {App} app @param {(reply: Reply) => Reply} spoil */
async function spoiltAnswer(app, spoil) {
  const { store, engine, server, line } = await aPhone(app);
  await take(store);
  line.call = async (...args) => spoil(await server.call(...args));
  assert.equal((await engine.run()).state, 'server_trouble');
  assert.equal(await pending(store), 1);
}

/** P1: an answer that names an act its request did not carry. @param {App} app */
export async function onlyWhatWasSentIsAcknowledged(app) {
  const { store, engine, line, server } = await aPhone(app);
  const op = await take(store);
  line.call = async (method, path, body, ...rest) => {
    const reply = await server.call(method, path, { ...body, ops: [] }, ...rest);
    const early = await note(store); // confirmed while the request was under way
    line.call = async () => aRefusal(0);
    return { ...reply, body: { ...reply.body, acks: [op, early].map(({ id }) => ({ id, result: 'applied', version: 1, note: null })) } };
  };
  await engine.run();
  assert.equal(await pending(store), 1);
}

/** P15: a redirect to a sign-in page is not followed with the person's work. @param {App} app */
export async function redirectsAreNotFollowed(app) {
  await withFetch(async (_, { redirect }) => { assert.equal(redirect, 'error'); throw new TypeError('redirected'); }, async () => {
    assert.equal((await app.call('POST', '/api/sync', {})).status, 0);
  });
  let followed = '';
  await withFetch(async (_, { redirect }) => { followed = redirect; throw new TypeError('redirected'); }, async () => { await app.call('POST', '/api/sync', {}); });
  assert.equal(followed, 'error');
}

// ── storage ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** P12: the storage is full in the middle of a photo: nothing of it is there. @param {App} app */
export async function aFullStorageKeepsNothingHalf(app) {
  const { store } = await aPhone(app, { state: 'working' });
  const { put } = IDBObjectStore.prototype;
  await withStorage(IDBObjectStore.prototype, { put: /** @this {IDBObjectStore} */ function (/** @type {any[]} */ ...args) {
    if (this.name === 'bytes') throw new DOMException('full', 'QuotaExceededError');
    return put.apply(this, /** @type {any} */ (args));
  } }, () => assert.rejects(shoot(store)));
  const { photos, pending: acts } = await store.outbox();
  assert.deepEqual([photos.length, acts.length], [0, 0]);
}

/** P12: what was confirmed survives the battery. @param {App} app */
export async function everyWriteIsStrict(app) {
  const { store } = await aPhone(app, { state: 'working' });
  /** @type {any[]} */
  const written = [];
  const { transaction } = IDBDatabase.prototype;
  await withStorage(IDBDatabase.prototype, { transaction: /** @this {IDBDatabase} */ function (/** @type {any[]} */ ...args) {
    if (args[1] === 'readwrite') written.push(args[2]?.durability);
    return transaction.apply(this, /** @type {any} */ (args));
  } }, async () => void (await shoot(store)));
  assert.deepEqual(written, ['strict']);
}

/** P12: the transaction fails at its very end, after every request went well. @param {App} app */
export async function nothingIsPromisedBeforeItIsWritten(app) {
  const { store } = await aPhone(app);
  await withStorage(IDBTransaction.prototype, { commit: /** @this {IDBTransaction} */ function () { this.abort(); } }, async () => {
    const op = await note(store).catch(() => null);
    const kept = await store.db.read(['ops'], (tx) => tx.objectStore('ops').getAll());
    assert.equal(kept.length, op ? 1 : 0);
  });
}

/** P17: two tabs confirm at one moment. @param {App} app */
export async function twoTabsNeverTakeOneNumber(app) {
  const { store, engine, server, tab } = await aPhone(app);
  const other = await tab();
  const ops = await Promise.all([note(store), note(other.store), note(store), note(other.store)]);
  assert.deepEqual(ops.map(({ seq }) => seq).sort(), [1, 2, 3, 4]);
  await engine.run();
  assert.equal(server.jobs.get('job-1')?.fields.notes.length, 4);
}

/** P12: the disk has the act, and the page is told that the connection was lost; the repeat finds it. @param {App} app */
export async function anActRepeatedAfterALostConnectionIsWrittenOnce(app) {
  const { store } = await aPhone(app);
  const { addEventListener } = IDBTransaction.prototype;
  /** @type {IDBTransaction | undefined} */
  let liar;
  /** @type {any} */
  let op;
  await withStorage(IDBTransaction.prototype, { addEventListener: /** @this {IDBTransaction} */ function (/** @type {any[]} */ ...[name, listener]) {
    liar ??= this.mode === 'readwrite' ? this : undefined;
    if (this !== liar || name !== 'complete') addEventListener.call(this, name, listener);
    if (this === liar && name === 'abort') addEventListener.call(this, 'complete', listener);
  } }, async () => { op = await note(store).catch(() => null); });
  assert.ok(liar);
  assert.ok(op, 'it is confirmed');
  assert.deepEqual((await store.outbox()).pending.map(({ id }) => id), [op.id]);
}

/** P12: iOS dropped the connection while the page was in the background. @param {App} app */
export async function aLostHandleIsOpenedAgain(app) {
  const { store } = await aPhone(app);
  const { transaction } = IDBDatabase.prototype;
  let lost = 1;
  await withStorage(IDBDatabase.prototype, { transaction: /** @this {IDBDatabase} */ function (/** @type {any[]} */ ...args) {
    lost -= 1;
    if (lost >= 0) throw new DOMException('the database connection is closing', 'InvalidStateError');
    return transaction.apply(this, /** @type {any} */ (args));
  } }, async () => void (await note(store).catch(() => null)));
  assert.equal(await pending(store), 1);
}

/** P12: one handle is dead for good; another one works. @param {App} app */
export async function aHandleThatDiedIsDropped(app) {
  const { store } = await aPhone(app);
  const { transaction } = IDBDatabase.prototype;
  /** @type {any} */
  let dead = null;
  await withStorage(IDBDatabase.prototype, { transaction: /** @this {IDBDatabase} */ function (/** @type {any[]} */ ...args) {
    dead ??= this;
    if (dead === this) throw new DOMException('the database connection is closing', 'InvalidStateError');
    return transaction.apply(this, /** @type {any} */ (args));
  } }, async () => void (await note(store).catch(() => null)));
  assert.equal(await pending(store), 1);
}

/** P12: a storage that fails is not an empty phone. @param {App} app */
export async function aFailedReadIsAnError(app) {
  const { store } = await aPhone(app);
  await withStorage(IDBDatabase.prototype, { transaction: () => { throw new DOMException('gone', 'InvalidStateError'); } }, () => assert.rejects(store.jobs()));
}

/** P16: what A wrote is not in B's hands. @param {App} app */
export async function aPersonSeesNothingOfAnother(app) {
  const { store } = await aPhone(app);
  const op = await note(store);
  const other = await app.openStore(newPerson(), app.operations);
  const kept = [...(await other.outbox()).pending, ...(await other.jobs())];
  assert.ok(!kept.some(({ id }) => id === op.id || id === 'job-1'));
}

// ── persons ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** P16: B signs in in the same browser while A's work is unsent. @param {App} app */
export async function nothingOfALeavesUnderB(app) {
  const { store, engine, server, personId } = await aPhone(app);
  const op = await note(store);
  const { client } = await app.syncState(store);
  for (const isKnown of [true, false]) {
    server.session = newPerson();
    if (!isKnown) server.devices.clear();
    assert.equal((await engine.run()).state, 'signed_out');
    assert.equal(server.log.size, 0);
    assert.ok(![...server.devices.values()].some((device) => device.personId === server.session));
    assert.equal(await pending(store), 1);
  }
  server.session = personId;
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.log.get(op.id)?.personId, personId);
  assert.equal((await app.syncState(store)).client.client_id, client.client_id);
}

/** P16: the session changed hands between the question and the registration. @param {App} app */
export async function aClientIdThatChangedHandsIsNotUsed(app) {
  const { store, engine, server, line } = await aPhone(app);
  server.devices.clear();
  const { client } = await app.syncState(store);
  line.call = async (...args) => {
    const reply = await server.call(...args);
    if (args[0] === 'GET') server.session = 'somebody';
    return reply;
  };
  assert.equal((await engine.run()).state, 'signed_out');
  assert.notEqual((await app.syncState(store)).client.client_id, client.client_id);
}

/** P1: a signed-out phone has nothing of its own left. @param {App} app */
export async function signingOutIsRefusedWhileSomethingIsUnsent(app) {
  const { store, personId } = await aPhone(app);
  await note(store);
  await app.rememberPerson({ id: personId, name: '李强', staffNo: '0217' });
  await withFetch(async (_, { headers }) => new Response(null, { status: 204, headers: { 'X-Fieldservice': headers['X-Fieldservice-Nonce'] } }), () => assert.rejects(app.signOut()));
}

// ── views ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** P9: given to somebody else while work on it is unsent. @param {App} app */
export async function aHandedOverJobStaysUntilItsWorkIsThere(app) {
  const { store, engine, server, line } = await aPhone(app);
  server.reassign('job-1', 'somebody');
  line.call = async (...args) => {
    const answer = await server.call(...args);
    line.call = async () => aRefusal(0);
    await note(store);
    return answer;
  };
  await engine.run();
  const card = await store.job('job-1');
  assert.deepEqual([card?.handedOver, card?.unsent], [true, 1]);
  line.call = server.call;
  await engine.run();
  assert.deepEqual(await store.jobs(), []);
}

/** P9, P10: given to somebody else while the bytes of a photo are here alone. @param {App} app */
export async function aHandedOverJobStaysUntilItsBytesAreThere(app) {
  const { store, engine, server, uploads } = await aPhone(app, { state: 'working' });
  const op = await shoot(store);
  await engine.run();
  server.reassign('job-1', 'somebody');
  await engine.run();
  assert.equal((await store.job('job-1'))?.handedOver, true);
  assert.equal((await store.photo(op.id))?.data?.byteLength, KB);
  await uploads.run();
  await engine.run();
  assert.deepEqual(await store.jobs(), []);
}

/** P5: another tab got the acknowledgement, the change is still on its way. @param {App} app */
export async function aStepStaysBetweenAckAndChange(app) {
  const { store, server } = await aPhone(app);
  const op = await take(store);
  const { client, settling } = await app.syncState(store);
  const old = { type: /** @type {'job'} */ ('job'), id: 'job-1', version: 1, fields: aJob() };
  const body = { nonce: '', epoch: 1, server_time: server.nowMs, from: 'elsewhere', to: 'x', more: false, manifest: [], min_proto: 1, changes: [old], acks: [{ id: op.id, result: /** @type {'applied'} */ ('applied'), version: server.version + 1, note: null }] };
  await app.takeAnswer(store, { client_id: client.client_id, ops: [op.id], settling, off_ms: 0, local_ms: 0 }, body);
  assert.deepEqual([(await store.job('job-1'))?.state, await pending(store)], ['accepted', 0]);
}

/** P5: what the manifest names and the phone lacks. @param {App} app */
export async function whatThePhoneLacksIsFetched(app) {
  const { store, engine } = await aPhone(app);
  await store.db.write(['base'], async (tx) => void (await tx.objectStore('base').delete(['job', 'job-1'])));
  await engine.run();
  assert.equal((await store.jobs()).length, 1);
}

// ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** P10: the act that announces them is not there yet. @param {App} app */
export async function actsGoBeforeBytes(app) {
  const { store, uploads, tus } = await aPhone(app, { state: 'working' });
  await shoot(store);
  assert.equal(await uploads.run(), 'again');
  assert.deepEqual(tus.seen, []);
}

/** P10: a creation answered in order with a part of the bytes. @param {App} app */
export async function bytesStayUntilAllAreThere(app) {
  const { store, engine, uploads, tus, line, server } = await aPhone(app, { state: 'working' });
  const op = await shoot(store, 600);
  await engine.run();
  tus.cutAt = 100 * KB;
  line.call = async (...args) => {
    const reply = await server.call(...args);
    const { status, offset } = reply.status ? reply : { status: 204, offset: 100 * KB };
    return { ...reply, status, offset };
  };
  await uploads.run();
  assert.ok(tus.blobs.has(op.args.sha256));
  assert.equal((await store.photo(op.id))?.data, null);
}

/** P10, P15: a proxy answers for the upload. @param {App} app */
export async function onlyOurUploadsLetBytesGo(app) {
  const { store, engine } = await aPhone(app, { state: 'working' });
  const op = await shoot(store);
  await engine.run();
  const uploads = new app.Uploads({ store, call: app.call, goesOn: () => true });
  await withFetch(async (_, { headers }) => new Response(null, { status: 201, headers: { 'X-Fieldservice': headers['X-Fieldservice-Nonce'], 'Upload-Offset': `${KB}` } }), async () => void (await uploads.run()));
  assert.equal((await store.photo(op.id))?.data?.byteLength, KB);
}

/** P10: the same picture for two slots; one has arrived. @param {App} app */
export async function sharedBytesStay(app) {
  const { store } = await aPhone(app, { state: 'working' });
  const [one, other] = [await shoot(store), await shoot(store, 1, { slot: 'after' })];
  await app.letGo(store, one.id);
  assert.equal((await store.photo(other.id))?.data?.byteLength, KB);
}

/**
 * Three photos, of which two go at once; what the answer says of the first of these is changed. Whether its bytes are still here.
 * @param {App} app @param {(reply: any) => any} change
 */
async function staysAfter(app, change) {
  const { store, engine, line, server } = await aPhone(app, { state: 'working' });
  for (const n of [1, 2, 3]) await shoot(store, n);
  await engine.run();
  let goesOn = true;
  /** @type {any} */
  let carried;
  line.call = async (...args) => {
    if (!args[1].endsWith('bundle')) return server.call(...args);
    goesOn = false;
    [carried] = JSON.parse(new TextDecoder().decode(args[2].subarray(0, Number(args[4]?.['Bundle-Head'])))).parts;
    return change(await server.call(...args));
  };
  await new app.Uploads({ store, call: (...args) => line.call(...args), goesOn: () => goesOn }).run();
  return Boolean((await store.photo(carried.evidence))?.data);
}

/** @param {any} lie @returns {(reply: any) => any} */
const saying = (lie) => (reply) => ({ ...reply, body: { parts: reply.body.parts.map((/** @type {any} */ part, /** @type {number} */ n) => (n ? part : { ...part, ...lie })) } });

/** P10: a part of one of them has come. @param {App} app */
export async function ofSeveralPhotosThoseToldWholeGo(app) {
  assert.equal(await staysAfter(app, saying({ offset: 700 })), true);
}

/** P10: what the server has is not what was sent. @param {App} app */
export async function ofSeveralPhotosThoseToldWithTheirHashGo(app) {
  assert.equal(await staysAfter(app, saying({ sha256: 'f'.repeat(64) })), true);
}

/** P10, P15: an error that looks like an answer. @param {App} app */
export async function severalPhotosGoByA200Alone(app) {
  assert.equal(await staysAfter(app, (reply) => ({ ...reply, status: 503 })), true);
}

/** P10: cut in the middle; it goes on where the server is. @param {App} app */
export async function theOffsetIsTheServers(app) {
  const { store, engine, uploads, tus } = await aPhone(app, { state: 'working' });
  const op = await shoot(store, 600);
  await engine.run();
  tus.cutAt = 100 * KB;
  await uploads.run();
  tus.seen.length = 0;
  await uploads.run();
  assert.ok(tus.blobs.has(op.args.sha256));
  assert.equal(tus.seen.reduce((sum, [, bytes]) => sum + bytes, 0), 500 * KB);
}

/** P10: a piece is spoilt on the way: it is sent again, not the whole. @param {App} app */
export async function aSpoiltPieceIsSentAgainAlone(app) {
  const { store, engine, uploads, tus } = await aPhone(app, { state: 'working' });
  const op = await shoot(store, 600);
  await engine.run();
  tus.cutAt = 100 * KB;
  await uploads.run();
  tus.seen.length = 0;
  tus.spoil = true;
  await uploads.run();
  assert.ok(tus.blobs.has(op.args.sha256));
  assert.ok(tus.seen.reduce((sum, [, bytes]) => sum + bytes, 0) < 900 * KB);
}

/** P10: whatever the server says no with, the bytes stay. @param {App} app */
export async function noRefusalThrowsBytesAway(app) {
  const { store, engine, line, uploads } = await aPhone(app, { state: 'working' });
  const op = await shoot(store);
  await engine.run();
  for (const status of [400, 401, 403, 404, 409, 410, 413, 423, 460, 500, 507]) {
    line.call = async () => aRefusal(status, '');
    await uploads.run();
    assert.equal((await store.photo(op.id))?.data?.byteLength, KB, `${status}`);
  }
}

// ── a blocked phone ───────────────────────────────────────────────────────────────────────────────────────────────

/** P9: told to wipe itself while an act, or the bytes of a photo, are on this phone alone. @param {App} app */
export async function nothingIsWipedThatIsHereAlone(app) {
  const { store, engine, uploads, personId } = await aPhone(app, { state: 'working' });
  const op = await note(store);
  assert.equal(await app.clear(personId), false);
  assert.equal(await pending(store), 1);
  const photo = await shoot(store);
  await engine.run();
  assert.equal(await app.clear(personId), false);
  assert.equal((await store.photo(photo.id))?.data?.byteLength, KB);
  assert.ok((await store.outbox()).recent.some(({ id }) => id === op.id));
  await uploads.run();
  await engine.run();
  assert.equal(await app.clear(personId), true);
}

/** P1: an ordinary answer wipes nothing. @param {App} app */
export async function wipedByTheServersWordAlone(app) {
  const { engine } = await aPhone(app);
  assert.deepEqual(await engine.run(), { state: 'ok', code: '', waitMs: null });
}

/** P17: two pages that both send, one of them asking nobody. @param {App} app */
export async function twoTabsBringEverythingOnce(app) {
  const before = ['document', 'window', 'navigator'].map((name) => /** @type {const} */ ([name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  let held = Promise.resolve();
  const request = (/** @type {string} */ _, /** @type {any} */ __, /** @type {() => Promise<any>} */ work) => { const run = held.then(work); held = run.catch(() => {}); return run; };
  aPage({ locks: { request } });
  const { store, server, line, tab } = await aPhone(app);
  const other = await tab();
  const stop = app.startPump(store, { call: (...args) => line.call(...args) });
  try {
    const ops = [];
    for (let i = 0; i < 6; i += 1) ops.push(await note(i % 2 ? store : other.store));
    await Promise.all([other.engine.run(), app.syncNow()]);
    assert.equal(await pending(store), 0);
    for (const { id } of ops) assert.equal(server.applied.get(id), 1);
    assert.equal(server.jobs.get('job-1')?.fields.notes.length, 6);
  } finally {
    stop();
    await app.syncNow();
    for (const [name, was] of before) if (was) Object.defineProperty(globalThis, name, was); else Reflect.deleteProperty(globalThis, name);
  }
}
