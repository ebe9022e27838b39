import { AppError } from '#app/core/errors.js';
import { clearBase } from '#app/store/exchange.js';
import { currentPerson, forgetCurrent, rememberPerson, unsentCount } from '#app/store/people.js';
import { Store } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';
import { call } from '#app/sync/transport.js';

/** @typedef {import('#app/types/wire.js').SessionAnswer} SessionAnswer */

/**
 * @param {{name: string, password: string}} given name: staff number or sign-in name
 * @returns {Promise<SessionAnswer>} rejects with AppError: 'offline', 'wrong_name_or_password', 'too_many_tries' (wait_seconds) …
 */
export function signIn({ name, password }) {
  return begin({ name, password });
}

/**
 * @param {string} code the short code of a one-time link
 * @returns {Promise<SessionAnswer>} rejects with AppError: 'offline', 'code_unknown', 'too_many_tries' …
 */
export function signInWithCode(code) {
  return begin({ code: code.trim() });
}

/** @param {{current: string | null, new: string}} passwords current may be null after a one-time link */
export async function choosePassword(passwords) {
  await wanted(204, 'PUT', '/api/account/password', passwords);
}

/**
 * Ends the session on the server and here. Rejects with AppError 'unsent' (count) while work is only on this phone, or as the
 * storage does: then the person stays known, so that nobody believes the customers' data is gone, and it can be tried again.
 */
export async function signOut() {
  const person = await currentPerson();
  const count = person ? await unsentCount(person.id) : 0;
  if (count > 0) throw new AppError('unsent', { count });
  const reply = await call('DELETE', '/api/session');
  if (reply.status !== 204 && reply.status !== 401) throw refusal(reply);
  if (person) await letGo(person.id);
  await forgetCurrent();
}

/**
 * Takes over who came in by a one-time link in this browser, outside the app.
 * @returns {Promise<SessionAnswer | null>} null: nobody did; rejects with AppError 'offline' when the server cannot be asked
 */
export async function takeUpSession() {
  const reply = await call('GET', '/api/session');
  if (reply.status === 401) return null;
  if (reply.status !== 200 || !reply.body?.person?.id) throw refusal(reply);
  return remembered(reply.body);
}

/** @param {Record<string, any>} body */
async function begin(body) {
  return remembered(await wanted(200, 'POST', '/api/session', body));
}

/** @param {SessionAnswer} answer */
async function remembered(answer) {
  const { id, name, staff_no } = answer.person;
  await rememberPerson({ id, name, staffNo: staff_no, rescue: answer.rescue });
  return answer;
}

/** @param {number} status @param {string} method @param {string} path @param {any} body */
async function wanted(status, method, path, body) {
  const reply = await call(method, path, body);
  if (reply.status !== status) throw refusal(reply);
  return reply.body;
}

/** @param {import('#app/sync/transport.js').Reply} reply */
function refusal({ status, body }) {
  if (status === 0) return new AppError('offline');
  const { code = 'server_error', ...facts } = body?.error ?? {};
  return new AppError(code, facts);
}

/** @param {string} personId */
async function letGo(personId) {
  const store = new Store(personId, operations);
  try {
    await store.begin();
    await clearBase(store);
  } finally {
    store.close();
  }
}
