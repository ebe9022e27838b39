import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { call } from '#app/sync/transport.js';

const realFetch = globalThis.fetch;
afterEach(() => { globalThis.fetch = realFetch; });

/** @type {RequestInit & {headers: Record<string, string>} | undefined} */
let asked;

/**
 * The next answer; `headers` may use the nonce of the request.
 * @param {(nonce: string) => Response} answer
 */
function answering(answer) {
  globalThis.fetch = async (_, options) => {
    asked = /** @type {any} */ (options);
    return answer(/** @type {any} */ (asked).headers['X-Fieldservice-Nonce']);
  };
}

/** @param {string} nonce @param {Record<string, string>} [more] */
const ours = (nonce, more = {}) => ({ 'X-Fieldservice': nonce, 'Content-Type': 'application/json', ...more });

test('an answer of ours is read', async () => {
  answering((nonce) => new Response('{"a":1}', { status: 200, headers: ours(nonce, { 'X-Fieldservice-Build': 'b1' }) }));
  const reply = await call('POST', '/api/sync', { ops: [] }, '00112233445566aa');
  assert.deepEqual([reply.status, reply.body, reply.build, reply.nonce], [200, { a: 1 }, 'b1', '00112233445566aa']);
  assert.equal(asked?.redirect, 'error');
  assert.equal(asked?.cache, 'no-store');
  assert.equal(asked?.headers['Content-Type'], 'application/json');
});

for (const status of [200, 302, 401, 403, 426, 500, 503, 511]) {
  test(`${status} without our nonce is "offline"`, async () => {
    answering(() => new Response('{"error":{"code":"device_revoked"}}', { status, headers: { 'Content-Type': 'application/json' } }));
    assert.equal((await call('POST', '/api/sync', {})).status, 0);
  });
}

test('the nonce of another request is "offline"', async () => {
  answering(() => new Response('{}', { headers: ours('ffffffffffffffff') }));
  assert.equal((await call('GET', '/api/session')).status, 0);
});

test('no network, and an answer cut short, are "offline"', async () => {
  globalThis.fetch = async () => { throw new TypeError('Failed to fetch'); };
  assert.equal((await call('GET', '/api/session')).status, 0);
  answering((nonce) => new Response(new ReadableStream({ pull(controller) { controller.error(new TypeError('reset')); } }), { headers: ours(nonce) }));
  assert.equal((await call('GET', '/api/session')).status, 0);
});

test('a page instead of JSON has no body, nor has broken JSON', async () => {
  answering((nonce) => new Response('<html>', { headers: { 'X-Fieldservice': nonce, 'Content-Type': 'text/html' } }));
  assert.deepEqual(await call('GET', '/x').then(({ status, body }) => [status, body]), [200, null]);
  answering((nonce) => new Response('{"a":', { headers: ours(nonce) }));
  assert.equal((await call('GET', '/x')).body, null);
});

test('Retry-After is understood in seconds and as a date', async () => {
  answering((nonce) => new Response('{}', { status: 503, headers: ours(nonce, { 'Retry-After': '7' }) }));
  assert.equal((await call('GET', '/x')).retryAfterMs, 7000);
  answering((nonce) => new Response('{}', { status: 503, headers: ours(nonce, { 'Retry-After': new Date(Date.now() + 60_000).toUTCString() }) }));
  const ms = (await call('GET', '/x')).retryAfterMs ?? 0;
  assert.ok(ms > 50_000 && ms <= 60_000);
  answering((nonce) => new Response('{}', { status: 503, headers: ours(nonce, { 'Retry-After': 'soon' }) }));
  assert.equal((await call('GET', '/x')).retryAfterMs, null);
});

test('bytes travel as a piece of an upload, and only an answer of our uploads counts', async () => {
  const tus = { 'Tus-Resumable': '1.0.0' };
  answering((nonce) => new Response(null, { status: 201, headers: ours(nonce, { ...tus, Location: '/api/uploads/u1', 'Upload-Offset': '0' }) }));
  const created = await call('POST', '/api/uploads', new Uint8Array([1, 2]), undefined, { ...tus, 'Upload-Length': '2' });
  assert.deepEqual([created.status, created.location, created.offset], [201, '/api/uploads/u1', 0]);
  assert.deepEqual([asked?.headers['Content-Type'], asked?.headers['Upload-Length'], asked?.body], ['application/offset+octet-stream', '2', new Uint8Array([1, 2])]);
  answering((nonce) => new Response(null, { status: 204, headers: ours(nonce, tus) }));
  assert.equal((await call('PATCH', '/api/uploads/u1', new Uint8Array(1), undefined, tus)).offset, null, 'an offset that was not told is not 0');
  for (const status of [200, 201, 204]) {
    answering((nonce) => new Response(null, { status, headers: ours(nonce, { 'Upload-Offset': '2' }) }));
    assert.equal((await call('HEAD', '/api/uploads/u1', undefined, undefined, tus)).status, 0, 'not of tus');
    answering(() => new Response(null, { status, headers: { ...tus, 'Upload-Offset': '2' } }));
    assert.equal((await call('HEAD', '/api/uploads/u1', undefined, undefined, tus)).status, 0, 'not of ours');
  }
  answering((nonce) => new Response('{"error":{"code":"evidence_unknown"}}', { status: 409, headers: ours(nonce) }));
  const refused = await call('POST', '/api/uploads', undefined, undefined, tus);
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'evidence_unknown']);
});
