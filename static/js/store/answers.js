import { isPending, openOps, openPhotos, prune, renew, settle, takeAcks } from '#app/store/outbox.js';

/**
 * @typedef {import('#app/types/wire.js').SyncAnswer} SyncAnswer
 * @typedef {import('#app/types/store.js').WriteTx} WriteTx
 * @typedef {import('#app/types/store.js').BaseDoc} BaseDoc
 * @typedef {import('#app/types/store.js').ClientState} ClientState
 */

/** Jobs and checklists asked for again in one request. */
const FETCH_LIMIT = 100;

/** What the manifest speaks of: jobs and checklists. @param {any} tx @returns {Promise<BaseDoc[]>} */
export function heldDocs(tx) {
  return tx.objectStore('base').getAll(IDBKeyRange.bound(['checklist'], ['job', []]));
}

/**
 * Takes one answer of the server, whole or not at all. Acknowledgements are always taken; changes only when the answer
 * starts where this phone is, so that late answers and other tabs do no harm.
 * @param {WriteTx} tx over base, ops, evidence, bytes and meta
 * @param {import('#app/types/store.js').Sent} sent
 * @param {SyncAnswer} answer
 * @param {string} spareId the client_id to take if a new one is needed
 * @returns {Promise<import('#app/types/store.js').Taken>}
 */
export async function applyAnswer(tx, sent, answer, spareId) {
  /** @type {ClientState} */
  const client = await tx.objectStore('meta').get('client');
  // An answer from before the server was restored must not acknowledge what the restored one has lost.
  if (answer.epoch < client.epoch) return { acked: 0, applied: false, renewed: false, fetch: [] };

  const acked = await takeAcks(tx, answer.acks, sent.ops, answer.server_time);
  await tx.objectStore('meta').put({ server_ms: answer.server_time, local_ms: sent.local_ms, off_ms: sent.off_ms }, 'contact');
  const fresh = await newBeginning(tx, sent, answer, client, spareId);
  if (fresh) return { acked, applied: false, renewed: true, fetch: [] };

  const applied = answer.from === client.cursor;
  const fetch = applied ? await takeChanges(tx, answer, client) : [];
  const shown = new Set(applied && !answer.more ? [...sent.ops, ...sent.settling] : []);
  await finish(tx, shown, answer.server_time);
  return { acked, applied, renewed: false, fetch };
}

/**
 * The server was restored from a backup, or this profile is a copy of another one: number anew under a new client_id.
 * The base stays readable until the server's view replaces it: without signal there is nothing else to show.
 * @param {WriteTx} tx
 * @param {import('#app/types/store.js').Sent} sent
 * @param {SyncAnswer} answer
 * @param {ClientState} client
 * @param {string} spareId
 */
async function newBeginning(tx, sent, answer, client, spareId) {
  if (client.epoch !== 0 && answer.epoch !== client.epoch) {
    await renew(tx, { ...client, epoch: answer.epoch, cursor: '' }, spareId, { journal: true });
    return true;
  }
  if (!answer.fork) return false;
  if (client.client_id === sent.client_id) await renew(tx, client, spareId, { journal: false });
  return true;
}

/**
 * @param {WriteTx} tx
 * @param {SyncAnswer} answer
 * @param {ClientState} client
 * @returns {Promise<string[]>} jobs and checklists to ask for again
 */
async function takeChanges(tx, answer, client) {
  const base = tx.objectStore('base');
  for (const { type, id, version, fields } of answer.changes) await base.put({ type, id, version, fields });
  await tx.objectStore('meta').put({ ...client, epoch: answer.epoch, cursor: answer.to }, 'client');
  // While more is to come, what is missing is most likely on its way.
  return answer.manifest && !answer.more ? compare(tx, new Map(answer.manifest)) : [];
}

/**
 * @param {WriteTx} tx
 * @param {Map<string, number>} manifest id → version
 */
async function compare(tx, manifest) {
  const base = tx.objectStore('base');
  const held = new Map((await heldDocs(tx)).map((doc) => [doc.id, doc]));
  for (const doc of held.values()) {
    if (manifest.has(doc.id) === Boolean(doc.handed_over)) await base.put({ ...doc, handed_over: !manifest.has(doc.id) });
  }
  return [...manifest].filter(([id, version]) => held.get(id)?.version !== version).map(([id]) => id).slice(0, FETCH_LIMIT);
}

/**
 * Lets go of what is no longer needed: ops the base now contains, handed-over jobs when everything of theirs is on the
 * server, checklists no job is done by, old acknowledgements.
 * @param {WriteTx} tx
 * @param {Set<string>} shown ops known to be in the base
 * @param {number} serverMs
 */
async function finish(tx, shown, serverMs) {
  const docs = new Map((await heldDocs(tx)).map((doc) => [doc.id, doc]));
  await settle(tx, (op) => {
    const doc = docs.get(op.entity);
    return !doc || shown.has(op.id) || doc.version >= /** @type {number} */ (op.version);
  });
  const [open, photos] = await Promise.all([openOps(tx), openPhotos(tx)]);
  const busy = new Set([...open.filter(isPending).flatMap((op) => [op.entity, op.args.checklist]), ...photos.map(({ job }) => job)]);
  const goes = (/** @type {BaseDoc} */ doc) => doc.handed_over && !busy.has(doc.id);
  for (const doc of docs.values()) if (!goes(doc)) busy.add(doc.fields.checklist?.id);
  const gone = new Set([...docs.values()].filter(goes).map((doc) => doc.id));
  for (const id of gone) await tx.objectStore('base').delete([/** @type {BaseDoc} */ (docs.get(id)).type, id]);
  if (gone.size) await forgetPhotos(tx, ({ job }) => gone.has(job));
  await prune(tx, serverMs);
}

/**
 * The thumbnails of photos the server has.
 * @param {WriteTx} tx
 * @param {(photo: import('#app/types/store.js').Evidence) => boolean} which
 */
export async function forgetPhotos(tx, which) {
  const rows = await tx.objectStore('evidence').getAll();
  const goes = rows.filter((row) => !row.open && which(row));
  const stays = new Set(rows.filter((row) => !goes.includes(row)).map((row) => row.sha256));
  for (const { id, sha256 } of goes) {
    await tx.objectStore('evidence').delete(id);
    if (!stays.has(sha256)) await tx.objectStore('bytes').delete(sha256);
  }
}
