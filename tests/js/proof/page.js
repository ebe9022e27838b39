import { webcrypto } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { cutOff, forceClose } from './storage.js';

/**
 * One page of the app on one phone: the true modules with a clock, a network, a storage and chance of their own.
 * A page that dies does nothing more; whoever comes after it finds what was on the disk.
 */
export class Page {
  /** @type {any} what `entry.js` exports */
  app;
  /** @type {any} */
  store = null;
  /** faults of the next requests, in order @type {import('./line.js').Fault[]} */
  plan = [];
  /** whether requests without a planned fault get through */
  isUp = false;
  /** @type {Promise<any> | null} the run that was asked for last */
  run = null;
  /** @type {import('./storage.js').Fate} */
  fate;
  personId = '';
  /** @type {() => void} */
  #stop = () => {};
  #blocked = 0;
  /** @type {(() => void)[]} */
  #watchers = [];
  /** @type {Map<number, {fn: () => void, ms: number}>} */
  #timers = new Map();
  #serial = 0;
  /** @type {Promise<void> | null} */
  #wiping = null;
  /** @type {Set<any>} */
  #connections = new Set();
  /** @type {Set<any>} */
  #channels = new Set();

  /**
   * @param {import('./phone.js').Phone} phone
   * @param {string} name
   * @param {(globals: any) => any} app `appOf(…)`
   * @param {import('./random.js').Random} random
   */
  constructor(phone, name, app, random) {
    this.phone = phone;
    this.name = name;
    this.fate = { dead: false, dieIn: 0, fullIn: 0, fullTimes: 0, fullAt: 'put', closedTimes: 0, died: () => this.die('crash'), count: (kind) => phone.line.count(kind) };
    phone.line.pages.set(name, { hold: () => this.#block(1), release: () => this.#block(-1) });
    this.app = app(this.#globals(random));
    this.app.setClock({ nowMs: () => Date.now() + phone.clockOffMs, monoMs: () => Math.round(performance.now()) });
  }

  /** Opens what the person has here and keeps it alike with the server. @param {string} personId @param {any} operations */
  async open(personId, operations) {
    this.personId = personId;
    // A wipe that was left half-way goes on; on a phone that was wiped the person begins anew.
    const left = await this.app.wiping();
    const wiped = left && (await this.app.goOn(left));
    if (wiped && !wiped.told) return this.close();
    if (wiped) await this.app.mark(undefined);
    this.store = await this.app.openStore(personId, operations(this.app.operations));
    const { store } = this;
    this.app.bus.on('wipe', () => { this.#wiping = this.#wipe(); });
    this.#stop = this.app.startPump(store, { key: () => this.app.deviceKey(store) });
    this.sync();
  }

  /** Asks for a run; `settled` waits for it. */
  sync() {
    const run = this.app.syncNow().then(() => this.#wiping).finally(() => { if (this.run === run) this.run = null; });
    this.run = run;
  }

  /** Done, dead, or waiting for somebody else. */
  async settled() {
    while (this.run && !this.fate.dead && this.#blocked === 0) {
      await Promise.race([this.run, this.changed()]);
    }
  }

  /** Something about it has changed: it died, began to wait, or goes on. @returns {Promise<any>} */
  changed() {
    if (this.fate.dead) return Promise.resolve();
    return new Promise((resolve) => { this.#watchers.push(() => resolve(null)); });
  }

  /** The office has blocked this phone, and everything is delivered. */
  async #wipe() {
    const done = await this.app.wipe(this.store).catch(() => null); // the next contact asks again
    if (!done || this.fate.dead) return;
    this.phone.line.count(done.told ? 'wiped' : 'wiped, not told');
    this.close();
  }

  get isDead() {
    return this.fate.dead;
  }

  get isBlocked() {
    return this.#blocked > 0;
  }

  /** @param {string} why */
  die(why) {
    if (this.fate.dead) return;
    if (why) this.phone.line.count(why);
    this.fate.dead = true;
    cutOff(this.#connections);
    for (const channel of this.#channels) this.phone.channels.delete(channel);
    this.phone.locks.drop(this);
    this.#timers.clear();
    this.#wake();
  }

  /** Left in order. */
  close() {
    if (this.fate.dead) return;
    this.#stop();
    this.store?.close();
    this.die('');
  }

  loseConnections() {
    this.phone.line.count('forced close');
    forceClose(this.#connections);
  }

  /** Time passes: timers that are due within `ms` go off. @param {number} ms */
  tick(ms) {
    for (const [id, timer] of [...this.#timers]) {
      if (timer.ms > ms || !this.#timers.delete(id)) continue;
      timer.fn();
    }
  }

  /** @param {number} by */
  #block(by) {
    this.#blocked += by;
    this.#wake();
  }

  #wake() {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  /** @param {import('./random.js').Random} random */
  #globals(random) {
    const { fate } = this;
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible', documentElement: { dataset: { build: 'proof' } } });
    const window = new EventTarget();
    const navigator = { userAgent: 'Mozilla/5.0 (Linux; Android 14) Chrome/126', locks: this.phone.locks.of(this) };
    const crypto = { subtle: webcrypto.subtle, getRandomValues: (/** @type {Uint8Array} */ bytes) => random.fill(bytes) };
    const quiet = { ...console, error: (/** @type {any[]} */ ...args) => { if (!fate.dead) this.phone.complain(this.name, args); }, warn: () => {} };
    const math = Object.create(Math, { random: { value: () => random.next() } });
    const globals = {
      window, document, navigator, crypto, performance, Math: math, console: quiet, location: { reload() {} }, localStorage: { removeItem() {} }, caches: { keys: async () => [] },
      indexedDB: this.phone.storage.of(fate, this.#connections),
      fetch: (/** @type {string} */ path, /** @type {any} */ options) => this.#fetch(path, options),
      setTimeout: (/** @type {() => void} */ fn, /** @type {number} */ ms = 0) => {
        this.#serial += 1;
        if (!fate.dead) this.#timers.set(this.#serial, { fn, ms });
        return this.#serial;
      },
      clearTimeout: (/** @type {number} */ id) => { this.#timers.delete(id); },
      BroadcastChannel: this.#channelClass(),
      AbortSignal: {}, // without `timeout`: the limit of a request is a timer of this page
    };
    return { ...globals, globalThis: globals };
  }

  #channelClass() {
    const page = this;
    return class {
      /** @type {((event: any) => void) | null} */
      onmessage = null;
      /** @param {string} name */
      constructor(name) {
        this.name = name;
        page.#channels.add(this);
        if (!page.fate.dead) page.phone.channels.add(this);
      }

      /** @param {any} data */
      postMessage(data) {
        if (page.fate.dead) return;
        for (const other of page.phone.channels) if (other !== this && other.name === this.name) setImmediate(() => other.onmessage?.({ data }));
      }

      close() {
        page.phone.channels.delete(this);
      }
    };
  }

  /** @param {string} path @param {any} options */
  #fetch(path, options) {
    const { phone, fate, name } = this;
    if (fate.dead) return new Promise(() => {});
    const fault = this.plan.shift();
    if (!fault && !this.isUp) return Promise.reject(new TypeError('Failed to fetch'));
    const headers = {
      ...options.headers, 'sec-fetch-site': 'same-origin', 'x-proof-page': name,
      ...(phone.cookie ? { cookie: `__Host-session=${phone.cookie}` } : {}), ...(fault ? { 'x-proof-fault': JSON.stringify(fault) } : {}),
    };
    const { cache: _, credentials: __, ...rest } = options;
    return new Promise((resolve, reject) => {
      fetch(`${phone.line.url}${path}`, { ...rest, headers }).then((answer) => (fate.dead ? null : resolve(answer)), (error) => (fate.dead ? null : reject(error)));
    });
  }

  /** Waiting for a lock of another page. @param {boolean} isWaiting */
  waitsForLock(isWaiting) {
    this.#block(isWaiting ? 1 : -1);
  }
}
