import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageSession, setClock } from '#app/core/clock.js';
import { bus } from '#app/core/events.js';
import { newId, newNonce } from '#app/core/ids.js';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDv7, never twice, whatever the clock says', (t) => {
  t.after(() => setClock());
  for (const ms of [0, -5, 1_795_000_000_000, 253_402_300_799_999]) {
    setClock({ nowMs: () => ms, monoMs: () => 0 });
    const ids = new Set(Array.from({ length: 500 }, newId));
    assert.equal(ids.size, 500);
    for (const id of ids) assert.match(id, V7);
    if (ms > 0) assert.equal(parseInt(newId().replace('-', '').slice(0, 12), 16), ms);
  }
});

test('nonces and page sessions have their length', () => {
  assert.match(newNonce(), /^[0-9a-f]{16}$/);
  assert.match(pageSession, /^[0-9a-f]{8}$/);
});

test('a listener that fails stops no other, and one that left hears nothing', (t) => {
  t.mock.method(console, 'error', () => {});
  /** @type {string[]} */
  const heard = [];
  const offs = [bus.on('build', () => { throw new Error('bad'); }), bus.on('build', () => heard.push('second'))];
  bus.emit('build');
  offs.forEach((off) => off());
  bus.emit('build');
  assert.deepEqual(heard, ['second']);
});
