import { nowMs } from '#app/core/clock.js';
import { isPending, openOps, openPhotos } from '#app/store/outbox.js';

/** Bytes made into text at a time: a multiple of three, so that the pieces join, and few enough to be arguments. */
const PIECE = 24_576;

/**
 * Everything only on this phone, as a file a person can carry; works offline and signed out. JSON; the photos stand in
 * `files` as base64. It is put together piece by piece: sixty photos as one text are more than a phone holds.
 * The lines are as the server reads them (fieldservice/rescue/reading.py).
 * @param {import('#app/store/store.js').Store} store
 * @param {{acts?: boolean}} [what] acts: without the photos
 * @returns {Promise<Blob>}
 */
export async function exportUnsent(store, { acts = false } = {}) {
  const [client, contact, open, all] = await store.db.read(['meta', 'ops', 'evidence'], (tx) => Promise.all([tx.objectStore('meta').get('client'), tx.objectStore('meta').get('contact'), openOps(tx), openPhotos(tx)]));
  const { client_id, epoch } = client;
  const photos = acts ? [] : all;
  const head = { format: 'fieldservice-unsent', format_version: 2, exported_at_ms: nowMs(), clock_off_ms: contact && Math.round(contact.off_ms), person_id: store.personId, client_id, epoch, ops: open.filter(isPending) };
  /** @type {BlobPart[]} */
  const parts = [JSON.stringify(head, null, 1).slice(0, -2), ',\n "files": ['];
  for (const [index, { id, job, sha256, size, at_ms }] of photos.entries()) {
    const kept = await store.photo(id);
    if (index) parts.push(',');
    parts.push('\n  ', JSON.stringify({ id, job, sha256, size, type: kept?.type ?? '', at_ms }).slice(0, -1), ',"base64":"', base64(kept?.data), '"}');
  }
  return new Blob([...parts, ']\n}'], { type: 'application/json' });
}

/** @param {ArrayBuffer | null} [data] */
function base64(data) {
  const bytes = new Uint8Array(data ?? new ArrayBuffer(0));
  const pieces = [];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  return new Blob(pieces);
}
