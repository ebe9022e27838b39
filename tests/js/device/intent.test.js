import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearIntent, lostShot, takeIntent, writeIntent } from '#app/device/intent.js';

const NOW = 1_795_000_000_000;
const INTENT = { job: 'job-1', slot: 'after', item: 'floor', replaces: null, hash: '#/job/job-1/visit', atMs: NOW };

function drafts() {
  const kept = new Map();
  return {
    kept,
    draft: async (/** @type {string} */ key) => kept.get(key),
    setDraft: async (/** @type {string} */ key, /** @type {any} */ value) => void (value === undefined ? kept.delete(key) : kept.set(key, value)),
  };
}

test('it tells a lost shot once, and keeps it for the slot until the camera opens again', async () => {
  const store = drafts();
  await writeIntent(store, INTENT);
  assert.deepEqual(await takeIntent(store, NOW + 60_000), INTENT);
  assert.deepEqual(lostShot(), INTENT);
  assert.equal(store.kept.size, 0);
  assert.equal(await takeIntent(store, NOW + 60_000), null);
  await writeIntent(store, INTENT);
  assert.equal(lostShot(), null);
});

test('a shot that was saved or not taken is not lost', async () => {
  const store = drafts();
  await writeIntent(store, INTENT);
  await clearIntent(store);
  assert.equal(await takeIntent(store, NOW), null);
});

test('a shot of yesterday is forgotten', async () => {
  const store = drafts();
  await writeIntent(store, INTENT);
  assert.equal(await takeIntent(store, NOW + 24 * 3600_000), null);
  assert.equal(lostShot(), null);
});
