import { hex } from '#app/core/ids.js';
import { actsWait, letGo, markPhotos, nextPhotos } from '#app/store/bytes.js';
import { DONE, verdict } from '#app/sync/engine.js';
import { setStatus } from '#app/sync/status.js';

/**
 * @typedef {import('#app/types/store.js').Evidence} Evidence
 * @typedef {import('#app/sync/engine.js').Outcome} Outcome
 * @typedef {import('#app/sync/transport.js').Reply} Reply
 * @typedef {import('#app/sync/engine.js').Step} Step again: acts come first, or there is news to fetch
 *
 * @typedef {object} Place where an upload is
 * @property {string | undefined} upload its address on the server; '': not known; undefined: never tried
 * @property {number | null} offset bytes that are there, by the server's word alone; null: it has to be asked
 *
 * @typedef {object} Environment
 * @property {import('#app/store/store.js').Store} store
 * @property {import('#app/sync/transport.js').Call} call
 * @property {() => boolean} goesOn false: nothing more may be sent
 */

/** A piece after a failure: what a bad line carries in a few seconds; half of it, and half again, on a worse one. */
const PIECE = 256 * 1024;
const LEAST_PIECE = 32 * 1024;
/** Bytes of one request with several photos: what a line carries in five seconds, and never more. */
const BUNDLE = 6e6;
/** Answers without progress before a photo waits for the next run. */
const PATIENCE = 4;
/** Photos refused, each for itself, before a run gives up. */
const MOST_FAULTS = 3;
/** One photo that is refused again and again must not keep new jobs from the phone. */
const FAULT_PAUSE_MS = 45_000;
/** The line, the session or the whole server: no other photo would fare better. */
const STOPS = [0, 401, 403, 423, 426, 429, 503, 507];
/** Acts must be sent again first, or the phone registered. */
const ACTS_FIRST = ['evidence_unknown', 'device_unknown', 'device_of_another'];

/** Brings the bytes of photos to the server, one at a time (tus 1.0.0) or on a good line several. A repeat does no harm; only the whole arrival lets go. */
export class Uploads {
  #env;
  /** Photos that were refused: all others go first. @type {Set<string>} */
  #failed = new Set();
  #piece = PIECE;
  /** Bytes this line carries in a request of several photos; 0: it has not carried one photo whole. */
  #room = 0;
  /** What `#room` is limited by; 0: the server takes no bundles. */
  #most = BUNDLE;

  /** @param {Environment} env */
  constructor(env) {
    this.#env = env;
  }

  /** @returns {Promise<Step>} rejects only with AppError of the store */
  async run() {
    /** @type {Map<string, Outcome>} */
    const faults = new Map();
    let isNews = false;
    try {
      while (this.#env.goesOn() && faults.size < MOST_FAULTS) {
        const { photos, clientId, acts } = await nextPhotos(this.#env.store, ({ id }) => (faults.has(id) ? NaN : Number(this.#failed.has(id))));
        if (acts) return 'again';
        const [photo] = photos;
        if (!photo) break;
        const several = this.#several(photos);
        const reply = await (several.length > 1 ? this.#sendSeveral(several, clientId) : this.#send(photo, clientId));
        if (reply === 'again') return reply;
        if (reply) {
          const step = this.#refused(photo.id, reply);
          if (step === 'again' || STOPS.includes(reply.status)) return step;
          faults.set(photo.id, step);
        } else isNews = true;
      }
    } finally {
      setStatus({ uploading: null });
    }
    const [fault = DONE] = faults.values();
    return fault === DONE && isNews ? 'again' : fault;
  }

  /** @param {string} id @param {Reply} reply @returns {Step} */
  #refused(id, reply) {
    const code = codeOf(reply);
    const isNew = !this.#failed.has(id);
    if (ACTS_FIRST.includes(code) || !STOPS.includes(reply.status)) this.#failed.add(id);
    if (ACTS_FIRST.includes(code) && isNew) return 'again';
    return STOPS.includes(reply.status) ? verdict(reply) : { state: 'server_trouble', code: code || 'server_error', waitMs: reply.retryAfterMs ?? FAULT_PAUSE_MS };
  }

  /**
   * What goes in one request: the photos it was tried with before, to ask how far they came, or those that fit.
   * @param {Evidence[]} photos
   */
  #several(photos) {
    const [{ upload: first }] = photos;
    let bytes = 0;
    const fits = (/** @type {Evidence} */ { size }) => (bytes += size) <= Math.min(this.#room, this.#most);
    return photos.filter((photo) => !first && photo.upload === first && !this.#failed.has(photo.id) && (first === '' ? this.#most : fits(photo))).slice(0, 64);
  }

  /**
   * @param {Evidence[]} photos
   * @param {string} clientId
   * @returns {Promise<Reply | null>} the answer that ends the run; null: those that are there were let go, of the others only the first was on its way
   */
  async #sendSeveral(photos, clientId) {
    const { store, call } = this.#env;
    const ids = photos.map(({ id }) => id);
    const asks = photos[0].upload === '';
    // Bytes that are gone or damaged here make it another length or hash: refused, and told when each goes by itself.
    const bytes = await Promise.all(asks ? [] : ids.map(async (id) => (await store.photo(id))?.data));
    const parts = photos.map(({ id, sha256: name, size }) => ({ evidence: id, sha256: name, length: size, here: asks ? 0 : size }));
    const head = new TextEncoder().encode(JSON.stringify({ device: clientId, parts }));
    const body = new Uint8Array(await new Blob([head, .../** @type {ArrayBuffer[]} */ (bytes)]).arrayBuffer());
    setStatus({ uploading: { ids, percent: 0 } });
    if (!asks) await markPhotos(store, ids, { upload: '' }); // killed from here on, it asks
    const reply = await call('POST', '/api/uploads/bundle', body, undefined, { 'Tus-Resumable': '1.0.0', 'Bundle-Head': String(head.length) });
    const isTold = reply.status === 200;
    const about = (/** @type {Evidence} */ { id, sha256: name }) => (isTold ? [reply.body?.parts].flat() : []).find((part) => part?.evidence === id && part.sha256 === name);
    const there = photos.filter((photo) => about(photo)?.offset === photo.size);
    const left = photos.filter((photo) => !there.includes(photo));
    for (const photo of left) if (about(photo)?.code) this.#failed.add(photo.id);
    if (there.length) await letGo(store, ...there.map(({ id }) => id));
    if (!left.length) {
      this.#most *= 1.25;
      if (!asks) this.#room = pace(body.length, reply);
      return null;
    }
    if (!asks) this.#most = (body.length - head.length) / 2; // of photos alone, or it could stay what it was
    if (STOPS.includes(reply.status)) {
      this.#room = 0;
      return reply;
    }
    if (!isTold && asks) this.#most = 0; // no more bundles
    // Behind the first that is not whole nothing was on its way, and of what was refused nothing was: these begin anew.
    if (isTold || !asks) await markPhotos(store, left.slice(+isTold).map(({ id }) => id), { upload: undefined });
    return null;
  }

  /**
   * @param {Evidence} photo
   * @param {string} clientId
   * @returns {Promise<Reply | 'again' | null>} the answer that ended it; null: it is there, or in trouble the person is told of
   */
  async #send(photo, clientId) {
    const { store, goesOn } = this.#env;
    const { id, size } = photo;
    const data = (await store.photo(id))?.data;
    if (data?.byteLength !== size) return markPhotos(store, [id], { trouble: data ? 'bytes_damaged' : 'bytes_gone' });
    /** @type {Place} */
    let at = { upload: photo.upload, offset: null };
    /** @type {Reply | null} */
    let reply = null;
    for (let patience = PATIENCE; patience > 0;) {
      if (!goesOn() || (at.offset && (await actsWait(store)))) return 'again';
      setStatus({ uploading: { ids: [id], percent: Math.floor((100 * (at.offset ?? 0)) / size) } });
      if (at.upload === undefined) await markPhotos(store, [id], { upload: '' }); // killed from here on, it goes on in pieces
      reply = await this.#ask(photo, data, clientId, at);
      if (at.upload === undefined) this.#room = isOk(reply) ? pace(size, reply) : 0;
      if (at.offset !== null) this.#piece = isOk(reply) ? Math.min(PIECE, this.#piece * 2) : Math.max(LEAST_PIECE, this.#piece / 2);
      if (isOk(reply) && reply.offset === size) {
        this.#failed.delete(id);
        return letGo(store, id);
      }
      const trouble = await troubleIn(reply, photo, data);
      if (trouble) return markPhotos(store, [id], { trouble });
      const next = placeAfter(reply, at, size);
      if (!next) return reply;
      if ((next.offset ?? -1) <= (at.offset ?? -1)) patience -= 1;
      if (next.upload !== (at.upload ?? '')) await markPhotos(store, [id], { upload: next.upload });
      at = next;
    }
    return reply;
  }

  /**
   * The next request: all at once when it was never tried, else pieces from where the server is.
   * @param {Evidence} photo
   * @param {ArrayBuffer} data
   * @param {string} clientId
   * @param {Place} at
   * @returns {Promise<Reply>}
   */
  async #ask({ id, sha256: name, size }, data, clientId, { upload, offset }) {
    const send = (/** @type {string} */ method, /** @type {Uint8Array | undefined} */ body, /** @type {Record<string, string>} */ headers) =>
      this.#env.call(method, upload || '/api/uploads', body, undefined, { 'Tus-Resumable': '1.0.0', ...headers });
    if (!upload) {
      const about = Object.entries({ evidence: id, sha256: name, device: clientId }).map(([key, value]) => `${key} ${btoa(value)}`);
      return send('POST', upload === undefined ? new Uint8Array(data) : undefined, { 'Upload-Length': String(size), 'Upload-Metadata': about.join() });
    }
    if (offset === null) return send('HEAD', undefined, {});
    const piece = data.slice(offset, offset + this.#piece);
    const sum = await sha256(piece, (bytes) => btoa(String.fromCharCode(...bytes)));
    return send('PATCH', new Uint8Array(piece), { 'Upload-Offset': String(offset), ...(sum ? { 'Upload-Checksum': `sha256 ${sum}` } : {}) });
  }
}

/**
 * Where to go on after an answer; null: not here.
 * @param {Reply} reply
 * @param {Place} at
 * @param {number} size
 * @returns {Place | null}
 */
function placeAfter(reply, { upload = '' }, size) {
  if (isOk(reply)) {
    const { location, offset } = reply;
    return { upload: /\/api\/uploads\/[\w-]+$/.exec(location)?.[0] ?? upload, offset: offset !== null && offset < size ? offset : null };
  }
  const code = codeOf(reply);
  if (code === 'hash_differs' || ([404, 410].includes(reply.status) && upload)) return { upload: '', offset: null };
  return reply.status === 460 || code === 'offset_differs' ? { upload, offset: null } : null;
}

/**
 * Why sending again is of no use; '': it is.
 * @param {Reply} reply
 * @param {Evidence} photo
 * @param {ArrayBuffer} data
 */
async function troubleIn(reply, photo, data) {
  if (reply.status === 413) return 'photo_too_large';
  return codeOf(reply) === 'hash_differs' && ![photo.sha256, ''].includes(await sha256(data, hex)) ? 'bytes_damaged' : '';
}

/** @param {number} bytes @param {Reply} reply */
function pace(bytes, { rtt }) {
  return Math.min(BUNDLE, (bytes * 5000) / (rtt + 1));
}

/** @param {Reply} reply */
function isOk({ status }) {
  return status >= 200 && status < 300;
}

/**
 * '' where the page may not hash (insecure context).
 * @param {ArrayBuffer} data
 * @param {(bytes: Uint8Array) => string} write
 */
async function sha256(data, write) {
  return globalThis.crypto?.subtle ? write(new Uint8Array(await crypto.subtle.digest('SHA-256', data))) : '';
}

/** @param {Reply} reply @returns {string} */
function codeOf(reply) {
  return reply.body?.error?.code ?? '';
}
