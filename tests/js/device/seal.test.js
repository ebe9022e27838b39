// What this seals the server opens: both sides run the same vectors (tests/core/test_sealing.py).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { seal } from '#app/device/seal.js';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/rescue.json', import.meta.url), 'utf8'));
const to = { id: vectors.key_id, key: vectors.public };
const curve = { name: 'ECDH', namedCurve: 'P-256' };

async function chance() {
  const privateKey = await crypto.subtle.importKey('pkcs8', Buffer.from(vectors.ephemeral, 'base64'), curve, true, ['deriveBits']);
  const { d: _, key_ops: __, ...open } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { ...open, key_ops: [] }, curve, true, []);
  return { ephemeral: { privateKey, publicKey }, salt: new Uint8Array(Buffer.from(vectors.salt, 'base64')) };
}

for (const { name, piece, times, bytes, sha256, sealed } of vectors.cases) {
  test(`sealed as the vector says: ${name}`, async () => {
    const found = Buffer.from(await (await seal(new Blob([piece.repeat(times)]), to, await chance())).arrayBuffer());
    assert.equal(found.length, bytes);
    assert.equal(createHash('sha256').update(found).digest('hex'), sha256);
    if (sealed) assert.equal(found.toString('base64'), sealed);
  });
}

test('each file has its own key and salt, and the key cannot be taken out', async () => {
  const [one, other] = await Promise.all([seal(new Blob(['a']), to), seal(new Blob(['a']), to)]);
  const [first, second] = (await Promise.all([one.text(), other.text()])).map((text) => JSON.parse(text.split('\n')[0]));
  assert.notEqual(first.ephemeral, second.ephemeral);
  assert.notEqual(first.salt, second.salt);
  assert.deepEqual([first.format, first.format_version, first.key_id], ['fieldservice-unsent', 3, vectors.key_id]);
});

test('sixty photos are never one piece of memory', async () => {
  const file = new Blob(Array.from({ length: 60 }, () => new Uint8Array(100_000)));
  const { arrayBuffer } = Blob.prototype;
  let most = 0;
  Blob.prototype.arrayBuffer = async function () {
    const found = await arrayBuffer.call(this);
    most = Math.max(most, found.byteLength);
    return found;
  };
  try {
    const sealed = await seal(file, to);
    assert.equal(sealed.size, file.size + (await sealed.slice(0, 1000).text()).indexOf('\n') + 1 + Math.ceil(file.size / 65_536) * 20);
  } finally {
    Blob.prototype.arrayBuffer = arrayBuffer;
  }
  assert.ok(most <= 65_536, `${most}`);
});
