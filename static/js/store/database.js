import { openDB } from '#vendor/idb.js';
import { bus } from '#app/core/events.js';
import { AppError } from '#app/core/errors.js';

/** @typedef {import('#app/types/store.js').StoreName} StoreName */

/** Tries of one access: iOS drops connections of pages that were in the background. */
const TRIES = 3;
/** Some browsers never answer an open after a crash of their storage process. */
const OPEN_LIMIT_MS = 8000;

/**
 * One IndexedDB database that survives a lost connection: the handle is dropped, opened again, the access repeated.
 * Throws AppError 'storage_full' (nothing was written) or 'storage_failed'; never answers "no data" for a failed read.
 * @template {import('idb').DBSchema} Schema
 */
export class Database {
  #name;
  #version;
  #upgrade;
  /** @type {Promise<import('idb').IDBPDatabase<Schema>> | null} */
  #handle = null;

  /**
   * @param {string} name
   * @param {number} version
   * @param {(db: import('idb').IDBPDatabase<Schema>, oldVersion: number, tx: any) => void} upgrade
   */
  constructor(name, version, upgrade) {
    this.#name = name;
    this.#version = version;
    this.#upgrade = upgrade;
  }

  /**
   * @template T
   * @param {string[]} stores
   * @param {(tx: any) => Promise<T>} work awaits nothing but this transaction; may run again
   * @returns {Promise<T>}
   */
  read(stores, work) {
    return this.#access(stores, 'readonly', work);
  }

  /**
   * All or nothing, and on the disk before the promise resolves.
   * @template T
   * @param {string[]} stores
   * @param {(tx: any) => Promise<T>} work awaits nothing but this transaction; may run again
   * @returns {Promise<T>}
   */
  write(stores, work) {
    return this.#access(stores, 'readwrite', work);
  }

  close() {
    this.#handle?.then((db) => db.close(), () => {});
    this.#handle = null;
  }

  /**
   * @param {string[]} stores
   * @param {'readonly' | 'readwrite'} mode
   * @param {(tx: any) => Promise<any>} work
   */
  async #access(stores, mode, work) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(await this.#open(), stores, mode, work);
      } catch (error) {
        if (error instanceof AppError) throw error;
        this.close();
        if (nameOf(error) === 'QuotaExceededError') throw trouble('storage_full', error);
        if (attempt === TRIES || !(error instanceof DOMException)) throw trouble('storage_failed', error);
      }
    }
  }

  #open() {
    this.#handle ??= limited(openDB(this.#name, this.#version, {
      upgrade: (db, oldVersion, _, tx) => this.#upgrade(/** @type {any} */ (db), oldVersion, tx),
      blocking: () => this.close(),
      terminated: () => { this.#handle = null; },
    }));
    return this.#handle;
  }
}

/**
 * @param {import('idb').IDBPDatabase<any>} db
 * @param {string[]} stores
 * @param {'readonly' | 'readwrite'} mode
 * @param {(tx: any) => Promise<any>} work
 */
async function once(db, stores, mode, work) {
  const tx = db.transaction(stores, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
  const done = tx.done;
  done.catch(() => {}); // its failure is thrown below; this only keeps it from counting as unhandled
  try {
    const result = await work(tx);
    if (mode === 'readwrite') quietly(() => tx.commit()); // now, not when the answer to each request has been heard
    await done;
    return result;
  } catch (error) {
    quietly(() => tx.abort());
    await done.catch(() => {});
    throw tx.error ?? error;
  }
}

/** @param {() => void} end */
function quietly(end) {
  try {
    end();
  } catch {
    // it had already ended
  }
}

/** @template T @param {Promise<T>} opening @returns {Promise<T>} */
function limited(opening) {
  /** @type {any} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new DOMException('opening took too long', 'TimeoutError'));
      opening.then((/** @type {any} */ late) => late.close(), () => {}); // nobody else would, and it would stand in an upgrade's way
    }, OPEN_LIMIT_MS);
  });
  return /** @type {Promise<T>} */ (Promise.race([opening, limit])).finally(() => clearTimeout(timer));
}

/** @param {string} code @param {unknown} cause */
function trouble(code, cause) {
  const error = new AppError(code, { reason: nameOf(cause) });
  error.cause = cause;
  bus.emit('storage', { code });
  return error;
}

/** @param {unknown} error */
function nameOf(error) {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/**
 * The database of one person; another person on the same phone has another one.
 * @param {string} personId
 * @returns {Database<import('#app/types/store.js').PersonDB>}
 */
export function personDatabase(personId) {
  return new Database(`fieldservice-${personId}`, 2, (db, oldVersion, tx) => {
    if (oldVersion < 1) {
      db.createObjectStore('base', { keyPath: ['type', 'id'] });
      const ops = db.createObjectStore('ops', { keyPath: 'n', autoIncrement: true });
      ops.createIndex('id', 'id', { unique: true });
      ops.createIndex('open', 'open');
      ops.createIndex('trouble', 'trouble');
      ops.createIndex('acked', 'acked_ms');
      db.createObjectStore('drafts');
      db.createObjectStore('meta');
    }
    if (oldVersion < 2) {
      db.createObjectStore('bytes');
      db.createObjectStore('evidence', { keyPath: 'id' }).createIndex('open', 'open');
      fetchAll(tx.objectStore('meta')).catch(() => {}); // then opening has failed, and says so
    }
  });
}

/** The server tells more of a job than before, although its version is the same. @param {any} meta */
async function fetchAll(meta) {
  const client = await meta.get('client');
  if (client) await meta.put({ ...client, cursor: '' }, 'client');
}
