import 'fake-indexeddb/auto';
import { openStore } from '#app/store/store.js';
import { Engine } from '#app/sync/engine.js';
import { operations } from '#app/sync/registry.js';

let people = 0;

/** A person nobody had before: an empty database. */
export function newPerson() {
  people += 1;
  return `tech-${people}`;
}

/**
 * A phone on `server`, signed in as a new person who leads every job added with `lead`.
 * @param {import('./server.js').FakeServer} server
 * @param {{personId?: string, call?: import('#app/sync/transport.js').Call}} [given]
 */
export async function aPhone(server, { personId = newPerson(), call = server.call } = {}) {
  server.session = personId;
  const store = await openStore(personId, operations);
  const engine = new Engine({ store, call, build: 'build-1', deviceName: 'Test' });
  const lead = { id: personId, name: '李强', staff_no: '0217' };
  return { store, engine, personId, lead };
}

/**
 * An answer other than 200.
 * @param {number} status
 * @param {string} [code]
 * @param {number | null} [retryAfterMs]
 * @returns {import('#app/sync/transport.js').Reply}
 */
export function aRefusal(status, code = '', retryAfterMs = null) {
  return { status, body: status ? { error: { code } } : null, nonce: '', retryAfterMs, build: status ? 'build-1' : '', sentMono: 0, rtt: 0 };
}
