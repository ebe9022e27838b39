import '../fakes/phone.js'; // an IndexedDB
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { openStore } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';
import { newPerson } from '../fakes/phone.js';

const aStore = (person = newPerson()) => openStore(person, operations);

test('the key stays the same and never shows its private half', async () => {
  const store = await aStore();
  const [first, again] = [await deviceKey(store), await deviceKey(store)];
  assert.deepEqual([again.id, again.spki], [first.id, first.spki]);
  const kept = await store.db.read(['meta'], (/** @type {any} */ tx) => tx.objectStore('meta').get('device_key'));
  assert.equal(kept.private_key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey('pkcs8', kept.private_key));
  assert.equal(first.id, (await sha256Hex(Buffer.from(first.spki, 'base64'))).slice(0, 32));
});

test('two tabs that make a key at one moment get the same one', async () => {
  const person = newPerson();
  const tabs = await Promise.all([aStore(person), aStore(person), aStore(person)]);
  const keys = await Promise.all(tabs.map((store) => deviceKey(store)));
  assert.equal(new Set(keys.map(({ id }) => id)).size, 1);
});

test('another person on this phone has another key', async () => {
  const [one, other] = await Promise.all([deviceKey(await aStore()), deviceKey(await aStore())]);
  assert.notEqual(one.id, other.id);
});

test('what it signed verifies with the public half', async () => {
  const key = await deviceKey(await aStore());
  const signature = await key.sign(new TextEncoder().encode('什么都写在这里'));
  assert.match(signature, /^[\w-]{86}$/);
  const open = await crypto.subtle.importKey('spki', Buffer.from(key.spki, 'base64'), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  assert.ok(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, open, Buffer.from(signature, 'base64url'), Buffer.from('什么都写在这里')));
});
