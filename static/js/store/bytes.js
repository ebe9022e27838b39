import { isPending, openOps, openPhotos } from '#app/store/outbox.js';

/**
 * What uploading reads and writes; loaded when there is something to upload.
 * @typedef {import('#app/store/store.js').Store} Store
 * @typedef {import('#app/types/store.js').Evidence} Evidence
 */

/**
 * The photo to be sent next: what proves an outcome, then the oldest job.
 * @param {Store} store
 * @param {(photo: Evidence) => number} rank smaller goes first, whatever else; NaN: not now
 * @returns {Promise<{photo: Evidence | undefined, clientId: string, acts: boolean}>} acts: some wait to be sent, before any bytes
 */
export function nextPhoto(store, rank) {
  return store.db.read(['ops', 'evidence', 'meta'], async (tx) => {
    const [client, open, rows] = await Promise.all([tx.objectStore('meta').get('client'), openOps(tx), openPhotos(tx)]);
    const jobs = [...new Set(rows.map(({ job }) => job))];
    const key = (/** @type {Evidence} */ row) => [rank(row), 1 - (row.first ?? 0), jobs.indexOf(row.job)];
    const now = rows.filter((row) => !row.trouble && !Number.isNaN(rank(row)));
    const [photo] = now.sort((a, b) => key(a).map((part, i) => part - key(b)[i]).find(Boolean) ?? 0);
    return { photo, clientId: client.client_id, acts: open.some(isPending) };
  });
}

/** @param {Store} store @returns {Promise<boolean>} */
export function actsWait(store) {
  return store.db.read(['ops'], async (tx) => (await openOps(tx)).some(isPending));
}

/**
 * Notes how far a photo is; nothing when it has arrived meanwhile.
 * @param {Store} store
 * @param {string} id
 * @param {Partial<Evidence>} change
 * @returns {Promise<null>}
 */
export async function markPhoto(store, id, change) {
  await store.db.write(['evidence'], async (tx) => {
    const row = await tx.objectStore('evidence').get(id);
    if (row?.open) await tx.objectStore('evidence').put({ ...row, ...change });
  });
  if ('trouble' in change) store.tell();
  return null;
}

/**
 * The bytes are on the server, or the person gives them up: the thumbnail stays, and the bytes while another photo has the same.
 * @param {Store} store
 * @param {string} id
 * @returns {Promise<null>}
 */
export async function letGo(store, id) {
  await store.db.write(['evidence', 'bytes'], async (tx) => {
    const row = await tx.objectStore('evidence').get(id);
    if (!row?.open) return;
    const { open: _, upload: __, ...rest } = row;
    await tx.objectStore('evidence').put(rest);
    if ((await openPhotos(tx)).some(({ sha256 }) => sha256 === row.sha256)) return;
    const bytes = tx.objectStore('bytes');
    const kept = await bytes.get(row.sha256);
    if (kept) await bytes.put({ ...kept, data: null }, row.sha256);
  });
  store.tell();
  return null;
}
