import { monoMs, nowMs } from '#app/core/clock.js';
import { newNonce } from '#app/core/ids.js';

/**
 * The only file that talks to the network. An answer counts as the server's only when it echoes the nonce of its
 * request: a captive portal, a proxy page or a redirect is "offline", whatever its status.
 *
 * @typedef {object} Reply
 * @property {number} status HTTP status; 0: offline, nothing of ours came back
 * @property {any} body parsed JSON; null when there is none or it is not JSON
 * @property {string} nonce of the request
 * @property {number | null} retryAfterMs what the server asked for
 * @property {string} build of the app the server serves now; '' when it did not say
 * @property {string} location of what was created; '' when it did not say
 * @property {number | null} offset bytes of an upload that are there; null when it did not say
 * @property {number} sentMono `monoMs` at sending
 * @property {number} rtt milliseconds from sending to the whole answer
 *
 * @typedef {(method: string, path: string, body?: any, nonce?: string, headers?: Record<string, string>) => Promise<Reply>} Call
 */

/** A request of 256 kB on a bad line takes this long; then it counts as lost and is repeated. */
const LIMIT_MS = 60_000;

/**
 * @param {string} method
 * @param {string} path e.g. '/api/sync'
 * @param {any} [body] sent as JSON; a string goes as it is, bytes as a piece of an upload
 * @param {string} [nonce] 16 hex digits
 * @param {Record<string, string>} [headers] with `Tus-Resumable` its answer must have it too: without, it is not of our uploads
 * @returns {Promise<Reply>} never rejects
 */
export async function call(method, path, body, nonce = newNonce(), headers = {}) {
  const sentMono = monoMs();
  const reply = { status: 0, body: null, nonce, retryAfterMs: null, build: '', location: '', offset: null, sentMono, rtt: 0 };
  try {
    const response = await fetch(path, options(method, body, nonce, headers));
    const told = (/** @type {string} */ name) => response.headers.get(name);
    if (told('X-Fieldservice') !== nonce || (response.ok && headers['Tus-Resumable'] && !told('Tus-Resumable'))) return reply;
    const text = await response.text();
    return {
      ...reply, status: response.status, body: parsed(response, text), retryAfterMs: retryAfter(response), build: told('X-Fieldservice-Build') ?? '',
      location: told('Location') ?? '', offset: /^\d+$/.test(told('Upload-Offset') ?? '') ? Number(told('Upload-Offset')) : null, rtt: monoMs() - sentMono,
    };
  } catch {
    return reply; // no line, a redirect, or an answer cut short
  }
}

/**
 * @param {string} method
 * @param {any} body
 * @param {string} nonce
 * @param {Record<string, string>} more
 * @returns {RequestInit}
 */
function options(method, body, nonce, more) {
  const asIs = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  /** @type {Record<string, string>} */
  const type = body === undefined ? {} : { 'Content-Type': body instanceof Uint8Array ? 'application/offset+octet-stream' : 'application/json' };
  return {
    method, headers: { 'X-Fieldservice-Nonce': nonce, ...type, ...more }, body: asIs ? body : JSON.stringify(body),
    redirect: 'error', cache: 'no-store', credentials: 'same-origin', signal: limit(),
  };
}

/** The limit as a signal, also where `AbortSignal.timeout` is missing. */
function limit() {
  if (AbortSignal.timeout) return AbortSignal.timeout(LIMIT_MS);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), LIMIT_MS);
  return controller.signal;
}

/** @param {Response} response @param {string} text */
function parsed(response, text) {
  if (!/\bjson\b/.test(response.headers.get('Content-Type') ?? '')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Seconds or a date. @param {Response} response */
function retryAfter(response) {
  const value = response.headers.get('Retry-After');
  if (!value) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs();
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
