/**
 * The only place that asks the device for the time. Device time is evidence, never order.
 * @typedef {{nowMs: () => number, monoMs: () => number}} Clock
 * @typedef {{server_ms: number, t: number, rtt: number}} Anchor server time at the moment `t` of this page, ± rtt / 2
 */

/** @type {Clock} */
const device = { nowMs: () => Date.now(), monoMs: () => Math.round(performance.now()) };
/** @type {Clock} */
let clock = device;
/** @type {Anchor | null} */
let last = null;

/** 8 hex digits, new at every load: `monoMs` values compare only within one page session. */
export const pageSession = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Whole milliseconds since 1970, as this phone believes. */
export function nowMs() {
  return clock.nowMs();
}

/** Whole milliseconds since this page was loaded; never jumps. */
export function monoMs() {
  return clock.monoMs();
}

/** The last answer of the server in this page session; null before the first. */
export function anchor() {
  return last;
}

/** @param {Anchor | null} next */
export function setAnchor(next) {
  last = next;
}

/**
 * Another clock, for tests; without an argument the device's own again.
 * @param {Clock} [next]
 */
export function setClock(next = device) {
  clock = next;
}
