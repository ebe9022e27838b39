import { isPending, isShown, openOps, openPhotos } from '#app/store/outbox.js';

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/store.js').BaseDoc} BaseDoc
 * @typedef {import('#app/types/store.js').JobView} JobView
 * @typedef {import('#app/types/domain.js').Me} Me
 * @typedef {import('#app/types/store.js').Evidence} Evidence
 * @typedef {object} Lens
 * @property {string} personId whose view
 * @property {import('#app/types/store.js').Operations} operations through which operations
 * @property {Map<string, string[]>} shown items the customer's sheet tells of by version of a checklist, which never changes
 */

/** What a server before the visit did not tell yet. */
const NOTHING = { stops_supply: false, under_warranty: false, sign_nonce: '', closed: false, checklist: null, charges: null, answers: [], photos: [], sheets: [], incidents: [] };

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
 * @param {any} tx over base, ops and evidence
 * @param {Lens} lens
 * @param {string} [jobId] only this one
 * @param {Promise<Me>} [mine] given where nobody looks at it: what is in trouble and whose bytes are here is left out
 * @returns {Promise<JobView[]>}
 */
export async function views(tx, lens, jobId, mine) {
  const [docs, open, troubled, photos, me] = await Promise.all([
    jobId ? oneJob(tx, jobId) : baseJobs(tx), openOps(tx), mine ? [] : tx.objectStore('ops').index('trouble').getAll(), mine ? [] : openPhotos(tx), mine ?? whoIsMe(tx, lens.personId)]);
  const of = (/** @type {Op[]} */ ops, /** @type {BaseDoc} */ doc) => ops.filter((op) => op.entity === doc.id);
  return Promise.all(docs.map((doc) => view(tx, doc, of(open, doc), of(troubled, doc), photos.filter(({ job }) => job === doc.id), me, lens)));
}

/** @param {any} tx @param {string} jobId @returns {Promise<BaseDoc[]>} */
async function oneJob(tx, jobId) {
  const doc = await tx.objectStore('base').get(['job', jobId]);
  return doc ? [doc] : [];
}

/** @param {any} tx @param {BaseDoc} doc @param {Op[]} open @param {Op[]} troubled @param {Evidence[]} here @param {Me} me @param {Lens} lens @returns {Promise<JobView>} */
async function view(tx, doc, open, troubled, here, me, lens) {
  const shown = open.filter(isShown);
  const isHere = (/** @type {{id: string}} */ { id }) => here.some((row) => row.id === id);
  const pending = open.filter(isPending);
  const before = { ...NOTHING, ...doc.fields };
  const pinned = before.checklist?.pinned ? null : shown.find((op) => op.args.checklist)?.args.checklist;
  const shownItems = await itemsShown(tx, lens, pinned ?? before.checklist?.id);
  const job = shown.reduce((fields, op) => lens.operations[op.kind]?.apply(fields, op, me) ?? fields, { ...before, shownItems });
  return {
    ...job, id: doc.id, version: doc.version, handedOver: doc.handed_over === true, lastAckNote: troubled.at(-1)?.note ?? null,
    photos: job.photos.map((/** @type {{id: string}} */ photo) => (isHere(photo) ? { ...photo, only_here: true } : photo)),
    unsent: pending.filter((op) => !isHere(op)).length, unsentPhotos: here.length,
    unsentOps: pending.map(({ id, kind, args, occurred_at }) => ({ id, kind, args, occurred_at })),
  };
}

/** Items whose answer the sheet tells of: in words, in the count of what was done, or by what applies. @param {any} tx @param {Lens} lens @param {string} [id] of the version */
async function itemsShown(tx, { shown }, id) {
  const doc = id && !shown.has(id) ? await tx.objectStore('base').get(['checklist', id]) : null;
  if (doc) shown.set(id ?? '', keysShown(doc.fields.content.items));
  return shown.get(id ?? '') ?? [];
}

/** @param {import('#app/types/domain.js').ChecklistItem[]} items */
function keysShown(items) {
  const end = items.findIndex(({ type, phase }) => type === 'signature' || phase === 'base');
  const before = end < 0 ? items : items.slice(0, end);
  const asked = before.flatMap(({ when }) => when.map(({ item }) => item));
  return before.filter(({ key, sheet, required }) => sheet || required || asked.includes(key)).map(({ key }) => key);
}
