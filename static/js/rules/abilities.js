/** Where a phone can be: what it shows at "What can I do now?", and what tests try. */
export const SITUATIONS = /** @type {const} */ (['online', 'offline', 'signed_out', 'storage_full']);

/**
 * What can be done in each of the situations: y works, k is kept on this phone and goes out by itself later, n does not
 * work. `tests/js/abilities.test.js` does every one of them in every situation.
 */
export const ABILITIES = Object.freeze({
  read: 'yyyy', step: 'ykkn', answer: 'ykkn', photo: 'ykkn', sign: 'ykkn', send: 'ynnn', fetch: 'ynnn', save: 'yyyy', password: 'ynny', leave: 'ynyn',
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
 * The situation of this phone. A server in trouble is like no signal; a phone or account the office has shut out like
 * a sign-in that has ended.
 * @param {string} state of sending
 * @param {string | null} storage code of trouble with storing
 * @returns {Situation}
 */
export function situationOf(state, storage) {
  if (storage) return 'storage_full';
  if (state === 'ok' || state === 'sending') return 'online';
  return state === 'offline' || state === 'server_trouble' ? 'offline' : 'signed_out';
}
