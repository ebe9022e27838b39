import { t } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { REASON_LIMIT } from '#app/rules/job-state.js';
import { momentOf } from '#app/screens/job-history.js';

/** @typedef {{text: string, kind: string, promise: '' | 'agreed' | 'none', date: string, clock: string, no_promise: string}} Said what a person typed so far */
/** @typedef {Partial<Record<keyof Said, string>>} Faults field → what is wrong with it, in words; in the order of the page */

export const NOTE_LIMIT = 2000; // characters, docs/sync-protocol.md
const INCIDENT_LIMIT = 1000; // characters, the same page

/** @returns {Said} */
export function blank() {
  return { text: '', kind: '', promise: '', date: '', clock: '', no_promise: '' };
}

/**
 * What is missing or wrong, said before anything is written down.
 * @param {string} part which form
 * @param {Said} said
 * @param {{nowMs: number, zone: string}} at
 * @returns {Faults}
 */
export function faultsOf(part, said, at) {
  /** @type {Faults} */
  const faults = part === 'incident' && !said.kind ? { kind: t('Please choose what happened.') } : {};
  const length = [...said.text].length;
  if (!said.text.trim()) faults.text = ['note', 'incident'].includes(part) ? t('Please write something first.') : reasonText('reason_missing', {});
  else if (length > limitOf(part)) faults.text = t('Too long by {count} characters.', { count: length - limitOf(part) });
  return part === 'cannot-finish' ? { ...faults, ...promiseFaults(said, at) } : faults;
}

/** @param {string} part */
export function limitOf(part) {
  return { note: NOTE_LIMIT, incident: INCIDENT_LIMIT }[part] ?? REASON_LIMIT;
}

/** @param {Said} said @param {{nowMs: number, zone: string}} at @returns {Faults} */
function promiseFaults(said, { nowMs, zone }) {
  if (!said.promise) return { promise: t('Please say whether a next time was agreed.') };
  if (said.promise === 'none') return said.no_promise.trim() ? {} : { no_promise: t('Please say why no time was agreed.') };
  const moment = momentOf(said.date, said.clock, zone);
  if (moment === null) return said.date ? { clock: t('Please choose a time.') } : { date: t('Please choose a day.') };
  return moment > nowMs ? {} : { date: t('This time is in the past.') };
}

/**
 * The promise as an operation carries it.
 * @param {Said} said
 * @param {string} zone
 */
export function promiseOf(said, zone) {
  return said.promise === 'agreed'
    ? { promised_ms: momentOf(said.date, said.clock, zone), no_promise: '' }
    : { promised_ms: null, no_promise: said.no_promise };
}
