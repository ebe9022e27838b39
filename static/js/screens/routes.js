/** @typedef {import('#app/screens/types.js').Route} Route */

const NAMES = ['today', 'upcoming', 'done', 'job', 'outbox', 'me', 'help', 'sign-in', 'setup'];

/**
 * The screen an address means; anything unknown is Today.
 * @param {string} hash as in location: '#/job/0193…/note'
 * @returns {Route}
 */
export function routeOf(hash) {
  const [name = '', id = '', part = '', at = ''] = hash.replace(/^#\/?/, '').split('?')[0].split('/').map(decoded);
  return NAMES.includes(name) && (name !== 'job' || id) ? { name, id, part, at } : { name: 'today', id: '', part: '', at: '' };
}

/** Where a new person stopped in choosing password and PIN, so that a closed app goes on there. */
export const SETUP_STEP = 'setup.step';

/** Ends the address of who has just come in by a one-time link: `_where_to` of the server's landing.py. */
export const CAME_BY_LINK = '?by-link';

/** The same of who has signed in at the desk's form: `home_of` of the server's entering.py. */
export const CAME_SIGNED_IN = '?signed-in';

export function isSetupOpen() {
  return localStorage.getItem(SETUP_STEP) !== null;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
