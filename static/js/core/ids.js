import { nowMs } from '#app/core/clock.js';

/** A UUIDv7: sortable by the phone's clock, unique whatever the clock says (74 random bits). */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const ms = Math.max(0, nowMs());
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(ms / 2 ** (40 - 8 * i)) & 255;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** 16 hex digits, new for every request: the answer must echo it. */
export function newNonce() {
  return hex(crypto.getRandomValues(new Uint8Array(8)));
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
