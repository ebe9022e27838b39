import { nowMs } from '#app/core/clock.js';
import { bus } from '#app/core/events.js';
import { Database, personDatabase } from '#app/store/database.js';
import { unsent } from '#app/store/outbox.js';

/** Who is and was signed in on this phone. */

/** @typedef {import('#app/types/store.js').PersonRecord} PersonRecord */

/** @type {Database<any>} for `store/wipe.js` too */
export const db = new Database('fieldservice-people', 1, (fresh) => {
  fresh.createObjectStore('people', { keyPath: 'id' });
  fresh.createObjectStore('state');
});

export const channel = new BroadcastChannel('fieldservice-people');
channel.onmessage = () => bus.emit('signed-out', { code: 'other_tab' });
/** @type {any} */ (channel).unref?.(); // Node only: tests must be able to end

/** What of this phone is wiped, or was; undefined: nothing. @returns {Promise<import('#app/store/wipe.js').Wiping | undefined>} */
export function wiping() {
  return db.read(['state'], (tx) => tx.objectStore('state').get('wiping'));
}

/** @returns {Promise<PersonRecord | null>} null: nobody */
export function currentPerson() {
  return db.read(['people', 'state'], current);
}

/**
 * After signing in: this person from now on. Wrong PIN tries are forgiven: a password proves more than a PIN.
 * @param {{id: string, name: string, staffNo: string, rescue?: PersonRecord['rescue']}} person
 */
export async function rememberPerson({ id, name, staffNo, rescue }) {
  const before = await db.write(['people', 'state'], async (tx) => {
    const [was, known] = await Promise.all([current(tx), tx.objectStore('people').get(id)]);
    await tx.objectStore('people').put({ ...known, id, name, staffNo, rescue: rescue ?? known?.rescue, signedInAtMs: nowMs(), wrongTries: 0, waitUntilMs: 0 });
    await tx.objectStore('state').put(id, 'current');
    return was;
  });
  if (before && before.id !== id) channel.postMessage('changed');
}

/** Nobody is signed in any more; what they left stays. */
export async function forgetCurrent() {
  await db.write(['state'], async (tx) => void (await tx.objectStore('state').delete('current')));
  channel.postMessage('changed');
}

/** @returns {Promise<(PersonRecord & {count: number})[]>} people whose work is only on this phone */
export async function peopleWithUnsent() {
  const people = /** @type {PersonRecord[]} */ (await db.read(['people'], (tx) => tx.objectStore('people').getAll()));
  const counted = await Promise.all(people.map(async (person) => ({ ...person, count: await unsentCount(person.id) })));
  return counted.filter(({ count }) => count > 0);
}

/** What exported work is sealed with. @param {string} id @returns {Promise<PersonRecord['rescue']>} */
export async function rescueKey(id) {
  return (await db.read(['people'], (tx) => tx.objectStore('people').get(id)))?.rescue;
}

/** @param {string} id @param {PersonRecord['rescue']} rescue */
export function keepRescueKey(id, rescue) {
  return change(id, (record) => ({ ...record, rescue }));
}

/** Acts and photos. @param {string} personId */
export async function unsentCount(personId) {
  const theirs = personDatabase(personId);
  try {
    const { pending, photos } = await theirs.read(['ops', 'evidence'], unsent);
    return pending.length + photos.length;
  } finally {
    theirs.close();
  }
}

/** @param {any} tx @returns {Promise<PersonRecord | null>} */
async function current(tx) {
  const id = await tx.objectStore('state').get('current');
  return (id && (await tx.objectStore('people').get(id))) ?? null;
}

/**
 * @param {string} id
 * @param {(record: PersonRecord) => PersonRecord} next
 * @returns {Promise<PersonRecord>}
 */
export function change(id, next) {
  return db.write(['people'], async (tx) => {
    const record = next(await tx.objectStore('people').get(id));
    await tx.objectStore('people').put(record);
    return record;
  });
}
