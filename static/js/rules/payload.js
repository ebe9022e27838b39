import { canonical } from '#app/core/canonical.js';
import { tidy } from '#app/rules/presented.js';

/** Points of a signature; more are thinned out. */
const MOST_POINTS = 4000;
/** Side of the box strokes are kept in. */
const BOX = 10_000;

/**
 * What came of showing the sheet.
 * @typedef {object} Act
 * @property {'signed' | 'neighbour' | 'refused' | 'absent' | 'paper'} outcome
 * @property {{name: string, role: string}} [signer] role: 'customer', 'family', 'tenant', 'property', 'neighbour', 'other'
 * @property {string} [reason]
 * @property {string} [photo] SHA-256 of the outcome's photo
 * @property {number[][][]} [strokes] `strokesOf(…)`
 * @property {{attitude: number, efficiency: number, skill: number, words: string} | null} [rating]
 * @property {{lat: number, lng: number, accuracy_m: number} | null} [place]
 * @property {string} [no_place]
 * @property {number} device_ms
 * @property {{page: string, t: number, anchor?: import('#app/types/wire.js').Anchor | null}} mono
 *
 * @typedef {{id: string, sign: (bytes: Uint8Array) => Promise<string>}} Key `deviceKey(store)`
 */

/**
 * What the device key signs (docs/visit.md, payload).
 * @param {Record<string, any>} shown `presented(…)`
 * @param {Act} act
 * @param {{presented_sha256: string, photos_sha256: string, nonce: string, key: string}} proof
 */
export function payloadFor(shown, act, { presented_sha256, photos_sha256, nonce, key }) {
  const { place = null, mono: { page, t, anchor = null } } = act;
  const e7 = (/** @type {number} */ degrees) => Math.round(degrees * 1e7);
  return tidy({
    v: 1, kind: shown.kind, outcome: act.outcome, job: shown.job.id, run: shown.job.run, revision: shown.revision, nonce,
    presented_sha256, photos_sha256,
    signer: act.signer ?? { name: '', role: '' }, reason: act.reason ?? '', photo: act.photo ?? '', strokes: act.strokes ?? [],
    consent: shown.consent, language: shown.language, rating: act.rating ?? null,
    place: place && { lat_e7: e7(place.lat), lng_e7: e7(place.lng), accuracy_m: Math.round(place.accuracy_m) },
    no_place: place ? '' : act.no_place ?? '',
    device_ms: act.device_ms, mono: { page, t, anchor: anchor && { server_ms: anchor.server_ms, t: anchor.t, rtt: anchor.rtt } },
    key, technician: shown.technician.id,
  });
}

/**
 * The arguments of the operation `sign_sheet`.
 * @param {Record<string, any>} shown `presented(…)`
 * @param {Act} act
 * @param {{key: Key, sha256Hex: (text: string) => Promise<string>, nonce: string}} seal nonce: `job.sign_nonce`
 * @returns {Promise<{presented: string, payload: string, signature: string}>}
 */
export async function signedSheet(shown, act, { key, sha256Hex, nonce }) {
  const text = canonical(shown);
  const [presented_sha256, photos_sha256] = await Promise.all([sha256Hex(text), sha256Hex(photosText(shown))]);
  const payload = canonical(payloadFor(shown, act, { presented_sha256, photos_sha256, nonce, key: key.id }));
  return { presented: text, payload, signature: await key.sign(new TextEncoder().encode(payload)) };
}

/** What `photos_sha256` is the hash of. @param {Record<string, any>} shown @returns {string} */
export function photosText(shown) {
  return shown.photos.map((/** @type {{sha256: string}} */ photo) => photo.sha256).join('\n');
}

/**
 * The strokes of a signature pad in a box of 10,000, as they lie on the pad: [x, y, milliseconds since the first point, pressure in thousandths].
 * @param {{points: {x: number, y: number, time: number, pressure: number}[]}[]} groups `pad.toData()`
 * @param {number} width of the pad, in the units of the points
 * @param {number} height
 * @returns {number[][][]} at most 4,000 points
 */
export function strokesOf(groups, width, height) {
  const strokes = groups.map(({ points }) => points).filter((points) => points.length);
  const start = strokes[0]?.[0].time ?? 0;
  const scale = BOX / Math.max(width, height, 1);
  const within = (/** @type {number} */ value, /** @type {number} */ most) => Math.round(Math.min(most, Math.max(0, value)));
  return thinned(strokes).map((points) => points.map(({ x, y, time, pressure }) =>
    [within(x * scale, BOX), within(y * scale, BOX), within(time - start, 86_400_000), within(pressure * 1000, 1000)]));
}

/** @template T @param {T[][]} strokes @returns {T[][]} */
function thinned(strokes) {
  for (let step = 1; step < MOST_POINTS; step += 1) {
    const kept = strokes.map((points) => points.filter((_, index) => index % step === 0 || index === points.length - 1));
    if (kept.flat().length <= MOST_POINTS) return kept;
  }
  return strokes.map((points) => points.slice(0, 1)).slice(0, MOST_POINTS);
}
