import { nowMs } from '#app/core/clock.js';
import { AppError } from '#app/core/errors.js';
import { dayOf, t } from '#app/core/i18n.js';
import { exportUnsent } from '#app/store/export.js';
import { keepRescueKey, rescueKey } from '#app/store/people.js';
import { Store } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';
import { call } from '#app/sync/transport.js';
import { seal } from '#app/device/seal.js';

/** A key that is not here is asked for, but not for long: there may be no network. */
const PATIENCE_MS = 3000;

/**
 * Saves what is only on this phone as a file; works offline and for who is signed out. Sealed for the office where the key is
 * here. Without one the file is open to whoever holds it: losing the work would be worse, but a locked screen stays one.
 * @param {{id: string, staffNo: string}} person
 * @param {{zone: string, locked?: boolean}} at
 * @returns {Promise<string>} what to tell; rejects with AppError: 'rescue_locked', 'storage_failed'
 */
export async function saveUnsent({ id, staffNo }, { zone, locked = false }) {
  const key = await freshKey(id);
  if (!key && locked) throw new AppError('rescue_locked');
  const store = new Store(id, operations);
  try {
    const plain = await exportUnsent(store);
    const file = key ? await seal(plain, key) : plain;
    const name = `fieldservice-${staffNo}-${dayOf(nowMs(), zone)}.${key ? 'unsent' : 'json'}`;
    const address = URL.createObjectURL(file);
    Object.assign(document.createElement('a'), { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    return key ? t('Saved as {name}. Only the office can open it.', { name }) : t('Saved as {name}. It is not encrypted: give it to the office and to nobody else.', { name });
  } finally {
    store.close();
  }
}

/**
 * The installation's key; asked for where this phone signed in before there was one.
 * @param {string} id
 * @returns {Promise<{id: string, key: string} | undefined>} undefined: there is none, or this page may not encrypt (insecure context)
 */
export async function freshKey(id) {
  if (!globalThis.crypto?.subtle) return undefined;
  const kept = await rescueKey(id).catch(() => undefined);
  if (kept) return kept;
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });
  const reply = /** @type {import('#app/sync/transport.js').Reply | undefined} */ (await Promise.race([call('GET', '/api/session'), late]));
  const asked = reply?.status === 200 ? reply.body?.rescue : undefined;
  if (asked?.key) await keepRescueKey(id, asked).catch(() => {});
  return asked?.key ? asked : undefined;
}

/**
 * The server is too new for this app: what was confirmed goes to the office as a file, before the update. The phone keeps
 * everything, and the new version sends it again; the server knows it by then.
 * @param {{store: import('#app/store/store.js').Store, call?: import('#app/sync/transport.js').Call}} env call: for tests
 * @returns {Promise<boolean>} true: nothing that was confirmed is only here
 */
export async function bringToOffice({ store, call: ask = call }) {
  const file = await (await exportUnsent(store, { acts: true })).text();
  const last = JSON.parse(file).ops.at(-1)?.id;
  if (!last || (await store.meta('rescued')) === last) return true;
  const { status, body } = await ask('POST', '/api/rescue', file);
  const isThere = status === 200 && ['taken', 'kept'].includes(body?.state);
  if (isThere) await store.setMeta('rescued', last);
  return isThere;
}
