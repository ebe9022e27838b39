import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDue } from '#app/device/lock.js';
import { installFacts } from '#app/device/install.js';
import { sizeWords } from '#app/device/storage-quota.js';
import { blank, faultsOf, promiseOf } from '#app/screens/job-form-rules.js';
import { byJob, opWords, photoWords } from '#app/screens/outbox-words.js';
import { routeOf } from '#app/screens/routes.js';
import { passwordFault, pinFault } from '#app/screens/sign-in-rules.js';
import { at } from './jobs.js';

const around = { nowMs: at('10:00'), zone: 'Asia/Shanghai' };
/** @param {Record<string, any>} said @returns {any} */
const said = (said) => ({ ...blank(), ...said });

test('a note needs words and has a limit of 2000', () => {
  assert.deepEqual(Object.keys(faultsOf('note', said({ text: '  ' }), around)), ['text']);
  assert.deepEqual(faultsOf('note', said({ text: '字'.repeat(2000) }), around), {});
  assert.deepEqual(Object.keys(faultsOf('note', said({ text: '字'.repeat(2001) }), around)), ['text']);
});

test('an incident needs its kind and words, 1000 at most', () => {
  const faults = (/** @type {any} */ change) => Object.keys(faultsOf('incident', said(change), around));
  assert.deepEqual(faults({}), ['kind', 'text']);
  assert.deepEqual(faults({ kind: 'damage', text: '字'.repeat(1000) }), []);
  assert.deepEqual(faults({ kind: 'damage', text: '字'.repeat(1001) }), ['text']);
});

test('what cannot be finished needs a reason and a promise, or why there is none', () => {
  const faults = (/** @type {any} */ change) => Object.keys(faultsOf('cannot-finish', said({ text: 'part missing', ...change }), around));
  assert.deepEqual(Object.keys(faultsOf('cannot-finish', blank(), around)), ['text', 'promise']);
  assert.deepEqual(faults({ promise: 'agreed' }), ['date']);
  assert.deepEqual(faults({ promise: 'agreed', date: '2026-11-22' }), ['clock']);
  assert.deepEqual(faults({ promise: 'agreed', date: '2026-11-21', clock: '09:00' }), ['date']);
  assert.deepEqual(faults({ promise: 'agreed', date: '2026-11-22', clock: '09:00' }), []);
  assert.deepEqual(faults({ promise: 'none' }), ['no_promise']);
  assert.deepEqual(faults({ promise: 'none', no_promise: 'wants to think' }), []);
});

test('only the chosen kind of promise is sent', () => {
  const typed = said({ date: '2026-11-22', clock: '09:00', no_promise: 'typed before' });
  assert.deepEqual(promiseOf({ ...typed, promise: 'agreed' }, 'Asia/Shanghai'), { promised_ms: at('09:00', '2026-11-22'), no_promise: '' });
  assert.deepEqual(promiseOf({ ...typed, promise: 'none' }, 'Asia/Shanghai'), { promised_ms: null, no_promise: 'typed before' });
});

test('addresses find their screens; what is unknown is Today', () => {
  assert.deepEqual(routeOf('#/job/0193/note'), { name: 'job', id: '0193', part: 'note', at: '' });
  assert.deepEqual(routeOf('#/setup/AB12'), { name: 'setup', id: 'AB12', part: '', at: '' });
  for (const hash of ['', '#', '#/', '#/job', '#/nowhere', '#/%E0%A4%A']) assert.equal(routeOf(hash).name, 'today', hash);
});

test('passwords and PINs that anyone would guess are refused', () => {
  assert.ok(passwordFault('short', '0217'));
  assert.ok(passwordFault('aaaaaaaaaaaa', '0217'));
  assert.ok(passwordFault('pass021702', '0217'));
  assert.equal(passwordFault('松木 台灯 三月 骑车吧', '0217'), '');
  for (const pin of ['123', '1234567', '12a4', '1111', '1234', '9876']) assert.ok(pinFault(pin), pin);
  assert.equal(pinFault('2580'), '');
});

test('the lock comes after the minutes chosen, and when the clock was set back', () => {
  const seenAtMs = at('10:00');
  assert.equal(isDue({ seenAtMs, afterMinutes: 15, nowMs: at('10:14') }), false);
  assert.equal(isDue({ seenAtMs, afterMinutes: 15, nowMs: at('10:15') }), true);
  assert.equal(isDue({ seenAtMs, afterMinutes: 15, nowMs: at('09:00') }), true);
  assert.equal(isDue({ seenAtMs, afterMinutes: null, nowMs: at('23:00') }), false);
  assert.equal(isDue({ seenAtMs: null, afterMinutes: 15, nowMs: at('23:00') }), false);
});

test('in-app browsers and iPhones are known by what they say', () => {
  const facts = (/** @type {string} */ userAgent, maxTouchPoints = 5) => installFacts({ userAgent, maxTouchPoints, standalone: false });
  assert.equal(facts('Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile MicroMessenger/8.0').inApp, 'wechat');
  assert.equal(facts('Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile DingTalk/7').inApp, 'other');
  assert.deepEqual(facts('Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1'), { installed: false, inApp: null, ios: true });
  assert.equal(facts('Mozilla/5.0 (Macintosh; Intel Mac OS X) Safari/605', 5).ios, true);
  assert.equal(facts('Mozilla/5.0 (Macintosh; Intel Mac OS X) Safari/605', 0).ios, false);
});

test('acts are grouped by job and said in words', () => {
  const op = (/** @type {any} */ change) => ({ id: 'o', kind: 'add_note', entity: 'a', number: 'J-1', args: { text: 'x' }, occurred_at: at('10:31'), ...change });
  assert.deepEqual(byJob([op({}), op({ entity: 'b', number: 'J-2' }), op({ id: 'p' })], []).map(({ jobId, ops }) => [jobId, ops.length]), [['a', 2], ['b', 1]]);
  assert.equal(opWords(op({ kind: 'take_step', args: { step: 'depart' } }), 'Asia/Shanghai').text, 'Departed 10:31');
  assert.equal(opWords(op({ args: { text: '长'.repeat(80) } }), 'Asia/Shanghai').small.length, 61);
  assert.match(opWords(op({ kind: 'from_the_future', args: {} }), 'Asia/Shanghai').text, /from_the_future/);
});

test('photos and what became of a visit are said in words', () => {
  const photo = (/** @type {any} */ change) => ({ id: 'p', job: 'c', number: 'J-3', slot: 'after', sha256: '', size: 412_000, at_ms: at('10:31'), open: 1, ...change });
  const op = (/** @type {string} */ kind, /** @type {any} */ args) => /** @type {any} */ ({ id: 'o', kind, entity: 'a', number: 'J-1', args, occurred_at: at('10:31') });
  assert.deepEqual(byJob([op('add_note', {})], [photo({}), photo({ id: 'q', job: 'a', number: 'J-1' })]).map(({ number, ops, photos }) => [number, ops.length, photos.length]), [['J-1', 1, 1], ['J-3', 0, 1]]);
  assert.deepEqual(photoWords(photo({}), null, 'Asia/Shanghai'), { text: 'Photo, After 10:31', size: '412 kB', percent: null, trouble: '' });
  assert.equal(photoWords(photo({}), { ids: ['o', 'p'], percent: 50 }, 'Asia/Shanghai').percent, 50);
  for (const trouble of ['bytes_damaged', 'bytes_gone', 'photo_too_large']) assert.match(photoWords(photo({ trouble }), null, 'Asia/Shanghai').trouble, /photo again/);
  for (const [kind, args, small] of /** @type {[string, any, string][]} */ ([
    ['answer_item', { checklist: 'v1', item: 'greet' }, 'Greet'], ['add_photo', { slot: 'damage', caption: '划痕' }, '划痕'], ['caption_photo', { caption: '门口' }, '门口'],
    ['void_photo', { reason: '拍糊了' }, '拍糊了'], ['state_charges', { lines: [{ amount_fen: 12000 }, { amount_fen: 50 }] }, '120.50 元'],
    ['report_incident', { kind: 'damage', words: '碰坏门框' }, '碰坏门框'], ['sign_sheet', {}, ''],
  ])) {
    const words = opWords(op(kind, args), 'Asia/Shanghai', () => 'Greet');
    assert.equal(words.small, small);
    assert.match(words.text, /10:31/);
    assert.doesNotMatch(words.text, /_/);
  }
});

test('bytes as a person says them', () => {
  assert.deepEqual(sizeWords(11_400_000_000), { amount: '11', unit: 'GB' });
  assert.deepEqual(sizeWords(1_540_000_000), { amount: '1.5', unit: 'GB' });
  assert.deepEqual(sizeWords(6_200_000), { amount: '6', unit: 'MB' });
  assert.deepEqual(sizeWords(300), { amount: '1', unit: 'kB' });
});
