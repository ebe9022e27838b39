import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aRefusal, newPerson } from '../fakes/phone.js';
import { FakeServer } from '../fakes/server.js';
import { nextSteps } from '#app/rules/job-state.js';
import { setClock } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { openStore } from '#app/store/store.js';
import { Engine } from '#app/sync/engine.js';
import { operations } from '#app/sync/registry.js';

/**
 * Histories of two tabs of one phone, an office and a bad line. Whatever happens, in the end every confirmed act stands
 * on the server exactly once with one result, and the phone shows what the server holds (laws P1, P2, P3, P5, P6, P12,
 * P13, P14, P15, P17, P18 of the protocol).
 */

const RUNS = Number(process.env.SYNC_HISTORIES ?? 150);
const JOBS = ['job-0', 'job-1', 'job-2'];

const job = fc.constantFrom(...JOBS);
const tab = fc.constantFrom(0, 1);
const act = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('step'), tab, job }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back'), tab, job }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('note'), tab, job }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('sync'), tab }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('trouble'), kind: fc.constantFrom('lost request', 'lost answer', 'late answer', 'twice', 'portal', 'busy', 'crash before', 'crash after') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen'), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break'), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('office'), job, change: fc.constantFrom('brief', 'cancel', 'away', 'here', 'new') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock'), years: fc.constantFrom(-10, 0, 10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backup') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget device') }) },
);

test('every act arrives exactly once and the view is the server\'s, whatever happens', async (t) => {
  const transaction = IDBDatabase.prototype.transaction;
  t.after(() => { IDBDatabase.prototype.transaction = transaction; setClock(); });
  await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 45 }), fc.integer({ min: 1, max: 4 }), async (acts, maxChanges) => {
    const world = await World.open(maxChanges, transaction);
    for (const next of acts) await world.play(next);
    await world.quiet();
    await world.check();
  }), { numRuns: RUNS, endOnFailure: false });
});

class World {
  /** @type {typeof IDBDatabase.prototype.transaction | undefined} */
  transaction;
  server = new FakeServer();
  personId = newPerson();
  /** @type {{store: import('#app/store/store.js').Store, engine: Engine}[]} */
  tabs = [];
  /** confirmed op ids @type {Set<string>} */
  confirmed = new Set();
  /** @type {(() => void)[]} answers on their way */
  late = [];
  /** @type {Promise<any>[]} */
  runs = [];
  trouble = '';
  serial = 0;
  /** @type {any} */
  backup = null;

  /** @param {number} maxChanges @param {typeof IDBDatabase.prototype.transaction} transaction */
  static async open(maxChanges, transaction) {
    const world = new World();
    world.transaction = transaction;
    world.server.maxChanges = maxChanges;
    world.server.session = world.personId;
    for (const id of JOBS) world.server.addJob(id, { lead: world.lead });
    await world.#tab(0);
    await world.#tab(1);
    await world.tabs[0].engine.run();
    return world;
  }

  get lead() {
    return { id: this.personId, name: '李强', staff_no: '0217' };
  }

  /** @param {any} next */
  async play(next) {
    const { store, engine } = this.tabs[next.tab ?? 0];
    if (next.do === 'step') await this.#confirm(async () => this.#nextStep(store, next.job));
    if (next.do === 'back') await this.#confirm(() => store.confirm('take_back_step', next.job, { reason: '按错了' }));
    if (next.do === 'note') await this.#confirm(() => store.confirm('add_note', next.job, { text: `${(this.serial += 1)}` }));
    if (next.do === 'sync') await this.#sync(engine);
    if (next.do === 'trouble') this.trouble = next.kind;
    if (next.do === 'deliver') this.late.shift()?.();
    if (next.do === 'reopen') await this.#tab(next.tab);
    if (next.do === 'break') this.#breakStorage(next.times);
    if (next.do === 'office') this.#office(next);
    if (next.do === 'clock') setClock({ nowMs: () => Date.now() + next.years * 31_557_600_000, monoMs: () => Math.round(performance.now()) });
    if (next.do === 'backup') this.backup = this.server.backup();
    if (next.do === 'restore' && this.backup) this.server.restore(this.backup);
    if (next.do === 'forget device') this.server.devices.clear();
    await Promise.race([Promise.all(this.runs), turn()]);
  }

  /** All answers come in, the line is good, and every tab syncs. */
  async quiet() {
    IDBDatabase.prototype.transaction = /** @type {any} */ (this.transaction);
    this.trouble = '';
    for (const deliver of this.late.splice(0)) deliver();
    await Promise.race([Promise.all(this.runs), pause(50)]);
    await this.#tab(0);
    for (let i = 0; i < 6; i += 1) await this.tabs[i % 2].engine.run();
    assert.equal((await this.tabs[0].engine.run()).state, 'ok');
  }

  async check() {
    const { store } = this.tabs[0];
    assert.equal((await store.counts()).pending, 0);
    for (const id of this.confirmed) {
      assert.ok(this.server.log.has(id), `op ${id} is on the server`);
      assert.equal(this.server.applied.get(id) ?? 1, 1, `op ${id} was applied once`);
    }
    for (const id of this.server.log.keys()) assert.ok(this.confirmed.has(id));
    const expected = this.server.visible(this.personId).map(([id, { version, fields }]) => ({ ...fields, id, version }));
    const shown = (await store.jobs()).map(({ unsent, unsentOps, unsentPhotos, shownItems, handedOver, lastAckNote, ...fields }) => {
      assert.deepEqual([unsent, unsentOps, unsentPhotos, shownItems, handedOver], [0, [], 0, [], false]);
      return fields;
    });
    assert.deepEqual(shown, expected);
    for (const { store: open } of this.tabs) open.close();
  }

  /** A tab is opened, or killed and opened again. @param {number} index */
  async #tab(index) {
    this.tabs[index]?.store.close();
    IDBDatabase.prototype.transaction = /** @type {any} */ (this.transaction);
    const store = await openStore(this.personId, operations);
    this.tabs[index] = { store, engine: new Engine({ store, call: this.#call, build: 'build-1', deviceName: 'Test' }) };
  }

  /** @param {() => Promise<import('#app/types/store.js').Op | undefined>} confirm */
  async #confirm(confirm) {
    try {
      const op = await confirm();
      if (op) this.confirmed.add(op.id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error; // refused by a rule, or the storage is broken: nothing was promised
    }
  }

  /** @param {import('#app/store/store.js').Store} store @param {string} jobId */
  async #nextStep(store, jobId) {
    const view = await store.job(jobId);
    const step = view && nextSteps(view.state)[0];
    return step ? store.confirm('take_step', jobId, { step }) : undefined;
  }

  /** A run of one tab; when its answer is late, life goes on meanwhile. @param {Engine} engine */
  async #sync(engine) {
    const run = engine.run().catch((error) => {
      if (!(error instanceof AppError)) throw error;
    });
    this.runs.push(run);
    const waiting = this.late.length;
    while (this.late.length === waiting && (await Promise.race([run.then(() => 'done'), turn()])) !== 'done');
  }

  /** @type {import('#app/sync/transport.js').Call} */
  #call = async (...args) => {
    const kind = this.trouble;
    this.trouble = '';
    if (kind === 'lost request' || kind === 'crash before') return kind === 'crash before' ? this.#never() : aRefusal(0);
    if (kind === 'busy') return aRefusal(503, 'server_busy', 1000);
    if (kind === 'portal') return { ...aRefusal(200), body: null };
    const answer = await this.server.call(...args);
    if (kind === 'lost answer') return aRefusal(0);
    if (kind === 'twice') return this.server.call(...args);
    if (kind === 'crash after') return this.#never();
    if (kind === 'late answer') return new Promise((resolve) => { this.late.push(() => resolve(answer)); });
    return answer;
  };

  /** The page died while it waited. @returns {Promise<any>} */
  #never() {
    return new Promise(() => { this.late.push(() => {}); });
  }

  /** @param {number} times */
  #breakStorage(times) {
    const { transaction } = this;
    let left = times;
    IDBDatabase.prototype.transaction = function (...args) {
      left -= 1;
      if (left >= 0) throw new DOMException('The database connection is closing.', 'InvalidStateError');
      return /** @type {any} */ (transaction).apply(this, args);
    };
  }

  /** @param {{job: string, change: string}} edit */
  #office({ job: id, change }) {
    if (change === 'brief') this.server.edit(id, () => ({ brief: `说明 ${(this.serial += 1)}` }));
    if (change === 'cancel') this.server.edit(id, () => ({ state: 'cancelled', cancel_reason: '客户取消' }));
    if (change === 'away') this.server.reassign(id, 'somebody');
    if (change === 'here') this.server.reassign(id, this.personId);
    if (change === 'new') this.server.addJob(`new-${(this.serial += 1)}`, { lead: this.lead });
  }
}

function turn() {
  return new Promise((resolve) => { setImmediate(resolve); });
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
