import { personDatabase } from '#app/store/database.js';
import { isPending, openOps, openPhotos } from '#app/store/outbox.js';
import { channel, db } from '#app/store/people.js';

/**
 * Taking everything of a person off a blocked phone, in steps that can each be repeated: a killed app goes on where it was.
 * @typedef {object} Wiping
 * @property {string} person
 * @property {string} client the client_id the office has blocked
 * @property {number} at_ms
 * @property {boolean} [cleared] nothing of the person is left
 * @property {boolean} [told] the office knows
 */

const STORES = ['base', 'ops', 'evidence', 'bytes', 'drafts', 'meta'];

/** Resolves when it is on the disk. @param {Wiping | undefined} to undefined: nothing is wiped */
export function mark(to) {
  return db.write(['state'], (tx) => tx.objectStore('state').put(to, 'wiping'));
}

/**
 * Records, photos, drafts and the key go in one transaction, with the last look whether the server has everything that can be sent.
 * From then on nothing can be confirmed in any tab.
 * @param {string} personId
 * @returns {Promise<boolean>} false: something new is here, nothing was touched
 */
export async function clear(personId) {
  const theirs = personDatabase(personId);
  try {
    return await theirs.write(STORES, async (tx) => {
      const [open, photos] = await Promise.all([openOps(tx), openPhotos(tx)]);
      if (open.some(isPending) || photos.some(({ trouble }) => !trouble)) return false;
      for (const name of STORES) await tx.objectStore(name).clear();
      return true;
    });
  } finally {
    theirs.close();
  }
}

/**
 * Writes down how far it is, unless it is over: another tab, asleep for long, must not wipe whoever began anew since.
 * @param {any} state
 * @param {Wiping} to
 * @returns {Promise<boolean>} false: it is over
 */
async function goesOn(state, to) {
  const goes = (await state.get('wiping'))?.client === to.client;
  if (goes) await state.put(to, 'wiping');
  return goes;
}

/** @param {Wiping} done @returns {Promise<boolean>} as goesOn */
export function note(done) {
  return db.write(['state'], (tx) => goesOn(tx.objectStore('state'), done));
}

/**
 * The name and the PIN go; all tabs begin anew.
 * @param {Wiping} done
 * @returns {Promise<number | null>} how many others have records on this phone; null: it is over, nothing was touched
 */
export async function forget(done) {
  const others = await db.write(['people', 'state'], async (tx) => {
    const state = tx.objectStore('state');
    if (!(await goesOn(state, done))) return null;
    await tx.objectStore('people').delete(done.person);
    if ((await state.get('current')) === done.person) await state.delete('current');
    return tx.objectStore('people').count();
  });
  if (others === null) return null;
  channel.postMessage('changed');
  indexedDB.deleteDatabase(`fieldservice-${done.person}`); // waits by itself for tabs that still have it open
  return others;
}
