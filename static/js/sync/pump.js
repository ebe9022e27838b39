import { bus } from '#app/core/events.js';
import { AppError } from '#app/core/errors.js';
import { nowMs } from '#app/core/clock.js';
import { Engine } from '#app/sync/engine.js';
import { setStatus, status } from '#app/sync/status.js';
import { call } from '#app/sync/transport.js';

/** A new job reaches an open phone within a minute. */
const IDLE_MS = 45_000;
/** Pauses after trouble: 2 s, doubling. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Timer rounds left out while the browser says that there is no network: some five minutes. */
const OFFLINE_RESTS = 6;
/** Longest wait for another tab's run; then ours goes ahead, which is safe. */
const LOCK_WAIT_MS = 10_000;
/** More asking changes nothing in these until something else happens. */
const LASTING = ['update_needed', 'revoked', 'not_allowed'];

/** @type {Pump | null} */
let pump = null;

/**
 * Starts to keep this phone and the server alike.
 * @param {import('#app/store/store.js').Store} store
 * @param {Partial<import('#app/sync/engine.js').Environment>} [env] other parts, for tests
 * @returns {() => void} stops it
 */
export function startPump(store, env = {}) {
  pump?.stop();
  const mine = new Pump(store, env);
  pump = mine;
  mine.start();
  return () => mine.stop();
}

/** Now, and at most one run at a time: during a run another one follows it. @returns {Promise<import('#app/sync/status.js').Status>} */
export async function syncNow() {
  await pump?.now();
  return status();
}

class Pump {
  #store;
  #env;
  #engine;
  /** @type {import('#app/sync/uploads.js').Uploads | null} */
  #uploads = null;
  /** @type {Promise<void> | null} */
  #running = null;
  #wanted = false;
  #stopped = false;
  #failures = 0;
  #rests = 0;
  /** @type {any} */
  #timer;
  /** @type {(() => void)[]} */
  #off = [];

  /** @param {import('#app/store/store.js').Store} store @param {Partial<import('#app/sync/engine.js').Environment>} env */
  constructor(store, env) {
    this.#store = store;
    this.#env = { call, ...env };
    const onBuild = (/** @type {string} */ build) => bus.emit('server-build', build);
    this.#engine = new Engine({ store, build: document.documentElement.dataset.build ?? '', onBuild, ...this.#env });
  }

  start() {
    const wake = (/** @type {Event} */ event) => {
      // The first pageshow belongs to the load, which has started a run already.
      const loads = event.type === 'pageshow' && !(/** @type {PageTransitionEvent} */ (event).persisted);
      if (document.visibilityState === 'visible' && !loads) void this.now();
    };
    for (const [target, name] of /** @type {[EventTarget, string][]} */ ([[window, 'online'], [window, 'pageshow'], [document, 'visibilitychange']])) {
      target.addEventListener(name, wake);
      this.#off.push(() => target.removeEventListener(name, wake));
    }
    this.#off.push(bus.on('changed', (detail) => (detail?.confirmed ? void this.now() : void this.#count())));
    void this.now();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const off of this.#off.splice(0)) off();
  }

  /** @returns {Promise<void>} */
  now() {
    if (this.#stopped) return Promise.resolve();
    this.#wanted = true;
    this.#running ??= this.#runAll().finally(() => { this.#running = null; });
    return this.#running;
  }

  async #runAll() {
    await null; // wishes of one moment become one run
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      clearTimeout(this.#timer); // of every run before: a wish during a run would leave its timer ticking
      await this.#runOnce();
    }
  }

  async #runOnce() {
    setStatus({ state: 'sending', code: '', retryAtMs: null });
    await this.#count();
    const outcome = await locked(`fieldservice-sync-${this.#store.personId}`, () => this.#run()).catch(failed);
    await this.#count();
    if (this.#stopped) return;
    this.#failures = outcome.state === 'ok' ? 0 : this.#failures + 1;
    const pause = this.#pause(outcome);
    setStatus({ state: outcome.state, code: outcome.code, retryAtMs: outcome.state === 'ok' ? null : nowMs() + pause });
    if (outcome.code === 'wipe') bus.emit('wipe', {});
    if (outcome.state === 'signed_out') bus.emit('signed-out', { code: outcome.code });
    else this.#timer = setTimeout(() => this.#tick(), pause);
  }

  /** What goes before all, acts, then bytes, then what the server made of them. */
  async #run() {
    await this.#env.before?.(this.#env.call);
    for (;;) {
      const outcome = await this.#engine.run();
      const step = outcome.state === 'ok' && (await this.#store.counts()).photos ? await this.#upload() : outcome;
      if (step !== 'again' || this.#stopped) return step === 'again' ? outcome : step;
    }
  }

  async #upload() {
    if (!this.#uploads) {
      const { Uploads } = await import('#app/sync/uploads.js');
      this.#uploads = new Uploads({ store: this.#store, goesOn: () => !this.#stopped, ...this.#env });
    }
    return this.#uploads.run();
  }

  #tick() {
    const isIdle = document.visibilityState !== 'visible' && !waiting();
    if (!isIdle && !this.#restsOffline()) void this.now();
    else this.#timer = setTimeout(() => this.#tick(), IDLE_MS);
  }

  /** Without a network by the browser's own word the timer rests; 'online' wakes it. The word can be wrong, so not for ever. */
  #restsOffline() {
    this.#rests = navigator.onLine === false && this.#rests < OFFLINE_RESTS ? this.#rests + 1 : 0;
    if (this.#rests > 0) setStatus({ state: 'offline', code: '', retryAtMs: null });
    return this.#rests > 0;
  }

  /** @param {import('#app/sync/engine.js').Outcome} outcome */
  #pause({ state, waitMs }) {
    if (state === 'ok') return IDLE_MS;
    if (waitMs !== null) return waitMs + Math.random() * FIRST_PAUSE_MS;
    if (LASTING.includes(state)) return LONGEST_PAUSE_MS;
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), waiting() ? LONGEST_PAUSE_MS : IDLE_MS) * (0.75 + Math.random() / 2);
  }

  async #count() {
    try {
      const { contact, ...here } = await this.#store.counts();
      if (!this.#stopped) setStatus({ ...here, lastContactMs: contact?.server_ms ?? null, clockOffMs: contact?.off_ms ?? 0 });
    } catch {
      // the store has told 'storage'; the figures stay what they were
    }
  }
}

/** How many things are only on this phone. */
function waiting() {
  return status().pending + status().photos;
}

/** @param {unknown} error @returns {import('#app/sync/engine.js').Outcome} */
function failed(error) {
  if (!(error instanceof AppError)) console.error(error);
  return { state: 'server_trouble', code: error instanceof AppError ? error.code : 'app_error', waitMs: null };
}

/**
 * One tab at a time where the browser can tell. Correctness does not depend on it: a tab that holds the lock for too long,
 * frozen in the background, is passed by.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function locked(name, work) {
  if (!navigator.locks) return work();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), LOCK_WAIT_MS);
  let began = false;
  try {
    return await navigator.locks.request(name, { signal: patience.signal }, () => {
      began = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (began) throw error;
    return work();
  } finally {
    clearTimeout(timer);
  }
}
