import { hex } from '#app/core/ids.js';
import { SCHEMA, oldest } from '#app/store/store.js';

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/wire.js').WireOp} WireOp
 */

/** Bytes of the ops of one request; the rest of its 256 kB is for the envelope and the jobs asked for. */
const MOST_BYTES = 240_000;
const RESULTS = ['applied', 'merged', 'conflict_lost', 'late_evidence', 'quarantined', 'rejected'];
const utf8 = new TextEncoder();

/**
 * The first ops that fit into one request; at least one.
 * @param {Op[]} pending
 * @param {number} most
 */
export function nextOps(pending, most) {
  let bytes = 0;
  const count = pending.findIndex((op, index) => {
    bytes += utf8.encode(JSON.stringify(wire(op))).length + 1;
    return index > 0 && (index >= most || bytes > MOST_BYTES);
  });
  return count < 0 ? pending : pending.slice(0, count);
}

/**
 * @param {import('#app/types/store.js').SyncState} state
 * @param {Op[]} ops of this request
 * @param {{nonce: string, now: number, build: string, manifestHash: string, fetch: string[], about?: import('#app/types/wire.js').About}} more
 * @returns {import('#app/types/wire.js').SyncRequest}
 */
export function requestFor({ client, pending, photos }, ops, { nonce, now, build, manifestHash, fetch, about }) {
  const rest = pending.slice(ops.length).filter((op) => !photos.some(({ id }) => id === op.id));
  const left = rest.length + photos.length;
  const some = (/** @type {number} */ count) => count || undefined; // JSON leaves these out
  return {
    proto: 1, schema: SCHEMA, build, client_id: client.client_id, epoch: client.epoch, cursor: client.cursor,
    manifest_hash: manifestHash, nonce, now,
    pending: some(left), oldest_ms: oldest(rest, photos) ?? undefined,
    photos: some(photos.length), stuck: some(photos.filter(({ trouble }) => trouble).length),
    fetch: fetch.length ? fetch : undefined, about,
    ops: ops.map(wire),
  };
}

/** @param {Op} op @returns {WireOp} without what only this phone needs */
function wire({ id, seq, schema, kind, entity, args, base, occurred_at, mono }) {
  return { id, seq, schema, kind, entity, args, base, occurred_at, mono };
}

/**
 * The first 16 hex digits of the SHA-256 of the manifest as compact JSON; '' where the page may not hash (insecure context).
 * @param {[string, number][]} manifest sorted by id
 */
export async function manifestHash(manifest) {
  if (!globalThis.crypto?.subtle) return '';
  const digest = await crypto.subtle.digest('SHA-256', utf8.encode(JSON.stringify(manifest)));
  return hex(new Uint8Array(digest)).slice(0, 16);
}

/**
 * Whether a 200 is an answer of ours to this request: only such a one acknowledges.
 * @param {any} body
 * @param {string} nonce
 */
export function isAnswer(body, nonce) {
  return body !== null && typeof body === 'object' && body.nonce === nonce
    && Number.isInteger(body.epoch) && Number.isFinite(body.server_time)
    && list(body.acks, (ack) => typeof ack?.id === 'string' && RESULTS.includes(ack.result) && Number.isInteger(ack.version))
    && list(body.changes, (change) => typeof change?.id === 'string' && Number.isInteger(change.version) && isObject(change.fields) && typeof change.type === 'string')
    && list(body.manifest, (pair) => Array.isArray(pair) && typeof pair[0] === 'string' && Number.isInteger(pair[1]))
    && (body.fork === true || (typeof body.from === 'string' && typeof body.to === 'string' && typeof body.more === 'boolean'));
}

/** @param {any} value @param {(item: any) => boolean} check */
function list(value, check) {
  return value === undefined || value === null || (Array.isArray(value) && value.every(check));
}

/** @param {any} value */
function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
