import { nowMs } from '#app/core/clock.js';

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
  const { told, shared, said_ms } = wish;
  if (!told && (await call('PUT', '/api/account/position-sharing', { shared, person: store.personId, waited_ms: nowMs() - said_ms })).status !== 204) return;
  await store.setMeta('shares', told ? null : { ...wish, told: true }, (now) => now?.said_ms === said_ms); // else: said anew meanwhile
  store.tell();
}
