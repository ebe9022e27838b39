import { isPending, isShown, openOps } from '#app/store/outbox.js';

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/store.js').BaseDoc} BaseDoc
 * @typedef {import('#app/types/store.js').JobView} JobView
 * @typedef {import('#app/types/domain.js').Me} Me
 * @typedef {{personId: string, operations: import('#app/types/store.js').Operations}} Lens whose view, through which operations
 */

/** The server's copy of the jobs, by id. @param {any} tx @returns {Promise<BaseDoc[]>} */
export function baseJobs(tx) {
  return tx.objectStore('base').getAll(IDBKeyRange.bound(['job'], ['job', []]));
}

/** The person as operations see them, also before the first contact. @param {any} tx @param {string} personId @returns {Promise<Me>} */
export async function whoIsMe(tx, personId) {
  const doc = await tx.objectStore('base').get(['me', personId]);
  return { name: '', ...doc?.fields, id: personId };
}

/**
 * What the screens show: the server's copy with everything open replayed over it.
 * @param {any} tx over base and ops
 * @param {Lens} lens
 * @param {string} [jobId] only this one
 * @returns {Promise<JobView[]>}
 */
export async function views(tx, lens, jobId) {
  const [docs, open, troubled, me] = await Promise.all([
    jobId ? oneJob(tx, jobId) : baseJobs(tx), openOps(tx), tx.objectStore('ops').index('trouble').getAll(), whoIsMe(tx, lens.personId)]);
  const of = (/** @type {Op[]} */ ops, /** @type {BaseDoc} */ doc) => ops.filter((op) => op.entity === doc.id);
  return docs.map((doc) => view(doc, of(open, doc), of(troubled, doc), me, lens));
}

/** @param {any} tx @param {string} jobId @returns {Promise<BaseDoc[]>} */
async function oneJob(tx, jobId) {
  const doc = await tx.objectStore('base').get(['job', jobId]);
  return doc ? [doc] : [];
}

/** @param {BaseDoc} doc @param {Op[]} open @param {Op[]} troubled @param {Me} me @param {Lens} lens @returns {JobView} */
function view(doc, open, troubled, me, { operations }) {
  const pending = open.filter(isPending);
  const fields = open.filter(isShown).reduce((job, op) => operations[op.kind]?.apply(job, op, me) ?? job, doc.fields);
  const unsentOps = pending.map(({ id, kind, args, occurred_at }) => ({ id, kind, args, occurred_at }));
  return { ...fields, id: doc.id, version: doc.version, unsent: pending.length, unsentOps, handedOver: doc.handed_over === true, lastAckNote: troubled.at(-1)?.note ?? null };
}
