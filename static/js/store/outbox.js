/** The journal of what the person confirmed, inside a transaction of the caller. Nothing here waits for anything else. */

/**
 * @typedef {import('#app/types/store.js').Op} Op
 * @typedef {import('#app/types/store.js').Evidence} Evidence
 * @typedef {import('#app/types/store.js').Tx} Tx
 * @typedef {import('#app/types/store.js').WriteTx} WriteTx
 * @typedef {import('#app/types/store.js').ClientState} ClientState
 */

/** The person should look at these. */
const TROUBLES = ['quarantined', 'rejected', 'conflict_lost', 'late_evidence'];
/** What stands on the server as the person meant it. */
const SHOWN = ['applied', 'merged'];
/** Acknowledged ops are kept this long: a server restored from a backup asks for them again (docs/sync-protocol.md). */
const KEEP_MS = 30 * 24 * 3600 * 1000;

/** Not acknowledged by the server as it is now. @param {Op} op */
export function isPending(op) {
  return !op.result || op.resend === true;
}

/** To be shown over the base: a refused one never, even when it is sent again. @param {Op} op */
export function isShown(op) {
  return !op.result || SHOWN.includes(op.result);
}

/**
 * Everything not yet both acknowledged and in the base, in the order it was confirmed.
 * @param {Tx} tx
 * @returns {Promise<Op[]>}
 */
export function openOps(tx) {
  return /** @type {any} */ (tx).objectStore('ops').index('open').getAll();
}

/**
 * Photos whose bytes are only on this phone, the oldest first.
 * @param {Tx} tx
 * @returns {Promise<Evidence[]>}
 */
export function openPhotos(tx) {
  return /** @type {any} */ (tx).objectStore('evidence').index('open').getAll();
}

/**
 * What is only on this phone. An act whose photo's bytes are here too is counted once, as a photo.
 * @param {Tx} tx over ops and evidence
 * @returns {Promise<{pending: Op[], photos: Evidence[]}>}
 */
export async function unsent(tx) {
  const [open, photos] = await Promise.all([openOps(tx), openPhotos(tx)]);
  return { pending: open.filter((op) => isPending(op) && !photos.some(({ id }) => id === op.id)), photos };
}

/**
 * Keeps the bytes of a photo until the server has them.
 * @param {WriteTx} tx
 * @param {Op} op that announces it
 * @param {import('#app/types/store.js').PhotoFile} file
 */
export async function keepPhoto(tx, { id, entity, number, args, occurred_at }, { sha256, data, type, thumb }) {
  const first = args.slot === 'paper' ? { first: /** @type {1} */ (1) } : {};
  await tx.objectStore('bytes').put({ data, thumb, type }, sha256);
  await tx.objectStore('evidence').put({ id, job: entity, number, slot: args.slot, sha256, size: data.byteLength, at_ms: occurred_at, open: 1, ...first });
}

/**
 * The photo that proves the outcome of a sheet goes before all others.
 * @param {WriteTx} tx
 * @param {Op} op with the sheet
 */
export async function putFirst(tx, { args }) {
  for (const row of await openPhotos(tx)) {
    if (args.payload.includes(row.sha256)) await tx.objectStore('evidence').put({ ...row, first: 1 });
  }
}

/**
 * @param {WriteTx} tx
 * @param {string} id
 * @returns {Promise<Op | undefined>}
 */
export function opById(tx, id) {
  return /** @type {any} */ (tx).objectStore('ops').index('id').get(id);
}

/**
 * Puts a new op at the end; its number is taken in the same transaction, so two tabs can never take the same one. Nothing
 * is waited for: what cannot be written ends the transaction.
 * @param {WriteTx} tx
 * @param {Omit<Op, 'seq' | 'open'>} op
 * @param {ClientState} client as it stands in this transaction
 * @returns {Op}
 */
export function append(tx, op, client) {
  const numbered = { ...op, seq: client.next_seq, open: /** @type {1} */ (1) };
  tx.objectStore('ops').add(numbered).catch(() => {});
  tx.objectStore('meta').put({ ...client, next_seq: client.next_seq + 1 }, 'client').catch(() => {});
  return numbered;
}

/**
 * Writes down the answers to `sent` ops.
 * @param {WriteTx} tx
 * @param {import('#app/types/wire.js').Ack[]} acks
 * @param {string[]} sent only what this request carried can be acknowledged by its answer
 * @param {number} serverMs
 * @returns {Promise<number>} how many were still waiting for it
 */
export async function takeAcks(tx, acks, sent, serverMs) {
  let taken = 0;
  for (const ack of acks) {
    const op = sent.includes(ack.id) ? await opById(tx, ack.id) : undefined;
    if (!op || !isPending(op)) continue;
    taken += 1;
    const { resend, trouble, ...rest } = op;
    const again = resend && op.result === ack.result && !trouble; // a trouble seen and put away stays away
    const looks = TROUBLES.includes(ack.result) && !again ? { trouble: /** @type {1} */ (1) } : {};
    await tx.objectStore('ops').put({ ...rest, ...looks, result: ack.result, note: ack.note ?? null, version: ack.version, acked_ms: serverMs });
  }
  return taken;
}

/**
 * An acknowledged op stays shown until the base is that far: else a step would vanish for a moment when its
 * acknowledgement came without its change (another tab was faster).
 * @param {WriteTx} tx
 * @param {(op: Op) => boolean} isInBase
 */
export async function settle(tx, isInBase) {
  for (const op of await openOps(tx)) {
    if (isPending(op) || (isShown(op) && !isInBase(op))) continue;
    const { open: _, ...rest } = op;
    await tx.objectStore('ops').put(rest);
  }
}

/**
 * A new client_id: its ops are numbered from 1.
 * @param {WriteTx} tx
 * @param {ClientState} client
 * @param {string} clientId
 * @param {{journal: boolean}} what true: acknowledged ops are sent again too, for a server restored from a backup
 * @returns {Promise<ClientState>} written
 */
export async function renew(tx, client, clientId, { journal }) {
  const store = tx.objectStore('ops');
  const ops = journal ? await store.getAll() : (await openOps(tx)).filter(isPending);
  for (const [index, op] of ops.entries()) {
    await store.put({ ...op, seq: index + 1, open: 1, ...(op.result ? { resend: true } : {}) });
  }
  const next = { ...client, client_id: clientId, registered: false, next_seq: ops.length + 1 };
  await tx.objectStore('meta').put(next, 'client');
  return next;
}

/**
 * Forgets what was acknowledged long ago, by the server's clock.
 * @param {WriteTx} tx
 * @param {number} serverMs
 */
export async function prune(tx, serverMs) {
  const store = /** @type {any} */ (tx.objectStore('ops'));
  const old = await store.index('acked').getAll(IDBKeyRange.upperBound(serverMs - KEEP_MS), 100);
  for (const op of old) if (!op.open) await store.delete(op.n);
}
