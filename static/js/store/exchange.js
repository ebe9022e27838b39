import { newId } from '#app/core/ids.js';
import { applyAnswer, forgetPhotos, heldDocs } from '#app/store/answers.js';
import { isPending, openOps, openPhotos, renew } from '#app/store/outbox.js';

/**
 * What sync reads and writes; screens have no business here, and it is loaded after they stand.
 * @typedef {import('#app/store/store.js').Store} Store
 * @typedef {import('#app/types/store.js').ClientState} ClientState
 */

/** One consistent look. @param {Store} store @returns {Promise<import('#app/types/store.js').SyncState>} */
export function syncState(store) {
  return store.db.read(['base', 'ops', 'evidence', 'meta'], async (tx) => {
    const [client, open, photos, docs] = await Promise.all([tx.objectStore('meta').get('client'), openOps(tx), openPhotos(tx), heldDocs(tx)]);
    return {
      client, photos,
      pending: open.filter(isPending).sort((a, b) => a.seq - b.seq),
      settling: open.filter((op) => !isPending(op)).map((op) => op.id),
      manifest: docs.filter((doc) => !doc.handed_over).map((doc) => /** @type {[string, number]} */ ([doc.id, doc.version])).sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  });
}

/**
 * @param {Store} store
 * @param {import('#app/types/store.js').Sent} sent
 * @param {import('#app/types/wire.js').SyncAnswer} answer
 */
export async function takeAnswer(store, sent, answer) {
  const spareId = newId();
  const taken = await store.db.write(['base', 'ops', 'evidence', 'bytes', 'meta'], (tx) => applyAnswer(tx, sent, answer, spareId));
  if (taken.acked || taken.renewed || answer.changes.length || answer.manifest) store.tell();
  return taken;
}

/**
 * Whether the server knows `clientId` as a device of this person.
 * @param {Store} store
 * @param {string} clientId
 * @param {boolean} registered
 */
export function markRegistered(store, clientId, registered) {
  return onClient(store, clientId, async (tx, client) => void (await tx.objectStore('meta').put({ ...client, registered }, 'client')));
}

/**
 * Takes a new client_id and numbers what is unacknowledged from 1.
 * @param {Store} store
 * @param {string} clientId the one to leave
 * @param {boolean} [journal] the acknowledged too: the server has lost some
 */
export function renewClient(store, clientId, journal = false) {
  const spareId = newId();
  return onClient(store, clientId, async (tx, client) => void (await renew(tx, client, spareId, { journal })));
}

/** After signing out: the customers' data goes, the journal stays for a server restored from a backup. Photos first: that makes room for the one record written. @param {Store} store */
export async function clearBase(store) {
  await store.db.write(['evidence', 'bytes'], (tx) => forgetPhotos(tx, () => true));
  await store.db.write(['base', 'meta'], async (tx) => {
    const meta = tx.objectStore('meta');
    const client = await meta.get('client');
    await tx.objectStore('base').clear();
    await meta.put({ ...client, cursor: '' }, 'client');
  });
}

/**
 * Does nothing when another tab has moved on to another client_id.
 * @param {Store} store
 * @param {string} clientId
 * @param {(tx: any, client: ClientState) => Promise<void>} work
 */
function onClient(store, clientId, work) {
  return store.db.write(['ops', 'meta'], async (tx) => {
    const client = await tx.objectStore('meta').get('client');
    if (client.client_id === clientId) await work(tx, client);
  });
}
