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
 * @property {number} sentMono `monoMs` at sending
 * @property {number} rtt milliseconds from sending to the whole answer
 *
 * @typedef {(method: string, path: string, body?: any, nonce?: string) => Promise<Reply>} Call
 */

/** A request of 256 kB on a bad line takes this long; then it counts as lost and is repeated. */
const LIMIT_MS = 60_000;

/**
 * @param {string} method
 * @param {string} path e.g. '/api/sync'
 * @param {any} [body] sent as JSON; a string goes as it is
 * @param {string} [nonce] 16 hex digits
 * @returns {Promise<Reply>} never rejects
 */
export async function call(method, path, body, nonce = newNonce()) {
  const sentMono = monoMs();
  const reply = { status: 0, body: null, nonce, retryAfterMs: null, build: '', sentMono, rtt: 0 };
  try {
    const response = await fetch(path, options(method, body, nonce));
    if (response.headers.get('X-Fieldservice') !== nonce) return reply;
    const text = await response.text();
    return { ...reply, status: response.status, body: parsed(response, text), retryAfterMs: retryAfter(response), build: response.headers.get('X-Fieldservice-Build') ?? '', rtt: monoMs() - sentMono };
  } catch {
    return reply; // no line, a redirect, or an answer cut short
  }
}

/**
 * @param {string} method
 * @param {any} body
 * @param {string} nonce
 * @returns {RequestInit}
 */
function options(method, body, nonce) {
  /** @type {Record<string, string>} */
  const headers = { 'X-Fieldservice-Nonce': nonce };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return {
    method, headers, body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
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
