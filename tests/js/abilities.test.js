// "What can I do now?" must not lie: every action is done in every situation, and what became of it is compared with the table.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { aPhone, aRefusal, aShot } from './fakes/phone.js';
import { FakeServer } from './fakes/server.js';
import { ABILITIES, ability, SITUATIONS, situationOf } from '#app/rules/abilities.js';
import { presented } from '#app/rules/presented.js';
import { signedSheet } from '#app/rules/payload.js';
import { estimate, isNearlyFull } from '#app/device/storage-quota.js';
import { wipe } from '#app/screens/wiping.js';
import { syncState } from '#app/store/exchange.js';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { exportUnsent } from '#app/store/export.js';
import { rememberPerson } from '#app/store/people.js';
import { choosePassword, signOut } from '#app/sync/session.js';
import { Uploads } from '#app/sync/uploads.js';

/** @typedef {import('#app/rules/abilities.js').Action} Action */
/** @typedef {import('#app/rules/abilities.js').Situation} Situation */
/** @typedef {Awaited<ReturnType<typeof aScene>>} Scene */

const { add, put } = IDBObjectStore.prototype;
const realFetch = globalThis.fetch;
afterEach(() => {
  room(1e9);
  Object.assign(IDBObjectStore.prototype, { add, put });
  globalThis.fetch = realFetch;
});

/** How a situation is made; the phone has worked until then. @type {Record<Situation, (scene: Scene) => unknown>} */
const MAKE = {
  online: () => {},
  offline: ({ line }) => { line.call = async () => aRefusal(0); line.answers = 0; },
  signed_out: ({ server, line }) => { server.session = null; line.answers = 401; },
  storage_full: () => {
    const full = () => { throw new DOMException('full', 'QuotaExceededError'); };
    Object.assign(IDBObjectStore.prototype, { add: full, put: full });
  },
  storage_low: () => room(9e6),
  update_waits: ({ line, server }) => { line.call = async (...args) => ({ ...await server.call(...args), build: 'build-2' }); },
  too_old: ({ line }) => { line.call = async () => aRefusal(426, 'client_too_old'); },
  async blocked({ server, store, engine, uploads, line }) {
    const { client } = await syncState(store);
    /** @type {any} */ (server.devices.get(client.client_id)).revoked = true;
    await engine.run();
    await uploads.run();
    assert.equal((await engine.run()).code, 'wipe');
    line.answers = 401;
    Object.defineProperty(globalThis, 'localStorage', { value: {}, configurable: true, writable: true });
    assert.ok(await wipe(store));
  },
};

/** The browser says how many bytes are left. @param {number} free */
function room(free) {
  Object.defineProperty(globalThis, 'navigator', { value: { storage: { estimate: async () => ({ quota: 1e9, usage: 1e9 - free }) } }, configurable: true, writable: true });
}

const CHECKLIST = { id: 'checklist-1', pinned: true };

/** A phone with a visit under way and another job. */
async function aScene() {
  const server = new FakeServer();
  /** @type {{call: import('#app/sync/transport.js').Call, answers: number}} answers: the status of the other interface; 0: no signal */
  const line = { call: server.call, answers: 204 };
  const phone = await aPhone(server, { call: (...args) => line.call(...args) });
  await rememberPerson({ id: phone.personId, name: '李强', staffNo: '0217' });
  server.addChecklist(CHECKLIST.id, [{ key: 'greet', kind: 'confirm', phase: 'arrive', sheet: 'done', when: [], words: { zh: '问好', en: 'Greet' } }]);
  server.addJob('job-1', { lead: phone.lead, state: 'working', checklist: CHECKLIST });
  server.addJob('job-0', { lead: phone.lead });
  const key = await deviceKey(phone.store);
  assert.equal((await phone.engine.run()).state, 'ok');
  globalThis.fetch = async (_, options) => {
    if (!line.answers) throw new TypeError('no line');
    const nonce = /** @type {any} */ (options).headers['X-Fieldservice-Nonce'];
    return new Response(null, { status: line.answers, headers: { 'X-Fieldservice': nonce } });
  };
  const uploads = new Uploads({ store: phone.store, call: (...args) => line.call(...args), goesOn: () => true });
  return { ...phone, server, line, key, uploads };
}

/** Confirms an act; whether it is on the server after the next run ('y'), only kept here ('k') or neither ('n'). @param {Scene} scene @param {() => Promise<any>} act */
async function kept(scene, act) {
  const op = await act().catch(() => null);
  if (!op) return 'n';
  await sendAll(scene);
  const { pending, photos } = await scene.store.outbox();
  return [...pending, ...photos].some(({ id }) => id === op.id) ? 'k' : 'y';
}

/** What the pump does when something was confirmed. @param {Scene} scene */
async function sendAll({ engine, uploads }) {
  await engine.run().catch(() => null);
  await uploads.run().catch(() => null);
}

/** @param {Promise<any>} act */
const works = (act) => act.then(() => 'y', () => 'n');

/** Each action, done as its screen does it. @type {Record<Action, (scene: Scene, make: () => unknown) => Promise<string>>} */
const DO = {
  async read({ store }, make) {
    await make();
    const job = await store.job('job-1');
    return job?.customer.phone && job.site.address && (await store.checklist(CHECKLIST.id)) ? 'y' : 'n';
  },
  async step(scene, make) {
    await make();
    const step = await kept(scene, () => scene.store.confirm('take_step', 'job-0', { step: 'accept' }));
    assert.equal(await kept(scene, () => scene.store.confirm('add_note', 'job-1', { text: '好' })), step, 'a note like a step');
    return step;
  },
  async answer(scene, make) {
    await make();
    return kept(scene, () => scene.store.confirm('answer_item', 'job-1', { checklist: CHECKLIST.id, item: 'greet', value: { done: true } }));
  },
  async photo(scene, make) {
    await make();
    const [args, files] = aShot('a photo');
    if (isNearlyFull(await estimate(), args.size)) return 'n';
    return kept(scene, () => scene.store.confirm('add_photo', 'job-1', args, files));
  },
  async sign(scene, make) {
    const job = /** @type {any} */ (await scene.store.job('job-1'));
    const me = /** @type {any} */ (await scene.store.me());
    await make();
    return kept(scene, async () => {
      const shown = presented(job, /** @type {any} */ ({ kind: 'sign_off', language: 'zh', content: null, me, revision: 1, shownMs: 5 }));
      const act = /** @type {any} */ ({ outcome: 'signed', signer: { name: '王芳', role: 'customer' }, strokes: [[[0, 0, 0, 1]]], device_ms: 9, mono: { page: 'a', t: 1 } });
      const sheet = await signedSheet(shown, act, { key: scene.key, sha256Hex, nonce: job.sign_nonce });
      return scene.store.confirm('sign_sheet', 'job-1', /** @type {any} */ (sheet));
    });
  },
  async send(scene, make) {
    await scene.store.confirm('add_note', 'job-1', { text: '好' });
    await scene.store.confirm('add_photo', 'job-1', ...aShot('an earlier photo'));
    await make();
    await sendAll(scene);
    const { pending, photos } = await scene.store.outbox();
    return pending.length + photos.length ? 'n' : 'y';
  },
  async fetch({ store, engine, server, lead }, make) {
    server.addJob('job-2', { lead });
    await make();
    await engine.run().catch(() => null);
    return (await store.job('job-2')) ? 'y' : 'n';
  },
  async save({ store }, make) {
    await store.confirm('add_note', 'job-1', { text: '好' });
    await make();
    return works(exportUnsent(store).then(async (file) => assert.match(await file.text(), /add_note/)));
  },
  password: async (_, make) => { await make(); return works(choosePassword({ current: 'a', new: 'b' })); },
  leave: async (_, make) => { await make(); return works(signOut()); },
};

for (const situation of SITUATIONS) {
  for (const action of /** @type {Action[]} */ (Object.keys(ABILITIES))) {
    test(`${situation}: ${action} is ${ability(action, situation)}`, async () => {
      const scene = await aScene();
      assert.equal(await DO[action](scene, () => MAKE[situation](scene)), ability(action, situation));
    });
  }
}

test('every state of sending is one of the situations', () => {
  assert.deepEqual(['ok', 'sending', 'offline', 'server_trouble', 'signed_out', 'revoked', 'not_allowed', 'update_needed'].map((state) => situationOf(state, null)),
    ['online', 'online', 'offline', 'offline', 'signed_out', 'signed_out', 'signed_out', 'too_old']);
  assert.equal(situationOf('offline', 'storage_full'), 'storage_full');
  assert.deepEqual([{ newBuild: true }, { nearlyFull: true }, { newBuild: true, nearlyFull: true }].map((more) => situationOf('ok', null, more)), ['update_waits', 'storage_low', 'storage_low']);
});
