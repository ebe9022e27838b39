import { bus } from '#app/core/events.js';

/**
 * @typedef {'ok' | 'sending' | 'offline' | 'signed_out' | 'update_needed' | 'revoked' | 'not_allowed' | 'server_trouble'} State
 *
 * @typedef {object} Status
 * @property {number} pending acts only on this phone; a photo whose bytes are here too counts below
 * @property {number} photos whose bytes are only on this phone
 * @property {{ids: string[], percent: number} | null} uploading the photos that are being sent; percent 0: not known
 * @property {number | null} oldestMs when the oldest of them was confirmed; null: none
 * @property {number | null} lastContactMs server time of the last answer; null: never
 * @property {State} state
 * @property {string} code why, when the state alone does not say: 'busy', 'disk_full', 'bad_request', 'storage_failed' …
 * @property {number | null} retryAtMs when the next try is due; null: at the next occasion
 * @property {number} clockOffMs how far this phone's clock is ahead of the server's; for a warning only, nothing else depends on it
 */

/** @type {Status} */
let current = Object.freeze({ pending: 0, photos: 0, uploading: null, oldestMs: null, lastContactMs: null, state: 'ok', code: '', retryAtMs: null, clockOffMs: 0 });

/** How things stand between this phone and the server. @returns {Status} */
export function status() {
  return current;
}

/** @param {Partial<Status>} change */
export function setStatus(change) {
  const next = Object.freeze({ ...current, ...change });
  if (JSON.stringify(next) === JSON.stringify(current)) return;
  current = next;
  bus.emit('status', current);
}
