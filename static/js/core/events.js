/**
 * Names: 'changed' (data on this phone changed: read again; detail `{confirmed: true}` after an own confirmation),
 * 'status' (sync status changed), 'signed-out', 'build' (a new version waits), 'server-build' (the server serves
 * another build: detail is its id), 'storage' (trouble storing: `{code}`), 'wipe' (this phone is blocked and has delivered all).
 * @typedef {'changed' | 'status' | 'signed-out' | 'build' | 'server-build' | 'storage' | 'wipe'} EventName
 */

/** @type {Map<string, Set<(detail: any) => void>>} */
const listeners = new Map();

/** Tells one part of the app what happened in another. One bad listener never stops the others. */
export const bus = {
  /**
   * @param {EventName} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  },

  /**
   * @param {EventName} name
   * @param {any} [detail]
   */
  emit(name, detail) {
    for (const listener of [...(listeners.get(name) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  },
};
