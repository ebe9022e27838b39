/** Where a phone can be: what it shows at "What can I do now?", and what tests try. */
export const SITUATIONS = /** @type {const} */ (['online', 'offline', 'signed_out', 'storage_full', 'storage_low', 'update_waits', 'too_old', 'blocked']);

/**
 * What can be done in each of the situations: y works, k is kept on this phone and goes out by itself later, n does not
 * work. `tests/js/abilities.test.js` does every one of them in every situation. A blocked phone is one that was reached.
 */
export const ABILITIES = Object.freeze({
  read: 'yyyyyyyn', step: 'ykknyykn', answer: 'ykknyykn', photo: 'ykknnykn', sign: 'ykknyykn',
  send: 'ynnnyyny', fetch: 'ynnnyynn', save: 'yyyyyyyn', password: 'ynnyyyyn', leave: 'ynynyyyy',
});

/**
 * @typedef {keyof typeof ABILITIES} Action
 * @typedef {typeof SITUATIONS[number]} Situation
 */

/** @param {Action} action @param {Situation} situation @returns {string} 'y', 'k' or 'n' */
export function ability(action, situation) {
  return ABILITIES[action][SITUATIONS.indexOf(situation)];
}

/**
 * The situation of this phone. A server in trouble is like no signal; a phone or account the office has shut out, which has not
 * been wiped, like a sign-in that has ended.
 * @param {string} state of sending
 * @param {string | null} storage code of trouble with storing
 * @param {{newBuild?: boolean, nearlyFull?: boolean}} [more]
 * @returns {Situation}
 */
export function situationOf(state, storage, { newBuild = false, nearlyFull = false } = {}) {
  if (storage) return 'storage_full';
  if (state === 'update_needed') return 'too_old';
  if (state === 'offline' || state === 'server_trouble') return 'offline';
  if (state !== 'ok' && state !== 'sending') return 'signed_out';
  return nearlyFull ? 'storage_low' : newBuild ? 'update_waits' : 'online';
}
