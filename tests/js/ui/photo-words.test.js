import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSignedFor } from '#app/ui/photo-words.js';

test('a photo of the sign-off stands once nobody can sign again', () => {
  const sheet = { kind: 'sign_off', state: 'valid', current: true, at_ms: 2000 };
  const photo = { slot: 'before', at_ms: 1000, late: false, run: 1 };
  const stands = (/** @type {object} */ job, /** @type {object} */ change = {}) =>
    isSignedFor(/** @type {any} */ ({ state: 'finished', run: 1, sheets: [sheet], ...job }), /** @type {any} */ ({ ...photo, ...change }));
  assert.equal(stands({}), true);
  assert.equal(stands({ state: 'working' }), false); // it can be signed again
  assert.equal(stands({ sheets: [] }), false);
  assert.equal(stands({ sheets: [{ ...sheet, state: 'quarantined' }, { ...sheet, kind: 'agreement' }] }), false);
  assert.deepEqual([{ at_ms: 3000 }, { slot: 'paper' }, { late: true }, { run: 2 }].map((change) => stands({}, change)), [false, false, false, false]);
});
