import { monoMs, nowMs, setAnchor } from '#app/core/clock.js';
import { newNonce } from '#app/core/ids.js';
import { markRegistered, renewClient, syncState, takeAnswer } from '#app/store/exchange.js';
import { isAnswer, manifestHash, nextOps, requestFor } from '#app/sync/request.js';

/**
 * How a run ended.
 * @typedef {object} Outcome
 * @property {import('#app/sync/status.js').State} state
 * @property {string} code why, when the state alone does not say
 * @property {number | null} waitMs the server asked for this pause; null: the usual one
 *
 * @typedef {Outcome | 'again'} Step
 *
 * @typedef {object} Environment
 * @property {import('#app/store/store.js').Store} store
 * @property {import('#app/sync/transport.js').Call} call
 * @property {string} build of this app
 * @property {string} [deviceName] what it is called until its person gives it a name
 * @property {() => Promise<{id: string, spki: string}>} [key] the key of this phone that signs; registered with the device
 * @property {() => Promise<{facts: import('#app/types/wire.js').About, told: () => Promise<unknown>} | null>} [about] null: nothing new
 * @property {(call: import('#app/sync/transport.js').Call) => Promise<void>} [before] what is told before each run
 * @property {(build: string) => void} [onBuild] the server serves another build
 */

/** Highest protocol this app speaks. */
export const PROTO = 1;
/** Ops of one request. */
const MOST_OPS = 100;
/** Rounds without any progress before a run gives up until the next one. */
const PATIENCE = 4;

/** @type {Outcome} */
export const DONE = Object.freeze({ state: 'ok', code: '', waitMs: null });
/** Nothing is left on a blocked phone. @type {Outcome} */
const WIPE = Object.freeze({ state: 'revoked', code: 'wipe', waitMs: null });

/** Brings what was confirmed to the server and what changed there to the phone. One a page; several pages do no harm. */
export class Engine {
  #env;
  /** @type {string[]} jobs to ask for again */
  #fetch = [];
  #most = MOST_OPS;
  #idle = 0;
  /** @type {Promise<{id: string, spki: string} | null> | null} */
  #key = null;
  /** the server knows the key, as far as it can */
  #told = false;

  /** @param {Environment} env */
  constructor(env) {
    this.#env = env;
  }

  /**
   * Sends until nothing is left and the server has no more.
   * @returns {Promise<Outcome>} rejects only with AppError of the store
   */
  async run() {
    this.#idle = 0;
    for (;;) {
      const step = await this.#round();
      if (step !== 'again') return step;
    }
  }

  /** @returns {Promise<Step>} */
  async #round() {
    const state = await syncState(this.#env.store);
    if (!state.client) return WIPE; // another tab did
    if (!state.client.registered || (await this.#newKey())) return this.#register(state.client.client_id);

    const nonce = newNonce();
    const ops = nextOps(state.pending, this.#most);
    const about = await this.#env.about?.();
    const body = requestFor(state, ops, { nonce, now: nowMs(), build: this.#env.build, manifestHash: await manifestHash(state.manifest), fetch: this.#fetch, about: about?.facts });
    const reply = await this.#env.call('POST', '/api/sync', body, nonce);
    if (reply.build && reply.build !== this.#env.build) this.#env.onBuild?.(reply.build);
    if (reply.status !== 200) return this.#refused(reply, state.client.client_id, ops.length);
    if (!isAnswer(reply.body, nonce)) return { state: 'server_trouble', code: 'bad_answer', waitMs: null };
    await about?.told();
    return this.#take(reply, state, ops);
  }

  /**
   * @param {import('#app/sync/transport.js').Reply} reply
   * @param {import('#app/types/store.js').SyncState} state
   * @param {import('#app/types/store.js').Op[]} ops
   * @returns {Promise<Step>}
   */
  async #take(reply, state, ops) {
    /** @type {import('#app/types/wire.js').SyncAnswer} */
    const answer = { ...reply.body, acks: reply.body.acks ?? [], changes: reply.body.changes ?? [], manifest: reply.body.manifest ?? null };
    const half = Math.round(reply.rtt / 2);
    setAnchor({ server_ms: answer.server_time, t: reply.sentMono + half, rtt: reply.rtt });
    const local_ms = nowMs() - (monoMs() - reply.sentMono - half); // the phone's clock when the server looked at its own
    const sent = { client_id: state.client.client_id, ops: ops.map((op) => op.id), settling: state.settling, local_ms, off_ms: local_ms - answer.server_time };

    const taken = await takeAnswer(this.#env.store, sent, answer);
    if (answer.min_proto > PROTO) return { state: 'update_needed', code: 'too_old', waitMs: null };
    return this.#goOn(answer, taken, state, ops);
  }

  /**
   * @param {import('#app/types/wire.js').SyncAnswer} answer
   * @param {import('#app/types/store.js').Taken} taken
   * @param {import('#app/types/store.js').SyncState} state
   * @param {import('#app/types/store.js').Op[]} ops
   * @returns {Promise<Step>}
   */
  async #goOn(answer, taken, state, ops) {
    const asked = this.#fetch.join();
    this.#fetch = taken.fetch;
    this.#most = Math.min(MOST_OPS, this.#most * 2);
    const left = state.pending.length > ops.length || taken.acked < ops.length;
    if (!left && taken.applied && !answer.more && !taken.fetch.length) return answer.wipe ? WIPE : DONE;

    const pulled = answer.more ? answer.from !== answer.to : taken.fetch.length > 0 && taken.fetch.join() !== asked;
    const moved = taken.acked > 0 || (ops.length === 0 && taken.applied && pulled);
    this.#idle = moved ? 0 : this.#idle + 1;
    if (this.#idle < PATIENCE) return 'again';
    this.#fetch = [];
    // The server waits for an op it has answered before, so it has lost some: all are sent anew, it knows repeats by their id.
    if (ops.length && taken.applied) await renewClient(this.#env.store, state.client.client_id, true);
    return { state: 'server_trouble', code: 'no_progress', waitMs: null };
  }

  /**
   * Makes this profile a device of the person. The session is asked before and after: were somebody else signed in,
   * the client_id would become theirs and this person's work would leave under their name.
   * @param {string} clientId
   * @returns {Promise<Step>}
   */
  async #register(clientId) {
    const before = await this.#whoever();
    if (before) return before;
    const { store, deviceName = 'Phone' } = this.#env;
    const chosen = await store.meta('device_name'); // a phone registered anew keeps the name it was given
    const key = await this.#ownKey();
    const register = (/** @type {string | null} */ spki) => this.#env.call('POST', '/api/device', { client_id: clientId, name: chosen || deviceName, key: spki });
    let reply = await register(key?.spki ?? null);
    // A copied profile: what it signs is not believed, and yet all its work must come through.
    if (reply.body?.error?.code === 'key_of_another') reply = await register(null);
    if (reply.status !== 200) return this.#refused(reply, clientId, 0);
    await store.setMeta('device_name', reply.body?.name ?? deviceName);
    if (key) await store.setMeta('key_registered', reply.body?.key_id ?? '');
    this.#told = true;
    const after = await this.#whoever();
    if (after) {
      if (after.state === 'signed_out') await renewClient(this.#env.store, clientId);
      return after;
    }
    await markRegistered(this.#env.store, clientId, true);
    return 'again';
  }

  /** Whether this phone has a key that the server has not been told of. */
  async #newKey() {
    if (this.#told) return false;
    const key = await this.#ownKey();
    this.#told = !key || key.id === (await this.#env.store.meta('key_registered'));
    return !this.#told;
  }

  /** Null where the browser cannot make or keep one: everything but signing works. */
  #ownKey() {
    this.#key ??= Promise.resolve(this.#env.key?.()).then((key) => key ?? null, () => null);
    return this.#key;
  }

  /** Null when the session is this person's, else why nothing can be sent. @returns {Promise<Outcome | null>} */
  async #whoever() {
    const reply = await this.#env.call('GET', '/api/session');
    if (reply.status !== 200) return verdict(reply);
    if (!reply.body?.person?.id) return { state: 'server_trouble', code: 'bad_answer', waitMs: null };
    return reply.body.person.id === this.#env.store.personId ? null : { state: 'signed_out', code: 'other_person', waitMs: null };
  }

  /**
   * @param {import('#app/sync/transport.js').Reply} reply
   * @param {string} clientId
   * @param {number} sent ops in the request
   * @returns {Promise<Step>}
   */
  async #refused(reply, clientId, sent) {
    const code = reply.body?.error?.code ?? '';
    if (reply.status === 413 && sent > 1) {
      this.#most = Math.max(1, Math.floor(sent / 2));
      return 'again';
    }
    const { store } = this.#env;
    if (['device_of_another', 'device_unknown'].includes(code) && this.#idle < PATIENCE) {
      this.#idle += 1;
      // Somebody else may be signed in now: then this profile stays as it is until its person comes back.
      const foreign = code === 'device_of_another' ? await this.#whoever() : null;
      if (foreign) return foreign;
      await (code === 'device_unknown' ? markRegistered(store, clientId, false) : renewClient(store, clientId));
      return 'again';
    }
    return verdict(reply);
  }
}

/**
 * What an answer other than 200 means: the table of docs/sync-protocol.md. None of them ever throws work away.
 * @param {import('#app/sync/transport.js').Reply} reply
 * @returns {Outcome}
 */
export function verdict({ status, body, retryAfterMs }) {
  const code = body?.error?.code ?? '';
  const waitMs = retryAfterMs;
  if (status === 0) return { state: 'offline', code: '', waitMs: null };
  if (status === 401) return { state: 'signed_out', code, waitMs: null };
  if (status === 403 && code === 'device_revoked') return { state: 'revoked', code, waitMs: null };
  if (status === 403) return { state: 'not_allowed', code, waitMs: null };
  if (status === 426) return { state: 'update_needed', code: 'too_old', waitMs: null };
  if (status === 409) return { state: 'server_trouble', code: code || 'conflict', waitMs };
  if ([423, 429, 503].includes(status)) return { state: 'server_trouble', code: 'busy', waitMs };
  if (status === 507) return { state: 'server_trouble', code: 'disk_full', waitMs };
  if (status >= 500) return { state: 'server_trouble', code: 'server_error', waitMs };
  // The server does not understand this app: an update or the office must help, asking often does not.
  return { state: 'update_needed', code: 'bad_request', waitMs: null };
}
