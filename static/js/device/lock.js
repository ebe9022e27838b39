/**
 * The lock of the screen. It keeps a curious hand out; it does not encrypt. The state stands in localStorage, because it
 * must be known before the first picture and outlive a killed browser.
 */

const LOCKED = 'lock.locked';
const AFTER_MINUTES = 'lock.after_minutes';
const HIDDEN_AT_MS = 'lock.hidden_at_ms';

/** Minutes out of sight after which a PIN is asked for; null: only when locked by hand. @returns {number | null} */
export function lockAfterMinutes() {
  return Number(localStorage.getItem(AFTER_MINUTES)) || null;
}

/** @param {number | null} minutes */
export function setLockAfterMinutes(minutes) {
  if (minutes) localStorage.setItem(AFTER_MINUTES, String(minutes));
  else localStorage.removeItem(AFTER_MINUTES);
}

export function lockNow() {
  localStorage.setItem(LOCKED, '1');
}

export function unlock() {
  localStorage.removeItem(LOCKED);
  localStorage.removeItem(HIDDEN_AT_MS);
}

/** The app went out of sight, or says that it is still seen. @param {number} nowMs */
export function noteSeen(nowMs) {
  if (!isLocked()) localStorage.setItem(HIDDEN_AT_MS, String(nowMs));
}

export function isLocked() {
  return localStorage.getItem(LOCKED) === '1';
}

/** Locks when it is time; true: locked. @param {number} nowMs */
export function checkLock(nowMs) {
  const seenAtMs = Number(localStorage.getItem(HIDDEN_AT_MS)) || null;
  if (isDue({ seenAtMs, afterMinutes: lockAfterMinutes(), nowMs })) lockNow();
  return isLocked();
}

/**
 * A clock set back counts as time gone by: nobody opens a phone by changing its date.
 * @param {{seenAtMs: number | null, afterMinutes: number | null, nowMs: number}} at
 */
export function isDue({ seenAtMs, afterMinutes, nowMs }) {
  if (!afterMinutes || seenAtMs === null) return false;
  return nowMs < seenAtMs - 60000 || nowMs - seenAtMs >= afterMinutes * 60000;
}
