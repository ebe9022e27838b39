import { nowMs } from '#app/core/clock.js';
import { syncState } from '#app/store/exchange.js';
import { clear, forget, mark, note } from '#app/store/wipe.js';
import { call } from '#app/sync/transport.js';

/**
 * Takes a person off a phone that the office has blocked and that has delivered everything. Each step can be repeated: what a
 * killed app left undone goes on at the next start, in whichever tab.
 */

/** @typedef {import('#app/store/wipe.js').Wiping} Wiping */

/** What is the phone's own, whoever has it. */
const KEPT = ['lang', 'theme'];
/** The office knows: now, or since an answer that was lost, which ended the session. */
const KNOWN = [204, 401, 404];

/**
 * A blocked phone that has delivered everything: takes the person off it.
 * @param {import('#app/store/store.js').Store} store
 * @returns {Promise<Wiping | null>} null: something was confirmed meanwhile, which has to be sent first
 */
export async function wipe(store) {
  const { client } = await syncState(store); // none: another tab was faster, and this one fails here and begins anew
  const wiping = { person: store.personId, client: client.client_id, at_ms: nowMs() };
  await mark(wiping); // from here on a killed app goes on by itself
  return goOn(wiping);
}

/**
 * What is not done yet of it.
 * @param {Wiping} wiping
 * @returns {Promise<Wiping | null>} null: as above, or it is over and its person has begun anew in another tab
 */
export async function goOn(wiping) {
  if (!wiping.cleared && !(await clear(wiping.person))) {
    await mark(undefined);
    return null;
  }
  const cleared = { ...wiping, cleared: true };
  const others = await forget(cleared);
  if (others === null) return null;
  const told = wiping.told || KNOWN.includes((await call('POST', `/api/device/${wiping.client}/wiped`, {})).status);
  for (const key of Object.keys(localStorage)) if (!KEPT.includes(key)) localStorage.removeItem(key);
  if (!told) return cleared; // the app itself stays until the office knows: it must open without signal to tell
  const done = { ...cleared, told };
  if (!(await note(done))) return null;
  if (!others) await forgetApp();
  return done;
}

/** The app itself, which a colleague who shares the phone would miss. */
async function forgetApp() {
  try {
    for (const name of await caches.keys()) await caches.delete(name);
    for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  } catch {
    // it holds nothing of anybody
  }
}
