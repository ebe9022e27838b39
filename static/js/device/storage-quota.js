/**
 * Bytes this phone still grants; null where the browser does not say.
 * @returns {Promise<{free_bytes: number, used_bytes: number} | null>}
 */
export async function estimate() {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : { free_bytes: Math.max(0, quota - usage), used_bytes: usage };
  } catch {
    return null;
  }
}

/** Two photos in full size: kept free for steps, notes and signatures, which are small and must never be refused for a photo. */
const LEAST_FREE_BYTES = 10e6;

/** Whether no more photos may be kept here, though everything else still is. @param {{free_bytes: number} | null} left as `estimate` @param {number} [bytes] of the photo */
export function isNearlyFull(left, bytes = 0) {
  return left !== null && left.free_bytes - bytes < LEAST_FREE_BYTES;
}

/** Asks the browser not to clear our records when space runs short; false: it may. @returns {Promise<boolean>} */
export async function persist() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}

/** Whether the browser has promised it. @returns {Promise<boolean>} */
export async function isPersistent() {
  return (await navigator.storage?.persisted?.()) ?? false;
}

/** "11 GB": what a person needs to know of a number of bytes. @param {number} bytes @returns {{amount: string, unit: string}} */
export function sizeWords(bytes) {
  if (bytes >= 1e9) return { amount: bytes >= 1e10 ? String(Math.round(bytes / 1e9)) : (bytes / 1e9).toFixed(1), unit: 'GB' };
  return bytes >= 1e6 ? { amount: String(Math.round(bytes / 1e6)), unit: 'MB' } : { amount: String(Math.ceil(bytes / 1e3)), unit: 'kB' };
}
