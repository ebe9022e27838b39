import { AppError } from '#app/core/errors.js';

/**
 * Canonical JSON (RFC 8785) of what is signed: NFC text, whole numbers, true, false, null, lists and objects.
 * @param {any} value
 * @returns {string} throws AppError 'not_canonical' for anything else: it would not be the same text on the server
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value !== null && typeof value === 'object' && isPlain(value)) {
    return `{${Object.keys(value).sort().map((key) => `${canonical(key)}:${canonical(value[key])}`).join()}}`;
  }
  const known = value === null || typeof value === 'boolean' || Number.isSafeInteger(value) || (typeof value === 'string' && isText(value));
  if (!known) throw new AppError('not_canonical');
  return JSON.stringify(value);
}

/** Composed, and without halves of characters. @param {string} text */
function isText(text) {
  return text === text.normalize() && !/\p{Surrogate}/u.test(text);
}

/** @param {object} value */
function isPlain(value) {
  const kind = Object.getPrototypeOf(value);
  return kind === Object.prototype || kind === null;
}
