import { AppError } from '#app/core/errors.js';
import { syncState } from '#app/store/exchange.js';
import { call } from '#app/sync/transport.js';

/**
 * Gives this phone another name in the office's list of devices.
 * @param {import('#app/store/store.js').Store} store
 * @param {string} name 1–60 characters
 * @returns {Promise<string>} the name the server took; rejects with AppError: 'offline', 'signed_out' …
 */
export async function renameDevice(store, name) {
  const { client } = await syncState(store);
  const { status, body } = await call('POST', '/api/device', { client_id: client.client_id, name });
  if (status === 200) return body.name;
  throw new AppError(status === 0 ? 'offline' : body?.error?.code ?? 'server_error', body?.error ?? {});
}
