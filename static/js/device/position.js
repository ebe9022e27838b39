/** @typedef {{lat: number, lng: number, accuracy_m: number}} Place degrees in WGS-84 */

/**
 * Where the phone is, or the reason why that is not known. Never throws and never takes longer than asked: a step is
 * written down with or without a place.
 * @param {{timeoutMs: number}} within
 * @returns {Promise<{place: Place} | {no_place: 'denied' | 'unavailable' | 'timeout' | 'off'}>}
 */
export function where({ timeoutMs }) {
  const { geolocation } = navigator;
  if (!geolocation) return Promise.resolve({ no_place: 'unavailable' });
  return new Promise((resolve) => {
    // The browser's own limit does not run while it asks for permission; this one does.
    setTimeout(() => resolve({ no_place: 'timeout' }), timeoutMs);
    geolocation.getCurrentPosition(
      ({ coords }) => resolve({ place: { lat: coords.latitude, lng: coords.longitude, accuracy_m: Math.round(coords.accuracy) } }),
      (error) => resolve({ no_place: REASONS[error.code] ?? 'unavailable' }),
      { enableHighAccuracy: true, timeout: timeoutMs, maximumAge: FRESH_MS },
    );
  });
}

/**
 * What is recorded of the place of an act; nobody is asked where they are when they switched that off.
 * @param {{meta(key: string): Promise<any>}} store
 * @param {number} timeoutMs
 * @returns {Promise<{place: Place | null, no_place: '' | 'denied' | 'unavailable' | 'timeout' | 'off'}>}
 */
export async function recordedPlace(store, timeoutMs) {
  if ((await store.meta('position')) === 'off') return { place: null, no_place: 'off' };
  return { place: null, no_place: '', ...(await where({ timeoutMs })) };
}

/** Whether the browser would first ask the person; false where it does not say. @returns {Promise<boolean>} */
export async function wouldAsk() {
  try {
    return (await navigator.permissions.query({ name: 'geolocation' })).state === 'prompt';
  } catch {
    return false;
  }
}

/** @type {Record<number, 'denied' | 'unavailable' | 'timeout'>} */
const REASONS = { 1: 'denied', 2: 'unavailable', 3: 'timeout' };
const FRESH_MS = 20000; // a place this old still says where the step was taken
