import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { aRefusal, aShot, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { AppError } from '#app/core/errors.js';
import { openStore } from '#app/store/store.js';
import { Engine } from '#app/sync/engine.js';
import { operations } from '#app/sync/registry.js';
import { Uploads } from '#app/sync/uploads.js';

/**
 * Histories of two tabs with a camera, a bad line and somebody else's session. At every moment the bytes of each saved photo
 * are whole on the phone or whole on the server; in the end all are there, each under its hash (laws P10, P12, P15, P16, P17).
 */

const RUNS = Number(process.env.SYNC_HISTORIES ?? 150);
/** Some are more than a piece, and now and then the same picture comes twice. @param {number} n */
const contentOf = (n) => (n % 5 ? `picture ${n}` : String(n).repeat(270 * 1024));
const TROUBLES = ['lost request', 'lost answer', 'late answer', 'twice', 'portal', 'portal with our nonce', 'busy', 'full', 'locked', 'server error', 'crash before', 'crash after', 'cut', 'spoilt'];

const tab = fc.constantFrom(0, 1);
const act = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant('shoot'), tab, content: fc.integer({ min: 10, max: 40 }), slot: fc.constantFrom('before', 'paper') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('note'), tab }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('sync'), tab }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('trouble'), kind: fc.constantFrom(...TROUBLES), on: fc.constantFrom('/api', '/api/uploads'), after: fc.integer({ min: 0, max: 3 }), bytes: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reopen'), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break'), skip: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('full'), skip: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget device') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('other person') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('office'), to: fc.constantFrom('somebody', 'back') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backup') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore') }) },
);
const { transaction } = IDBDatabase.prototype;
const { put } = IDBObjectStore.prototype;

test('no byte is let go before it is verified, and every photo arrives', async (t) => {
  t.after(mend);
  await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 40 }), async (acts) => {
    const world = await World.open();
    for (const next of acts) {
      await world.play(next);
      await world.nothingIsLost();
    }
    await world.quiet();
    await world.check();
  }), { numRuns: RUNS, endOnFailure: false });
});

function mend() {
  IDBDatabase.prototype.transaction = transaction;
  IDBObjectStore.prototype.put = put;
}

class World {
  server = new FakeServer();
  personId = newPerson();
  /** @type {{store: import('#app/store/store.js').Store, run: () => Promise<any>}[]} */
  tabs = [];
  /** ops of saved photos @type {Map<string, string>} id → hash */
  saved = new Map();
  /** @type {(() => void)[]} */
  late = [];
  /** @type {Promise<any>[]} */
  runs = [];
  /** @type {{kind: string, on: string, after: number, bytes: number} | null} the next, or one soon after, of these requests fares so */
  trouble = null;
  /** @type {any} */
  backup = null;
  serial = 0;

  static async open() {
    const world = new World();
    world.server.session = world.personId;
    world.server.addJob('job-1', { lead: world.lead, state: 'working' });
    await world.#tab(0);
    await world.#tab(1);
    await world.tabs[0].run();
    return world;
  }

  get lead() {
    return { id: this.personId, name: '李强', staff_no: '0217' };
  }

  /** @param {any} next */
  async play(next) {
    const { store, run } = this.tabs[next.tab ?? 0];
    if (next.do === 'shoot') await this.#shoot(store, next);
    if (next.do === 'note') await store.confirm('add_note', 'job-1', { text: `${(this.serial += 1)}` }).catch(known);
    if (next.do === 'sync') await this.#sync(run);
    if (next.do === 'trouble') this.trouble = { ...next };
    if (next.do === 'deliver') this.late.shift()?.();
    if (next.do === 'reopen') await this.#tab(next.tab);
    if (next.do === 'break') this.#break('transaction', next.skip);
    if (next.do === 'full') this.#break('put', next.skip);
    if (next.do === 'expire') this.server.tus.expire();
    if (next.do === 'forget device') this.server.devices.clear();
    if (next.do === 'other person') this.server.session = this.server.session === this.personId ? 'somebody else' : this.personId;
    if (next.do === 'office') this.server.reassign('job-1', next.to === 'back' ? this.personId : 'somebody');
    if (next.do === 'backup') this.backup = this.server.backup();
    if (next.do === 'restore' && this.backup) this.server.restore(this.backup);
    await Promise.race([Promise.all(this.runs), turn()]);
  }

  /** Each saved photo is whole here or there. */
  async nothingIsLost() {
    const broken = { transaction: IDBDatabase.prototype.transaction, put: IDBObjectStore.prototype.put };
    mend();
    const { blobs, uploads } = this.server.tus;
    for (const [sha256, bytes] of blobs) assert.equal(hashOf(bytes), sha256, 'verified means that it hashes to its name');
    const store = this.tabs[0].store;
    for (const [id, sha256] of this.saved) {
      const data = (await store.photo(id))?.data;
      if (data) assert.equal(hashOf(new Uint8Array(data)), sha256);
      else assert.ok(blobs.has(sha256), `photo ${id} is neither here nor there`);
    }
    for (const { key } of uploads.values()) assert.ok(this.saved.has(key.split(' ')[1]), 'nothing arrives that was not saved');
    assert.ok([...this.server.log.values()].every(({ personId }) => personId === this.personId), 'nothing is taken under another session');
    IDBDatabase.prototype.transaction = broken.transaction;
    IDBObjectStore.prototype.put = broken.put;
  }

  async quiet() {
    this.trouble = null;
    this.server.session = this.personId;
    for (const deliver of this.late.splice(0)) deliver();
    await Promise.race([Promise.all(this.runs), pause(50)]);
    mend();
    this.server.tus.cutAt = null;
    this.server.tus.spoil = false;
    await this.#tab(0);
    for (let i = 0; i < 6; i += 1) await this.tabs[i % 2].run();
    assert.equal((await this.tabs[0].run()).state, 'ok');
  }

  async check() {
    const { store } = this.tabs[0];
    const { pending, photos } = await store.counts();
    assert.deepEqual([pending, photos], [0, 0]);
    for (const [id, sha256] of this.saved) {
      assert.ok(this.server.log.has(id));
      assert.ok(this.server.tus.blobs.has(sha256));
    }
    for (const job of await store.jobs()) assert.ok(job.photos.every(({ state, only_here }) => state === 'verified' && !only_here));
    for (const open of this.tabs) open.store.close();
  }

  /** @param {import('#app/store/store.js').Store} store @param {any} what */
  async #shoot(store, { content, slot }) {
    const op = await store.confirm('add_photo', 'job-1', ...aShot(contentOf(content), { slot })).catch(known);
    if (op) this.saved.set(op.id, op.args.sha256);
  }

  /** A tab is opened, or killed and opened again. @param {number} index */
  async #tab(index) {
    this.tabs[index]?.store.close();
    mend();
    const store = await openStore(this.personId, operations);
    const engine = new Engine({ store, call: this.#call, build: 'build-1', deviceName: 'Test' });
    const uploads = new Uploads({ store, call: this.#call, goesOn: () => true });
    this.tabs[index] = { store, run: async () => {
      for (;;) { // as the pump does
        const outcome = await engine.run();
        const step = outcome.state === 'ok' && (await store.counts()).photos ? await uploads.run() : outcome;
        if (step !== 'again') return step;
      }
    } };
  }

  /** A run of one tab; when its answer is late, life goes on meanwhile. @param {() => Promise<any>} start */
  async #sync(start) {
    const run = start().catch(known);
    this.runs.push(run);
    const waiting = this.late.length;
    while (this.late.length === waiting && (await Promise.race([run.then(() => 'done'), turn()])) !== 'done');
  }

  /** @type {import('#app/sync/transport.js').Call} */
  #call = async (...args) => {
    const { server, trouble } = this;
    const isMeant = trouble !== null && args[1].startsWith(trouble.on) && (trouble.after -= 1) < 0;
    const kind = isMeant ? trouble.kind : '';
    if (kind) this.trouble = null;
    const refusals = /** @type {Record<string, [number, string]>} */ ({ 'lost request': [0, ''], portal: [0, ''], busy: [503, 'server_busy'], full: [507, 'server_full'], locked: [423, 'locked'], 'server error': [500, ''] });
    if (refusals[kind]) return aRefusal(...refusals[kind]);
    if (kind === 'portal with our nonce') return { ...aRefusal(0), status: 200, offset: null };
    if (kind === 'crash before') return this.#never();
    if (kind === 'cut') server.tus.cutAt = trouble?.bytes ?? 0;
    if (kind === 'spoilt') server.tus.spoil = true;
    const answer = await server.call(...args);
    if (kind === 'lost answer') return aRefusal(0);
    if (kind === 'twice') return server.call(...args);
    if (kind === 'crash after') return this.#never();
    if (kind === 'late answer') return new Promise((resolve) => { this.late.push(() => resolve(answer)); });
    return answer;
  };

  /** @returns {Promise<any>} */
  #never() {
    return new Promise(() => { this.late.push(() => {}); });
  }

  /** One access fails: the connection is gone, or the storage is full. @param {'transaction' | 'put'} what @param {number} skip accesses before */
  #break(what, skip) {
    let left = skip;
    const fails = () => (left -= 1) === -1;
    if (what === 'transaction') {
      IDBDatabase.prototype.transaction = function (...args) {
        if (fails()) throw new DOMException('The database connection is closing.', 'InvalidStateError');
        return transaction.apply(this, args);
      };
    } else {
      IDBObjectStore.prototype.put = function (...args) {
        if (fails()) throw new DOMException('full', 'QuotaExceededError');
        return put.apply(this, args);
      };
    }
  }
}

/** @param {unknown} error @returns {undefined} */
function known(error) {
  if (!(error instanceof AppError)) throw error; // refused by a rule, or the storage is broken: nothing was promised
}

/** @param {Uint8Array} bytes */
function hashOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function turn() {
  return new Promise((resolve) => { setImmediate(resolve); });
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
