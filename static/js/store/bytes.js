import { isPending, openOps, openPhotos } from '#app/store/outbox.js';

/**
 * What uploading reads and writes; loaded when there is something to upload.
 * @typedef {import('#app/store/store.js').Store} Store
 * @typedef {import('#app/types/store.js').Evidence} Evidence
 */

/**
 * The photos to be sent: what proves an outcome first, then the oldest job.
 * @param {Store} store
 * @param {(photo: Evidence) => number} rank smaller goes first, whatever else; NaN: not now
 * @returns {Promise<{photos: Evidence[], clientId: string, acts: boolean}>} acts: some wait to be sent, before any bytes
 */
export function nextPhotos(store, rank) {
  return store.db.read(['ops', 'evidence', 'meta'], async (tx) => {
    const [client, open, rows] = await Promise.all([tx.objectStore('meta').get('client'), openOps(tx), openPhotos(tx)]);
    const jobs = [...new Set(rows.map(({ job }) => job))];
    const key = (/** @type {Evidence} */ row) => [rank(row), 1 - (row.first ?? 0), jobs.indexOf(row.job)];
    const now = rows.filter((row) => !row.trouble && !Number.isNaN(rank(row)));
    const photos = now.sort((a, b) => key(a).map((part, i) => part - key(b)[i]).find(Boolean) ?? 0);
    return { photos, clientId: client.client_id, acts: open.some(isPending) };
  });
}

/** @param {Store} store @returns {Promise<boolean>} */
export function actsWait(store) {
  return store.db.read(['ops'], async (tx) => (await openOps(tx)).some(isPending));
}

/**
 * Notes how far photos are; nothing of those that have arrived meanwhile.
 * @param {Store} store
 * @param {string[]} ids
 * @param {Partial<Evidence>} change
 * @returns {Promise<null>}
 */
export async function markPhotos(store, ids, change) {
  await store.db.write(['evidence'], async (tx) => {
    for (const row of await rowsOf(tx, ids)) await tx.objectStore('evidence').put({ ...row, ...change });
  });
  if ('trouble' in change) store.tell();
  return null;
}

/**
 * The bytes are on the server, or the person gives them up: the thumbnail stays, and the bytes while another photo has the same.
 * @param {Store} store
 * @param {string[]} ids
 * @returns {Promise<null>}
 */
export async function letGo(store, ...ids) {
  await store.db.write(['evidence', 'bytes'], async (tx) => {
    const gone = await rowsOf(tx, ids);
    for (const { open: _, upload: __, ...rest } of gone) await tx.objectStore('evidence').put(rest);
    const left = await openPhotos(tx);
    for (const { sha256: name } of gone) {
      if (left.some(({ sha256 }) => sha256 === name)) continue;
      const bytes = tx.objectStore('bytes');
      const kept = await bytes.get(name);
      if (kept) await bytes.put({ ...kept, data: null }, name);
    }
  });
  store.tell();
  return null;
}

/** Those of which bytes are here. @param {any} tx @param {string[]} ids @returns {Promise<Evidence[]>} */
async function rowsOf(tx, ids) {
  const rows = await Promise.all(ids.map((id) => tx.objectStore('evidence').get(id)));
  return rows.filter((row) => row?.open);
}
