import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
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
  return { status, body: status ? { error: { code } } : null, nonce: '', retryAfterMs, build: status ? 'build-1' : '', location: '', offset: null, sentMono: 0, rtt: 0 };
}

/**
 * What the camera screen hands over: args of `add_photo` and the file.
 * @param {string | Uint8Array} content
 * @param {Record<string, any>} [over]
 * @returns {[Record<string, any>, import('#app/types/store.js').PhotoFile[]]}
 */
export function aShot(content, over = {}) {
  const bytes = new Uint8Array(typeof content === 'string' ? new TextEncoder().encode(content) : content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const args = { slot: 'before', item: '', caption: '', sha256, size: bytes.length, media_type: 'image/jpeg', source: 'camera', file_name: '', opens: true, ...over };
  return [args, [{ sha256, data: bytes.buffer, type: 'image/jpeg', thumb: new Uint8Array([1, 2, 3]).buffer }]];
}
