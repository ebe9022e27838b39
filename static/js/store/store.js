import { anchor, monoMs, nowMs, pageSession } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { bus } from '#app/core/events.js';
import { newId } from '#app/core/ids.js';
import { baseJobs, takeAnswer } from '#app/store/answers.js';
import { personDatabase } from '#app/store/database.js';
import { append, isPending, isShown, openOps, opById, renew } from '#app/store/outbox.js';

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/store.js').JobView} JobView
 * @typedef {import('#app/types/store.js').BaseDoc} BaseDoc
 * @typedef {import('#app/types/domain.js').Me} Me
 */

/** Shape of the args of ops this app writes. */
export const SCHEMA = 1;
const DAY_MS = 24 * 3600 * 1000;

/**
 * Opens what one person has on this phone.
 * @param {string} personId
 * @param {import('#app/types/store.js').Operations} operations `sync/registry.js`
 * @returns {Promise<Store>} rejects with AppError 'storage_failed' or 'storage_full'
 */
export async function openStore(personId, operations) {
  const store = new Store(personId, operations);
  await store.begin();
  return store;
}

/** What the screens show = the server's copy + what is not acknowledged yet. */
export class Store {
  #db;
  #operations;
  #channel;
  #closed = false;

  /** @param {string} personId @param {import('#app/types/store.js').Operations} operations */
  constructor(personId, operations) {
    /** @readonly */
    this.personId = personId;
    this.#operations = operations;
    this.#db = personDatabase(personId);
    this.#channel = new BroadcastChannel(`fieldservice-${personId}`);
    this.#channel.onmessage = () => bus.emit('changed', {});
    /** @type {any} */ (this.#channel).unref?.(); // Node only: tests must be able to end
  }

  /** Gives a new profile its client_id. */
  begin() {
    const client_id = newId();
    return this.#db.write(['meta'], async (tx) => {
      const meta = tx.objectStore('meta');
      if (!(await meta.get('client'))) await meta.put({ client_id, registered: false, epoch: 0, cursor: '', next_seq: 1 }, 'client');
    });
  }

  /** What is under way still ends, in silence. */
  close() {
    this.#closed = true;
    this.#channel.close();
    this.#db.close();
  }

  /** @returns {Promise<JobView[]>} */
  jobs() {
    return this.#db.read(['base', 'ops'], (tx) => this.#views(tx));
  }

  /** @param {string} id @returns {Promise<JobView | null>} */
  async job(id) {
    return (await this.#db.read(['base', 'ops'], (tx) => this.#views(tx, id)))[0] ?? null;
  }

  /** The person's own record; null before the first contact. @returns {Promise<Me | null>} */
  async me() {
    const me = await this.#db.read(['base'], (tx) => this.#me(tx));
    return 'staff_no' in me ? me : null;
  }

  /**
   * Resolves once the act is durably on this phone, whatever happens next.
   * @param {string} kind
   * @param {string} jobId
   * @param {Record<string, any>} args
   * @returns {Promise<Op>} rejects with AppError: 'storage_full', 'storage_failed' or the code of the broken rule
   */
  async confirm(kind, jobId, args) {
    const id = newId(); // one id for every attempt: a repeat after a lost connection finds the first
    const mono = { page: pageSession, t: monoMs(), anchor: anchor() ?? undefined };
    const moment = { occurred_at: Math.max(0, nowMs()), mono };
    const op = await this.#db.write(['base', 'ops', 'meta'], async (tx) =>
      (await opById(tx, id)) ?? append(tx, { id, ...(await this.#build(tx, kind, jobId, args, moment.occurred_at)), ...moment }));
    this.#tell({ confirmed: true });
    return op;
  }

  /** @returns {Promise<{pending: Op[], troubled: Op[], recent: Op[]}>} newest trouble and newest acknowledged first */
  outbox() {
    return this.#db.read(['ops', 'meta'], async (tx) => {
      const ops = tx.objectStore('ops');
      const [open, troubled, contact] = await Promise.all([openOps(tx), ops.index('trouble').getAll(), tx.objectStore('meta').get('contact')]);
      const recent = contact ? await ops.index('acked').getAll(IDBKeyRange.lowerBound(contact.server_ms - DAY_MS)) : [];
      return { pending: open.filter(isPending), troubled: troubled.reverse(), recent: recent.filter((/** @type {Op} */ op) => !isPending(op)).reverse() };
    });
  }

  /** The person has seen what became of it. @param {string} opId */
  async dismiss(opId) {
    await this.#db.write(['ops'], async (tx) => {
      const op = await opById(tx, opId);
      if (!op) return;
      const { trouble: _, ...rest } = op;
      await tx.objectStore('ops').put(rest);
    });
    this.#tell();
  }

  /** What was being typed; undefined: nothing. @param {string} key */
  draft(key) {
    return this.#db.read(['drafts'], (tx) => tx.objectStore('drafts').get(key));
  }

  /** @param {string} key @param {any} value undefined or '' throws it away */
  setDraft(key, value) {
    return this.#db.write(['drafts'], async (tx) => {
      const drafts = tx.objectStore('drafts');
      await (value === undefined || value === '' ? drafts.delete(key) : drafts.put(value, key));
    });
  }

  /** A small setting of this person on this phone. @param {string} key */
  meta(key) {
    return this.#db.read(['meta'], (tx) => tx.objectStore('meta').get(`setting:${key}`));
  }

  /** @param {string} key @param {any} value */
  setMeta(key, value) {
    return this.#db.write(['meta'], async (tx) => void (await tx.objectStore('meta').put(value, `setting:${key}`)));
  }

  /** Everything only on this phone, as a file a person can carry; works offline and signed out. @returns {Promise<Blob>} */
  async exportUnsent() {
    const { client, pending } = await this.syncState();
    const file = { format: 'fieldservice-unsent', format_version: 1, exported_at_ms: nowMs(), person_id: this.personId, client_id: client.client_id, epoch: client.epoch, ops: pending };
    return new Blob([JSON.stringify(file, null, 1)], { type: 'application/json' });
  }

  /** How much is only on this phone, how old it is, and the last contact (null: never). */
  counts() {
    return this.#db.read(['ops', 'meta'], async (tx) => {
      const pending = (await openOps(tx)).filter(isPending);
      /** @type {import('#app/types/store.js').Contact | undefined} */
      const contact = await tx.objectStore('meta').get('contact');
      return { pending: pending.length, oldestMs: pending[0]?.occurred_at ?? null, contact: contact ?? null };
    });
  }

  /** @returns {Promise<import('#app/types/store.js').SyncState>} for the engine: one consistent look */
  syncState() {
    return this.#db.read(['base', 'ops', 'meta'], async (tx) => {
      const [client, open, docs] = await Promise.all([tx.objectStore('meta').get('client'), openOps(tx), baseJobs(tx)]);
      return {
        client,
        pending: open.filter(isPending).sort((a, b) => a.seq - b.seq),
        settling: open.filter((op) => !isPending(op)).map((op) => op.id),
        manifest: docs.filter((doc) => !doc.handed_over).map((doc) => [doc.id, doc.version]),
      };
    });
  }

  /**
   * @param {import('#app/types/store.js').Sent} sent
   * @param {import('#app/types/wire.js').SyncAnswer} answer
   */
  async takeAnswer(sent, answer) {
    const spareId = newId();
    const taken = await this.#db.write(['base', 'ops', 'meta'], (tx) => takeAnswer(tx, sent, answer, spareId));
    if (taken.acked || taken.renewed || answer.changes.length || answer.manifest) this.#tell();
    return taken;
  }

  /** @param {string} clientId the server knows it now as a device of this person */
  markRegistered(clientId) {
    return this.#onClient(clientId, async (tx, client) => void (await tx.objectStore('meta').put({ ...client, registered: true }, 'client')));
  }

  /** @param {string} clientId the server does not know it (any more) */
  markUnregistered(clientId) {
    return this.#onClient(clientId, async (tx, client) => void (await tx.objectStore('meta').put({ ...client, registered: false }, 'client')));
  }

  /** Takes a new client_id and numbers what is unacknowledged from 1. @param {string} clientId the one to leave */
  renewClient(clientId) {
    const spareId = newId();
    return this.#onClient(clientId, async (tx, client) => void (await renew(tx, client, spareId, { journal: false })));
  }

  /** After signing out: the customers' data goes, the journal stays for a server restored from a backup. */
  clearBase() {
    return this.#db.write(['base', 'meta'], async (tx) => {
      const meta = tx.objectStore('meta');
      await Promise.all([tx.objectStore('base').clear(), meta.put({ ...(await meta.get('client')), cursor: '' }, 'client')]);
    });
  }

  /**
   * Does nothing when another tab has moved on to another client_id.
   * @param {string} clientId
   * @param {(tx: any, client: import('#app/types/store.js').ClientState) => Promise<void>} work
   */
  #onClient(clientId, work) {
    return this.#db.write(['ops', 'meta'], async (tx) => {
      const client = await tx.objectStore('meta').get('client');
      if (client.client_id === clientId) await work(tx, client);
    });
  }

  /**
   * @param {any} tx
   * @param {string} kind
   * @param {string} jobId
   * @param {Record<string, any>} args
   * @param {number} now
   */
  async #build(tx, kind, jobId, args, now) {
    const [job] = await this.#views(tx, jobId);
    if (!job) throw new AppError('job_unknown');
    if (job.handedOver) throw new AppError('job_reassigned');
    const checked = this.#operations[kind].build(clean(args), { job, me: await this.#me(tx), nowMs: now });
    return { schema: SCHEMA, kind, entity: jobId, args: checked, base: { version: job.version }, number: job.number };
  }

  /**
   * @param {any} tx
   * @param {string} [jobId] only this one
   * @returns {Promise<JobView[]>}
   */
  async #views(tx, jobId) {
    const [docs, open, troubled, me] = await Promise.all([
      jobId ? tx.objectStore('base').get(['job', jobId]).then((/** @type {BaseDoc | undefined} */ doc) => (doc ? [doc] : [])) : baseJobs(tx),
      openOps(tx), tx.objectStore('ops').index('trouble').getAll(), this.#me(tx)]);
    return docs.map((/** @type {BaseDoc} */ doc) =>
      this.#view(doc, open.filter((op) => op.entity === doc.id), troubled.filter((/** @type {Op} */ op) => op.entity === doc.id), me));
  }

  /** @param {BaseDoc} doc @param {Op[]} open @param {Op[]} troubled @param {Me} me @returns {JobView} */
  #view(doc, open, troubled, me) {
    const pending = open.filter(isPending);
    const fields = open.filter(isShown).reduce((job, op) => this.#operations[op.kind]?.apply(job, op, me) ?? job, doc.fields);
    const unsentOps = pending.map(({ id, kind, args, occurred_at }) => ({ id, kind, args, occurred_at }));
    return { ...fields, id: doc.id, version: doc.version, unsent: pending.length, unsentOps, handedOver: doc.handed_over === true, lastAckNote: troubled.at(-1)?.note ?? null };
  }

  /** @param {any} tx @returns {Promise<Me>} */
  async #me(tx) {
    const doc = await tx.objectStore('base').get(['me', this.personId]);
    return { name: '', ...doc?.fields, id: this.personId };
  }

  /** This page and the other tabs read again. @param {{confirmed?: boolean}} [detail] */
  #tell(detail = {}) {
    if (this.#closed) return;
    bus.emit('changed', detail);
    this.#channel.postMessage('changed');
  }
}

/**
 * Text every database can hold: without NUL and halves of characters (a cut emoji), for which the server would refuse the whole.
 * @template T
 * @param {T} args
 * @returns {T}
 */
function clean(args) {
  return JSON.parse(JSON.stringify(args), (_, value) => (typeof value === 'string' ? value.replace(/\0|\p{Surrogate}/gu, '') : value));
}
