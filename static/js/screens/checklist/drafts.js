const PAUSE_MS = 250; // a thumb is faster than the disk

/**
 * What was begun on one screen, by name: kept on this phone shortly after the last key, and at once when the page goes.
 */
export class Drafts {
  /** @type {Record<string, any>} */
  #all = {};
  #key;
  #store;
  #failed;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import('#app/screens/types.js').Store} store @param {string} key in the store @param {(error: unknown) => void} failed */
  constructor(store, key, failed) {
    this.#store = store;
    this.#key = key;
    this.#failed = failed;
    addEventListener('pagehide', this.flush);
    document.addEventListener('visibilitychange', this.flush);
  }

  /** What was kept before; what was typed while it was read is newer. */
  async read() {
    this.#all = { ...await this.#store.draft(this.#key).catch(() => undefined), ...this.#all };
  }

  /** @param {string} name */
  of(name) {
    return this.#all[name];
  }

  /** @param {string} name @param {any} draft undefined: it is recorded, or given up */
  set(name, draft) {
    this.#all[name] = draft;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.flush, PAUSE_MS);
  }

  /** Writes down what waits. */
  flush = () => {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = JSON.parse(JSON.stringify(this.#all)); // without what is undefined
    this.#store.setDraft(this.#key, Object.keys(all).length ? all : undefined).catch(this.#failed);
  };

  /** The screen goes. */
  end() {
    this.flush();
    removeEventListener('pagehide', this.flush);
    document.removeEventListener('visibilitychange', this.flush);
  }
}
