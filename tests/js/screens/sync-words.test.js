import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncWords } from '#app/screens/sync-words.js';
import { explanation } from '#app/screens/outbox-words.js';
import { at } from './jobs.js';

const around = { nowMs: at('10:50'), zone: 'Asia/Shanghai', storage: null };
/** @param {Record<string, any>} change @returns {any} */
const how = (change) => ({ pending: 0, photos: 0, uploading: null, oldestMs: null, lastContactMs: at('10:42'), state: 'ok', code: '', retryAtMs: null, clockOffMs: 0, ...change });
const STATES = ['ok', 'sending', 'offline', 'signed_out', 'update_needed', 'revoked', 'not_allowed', 'server_trouble'];

test('all on the server', () => {
  const words = syncWords(how({}), around);
  assert.equal(words.text, 'All on the server');
  assert.equal(words.small, 'Last contact 10:42');
  assert.equal(words.action, null);
});

test('three only on this phone, 10:42, send now', () => {
  const words = syncWords(how({ pending: 3 }), around);
  assert.equal(words.text, '3 only on this phone');
  assert.equal(words.small, 'Last contact 10:42');
  assert.deepEqual(words.action, { text: 'Send now', send: true });
});

test('photos are named and counted', () => {
  assert.equal(syncWords(how({ photos: 3 }), around).text, '3 photos only on this phone');
  assert.equal(syncWords(how({ photos: 1 }), around).text, '1 photo only on this phone');
  assert.equal(syncWords(how({ photos: 3, pending: 2 }), around).text, '5 only on this phone, photos: 3');
  assert.deepEqual(syncWords(how({ photos: 3 }), around).action, { text: 'Send now', send: true });
  assert.equal(syncWords(how({ photos: 3, state: 'offline' }), around).small, '3 photos only on this phone · Last contact 10:42');
  assert.equal(syncWords(how({ photos: 3, state: 'sending' }), around).text, 'Sending 3');
});

test('without signal the line is calm and still says how many', () => {
  const words = syncWords(how({ pending: 3, state: 'offline' }), around);
  assert.equal(words.tone, 'wait');
  assert.equal(words.small, '3 only on this phone · Last contact 10:42');
  assert.deepEqual(words.action, { text: 'What works', href: '#/help' });
});

test('whatever the state, unsent work is counted', () => {
  for (const state of STATES) {
    for (const storage of [null, 'storage_full']) {
      const { text, small } = syncWords(how({ pending: 7, state }), { ...around, storage });
      if (!storage) assert.match(`${text} ${small}`, /\b7\b/, state);
      assert.ok(explanation(how({ pending: 7, state }), { storage }).text);
    }
  }
});

test('never in contact is not "all on the server"', () => {
  assert.equal(syncWords(how({ lastContactMs: null }), around).text, 'No contact with the server yet');
});

test('a clock that is wrong is said, two minutes are not', () => {
  assert.match(syncWords(how({ clockOffMs: 26 * 3600000 }), around).text, /26 h fast/);
  assert.match(syncWords(how({ clockOffMs: -3 * 86400000 }), around).text, /3 d slow/);
  assert.equal(syncWords(how({ clockOffMs: 90000 }), around).text, 'All on the server');
});

test('contact of another day says which day', () => {
  assert.match(syncWords(how({ lastContactMs: at('10:42', '2026-11-20') }), around).small, /20.*10:42/);
});
