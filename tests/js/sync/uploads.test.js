import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPhone, aRefusal, aShot, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { letGo } from '#app/store/bytes.js';
import { syncState } from '#app/store/exchange.js';
import { Uploads } from '#app/sync/uploads.js';

/** @typedef {import('#app/sync/transport.js').Call} Call */
const KB = 1024;

/** A phone with a job in hand, its uploads, and a switch between it and its server. */
async function aPhoneWithCamera() {
  const server = new FakeServer();
  /** @type {{call: Call}} */
  const line = { call: server.call };
  const phone = await aPhone(server, { call: (...args) => line.call(...args) });
  server.addJob('job-1', { lead: phone.lead, state: 'working' });
  await phone.engine.run();
  const uploads = new Uploads({ store: phone.store, call: (...args) => line.call(...args), goesOn: () => true });
  return { ...phone, server, line, uploads, tus: server.tus };
}

/** @param {import('#app/store/store.js').Store} store @param {string | Uint8Array} [content] @param {Record<string, any>} [over] */
const shoot = (store, content = crypto.getRandomValues(new Uint8Array(700)), over = {}) => store.confirm('add_photo', 'job-1', ...aShot(content, over));
/** More than a piece, less than three. */
const large = () => new Uint8Array(600 * KB).map((_, index) => index % 251);

test('on a good line a photo is one request, and its bytes go', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  const op = await shoot(store, large());
  await engine.run();
  assert.equal(await uploads.run(), 'again', 'there is news to fetch: it is verified');
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes]), [['POST', 600 * KB]]);
  assert.ok(tus.blobs.has(op.args.sha256));
  assert.deepEqual([(await store.photo(op.id))?.data, (await store.counts()).photos], [null, 0]);
  assert.equal((await store.job('job-1'))?.photos[0].only_here, undefined);
  await engine.run();
  assert.equal((await store.job('job-1'))?.photos[0].state, 'verified');
  assert.deepEqual(await uploads.run(), { state: 'ok', code: '', waitMs: null });
});

test('acts go before bytes', async () => {
  const { store, uploads, tus } = await aPhoneWithCamera();
  await shoot(store);
  assert.equal(await uploads.run(), 'again');
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes]), []);
});

test('a line cut in the middle: it asks how far it came and goes on in pieces', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  const op = await shoot(store, large());
  await engine.run();
  tus.cutAt = 100 * KB;
  assert.deepEqual(await uploads.run(), { state: 'offline', code: '', waitMs: null });
  assert.equal((await store.photo(op.id))?.data?.byteLength, 600 * KB);
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes]), [['POST', 0], ['PATCH', 256 * KB], ['PATCH', 244 * KB]]);
  assert.ok(tus.blobs.has(op.args.sha256));
});

test('once it knows its upload it asks there, and only there', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  await shoot(store, large());
  await engine.run();
  tus.cutAt = 0;
  await uploads.run();
  tus.cutAt = null;
  let lost = true;
  const { answer } = tus;
  tus.answer = (method, ...rest) => { // the answer to the first piece is lost
    const reply = answer.call(tus, method, ...rest);
    if (method !== 'PATCH' || !lost) return reply;
    lost = false;
    return { status: 0 };
  };
  assert.equal(/** @type {any} */ (await uploads.run()).state, 'offline');
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes]), [['HEAD', 0], ['PATCH', 128 * KB], ['PATCH', 216 * KB]], 'a smaller piece after one that was lost');
  assert.equal(tus.blobs.size, 1);
});

test('the answer to the last piece is lost: one question settles it', async () => {
  const { store, engine, uploads, server, line, tus } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  line.call = async (...args) => { await server.call(...args); return aRefusal(0); };
  await uploads.run();
  assert.equal((await store.counts()).photos, 1);
  line.call = server.call;
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual([tus.seen.map(([method, bytes]) => [method, bytes]), (await store.counts()).photos], [[['POST', 0]], 0]);
});

test('killed while the first try was under way, it goes on in pieces', async () => {
  const { store, engine, uploads, line, tus, server } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  line.call = () => new Promise(() => {});
  void uploads.run();
  while ((await store.outbox()).photos[0].upload === undefined) await new Promise(setImmediate);
  await new Uploads({ store, call: server.call, goesOn: () => true }).run();
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes > 0]), [['POST', false], ['PATCH', true]]);
});

test('a line that carries no whole piece is given smaller ones', async () => {
  const { store, engine, uploads, line, server, tus } = await aPhoneWithCamera();
  await shoot(store, large());
  await engine.run();
  line.call = async (...args) => (args[2]?.length > 100 * KB ? aRefusal(0) : server.call(...args));
  for (let i = 0; i < 40 && tus.blobs.size === 0; i += 1) await uploads.run();
  assert.equal(tus.blobs.size, 1);
  assert.ok(tus.seen.every(([, bytes]) => bytes <= 100 * KB));
});

test('an upload that expired is created anew', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  const op = await shoot(store, large());
  await engine.run();
  tus.cutAt = 10;
  await uploads.run();
  tus.cutAt = 20;
  await uploads.run(); // knows its upload now
  tus.expire();
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual(tus.seen.map(([method]) => method), ['HEAD', 'POST', 'PATCH', 'PATCH', 'PATCH']);
  assert.ok(tus.blobs.has(op.args.sha256));
});

test('bytes spoilt on the way: begun anew, and a piece spoilt is sent again', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  tus.spoil = true;
  let pieces = 0;
  const { answer } = tus;
  tus.answer = (method, ...rest) => {
    if (method === 'PATCH' && (pieces += 1) === 1) tus.spoil = true;
    return answer.call(tus, method, ...rest);
  };
  await uploads.run();
  assert.deepEqual([tus.blobs.size, (await store.counts()).photos, pieces], [1, 0, 2]);
});

test('bytes damaged on the phone are told, kept, and hold up nobody', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  const [bad, gone, good] = [await shoot(store, 'a bad one'), await shoot(store, 'one gone'), await shoot(store, 'a good one')];
  await store.db.write(['bytes'], async (tx) => {
    const kept = await tx.objectStore('bytes').get(bad.args.sha256);
    await tx.objectStore('bytes').put({ ...kept, data: new TextEncoder().encode('a bad ONE').buffer }, bad.args.sha256);
    await tx.objectStore('bytes').delete(gone.args.sha256);
  });
  await engine.run();
  await uploads.run();
  const { photos } = await store.outbox();
  assert.deepEqual(Object.fromEntries(photos.map(({ id, trouble }) => [id, trouble])), { [bad.id]: 'bytes_damaged', [gone.id]: 'bytes_gone' });
  assert.deepEqual([...tus.blobs.keys()], [good.args.sha256]);
  assert.ok((await store.photo(bad.id))?.data);
  tus.seen.length = 0;
  assert.deepEqual([await uploads.run(), tus.seen], [{ state: 'ok', code: '', waitMs: null }, []]);
  await letGo(store, bad.id); // the person gives it up
  assert.equal((await store.counts()).photos, 1);
});

test('too large for the server: told, kept', async () => {
  const { store, engine, uploads, tus } = await aPhoneWithCamera();
  tus.most = 10;
  const op = await shoot(store);
  await engine.run();
  await uploads.run();
  assert.equal((await store.outbox()).photos[0].trouble, 'photo_too_large');
  assert.ok((await store.photo(op.id))?.data);
});

for (const [status, code, retry, state, waitMs] of /** @type {[number, string, number | null, string, number | null][]} */ ([
  [0, '', null, 'offline', null], [401, 'signed_out', null, 'signed_out', null], [403, 'device_revoked', null, 'revoked', null], [403, 'not_allowed', null, 'not_allowed', null],
  [423, 'locked', 900, 'server_trouble', 900], [426, 'update_needed', null, 'update_needed', null], [429, 'too_many', 7000, 'server_trouble', 7000],
  [503, 'server_busy', 3000, 'server_trouble', 3000], [507, 'server_full', null, 'server_trouble', null],
])) {
  test(`${status} ${code} stops the run and keeps everything`, async () => {
    const { store, engine, uploads, line, server } = await aPhoneWithCamera();
    for (let i = 0; i < 3; i += 1) await shoot(store);
    await engine.run();
    let asked = 0;
    line.call = async () => { asked += 1; return aRefusal(status, code, retry); };
    const outcome = /** @type {any} */ (await uploads.run());
    assert.deepEqual([outcome.state, outcome.waitMs, asked, (await store.counts()).photos], [state, waitMs, 1, 3]);
    line.call = server.call;
    assert.equal(await uploads.run(), 'again');
    assert.equal((await store.counts()).photos, 0);
  });
}

for (const status of [400, 404, 409, 410, 412, 415, 418, 500, 502]) {
  test(`${status} for one photo: the others go, it is kept and tried last`, async () => {
    const { store, engine, uploads, line, server, tus } = await aPhoneWithCamera();
    const bad = await shoot(store, 'bad');
    await engine.run();
    for (const content of ['2', '3', '4']) await shoot(store, content);
    await engine.run();
    const isIn = (/** @type {any} */ body) => Buffer.from(body ?? '').includes(bad.id); // several at once
    line.call = async (method, path, body, nonce, headers = {}) => (headers['Upload-Metadata']?.includes(btoa(bad.id)) || isIn(body) ? aRefusal(status) : server.call(method, path, body, nonce, headers));
    assert.equal(/** @type {any} */ (await uploads.run()).state, 'server_trouble');
    assert.deepEqual([tus.blobs.size, (await store.outbox()).photos.map(({ id }) => id), Boolean((await store.photo(bad.id))?.data)], [3, [bad.id], true]);
  });
}

test('three photos refused end a run; the next begins with the others', async () => {
  const { store, engine, uploads, line, server, tus } = await aPhoneWithCamera();
  for (let i = 0; i < 5; i += 1) await shoot(store);
  await engine.run();
  let asked = 0;
  line.call = async () => { asked += 1; return aRefusal(500); };
  await uploads.run();
  assert.equal(asked, 3);
  const refused = 3;
  line.call = async (...args) => (args[0] === 'POST' && tus.blobs.size === 5 - refused ? aRefusal(500) : server.call(...args));
  await uploads.run();
  assert.equal(tus.blobs.size, 2);
});

test('the server does not know the act: acts first, once, then the others', async () => {
  const { store, engine, uploads, server, tus } = await aPhoneWithCamera();
  const op = await shoot(store);
  await engine.run();
  const entry = /** @type {any} */ (server.log.get(op.id));
  server.log.delete(op.id);
  assert.equal(await uploads.run(), 'again');
  assert.deepEqual(await uploads.run(), { state: 'server_trouble', code: 'evidence_unknown', waitMs: 45_000 });
  server.log.set(op.id, entry);
  await uploads.run();
  assert.equal(tus.blobs.size, 1);
});

test("nothing of A is taken under B's session, and A goes on later", async () => {
  const { store, engine, uploads, server, tus, personId } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  server.session = newPerson();
  assert.equal(await uploads.run(), 'again', 'the acts find out who is signed in');
  assert.equal(/** @type {any} */ (await engine.run()).state, 'signed_out');
  assert.deepEqual([tus.uploads.size, tus.blobs.size, (await store.counts()).photos], [0, 0, 1]);
  server.session = personId;
  assert.equal((await engine.run()).state, 'ok');
  await uploads.run();
  assert.equal(tus.blobs.size, 1);
});

test('a place that is not ours gets no bytes', async () => {
  const { store, engine, uploads, line, server } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  /** @type {string[]} */
  const paths = [];
  line.call = async (...args) => {
    paths.push(args[1]);
    return { ...aRefusal(0), status: 201, body: null, location: 'https://elsewhere.example/steal', offset: 0 };
  };
  assert.equal(/** @type {any} */ (await uploads.run()).state, 'server_trouble');
  assert.deepEqual([...new Set(paths)], ['/api/uploads']);
  line.call = server.call;
  await uploads.run();
  assert.equal((await store.counts()).photos, 0);
});

test('an act confirmed while a large photo is under way goes between its pieces', async () => {
  const { store, engine, uploads, line, server, tus } = await aPhoneWithCamera();
  await shoot(store, large());
  await engine.run();
  tus.cutAt = 1;
  await uploads.run();
  line.call = async (...args) => {
    if (args[0] === 'PATCH') await store.confirm('add_note', 'job-1', { text: '客户在等' });
    line.call = args[0] === 'PATCH' ? server.call : line.call;
    return server.call(...args);
  };
  assert.equal(await uploads.run(), 'again');
  assert.equal(tus.blobs.size, 0);
  await engine.run();
  await uploads.run();
  assert.equal(tus.blobs.size, 1);
});

test('a stopped phone sends nothing more', async () => {
  const { store, engine, server, tus } = await aPhoneWithCamera();
  await shoot(store);
  await engine.run();
  assert.deepEqual(await new Uploads({ store, call: server.call, goesOn: () => false }).run(), { state: 'ok', code: '', waitMs: null });
  assert.deepEqual(tus.seen.map(([method, bytes]) => [method, bytes]), []);
});

test('a photo of nothing, of an unknown slot or too large is refused before it is kept', async () => {
  const { store } = await aPhoneWithCamera();
  for (const [over, code] of /** @type {[any, string][]} */ ([[{ size: 0 }, 'photo_empty'], [{ sha256: 'x' }, 'photo_empty'], [{ slot: 'roof' }, 'slot_unknown'], [{ size: 31e6 }, 'photo_too_large'], [{ caption: 'x'.repeat(201) }, 'text_too_long']])) {
    await assert.rejects(shoot(store, undefined, over), { code });
  }
  assert.equal((await syncState(store)).photos.length, 0);
});

/** Photos in the order they go: one by itself, then the others at once. @param {number} count */
async function aPhoneWithSeveral(count, size = 700) {
  const phone = await aPhoneWithCamera();
  for (let i = 0; i < count; i += 1) await shoot(phone.store, crypto.getRandomValues(new Uint8Array(size)));
  await phone.engine.run();
  const ids = async () => (await phone.store.outbox()).photos.map(({ id }) => id);
  return { ...phone, ids };
}

/** The bodies of photos without what says which they are. @param {any} tus */
const ways = (tus) => tus.seen.map((/** @type {[string, number, string]} */ [method, , path]) => (path.endsWith('bundle') ? 'bundle' : method));

test('on a line that has carried one, the others go at once', async () => {
  const { uploads, tus, store } = await aPhoneWithSeveral(9);
  assert.equal(await uploads.run(), 'again');
  assert.deepEqual([ways(tus), tus.blobs.size, (await store.counts()).photos], [['POST', 'bundle'], 9, 0]);
});

test('no more at once than the line carries in five seconds, and never one that is too large', async () => {
  const { uploads, tus, line, server, store, engine } = await aPhoneWithSeveral(8, 1000);
  await shoot(store, new Uint8Array(9_000));
  await engine.run();
  line.call = async (...args) => ({ ...(await server.call(...args)), rtt: (args[2]?.length ?? 0) * 2 }); // 500 bytes a second
  await uploads.run();
  assert.deepEqual([tus.blobs.size, Math.max(...tus.seen.filter(([, , path]) => path.endsWith('bundle')).map(([, bytes]) => bytes)) < 3_200], [9, true]);
  assert.deepEqual(ways(tus).slice(0, 4), ['POST', 'bundle', 'bundle', 'bundle']);
});

test('a bundle cut in the middle: one question, the photo that was cut goes on, those behind it begin anew', async () => {
  const { uploads, tus, store } = await aPhoneWithSeveral(6);
  const { answer } = tus;
  tus.answer = (method, path, ...rest) => {
    if (path.endsWith('bundle') && (rest[0]?.length ?? 0) > 3000) tus.cutAt = 1700; // two whole, and some of the third
    return answer.call(tus, method, path, ...rest);
  };
  assert.deepEqual([await uploads.run(), tus.blobs.size, (await store.counts()).photos], [{ state: 'offline', code: '', waitMs: null }, 3, 5]);
  tus.answer = answer;
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual([ways(tus), tus.seen[2][1], tus.blobs.size], [['bundle', 'POST', 'PATCH', 'POST', 'POST'], 400, 6]);
});

test('the answer to a bundle is lost: one question settles all', async () => {
  const { uploads, tus, line, server, store } = await aPhoneWithSeveral(5);
  line.call = async (...args) => { const reply = await server.call(...args); return args[1].endsWith('bundle') ? aRefusal(0) : reply; };
  await uploads.run();
  assert.deepEqual([tus.blobs.size, (await store.counts()).photos], [5, 4]);
  line.call = server.call;
  tus.seen.length = 0;
  await uploads.run();
  assert.deepEqual([ways(tus), tus.seen[0][1] < 1000, (await store.counts()).photos], [['bundle'], true, 0]);
});

test('killed in the middle of a bundle, it asks and goes on', async () => {
  const { uploads, tus, line, server, store } = await aPhoneWithSeveral(4);
  line.call = (...args) => (args[1].endsWith('bundle') ? new Promise(() => {}) : server.call(...args));
  void uploads.run();
  while ((await store.outbox()).photos.filter(({ upload }) => upload === '').length < 3) await new Promise(setImmediate);
  tus.seen.length = 0;
  await new Uploads({ store, call: server.call, goesOn: () => true }).run();
  assert.deepEqual([ways(tus), tus.blobs.size, (await store.counts()).photos], [['bundle', 'POST', 'PATCH', 'POST', 'POST'], 4, 0]);
});

for (const [status, size] of [[404, 700], [405, 700], [413, 700], [415, 700], [500, 700], [500, 40]]) {
  test(`${status} for a bundle of photos of ${size} bytes: they go one by one`, async () => {
    const { uploads, tus, line, server, store } = await aPhoneWithSeveral(5, size);
    let asked = 0;
    line.call = async (...args) => {
      if (!args[1].endsWith('bundle')) return server.call(...args);
      asked += 1;
      return asked > 9 ? server.call(...args) : aRefusal(status); // for ever would be a test without end
    };
    await uploads.run();
    assert.deepEqual([tus.blobs.size, (await store.counts()).photos, asked <= 3], [5, 0, true], 'each is half of the one before');
  });
}

test('a bundle is believed for what it says of the photos it carried, with their hash, whole', async () => {
  for (const lie of [{ sha256: 'f'.repeat(64) }, { offset: 699 }, { evidence: 'another' }]) {
    const { uploads, line, server, store, ids } = await aPhoneWithSeveral(4);
    line.call = async (...args) => {
      const reply = await server.call(...args);
      if (!args[1].endsWith('bundle')) return reply;
      return { ...reply, body: { parts: reply.body.parts.map((/** @type {any} */ part, /** @type {number} */ n) => (n ? part : { ...part, ...lie })) } };
    };
    const [, second] = await ids();
    const held = new Promise((resolve) => { const { call } = line; line.call = async (...args) => { if (args[1] === '/api/uploads' && args[2] === undefined) resolve(null); return call(...args); }; });
    void uploads.run();
    await held; // it asks about the one of which nothing was told
    assert.ok((await store.photo(second))?.data);
  }
});

test('one of several was changed on the way: the others are there, it goes by itself', async () => {
  const { uploads, tus, store } = await aPhoneWithSeveral(4);
  const { answer } = tus;
  tus.answer = (method, path, ...rest) => { tus.spoil = path.endsWith('bundle'); return answer.call(tus, method, path, ...rest); };
  await uploads.run();
  assert.deepEqual([tus.blobs.size, (await store.counts()).photos], [4, 0]);
});
