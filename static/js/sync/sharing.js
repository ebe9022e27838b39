import { nowMs } from '#app/core/clock.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;

/**
 * What the person said about showing the office their last position, until the server's yes; kept as setting 'shares'.
 * @typedef {{shared: boolean, said_ms: number, told?: boolean}} Wish told: the server has it, and `me` says so with the next answer
 */

/**
 * Tells the server what it has not heard yet, before any place goes there; what it does not take goes on waiting.
 * @param {import('#app/store/store.js').Store} store
 * @param {Wish} wish
 * @param {import('#app/sync/transport.js').Call} call
 */
export async function tellSharing(store, wish, call) {
  if (!wish.told) {
    const waited_ms = Math.min(Math.max(0, nowMs() - wish.said_ms), YEAR_MS); // by this phone's clock alone
    const reply = await call('PUT', '/api/account/position-sharing', { shared: wish.shared, person: store.personId, waited_ms });
    if (reply.status !== 204) return;
  }
  await store.db.write(['meta'], async (tx) => {
    const meta = tx.objectStore('meta');
    if ((await meta.get('setting:shares'))?.said_ms === wish.said_ms) await meta.put(wish.told ? null : { ...wish, told: true }, 'setting:shares'); // else: said anew meanwhile
  });
  store.tell();
}
