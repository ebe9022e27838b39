import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aJob } from '../fakes/jobs.js';
import { aPhone, aRefusal, newPerson } from '../fakes/phone.js';
import { FakeServer, hashOf } from '../fakes/server.js';
import { anchor } from '#app/core/clock.js';
import { syncState, takeAnswer } from '#app/store/exchange.js';
import { openStore } from '#app/store/store.js';
import { Engine } from '#app/sync/engine.js';
import { operations } from '#app/sync/registry.js';

/** @typedef {import('#app/sync/transport.js').Call} Call */
/** @typedef {import('#app/sync/transport.js').Reply} Reply */

/**
 * A phone that holds job-1, and a switch between it and its server.
 * @param {FakeServer} [server]
 */
async function aSyncedPhone(server = new FakeServer()) {
  /** @type {{call: Call}} */
  const line = { call: server.call };
  const phone = await aPhone(server, { call: (...args) => line.call(...args) });
  server.addJob('job-1', { lead: phone.lead });
  assert.equal((await phone.engine.run()).state, 'ok');
  return { ...phone, server, line };
}

/** @param {import('#app/store/store.js').Store} store */
const accept = (store) => store.confirm('take_step', 'job-1', { step: 'accept' });

test('a new phone registers, fetches the jobs and the own record', async () => {
  const { store, server, personId } = await aSyncedPhone();
  assert.equal(server.devices.size, 1);
  assert.equal((await store.jobs()).length, 1);
  assert.equal((await store.me())?.name, '李强');
  assert.equal((await store.me())?.id, personId);
});

test('what was confirmed arrives once, is acknowledged and leaves no mark', async () => {
  const { store, engine, server } = await aSyncedPhone();
  const op = await accept(store);
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.applied.get(op.id), 1);
  const job = await store.job('job-1');
  assert.equal(job?.state, 'accepted');
  assert.equal(job?.unsent, 0);
  assert.equal(job?.steps[0].unsent, undefined);
  const outbox = await store.outbox();
  assert.deepEqual([outbox.pending.length, outbox.troubled.length, outbox.recent.length], [0, 0, 1]);
});

test('a lost answer: sent again, applied once, acknowledged', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  const op = await accept(store);
  line.call = async (...args) => { await server.call(...args); return aRefusal(0); };
  assert.equal((await engine.run()).state, 'offline');
  assert.equal((await store.counts()).pending, 1);
  line.call = server.call;
  await engine.run();
  assert.equal(server.applied.get(op.id), 1);
  assert.equal((await store.counts()).pending, 0);
});

for (const [name, spoil] of /** @type {[string, (reply: Reply) => Reply][]} */ ([
  ['nonce of another request', (reply) => ({ ...reply, body: { ...reply.body, nonce: 'ffffffffffffffff' } })],
  ['no JSON', (reply) => ({ ...reply, body: null })],
  ['no cursor', (reply) => ({ ...reply, body: { ...reply.body, to: undefined } })],
  ['an unknown result', (reply) => ({ ...reply, body: { ...reply.body, acks: reply.body.acks.map((/** @type {any} */ ack) => ({ ...ack, result: 'ok' })) } })],
  ['changes without fields', (reply) => ({ ...reply, body: { ...reply.body, changes: [{ type: 'job', id: 'job-1', version: 1 }] } })],
])) {
  test(`a 200 with ${name} acknowledges nothing`, async () => {
    const { store, engine, server, line } = await aSyncedPhone();
    await accept(store);
    line.call = async (...args) => spoil(await server.call(...args));
    assert.equal((await engine.run()).state, 'server_trouble');
    assert.equal((await store.counts()).pending, 1);
  });
}

for (const [status, code, retry, state, wanted, waitMs] of /** @type {[number, string, number | null, string, string, number | null][]} */ ([
  [0, '', null, 'offline', '', null],
  [400, 'bad_request', null, 'update_needed', 'bad_request', null],
  [401, 'signed_out', null, 'signed_out', 'signed_out', null],
  [403, 'device_revoked', null, 'revoked', 'device_revoked', null],
  [403, 'not_allowed', null, 'not_allowed', 'not_allowed', null],
  [403, 'must_choose_password', null, 'not_allowed', 'must_choose_password', null],
  [404, '', null, 'update_needed', 'bad_request', null],
  [409, '', null, 'server_trouble', 'conflict', null],
  [413, '', null, 'update_needed', 'bad_request', null],
  [426, 'update_needed', null, 'update_needed', 'too_old', null],
  [429, 'too_many', 7000, 'server_trouble', 'busy', 7000],
  [500, '', null, 'server_trouble', 'server_error', null],
  [502, '', null, 'server_trouble', 'server_error', null],
  [503, 'server_busy', 3000, 'server_trouble', 'busy', 3000],
  [507, 'server_full', null, 'server_trouble', 'disk_full', null],
])) {
  test(`${status} ${code}: keeps everything, state ${state}`, async () => {
    const { store, engine, server, line } = await aSyncedPhone();
    const op = await accept(store);
    line.call = async () => aRefusal(status, code, retry);
    assert.deepEqual(await engine.run(), { state, code: wanted, waitMs });
    assert.equal((await store.counts()).pending, 1);
    line.call = server.call;
    assert.equal((await engine.run()).state, 'ok');
    assert.equal(server.applied.get(op.id), 1);
  });
}

test('413 halves the ops of a request until they pass', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  for (let i = 0; i < 9; i += 1) await store.confirm('add_note', 'job-1', { text: `${i}` });
  /** @type {number[]} */
  const sizes = [];
  line.call = async (...args) => {
    const [, path, body] = args;
    if (path === '/api/sync') sizes.push(body.ops.length);
    return path === '/api/sync' && body.ops.length > 2 ? aRefusal(413) : server.call(...args);
  };
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual(sizes.slice(0, 3), [9, 4, 2]);
  assert.equal(server.jobs.get('job-1')?.fields.notes.length, 9);
});

test('100 ops are one request, 101 are two, and bytes count too', async () => {
  const { store, engine, server } = await aSyncedPhone();
  for (let i = 0; i < 101; i += 1) await store.confirm('record_contact', 'job-1', { channel: 'call' });
  server.seen.length = 0;
  await engine.run();
  assert.deepEqual(server.seen.map((request) => request.ops.length), [100, 1]);
  assert.equal(server.seen[0].pending, 1);
  assert.equal(server.seen[1].pending, undefined);
  for (let i = 0; i < 60; i += 1) await store.confirm('add_note', 'job-1', { text: '长'.repeat(2000) });
  server.seen.length = 0;
  await engine.run();
  assert.ok(server.seen.length >= 2);
  for (const request of server.seen) assert.ok(Buffer.byteLength(JSON.stringify(request)) <= 256_000);
  assert.equal(server.jobs.get('job-1')?.fields.notes.length, 60);
});

test('an idle sync is one request of at most 300 bytes', async () => {
  const { engine, server } = await aSyncedPhone();
  server.build = 'build-1';
  const before = server.requests;
  await engine.run();
  assert.equal(server.requests - before, 1);
  const request = { ...server.seen.at(-1), build: '3f9c2a71b0de', cursor: '10000000100.a1b2c3d4e5f6' };
  assert.ok(Buffer.byteLength(JSON.stringify(request)) <= 300, `${Buffer.byteLength(JSON.stringify(request))} bytes`);
});

test('acknowledgements of a stale answer are taken, its changes are not', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  await accept(store);
  const other = new Engine({ store: await openStore(store.personId, operations), call: server.call, build: 'build-1', deviceName: 'Tab 2' });
  line.call = async (...args) => {
    const late = await server.call(...args);
    line.call = server.call;
    server.edit('job-1', () => ({ brief: '新的说明' }));
    await other.run();
    return late;
  };
  assert.equal((await engine.run()).state, 'ok');
  const job = await store.job('job-1');
  assert.deepEqual([job?.brief, job?.state, job?.unsent], ['新的说明', 'accepted', 0]);
});

test('a step stays visible between its acknowledgement and its change', async () => {
  const { store, server } = await aSyncedPhone();
  const op = await accept(store);
  const { client, settling } = await syncState(store);
  const old = { type: /** @type {'job'} */ ('job'), id: 'job-1', version: 1, fields: aJob({ brief: '过时' }) };
  const body = { nonce: '', epoch: 1, server_time: server.nowMs, from: 'elsewhere', to: 'x', more: false, manifest: [], min_proto: 1, changes: [old], acks: [{ id: op.id, result: /** @type {'applied'} */ ('applied'), version: server.version + 1, note: null }] };
  await takeAnswer(store, { client_id: client.client_id, ops: [op.id], settling, off_ms: 0, local_ms: 0 }, body);
  const job = await store.job('job-1');
  assert.deepEqual([job?.state, job?.unsent, job?.brief], ['accepted', 0, '卧室地板起拱']);
  assert.equal((await syncState(store)).client.cursor, client.cursor);
});

test('many changes come in several answers', async () => {
  const { store, engine, server, lead } = await aSyncedPhone();
  server.maxChanges = 3;
  for (let i = 0; i < 10; i += 1) server.addJob(`more-${i}`, { lead });
  const before = server.requests;
  assert.equal((await engine.run()).state, 'ok');
  assert.equal((await store.jobs()).length, 11);
  assert.equal(server.requests - before, 4);
});

test('a job given to somebody else leaves the phone', async () => {
  const { store, engine, server } = await aSyncedPhone();
  server.reassign('job-1', 'somebody');
  await engine.run();
  assert.deepEqual(await store.jobs(), []);
});

test('with unsent work it stays as a handed-over card, read only, until that is acknowledged', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  server.reassign('job-1', 'somebody');
  // the note is confirmed while the answer that takes the job away is under way
  line.call = async (...args) => {
    const answer = await server.call(...args);
    line.call = async () => aRefusal(0);
    await store.confirm('add_note', 'job-1', { text: '水管在漏' });
    return answer;
  };
  await engine.run();
  const card = await store.job('job-1');
  assert.deepEqual([card?.handedOver, card?.unsent], [true, 1]);
  await assert.rejects(accept(store), /job_reassigned/);
  line.call = server.call;
  assert.equal((await engine.run()).state, 'ok');
  assert.deepEqual(await store.jobs(), []);
  const { troubled } = await store.outbox();
  assert.deepEqual(troubled.map((op) => [op.result, op.number, op.note?.code]), [['late_evidence', 'PG-0001', 'late_evidence']]);
  await store.dismiss(troubled[0].id);
  assert.deepEqual((await store.outbox()).troubled, []);
});

test('a step on a job cancelled meanwhile is undone on the screen, with the reason', async () => {
  const { store, engine, server } = await aSyncedPhone();
  await accept(store);
  server.edit('job-1', () => ({ state: 'cancelled' }));
  await engine.run();
  const job = await store.job('job-1');
  assert.deepEqual([job?.state, job?.lastAckNote?.code, job?.unsent], ['cancelled', 'job_cancelled', 0]);
});

test('a refused op never holds up those behind it', async () => {
  const { store, engine, server } = await aSyncedPhone();
  await accept(store);
  server.edit('job-1', () => ({ state: 'cancelled' }));
  await store.confirm('add_note', 'job-1', { text: '已到楼下' });
  await engine.run();
  assert.equal(server.jobs.get('job-1')?.fields.notes.length, 1);
  assert.equal((await store.counts()).pending, 0);
});

test('what the manifest names and the phone lacks is fetched again', async () => {
  const { store, engine, server, lead } = await aSyncedPhone();
  server.addJob('job-2', { lead });
  const { version } = /** @type {any} */ (server.jobs.get('job-2'));
  await engine.run();
  server.jobs.set('job-2', { .../** @type {any} */ (server.jobs.get('job-2')), version: version - 1 }); // as after a bulk change without a stamp
  await engine.run();
  assert.equal((await store.job('job-2'))?.version, version - 1);
  assert.deepEqual(server.seen.at(-1).fetch, ['job-2']);
  assert.equal(hashOf((await syncState(store)).manifest), hashOf(server.visible(store.personId).map(([id, job]) => [id, job.version])));
});

test('a copied profile takes a new client_id and numbers its unsent ops anew', async () => {
  const { store, engine, server } = await aSyncedPhone();
  await accept(store);
  const { client } = await syncState(store);
  /** @type {any} */ (server.devices.get(client.client_id)).lastSeq = 5; // the other copy sent five
  assert.equal((await engine.run()).state, 'ok');
  const { client: after } = await syncState(store);
  assert.notEqual(after.client_id, client.client_id);
  assert.equal(after.next_seq, 2);
  assert.equal((await store.job('job-1'))?.state, 'accepted');
  assert.equal(server.jobs.get('job-1')?.fields.state, 'accepted');
});

test('after the server was restored from a backup the journal brings everything back', async () => {
  const { store, engine, server } = await aSyncedPhone();
  const backup = server.backup();
  const op = await accept(store);
  await engine.run();
  server.restore(backup);
  await store.confirm('take_step', 'job-1', { step: 'depart' });
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.jobs.get('job-1')?.fields.state, 'en_route');
  assert.equal(server.applied.get(op.id), 1);
  assert.equal((await syncState(store)).client.epoch, 2);
  assert.equal((await store.job('job-1'))?.state, 'en_route');
  assert.equal((await store.counts()).pending, 0);
});

test('an answer from before the restore acknowledges nothing afterwards', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  const backup = server.backup();
  const op = await accept(store);
  const other = new Engine({ store: await openStore(store.personId, operations), call: server.call, build: 'build-1', deviceName: 'Tab 2' });
  line.call = async (...args) => {
    const late = await server.call(...args);
    line.call = server.call;
    server.restore(backup);
    await other.run();
    return late;
  };
  await engine.run();
  assert.equal(server.log.get(op.id)?.result, 'applied');
  assert.equal(server.jobs.get('job-1')?.fields.state, 'accepted');
  assert.equal((await store.counts()).pending, 0);
});

test('only its own request and its own life of the server acknowledge an op', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  const op = await accept(store);
  const { client, settling } = await syncState(store);
  const ack = { id: op.id, result: /** @type {'applied'} */ ('applied'), version: 1, note: null };
  const answer = { nonce: '', epoch: 1, server_time: server.nowMs, from: 'elsewhere', to: '', more: false, manifest: null, min_proto: 1, changes: [], acks: [ack] };
  const sent = { client_id: client.client_id, ops: [op.id], settling, off_ms: 0, local_ms: 0 };
  assert.equal((await takeAnswer(store, { ...sent, ops: [] }, answer)).acked, 0);
  server.restore(server.backup());
  line.call = async (...args) => { line.call = async () => aRefusal(0); return server.call(...args); };
  assert.equal((await engine.run()).state, 'offline');
  assert.equal((await takeAnswer(store, sent, answer)).acked, 0);
  const after = await syncState(store);
  assert.deepEqual([after.client.epoch, after.pending.length, after.client.client_id !== client.client_id], [2, 1, true]);
});

test('numbers the server has never seen are healed, not waited for: what it has lost comes again', async () => {
  const { store, engine, server } = await aSyncedPhone();
  const backup = server.backup();
  const op = await accept(store);
  await engine.run();
  const { client } = await syncState(store);
  const { epoch } = server;
  server.restore(backup);
  server.epoch = epoch; // a server that lost its tail without a new epoch
  assert.equal(server.devices.get(client.client_id)?.lastSeq, 0);
  await store.confirm('take_step', 'job-1', { step: 'depart' });
  assert.equal((await engine.run()).code, 'no_progress');
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.log.get(op.id)?.result, 'applied');
  assert.equal(server.jobs.get('job-1')?.fields.state, 'en_route');
});

test('404 device_unknown registers again', async () => {
  const { store, engine, server } = await aSyncedPhone();
  server.devices.clear();
  await accept(store);
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.devices.size, 1);
  assert.equal((await store.counts()).pending, 0);
});

test("nothing of A leaves under B's session, and A goes on later", async () => {
  const { store, engine, server, personId } = await aSyncedPhone();
  const op = await accept(store);
  const { client } = await syncState(store);
  server.session = newPerson();
  assert.deepEqual(await engine.run(), { state: 'signed_out', code: 'other_person', waitMs: null });
  assert.equal(server.log.size, 0);
  assert.equal((await store.counts()).pending, 1);
  assert.ok(![...server.devices.values()].some((device) => device.personId === server.session));
  server.session = personId;
  assert.equal((await engine.run()).state, 'ok');
  assert.equal(server.log.get(op.id)?.personId, personId);
  assert.equal((await syncState(store)).client.client_id, client.client_id);
});

test('a profile whose client_id belongs to somebody else takes a new one', async () => {
  const { store, engine, server } = await aSyncedPhone();
  const { client } = await syncState(store);
  /** @type {any} */ (server.devices.get(client.client_id)).personId = 'somebody';
  const op = await accept(store);
  assert.equal((await engine.run()).state, 'ok');
  assert.notEqual((await syncState(store)).client.client_id, client.client_id);
  assert.equal(server.applied.get(op.id), 1);
});

test('a client_id that was registered while the session changed hands is never used', async () => {
  const server = new FakeServer();
  const phone = await aPhone(server, { call: async (...args) => {
    const reply = await server.call(...args);
    if (args[0] === 'GET') server.session = 'b';
    return reply;
  } });
  assert.equal((await phone.engine.run()).state, 'signed_out');
  const { client } = await syncState(phone.store);
  assert.equal(client.registered, false);
  assert.ok(!server.devices.has(client.client_id));
});

test('a clock ten years off changes no merge; it is only told', async () => {
  const { store, engine } = await aSyncedPhone();
  await engine.run();
  const { contact } = await store.counts();
  assert.equal(contact?.server_ms, 1_795_000_000_000);
  assert.ok(Math.abs(/** @type {any} */ (contact).off_ms - (/** @type {any} */ (contact).local_ms - 1_795_000_000_000)) < 1);
  assert.deepEqual(anchor(), { server_ms: 1_795_000_000_000, t: 1040, rtt: 80 });
  const op = await accept(store);
  assert.deepEqual(op.mono.anchor, anchor());
});

test('acknowledged ops are kept for 30 days of the server, then go', async () => {
  const { store, engine, server } = await aSyncedPhone();
  await accept(store);
  await engine.run();
  server.nowMs += 29 * 24 * 3600 * 1000;
  await engine.run();
  const backup = await syncState(store);
  assert.equal(backup.pending.length, 0);
  assert.equal(await journalLength(store), 1);
  server.nowMs += 2 * 24 * 3600 * 1000;
  await engine.run();
  assert.equal(await journalLength(store), 0);
});

test('an app that is too old says so and keeps everything', async () => {
  const { store, engine, server, line } = await aSyncedPhone();
  await accept(store);
  line.call = async (...args) => {
    const reply = await server.call(...args);
    return { ...reply, body: { ...reply.body, min_proto: 2 } };
  };
  assert.equal((await engine.run()).state, 'update_needed');
});

test('it tells when the server serves another build', async () => {
  const server = new FakeServer();
  const { store } = await aPhone(server);
  server.build = 'build-2';
  /** @type {string[]} */
  const builds = [];
  await new Engine({ store, call: server.call, build: 'build-1', deviceName: '', onBuild: (build) => builds.push(build) }).run();
  assert.deepEqual(builds, ['build-2']);
});

/** @param {import('#app/store/store.js').Store} store */
function journalLength(store) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(`fieldservice-${store.personId}`);
    opening.onerror = reject;
    opening.onsuccess = () => {
      const count = opening.result.transaction('ops').objectStore('ops').count();
      count.onsuccess = () => { opening.result.close(); resolve(count.result); };
    };
  });
}

test('the phone knows its name at the office, and keeps it when it registers again', async () => {
  const { engine, server, store, line } = await aSyncedPhone();
  assert.equal(await store.meta('device_name'), 'Test');
  await store.setMeta('device_name', 'Store phone 07');
  /** @type {string[]} */
  const names = [];
  line.call = (method, path, body) => {
    if (path === '/api/device') names.push(body.name);
    return server.call(method, path, body);
  };
  server.devices.clear();
  await engine.run();
  assert.deepEqual(names, ['Store phone 07']);
});
