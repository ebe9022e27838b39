import { anchor, monoMs, nowMs, pageSession } from '#app/core/clock.js';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { recordedPlace } from '#app/device/position.js';
import { turn } from '#app/device/turned.js';
import { signedSheet } from '#app/rules/payload.js';
import { nextRevision, presented } from '#app/rules/presented.js';
import { hasPin } from '#app/screens/pin.js';

/**
 * @typedef {import('#app/screens/types.js').AppContext} AppContext
 * @typedef {import('#app/screens/types.js').JobView} JobView
 * @typedef {'sign_off' | 'agreement'} Kind
 * @typedef {'zh' | 'en'} Language
 *
 * @typedef {object} Turning what the customer's page begins with
 * @property {Language} language
 * @property {'signed' | 'neighbour'} outcome
 * @property {import('#app/types/domain.js').ChargeLine[]} [lines] of an agreement
 * @property {string} [reason] why a neighbour signs
 * @property {string} [photo] SHA-256 that goes with it
 */

const PLACE_TIMEOUT_MS = 1500; // the customer waits for it

/** Where what the customer types and draws is kept. @param {string} jobId @param {Kind} kind */
export function turnedDraft(jobId, kind) {
  return `turned:${kind}:${jobId}`;
}

/** Where the technician's words about an outcome without the customer's signature are kept. @param {string} jobId @param {Kind} kind @param {string} outcome */
export function outcomeDraft(jobId, kind, outcome) {
  return `outcome:${kind}:${outcome}:${jobId}`;
}

/**
 * From now on the phone is the customer's: only the PIN brings it back.
 * @param {HTMLElement} from tells the app
 * @param {AppContext} app
 * @param {JobView} job
 * @param {Kind} kind
 * @param {Turning} turning
 * @returns {Promise<boolean>} false: there is no PIN yet that would bring it back
 */
export async function turnTo(from, app, job, kind, turning) {
  if (!(await hasPin())) return false;
  await app.store.setDraft(turnedDraft(job.id, kind), { ...turning, revision: nextRevision(job, kind) });
  const to = { job: job.id, kind };
  await app.store.setMeta('turned', to);
  turn(to); // and no lock beside it: killed soon after the way back, the browser would still remember that one
  return from.dispatchEvent(new CustomEvent('turned', { bubbles: true }));
}

/**
 * The one object everything on the customer's page is drawn from.
 * @param {AppContext} app
 * @param {JobView} job
 * @param {import('#app/types/domain.js').Checklist | null} content
 * @param {{kind: Kind, language: Language, outcome: string, revision?: number, shownMs?: number, lines?: import('#app/types/domain.js').ChargeLine[]}} how
 */
export function sheetOf(app, job, content, { kind, language, outcome, revision = nextRevision(job, kind), shownMs = nowMs(), lines }) {
  const me = app.me ?? { id: app.person.id, name: app.person.name };
  return presented(job, { kind, language, content, me, revision, shownMs, outcome, lines });
}

/**
 * Signs with the key of this phone and writes it down durably.
 * @param {AppContext} app
 * @param {JobView} job
 * @param {Record<string, any>} shown `sheetOf(…)`
 * @param {Omit<import('#app/rules/payload.js').Act, 'device_ms' | 'mono'>} act
 */
export async function writeSheet(app, job, shown, act) {
  const moment = { device_ms: nowMs(), mono: { page: pageSession, t: monoMs(), anchor: anchor() } };
  const [key, found] = await Promise.all([deviceKey(app.store), recordedPlace(app.store, PLACE_TIMEOUT_MS)]);
  return app.store.confirm('sign_sheet', job.id, await signedSheet(shown, { ...act, ...found, ...moment }, { key, sha256Hex, nonce: job.sign_nonce }));
}
