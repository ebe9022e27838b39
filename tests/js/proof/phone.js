import { Storage } from './storage.js';

/** A phone: one browser profile with its storage, cookie and clock. Its pages share all of it. */
export class Phone {
  /** @type {Set<any>} */
  channels = new Set();
  locks = new Locks();
  /** the session's token; '' signed out */
  cookie = '';
  clockOffMs = 0;
  /** @type {string[]} what pages complained about */
  complaints = [];

  /** @param {string} name @param {import('./line.js').Line} line @param {Storage} [storage] */
  constructor(name, line, storage = new Storage()) {
    this.name = name;
    this.line = line;
    this.storage = storage;
  }

  /** @param {string} page @param {any[]} args */
  complain(page, args) {
    this.complaints.push(`${page}: ${args.map((one) => one?.stack ?? String(one)).join(' ')}`);
  }

  /** People who have a database here. @returns {string[]} */
  people() {
    return this.storage.names().filter((name) => name.startsWith('fieldservice-') && name !== 'fieldservice-people').map((name) => name.slice('fieldservice-'.length));
  }

  /** @param {string} personId @param {string} store */
  rows(personId, store) {
    return this.storage.values(`fieldservice-${personId}`, store);
  }

  /** A copy of all that is stored, as on another phone. @param {string} name */
  async clone(name) {
    const copy = new Phone(name, this.line, await this.storage.clone());
    copy.cookie = this.cookie;
    copy.clockOffMs = this.clockOffMs;
    return copy;
  }
}

/** Web Locks of a profile. */
class Locks {
  /** @type {Map<string, any>} name → page that has it */
  #had = new Map();
  /** @type {{name: string, page: any, go: () => void, fail: (error: any) => void}[]} */
  #waiting = [];

  /** What a page has as `navigator.locks`. @param {import('./page.js').Page} page */
  of(page) {
    return {
      request: async (/** @type {string} */ name, /** @type {{signal?: AbortSignal}} */ { signal }, /** @type {() => Promise<any>} */ work) => {
        if (page.isDead) return new Promise(() => {});
        await this.#turn(name, page, signal);
        try {
          return await work();
        } finally {
          if (!page.isDead) this.#free(name, page);
        }
      },
    };
  }

  /** The page is gone, and what it had is free. @param {any} page */
  drop(page) {
    this.#waiting = this.#waiting.filter((one) => one.page !== page);
    for (const [name, holder] of [...this.#had]) if (holder === page) this.#free(name, page);
  }

  /** @param {string} name @param {any} page @param {AbortSignal} [signal] */
  async #turn(name, page, signal) {
    if (!this.#had.has(name)) {
      this.#had.set(name, page);
      return;
    }
    page.waitsForLock(true);
    await new Promise((resolve, reject) => {
      const one = { name, page, go: () => { page.waitsForLock(false); resolve(null); }, fail: reject };
      this.#waiting.push(one);
      signal?.addEventListener('abort', () => {
        if (!this.#waiting.includes(one)) return;
        this.#waiting = this.#waiting.filter((other) => other !== one);
        page.waitsForLock(false);
        reject(new DOMException('waited too long', 'AbortError'));
      });
    });
  }

  /** @param {string} name @param {any} page */
  #free(name, page) {
    if (this.#had.get(name) !== page) return;
    this.#had.delete(name);
    const next = this.#waiting.find((one) => one.name === name);
    if (!next) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#had.set(name, next.page);
    next.go();
  }
}
