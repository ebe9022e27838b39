import { nowMs } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { change, currentPerson } from '#app/store/people.js';

/** The PIN of the person signed in. It locks the screen (`device/lock.js`); it does not encrypt. */

/** @typedef {import('#app/types/store.js').PersonRecord} PersonRecord */

/** Under half a second on a slow phone. Four digits are guessed by trying whatever the number: the waits below protect. */
const ITERATIONS = 210_000;
const FREE_TRIES = 3;
const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 900;

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

async function signedIn() {
  const person = await currentPerson();
  if (!person) throw new AppError('signed_out');
  return person;
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
