import { t } from '#app/core/i18n.js';
import { recordedPlace } from '#app/device/position.js';
import { RUNNING } from '#app/rules/job-state.js';
import { customerOf } from '#app/screens/job-words.js';
import { isLed } from '#app/screens/today-plan.js';

/** Steps that say something about a place: the way begins, the customer's door, the work is done. */
const WITH_PLACE = ['depart', 'arrive', 'finish', 'cannot_finish', 'customer_absent'];
const PLACE_TIMEOUT_MS = 2500; // a technician at a door does not wait longer; the reason is recorded instead

/**
 * Writes a step down on this phone, with the place or the reason why there is none.
 * @param {import('#app/screens/types.js').Store} store
 * @param {import('#app/screens/types.js').JobView} job
 * @param {{step: string, reason?: string, promised_ms?: number | null, no_promise?: string}} said
 */
export async function recordStep(store, job, { step, reason = '', promised_ms = null, no_promise = '' }) {
  const found = WITH_PLACE.includes(step) ? await placeFor(store) : { place: null, no_place: '' };
  const checklist = job.checklist?.id ?? null; // the version shown here: the first step of a run pins it
  return store.confirm('take_step', job.id, { step, reason, promised_ms, no_promise, ...found, checklist });
}

/** @param {import('#app/screens/types.js').Store} store */
function placeFor(store) {
  return recordedPlace(store, PLACE_TIMEOUT_MS);
}

/** Another job this person leads and has not ended: setting out to this one is asked about; undefined: there is none. @param {import('#app/screens/types.js').AppContext} app @param {import('#app/screens/types.js').JobView} job */
export async function underWay({ store, person }, { id }) {
  return (await store.jobs()).find((other) => other.id !== id && RUNNING.includes(other.state) && !other.handedOver && isLed(other, person.id));
}

/** @param {import('#app/screens/types.js').JobView} other `underWay(…)` */
export function otherWords(other) {
  const name = customerOf(other);
  return other.state === 'en_route' ? t('You are still on the way to {name}. Set out anyway?', { name }) : t('The visit to {name} has not ended yet. Set out anyway?', { name });
}
