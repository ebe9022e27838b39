import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aJob, ME } from '../fakes/jobs.js';
import { operations } from '#app/sync/registry.js';

const LEAD = { ...ME, id: 'tech-a' };
const HELPER = { ...ME, id: 'helper', name: '陈志强' };
const SHEET = /** @type {any} */ ({ id: 's1', kind: 'sign_off', revision: 1, outcome: 'signed', state: 'valid', lines: [], total_fen: 0, current: true });
const AGREEMENT = { ...SHEET, id: 's0', kind: 'agreement' };
const PHOTO = { slot: 'before', sha256: 'a'.repeat(64), size: 5, media_type: 'image/jpeg', source: 'camera' };

/** @param {Record<string, any>} [over] @returns {any} */
const working = (over = {}) => ({ ...aJob({ state: 'working' }), shownItems: ['moisture'], id: 'job-1', version: 1, checklist: { id: 'v1', pinned: false }, sheets: [AGREEMENT, SHEET], ...over });

/** Builds the op and applies it twice: the second time changes nothing. @param {any} job @param {string} kind @param {any} args @param {any} [me] @param {string} [id] */
function done(job, kind, args, me = LEAD, id = 'op-1') {
  const built = operations[kind].build(args, { job, me, nowMs: 1000 });
  const op = /** @type {any} */ ({ id, kind, args: built, occurred_at: 1000 });
  const before = structuredClone(job);
  const after = operations[kind].apply(job, op, me);
  assert.deepEqual(job, before, 'apply is pure');
  assert.deepEqual(operations[kind].apply(after, op, me), after, 'and idempotent');
  return after;
}

/** @param {any} job */
const signed = (job) => job.sheets.map((/** @type {any} */ sheet) => sheet.current);

test('the first step or answer pins the version the phone shows; a later one never changes it', () => {
  const accepted = done(working({ state: 'assigned' }), 'take_step', { step: 'accept' });
  assert.deepEqual(accepted.checklist, { id: 'v1', pinned: true });
  const later = done({ ...accepted, state: 'working' }, 'answer_item', { checklist: 'v2', item: 'greet', value: { done: true } });
  assert.deepEqual(later.checklist, { id: 'v1', pinned: true });
  assert.deepEqual(done(working({ checklist: null, state: 'assigned' }), 'take_step', { step: 'accept' }).checklist, null);
});

test('an answer stands in the place of the one before, null takes it back', () => {
  const one = done(working(), 'answer_item', { item: 'greet', value: { done: true } });
  assert.deepEqual(one.answers.map(({ id, item, value, by, unsent }) => ({ id, item, value, by, unsent })), [{ id: 'op-1', item: 'greet', value: { done: true }, by: '李强', unsent: true }]);
  const two = done(one, 'answer_item', { item: 'greet', value: { done: false, why: '没人' } }, LEAD, 'op-2');
  assert.deepEqual(two.answers.map(({ id }) => id), ['op-2']);
  assert.deepEqual(done(two, 'answer_item', { item: 'greet', value: null }, LEAD, 'op-3').answers, []);
});

test('what the office has closed is not taken out by taking again: the server would not', () => {
  const taken = done(working(), 'add_photo', PHOTO, LEAD, 'photo-1');
  const again = (/** @type {Record<string, any>} */ change) => done({ ...taken, state: 'finished', ...change }, 'add_photo', { ...PHOTO, replaces: 'photo-1' }, LEAD, 'photo-2').photos[0].void_reason;
  assert.deepEqual([again({}), again({ closed: true })], ['', null]);
});

test('what the customer was shown has changed: the signature no longer covers it, the agreement stays', () => {
  assert.deepEqual(signed(done(working(), 'answer_item', { item: 'moisture', value: { milli: 9400 } })), [true, false]);
  const answers = /** @type {any} */ ([{ id: 'op-0', item: 'moisture', value: { milli: 9400 } }]);
  assert.deepEqual(signed(done(working({ answers }), 'answer_item', { item: 'moisture', value: { milli: 9400 } })), [true, true]); // the same again
  assert.deepEqual(signed(done(working(), 'answer_item', { item: 'greet', value: { done: true } })), [true, true]);
  assert.deepEqual(signed(done(working(), 'state_charges', { lines: [] })), [true, false]);
  assert.deepEqual(signed(done(working(), 'add_photo', PHOTO)), [true, false]);
  assert.deepEqual(signed(done(working(), 'add_photo', { ...PHOTO, slot: 'paper' })), [true, true]);
  assert.deepEqual(signed(done(working(), 'add_photo', PHOTO, HELPER)), [true, true]);
  const taken = done(working(), 'add_photo', PHOTO, HELPER, 'photo-1');
  assert.deepEqual(signed(done(taken, 'void_photo', { photo_id: 'photo-1', reason: '' })), [true, false]);
  assert.deepEqual(signed(done(taken, 'caption_photo', { photo_id: 'photo-1', caption: '门口' })), [true, false]);
  assert.deepEqual(signed(done(taken, 'caption_photo', { photo_id: 'photo-1', caption: '' })), [true, true]);
  assert.deepEqual(signed(done(working(), 'report_incident', { kind: 'damage', words: '碰坏了门框' }, HELPER)), [true, true]);
});

test('a step is not taken back after the customer signed for the job as it is', () => {
  const step = { id: 's', step: 'finish', from: 'working', to: 'finished', run: 1, void_reason: null };
  const back = (/** @type {any} */ sheet) => done(working({ state: 'finished', steps: [step], sheets: [sheet] }), 'take_back_step', { step_id: 's', reason: '按错了' }).state;
  assert.throws(() => back(SHEET), { code: 'signed_already' });
  assert.equal(back({ ...SHEET, current: false }), 'working');
  assert.equal(back({ ...SHEET, outcome: 'refused' }), 'working');
});

test('a photo is announced, captioned, taken again and taken out', () => {
  let job = done(working(), 'add_photo', { ...PHOTO, caption: ' 门口 ' }, HELPER, 'photo-1');
  job = done(job, 'caption_photo', { photo_id: 'photo-1', caption: '卧室' }, LEAD, 'op-2');
  assert.deepEqual(job.photos.map(({ id, caption, state, run, unsent, void_reason }) => [id, caption, state, run, unsent, void_reason]), [['photo-1', '卧室', 'announced', 1, true, null]]);
  job = done(job, 'add_photo', { ...PHOTO, sha256: 'b'.repeat(64), replaces: 'photo-1' }, HELPER, 'photo-2');
  assert.deepEqual(job.photos.map(({ void_reason }) => void_reason), ['', null]);
  job = done(job, 'void_photo', { photo_id: 'photo-2', reason: '拍糊了' }, HELPER, 'op-4');
  assert.deepEqual(job.photos.map(({ void_reason }) => void_reason), ['', '拍糊了']);
});

test('what a person may not do, or cannot mean, is refused', () => {
  const job = done(working(), 'add_photo', PHOTO, LEAD, 'photo-1');
  for (const [kind, args, me, change, code] of /** @type {[string, any, any, any, string][]} */ ([
    ['answer_item', { item: 'greet', value: null }, HELPER, {}, 'not_lead'],
    ['answer_item', { item: 'greet', value: null }, LEAD, { state: 'cancelled' }, 'job_cancelled'],
    ['answer_item', { item: 'greet', value: null }, LEAD, { closed: true }, 'job_closed'],
    ['answer_item', { item: 'greet', value: null }, LEAD, { checklist: null }, 'checklist_unknown'],
    ['state_charges', { lines: [] }, HELPER, {}, 'not_lead'],
    ['state_charges', { lines: 'x' }, LEAD, {}, 'lines_bad'],
    ['state_charges', { lines: [] }, LEAD, { state: 'finished' }, 'job_ended'],
    ['void_photo', { photo_id: 'photo-1' }, HELPER, {}, 'not_allowed_photo'],
    ['void_photo', { photo_id: 'other' }, LEAD, {}, 'photo_unknown'],
    ['caption_photo', { photo_id: 'other', caption: '' }, LEAD, {}, 'photo_unknown'],
    ['caption_photo', { photo_id: 'photo-1', caption: 'x'.repeat(201) }, LEAD, {}, 'text_too_long'],
    ['report_incident', { kind: 'rain', words: 'x' }, LEAD, {}, 'kind_unknown'],
    ['report_incident', { kind: 'injury', words: ' ' }, LEAD, {}, 'text_missing'],
    ['report_incident', { kind: 'injury', words: 'x'.repeat(1001) }, LEAD, {}, 'text_too_long'],
  ])) {
    assert.throws(() => operations[kind].build(args, { job: { ...job, ...change }, me, nowMs: 0 }), { code }, `${kind} ${code}`);
  }
});
