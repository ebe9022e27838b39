import 'fake-indexeddb/auto';
import { IDBDatabase as FDBDatabase, IDBFactory as FDBFactory, IDBTransaction as FDBTransaction } from 'fake-indexeddb';

/**
 * The storage of a phone, and what can befall it between any two steps: the page dies, the disk is full, the connection
 * is gone. A step is one request of a transaction, or the news that it has been committed.
 *
 * @typedef {object} Fate of the connections of one page
 * @property {boolean} dead
 * @property {number} dieIn steps until the page dies; 0: it lives on
 * @property {number} fullIn writes until the disk is full; 0: it has room
 * @property {number} fullTimes writes that then fail, before there is room again
 * @property {'put' | 'commit'} fullAt
 * @property {number} closedTimes transactions that find the connection closed
 * @property {() => void} died
 * @property {(kind: string) => void} count
 */

/** @type {WeakMap<any, Fate>} */
const fates = new WeakMap();
const protos = { db: /** @type {any} */ (FDBDatabase.prototype), tx: /** @type {any} */ (FDBTransaction.prototype) };

/** One more step; true: the page is dead, or dies now. @param {Fate | undefined} fate */
function step(fate) {
  if (!fate) return false;
  if (!fate.dead && fate.dieIn > 0) {
    fate.dieIn -= 1;
    if (fate.dieIn === 0) fate.died();
  }
  return fate.dead;
}

/** @param {Fate | undefined} fate @param {'put' | 'commit'} at */
function isFull(fate, at) {
  if (!fate || fate.dead || fate.fullIn === 0 || fate.fullAt !== at) return false;
  if (fate.fullIn > 1) {
    fate.fullIn -= 1;
    return false;
  }
  fate.fullTimes -= 1;
  if (fate.fullTimes <= 0) fate.fullIn = 0;
  fate.count(`quota ${at}`);
  return true;
}

const { transaction } = protos.db;
protos.db.transaction = function (/** @type {any[]} */ ...args) {
  const fate = fates.get(this);
  if (fate && !fate.dead && fate.closedTimes > 0) {
    fate.closedTimes -= 1;
    fate.count('closed handle');
    throw new DOMException('The database connection is closing.', 'InvalidStateError');
  }
  return transaction.apply(this, args);
};

/** What befalls the next step, if anything does. @param {Fate} fate @param {boolean} isWrite */
function faultOf(fate, isWrite) {
  if (step(fate)) return new DOMException('The page is gone.', 'AbortError');
  return isWrite && isFull(fate, 'put') ? new DOMException('The disk is full.', 'QuotaExceededError') : null;
}

const { _abort, _execRequestAsync, dispatchEvent } = protos.tx;
/** Once: what was undone must not be undone again, which the library does when the error of a request ends it too. */
protos.tx._abort = function (/** @type {any} */ name) {
  if (this._state !== 'finished') _abort.call(this, name);
};
protos.tx._execRequestAsync = function (/** @type {any} */ asked) {
  const fate = fates.get(this.db);
  if (!fate) return _execRequestAsync.call(this, asked);
  const { operation } = asked;
  const isWrite = this.mode === 'readwrite';
  return _execRequestAsync.call(this, {
    ...asked,
    operation: () => {
      const fault = faultOf(fate, isWrite);
      if (!fault) return operation();
      if (asked.source) throw fault;
      this._abort(fault.name); // the making of an index has no request of its own that could carry an error
    },
  });
};

protos.tx.dispatchEvent = function (/** @type {any} */ event) {
  const fate = fates.get(this.db);
  if (!fate || event.type !== 'complete' || this.mode === 'versionchange') return dispatchEvent.call(this, event);
  if (this.mode === 'readwrite' && isFull(fate, 'commit')) {
    this._state = 'active';
    this._abort('QuotaExceededError');
    return true;
  }
  if (!step(fate)) return dispatchEvent.call(this, event);
  this.db._rawDatabase.processTransactions(); // it was committed, but the page never heard of it
  return true;
};

/** IndexedDB of one phone: pages open it by `of`. */
export class Storage {
  factory = /** @type {any} */ (new FDBFactory());

  /** What a page has as `indexedDB`. @param {Fate} fate @param {Set<any>} connections of the page */
  of(fate, connections) {
    const { factory } = this;
    return {
      open: (/** @type {string} */ name, /** @type {number} */ version) => {
        if (fate.dead) return never();
        const request = factory.open(name, version);
        const known = () => {
          if (!request.result) return;
          fates.set(request.result, fate);
          connections.add(request.result);
          if (fate.dead) request.result.close();
        };
        request.addEventListener('upgradeneeded', known);
        request.addEventListener('success', known);
        return request;
      },
      deleteDatabase: (/** @type {string} */ name) => (fate.dead ? never() : factory.deleteDatabase(name)),
      databases: () => factory.databases(),
      cmp: (/** @type {any} */ a, /** @type {any} */ b) => factory.cmp(a, b),
    };
  }

  /** Names of the databases. @returns {string[]} */
  names() {
    return [...this.factory._databases.keys()];
  }

  /** Values of a store as they stand on the disk now, outside of any page. @param {string} name @param {string} store @returns {any[]} */
  values(name, store) {
    return [...(this.#raw(name, store)?.records.values() ?? [])].map((/** @type {any} */ record) => record.value);
  }

  /** @param {string} name @param {string} store @returns {any[]} */
  keys(name, store) {
    return [...(this.#raw(name, store)?.records.values() ?? [])].map((/** @type {any} */ record) => record.key);
  }

  /** The profile as another phone has it after a backup of the phone was played back there. */
  async clone() {
    const copy = new Storage();
    for (const name of this.names()) await copyDatabase(this.factory._databases.get(name), name, copy.factory);
    return copy;
  }

  /** @param {string} name @param {string} store */
  #raw(name, store) {
    return this.factory._databases.get(name)?.rawObjectStores.get(store);
  }
}

/** Ends what the page had open: what is not committed is undone. @param {Set<any>} connections */
export function cutOff(connections) {
  for (const connection of connections) {
    for (const open of [...connection._rawDatabase.transactions]) {
      if (open.db === connection && open._state !== 'finished') open._abort('AbortError');
    }
    connection.close();
  }
}

/** The browser closes connections by itself. @param {Set<any>} connections */
export function forceClose(connections) {
  for (const connection of connections) {
    if (connection._closePending || connection._closed) continue;
    for (const open of [...connection._rawDatabase.transactions]) {
      if (open.db === connection && open._state !== 'finished') open._abort('AbortError');
    }
    connection.close();
    for (const { callback, type } of connection.listeners) if (type === 'close') callback.call(connection, { type });
  }
}

/** @param {any} raw @param {string} name @param {any} factory */
async function copyDatabase(raw, name, factory) {
  const request = factory.open(name, raw.version);
  request.addEventListener('upgradeneeded', () => {
    for (const [storeName, store] of raw.rawObjectStores) {
      const made = request.result.createObjectStore(storeName, { keyPath: store.keyPath, autoIncrement: store.autoIncrement });
      for (const [indexName, index] of store.rawIndexes) made.createIndex(indexName, index.keyPath, { unique: index.unique, multiEntry: index.multiEntry });
      for (const { key, value } of store.records.values()) made.put(value, ...(store.keyPath === null ? [key] : []));
    }
  });
  await new Promise((resolve, reject) => {
    request.addEventListener('success', resolve);
    request.addEventListener('error', reject);
  });
  for (const [storeName, store] of raw.rawObjectStores) {
    if (store.keyGenerator) factory._databases.get(name).rawObjectStores.get(storeName).keyGenerator.num = store.keyGenerator.num;
  }
  request.result.close();
}

/** A request that nobody answers: whoever asked is gone. */
function never() {
  return new EventTarget();
}
