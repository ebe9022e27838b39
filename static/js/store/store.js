import { anchor, monoMs, nowMs, pageSession } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { bus } from '#app/core/events.js';
import { newId } from '#app/core/ids.js';
import { personDatabase } from '#app/store/database.js';
import { append, isPending, keepPhoto, opById, putFirst, unsent } from '#app/store/outbox.js';
import { views, whoIsMe } from '#app/store/views.js';

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/store.js').JobView} JobView
 * @typedef {import('#app/types/domain.js').Me} Me
 */

/** Shape of the args of ops this app writes. */
export const SCHEMA = 1;
const DAY_MS = 24 * 3600 * 1000;
/** What a view is made of. */
const SEEN = ['base', 'ops', 'evidence'];

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
  #lens;
  #channel;
  #closed = false;

  /** @param {string} personId @param {import('#app/types/store.js').Operations} operations */
  constructor(personId, operations) {
    /** @readonly */
    this.personId = personId;
    this.#lens = { personId, operations, shown: new Map() };
    /** @readonly for `store/exchange.js` */
    this.db = personDatabase(personId);
    this.#channel = new BroadcastChannel(`fieldservice-${personId}`);
    this.#channel.onmessage = () => bus.emit('changed', {});
    /** @type {any} */ (this.#channel).unref?.(); // Node only: tests must be able to end
  }

  /** Gives a new profile its client_id; looks first, because a write waits for the disk and the first screen for it. */
  async begin() {
    if (await this.db.read(['meta'], (tx) => tx.objectStore('meta').get('client'))) return;
    const client_id = newId();
    await this.db.write(['meta'], async (tx) => {
      const meta = tx.objectStore('meta');
      if (!(await meta.get('client'))) await meta.put({ client_id, registered: false, epoch: 0, cursor: '', next_seq: 1 }, 'client');
    });
  }

  /** What is under way still ends, in silence. */
  close() {
    this.#closed = true;
    this.#channel.close();
    this.db.close();
  }

  /** @returns {Promise<JobView[]>} */
  jobs() {
    return this.db.read(SEEN, (tx) => views(tx, this.#lens));
  }

  /** @param {string} id @returns {Promise<JobView | null>} */
  async job(id) {
    return (await this.db.read(SEEN, (tx) => views(tx, this.#lens, id)))[0] ?? null;
  }

  /** The person's own record; null before the first contact. @returns {Promise<Me | null>} */
  async me() {
    const me = await this.db.read(['base'], (tx) => whoIsMe(tx, this.personId));
    return 'staff_no' in me ? me : null;
  }

  /** A version of a checklist; null: not on this phone. @param {string} id @returns {Promise<import('#app/types/domain.js').Checklist | null>} */
  async checklist(id) {
    return (await this.db.read(['base'], (tx) => tx.objectStore('base').get(['checklist', id])))?.fields.content ?? null;
  }

  /** What the visit of a job is done by; null: there is none, or it is not on this phone. @param {JobView | null} job */
  async checklistOf(job) {
    return job?.checklist ? this.checklist(job.checklist.id) : null;
  }

  /** A photo taken on this phone; its data only until the server has them. @param {string} id @returns {Promise<import('#app/types/store.js').Bytes | null>} */
  photo(id) {
    return this.db.read(['evidence', 'bytes'], async (tx) => {
      const row = await tx.objectStore('evidence').get(id);
      return (row && (await tx.objectStore('bytes').get(row.sha256))) ?? null;
    });
  }

  /**
   * Resolves once the act, and the bytes of its photo, are durably on this phone, whatever happens next.
   * @param {string} kind
   * @param {string} jobId
   * @param {Record<string, any>} args
   * @param {import('#app/types/store.js').PhotoFile[]} [files] at most one
   * @returns {Promise<Op>} rejects with AppError: 'storage_full', 'storage_failed' or the code of the broken rule
   */
  async confirm(kind, jobId, args, [file] = []) {
    const id = newId(); // one id for every attempt: a repeat after a lost connection finds the first
    const mono = { page: pageSession, t: monoMs(), anchor: anchor() ?? undefined };
    const moment = { occurred_at: Math.max(0, nowMs()), mono };
    let tried = false;
    const op = await this.db.write([...SEEN, 'meta', 'bytes'], async (tx) => {
      const before = tried && (await opById(tx, id));
      if (before) return before;
      tried = true;
      const { client, op } = await this.#build(tx, kind, jobId, args, moment.occurred_at);
      const made = append(tx, { id, ...op, ...moment }, client);
      if (file) await keepPhoto(tx, made, file);
      if (made.args.payload) await putFirst(tx, made);
      return made;
    });
    this.tell({ confirmed: true });
    return op;
  }

  /** @returns {Promise<{pending: Op[], photos: import('#app/types/store.js').Evidence[], troubled: Op[], recent: Op[]}>} newest trouble and newest acknowledged first */
  outbox() {
    return this.db.read(['ops', 'evidence', 'meta'], async (tx) => {
      const ops = tx.objectStore('ops');
      const [here, troubled, contact] = await Promise.all([unsent(tx), ops.index('trouble').getAll(), tx.objectStore('meta').get('contact')]);
      const recent = contact ? await ops.index('acked').getAll(IDBKeyRange.lowerBound(contact.server_ms - DAY_MS)) : [];
      return { ...here, troubled: troubled.reverse(), recent: recent.filter((/** @type {Op} */ op) => !isPending(op)).reverse() };
    });
  }

  /** The person has seen what became of it. @param {string} opId */
  async dismiss(opId) {
    await this.db.write(['ops'], async (tx) => {
      const op = await opById(tx, opId);
      if (!op) return;
      const { trouble: _, ...rest } = op;
      await tx.objectStore('ops').put(rest);
    });
    this.tell();
  }

  /** What was being typed; undefined: nothing. @param {string} key */
  draft(key) {
    return this.db.read(['drafts'], (tx) => tx.objectStore('drafts').get(key));
  }

  /** @param {string} key @param {any} value undefined or '' throws it away */
  setDraft(key, value) {
    return this.db.write(['drafts'], async (tx) => {
      const drafts = tx.objectStore('drafts');
      await (value === undefined || value === '' ? drafts.delete(key) : drafts.put(value, key));
    });
  }

  /** A small setting of this person on this phone. @param {string} key */
  meta(key) {
    return this.db.read(['meta'], (tx) => tx.objectStore('meta').get(`setting:${key}`));
  }

  /** @param {string} key @param {any} value @param {(now: any) => boolean} [isToChange] whether it is, by what stands there now */
  setMeta(key, value, isToChange) {
    return this.db.write(['meta'], async (tx) => {
      const [meta, at] = [tx.objectStore('meta'), `setting:${key}`];
      if (!isToChange || isToChange(await meta.get(at))) await meta.put(value, at);
    });
  }

  /** How much is only on this phone, how old it is, and the last contact (null: never). */
  counts() {
    return this.db.read(['ops', 'evidence', 'meta'], async (tx) => {
      const { pending, photos } = await unsent(tx);
      /** @type {import('#app/types/store.js').Contact | undefined} */
      const contact = await tx.objectStore('meta').get('contact');
      return { pending: pending.length, photos: photos.length, oldestMs: oldest(pending, photos), contact: contact ?? null };
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
    const mine = whoIsMe(tx, this.personId);
    const [client, [job], me] = await Promise.all([tx.objectStore('meta').get('client'), views(tx, this.#lens, jobId, mine), mine]); // at once, and no more than it takes: a slow phone waits for every answer
    if (!job) throw new AppError('job_unknown');
    if (job.handedOver) throw new AppError('job_reassigned');
    const checked = this.#lens.operations[kind].build(clean(args), { job, me, nowMs: now });
    return { client, op: { schema: SCHEMA, kind, entity: jobId, args: checked, base: { version: job.version }, number: job.number } };
  }

  /** This page and the other tabs read again. @param {{confirmed?: boolean}} [detail] */
  tell(detail = {}) {
    if (this.#closed) return;
    bus.emit('changed', detail);
    this.#channel.postMessage('changed');
  }
}

/**
 * When the oldest was made; null: there is none.
 * @param {Op[]} pending
 * @param {import('#app/types/store.js').Evidence[]} photos
 */
export function oldest(pending, photos) {
  const moments = [...pending.map((op) => op.occurred_at), ...photos.map((photo) => photo.at_ms)];
  return moments.length ? Math.min(...moments) : null;
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
