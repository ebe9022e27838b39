import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPage } from '../fakes/browser.js';
import { aboutPhone, isNews } from '#app/device/about.js';

const LAST = { installed: true, persistent: true, used: 50e6, free: 10e9, at_ms: 1_000_000 };

test('told again only after a day, or when it changed much', () => {
  const is = (/** @type {object} */ change, now = 2_000_000) => isNews(LAST, { ...LAST, ...change }, now);
  assert.equal(is({}), false);
  assert.equal(is({ free: 9.9e9, used: 120e6 }), false);
  assert.equal(is({ free: 7e9 }), true);
  assert.equal(is({ used: 300e6 }), true);
  assert.equal(is({ persistent: false }), true);
  assert.equal(is({ installed: false }), true);
  assert.equal(is({}, 1_000_000 + 25 * 3600 * 1000), true);
});

test('told once; until it has arrived it is tried again; a browser that says nothing never holds up sending', async () => {
  aPage();
  Object.defineProperty(globalThis, 'matchMedia', { value: () => ({ matches: true }), configurable: true });
  Object.assign(navigator, { storage: { estimate: async () => ({ quota: 10e9, usage: 4e6 }), persisted: async () => false } });
  /** @type {Map<string, any>} */
  const kept = new Map();
  const store = { meta: async (/** @type {string} */ key) => kept.get(key), setMeta: async (/** @type {string} */ key, /** @type {any} */ value) => kept.set(key, value) };
  const first = await aboutPhone(store);
  assert.deepEqual(first?.facts, { installed: true, persistent: false, used: 4e6, free: 10e9 - 4e6 });
  const again = await aboutPhone(store);
  assert.deepEqual(again?.facts, first?.facts);
  await again?.told();
  assert.equal(await aboutPhone(store), null);
  assert.equal(await aboutPhone({ ...store, meta: async () => { throw new Error('no storage'); } }), null);
});
