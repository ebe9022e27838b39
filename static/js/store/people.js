import { nowMs } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { bus } from '#app/core/events.js';
import { Database, personDatabase } from '#app/store/database.js';
import { unsent } from '#app/store/outbox.js';

/** Who is and was signed in on this phone, and the PIN that locks it. The PIN locks the screen; it does not encrypt. */

/** @typedef {import('#app/types/store.js').PersonRecord} PersonRecord */

/** Under half a second on a slow phone. Four digits are guessed by trying whatever the number: the waits below protect. */
const ITERATIONS = 210_000;
const FREE_TRIES = 3;
const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 900;

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

/** @returns {Promise<boolean>} */
export async function hasPin() {
  return Boolean((await currentPerson())?.pin);
}

/** @param {string} pin of the person signed in; replaces the one before */
export async function setPin(pin) {
  const person = await signedIn();
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(pin, salt, ITERATIONS);
  await change(person.id, (record) => ({ ...record, pin: { salt, hash, iterations: ITERATIONS }, wrongTries: 0, waitUntilMs: 0 }));
}

/**
 * The try is counted before it is judged: killing the app saves none.
 * @param {string} pin
 * @returns {Promise<{ok: boolean, wait_seconds: number}>} wait_seconds > 0: no further try before
 */
export async function checkPin(pin) {
  const person = await signedIn();
  if (!person.pin) throw new AppError('no_pin');
  const early = waitSeconds(person);
  if (early > 0) return { ok: false, wait_seconds: early };

  const counted = await change(person.id, countTry);
  const hash = await derive(pin, person.pin.salt, person.pin.iterations);
  if (!same(hash, person.pin.hash)) return { ok: false, wait_seconds: waitSeconds(counted) };
  await change(person.id, (record) => ({ ...record, wrongTries: 0, waitUntilMs: 0 }));
  return { ok: true, wait_seconds: 0 };
}

/** @param {any} tx @returns {Promise<PersonRecord | null>} */
async function current(tx) {
  const id = await tx.objectStore('state').get('current');
  return (id && (await tx.objectStore('people').get(id))) ?? null;
}

async function signedIn() {
  const person = await currentPerson();
  if (!person) throw new AppError('signed_out');
  return person;
}

/**
 * @param {string} id
 * @param {(record: PersonRecord) => PersonRecord} next
 * @returns {Promise<PersonRecord>}
 */
function change(id, next) {
  return db.write(['people'], async (tx) => {
    const record = next(await tx.objectStore('people').get(id));
    await tx.objectStore('people').put(record);
    return record;
  });
}

/** @param {PersonRecord} record @returns {PersonRecord} */
function countTry(record) {
  const wrongTries = (record.wrongTries ?? 0) + 1;
  const over = wrongTries - FREE_TRIES;
  const wait = over < 0 ? 0 : Math.min(FIRST_WAIT_SECONDS * 2 ** over, LONGEST_WAIT_SECONDS);
  return { ...record, wrongTries, waitUntilMs: nowMs() + wait * 1000 };
}

/** Never longer than the longest wait, even after the phone's clock was set back. @param {PersonRecord} record */
function waitSeconds({ waitUntilMs = 0 }) {
  return Math.min(Math.max(0, Math.ceil((waitUntilMs - nowMs()) / 1000)), LONGEST_WAIT_SECONDS);
}

/** @param {string} pin @param {Uint8Array} salt @param {number} iterations */
async function derive(pin, salt, iterations) {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations }, key, 256));
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function same(a, b) {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
