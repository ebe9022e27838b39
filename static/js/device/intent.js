/**
 * What a photo is for, written down before the camera opens: phones with little memory close the page behind the camera,
 * and then nothing else knows which job and which slot the person was at.
 * @typedef {object} Intent
 * @property {string} job
 * @property {string} slot
 * @property {string} item
 * @property {string | null} replaces the photo it is taken again for
 * @property {string} hash address of the screen to come back to
 * @property {number} atMs
 */

const KEY = 'camera';
const FRESH_MS = 12 * 3600 * 1000; // whoever comes back the next day has not just left the camera

/** The shot that was lost. @type {Intent | null} */
let lost = null;

/** @typedef {{draft(key: string): Promise<any>, setDraft(key: string, value: any): Promise<unknown>}} Drafts */

/** Resolves when it is durably on this phone. @param {Drafts} store @param {Intent} intent */
export async function writeIntent(store, intent) {
  lost = null;
  await store.setDraft(KEY, intent);
}

/** The photo is safe, or none was taken. @param {Drafts} store */
export async function clearIntent(store) {
  lost = null;
  await store.setDraft(KEY, undefined);
}

/**
 * At the start of the app: the shot the camera was open for when the page was closed; null: none. It is told once.
 * @param {Drafts} store
 * @param {number} nowMs
 * @returns {Promise<Intent | null>}
 */
export async function takeIntent(store, nowMs) {
  const intent = await store.draft(KEY);
  if (!intent) return null;
  void store.setDraft(KEY, undefined).catch(() => {});
  lost = Math.abs(nowMs - intent.atMs) < FRESH_MS ? intent : null;
  return lost;
}

/** The shot that was lost before this start, until the camera opens again; null: none. */
export function lostShot() {
  return lost;
}
