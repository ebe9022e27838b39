import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setCatalogue } from '#app/core/i18n.js';
import { milliOf, milliText } from '#app/screens/checklist/milli.js';
import { badPhotos, fillScript, inWords, itemOf, leftAtBase, leftOf, photosOf, signOff, visitOf } from '#app/screens/checklist/visit-view.js';
import { faultWords, onlyIf, sheetWords } from '#app/screens/checklist/visit-words.js';
import { aJob, at } from './jobs.js';

/** @param {Record<string, any>} [change] */
const job = (change) => aJob({ checklist: { id: 'v1', pinned: true }, ...change });
/** @param {string} key @param {string} phase @param {Record<string, any>} [change] @returns {any} */
const item = (key, phase, change) => ({
  key, phase, type: 'confirm', words: { zh: key, en: key }, hint: { zh: '', en: '' }, required: true, when: [], sheet: '', ...change,
});
/** @param {string} slot @param {Record<string, any>} [change] @returns {any} */
const photo = (slot, change) => ({
  id: slot, slot, item: 'shot', run: 1, late: false, opens: true, picture: 'unchecked', waived: false, void_reason: null, ...change,
});
/** @param {Record<string, any>} [change] @returns {any} */
const sheet = (change) => ({ kind: 'sign_off', state: 'valid', current: true, outcome: 'signed', signer: '张丽华', at_ms: at('11:52'), revision: 1, lines: [], ...change });
const content = {
  format: 1,
  items: [
    item('read', 'departure'), item('price', 'leaving', { when: [{ fact: 'charge', is: true }] }),
    item('shot', 'leaving', { type: 'photo', slot: 'after', least: 1 }), item('sign', 'leaving', { type: 'signature' }), item('papers', 'base'),
  ],
  phrases: [],
};

test('a visit knows what is missing and how far each phase is', () => {
  const begun = visitOf(job({ answers: [{ item: 'read', value: { done: true } }] }), content);
  assert.deepEqual(begun.missing, ['shot', 'sign']);
  assert.deepEqual(begun.progress.map(({ done, of }) => `${done}/${of}`), ['1/1', '0/0', '0/0', '0/2', '0/1']);
  const ended = visitOf(job({ amount_fen: 18000, photos: [photo('after')], sheets: [sheet()] }), content);
  assert.deepEqual(ended.missing, ['read', 'price']);
  assert.equal(ended.facts.charge, true);
});

test('once the visit has ended what is left is left at base, until the office closes it', () => {
  const left = (/** @type {Record<string, any>} */ change) => leftOf(job(change), content).map(({ key }) => key);
  assert.deepEqual(left({ state: 'working' }), ['read', 'shot', 'sign']);
  assert.deepEqual(left({ state: 'finished' }), ['papers']);
  assert.deepEqual([left({ state: 'finished', closed: true }), left({ state: 'cancelled' })], [[], []]);
  const told = (/** @type {Record<string, any>} */ change, person = 'me') => leftAtBase(job(change), content, person);
  assert.deepEqual(told({ state: 'absent' }), { key: 'papers', words: 'papers', count: 1 });
  assert.deepEqual([told({ state: 'working' }), told({ state: 'finished' }, 'helper'), told({ state: 'finished', handedOver: true })], [null, null, null]);
});

test('without a checklist nothing is missing', () => {
  assert.deepEqual(visitOf(job({ checklist: null }), null).missing, []);
});

test('photos of another run and those taken back are not shown; bad ones are named', () => {
  const photos = [photo('before', { run: 0 }), photo('during', { void_reason: '' }), photo('after', { opens: false }), photo('damage', { picture: 'unusable', waived: true }), photo('voucher', { picture: 'unusable' })];
  assert.deepEqual(photosOf(job({ photos })).map(({ slot }) => slot), ['after', 'damage', 'voucher']);
  assert.deepEqual(badPhotos(job({ photos })).map(({ slot }) => slot), ['after', 'voucher']);
});

test('only a valid sign-off of what is shown now holds', () => {
  assert.equal(signOff(job({ sheets: [sheet({ current: false }), sheet({ state: 'quarantined' }), sheet({ kind: 'agreement' })] })), null);
  assert.equal(signOff(job({ sheets: [sheet({ revision: 1, current: false }), sheet({ revision: 2 })] }))?.revision, 2);
});

test('a script has the values of the visit in it, in the language it is read in', () => {
  /** @type {any} */
  const me = { id: 'me', name: '王建国', badge_no: 'B0217' };
  const words = { zh: '{address_form}您好，我是{branch}的{technician}，工号 {badge_no}，来{visit_type}，收 {amount}。{unknown}', en: 'Hello {customer}, {visit_type}, {amount}' };
  assert.equal(fillScript(words, job({ amount_fen: 18000 }), me, 'zh'), '张女士您好，我是朝阳的王建国，工号 B0217，来维修，收 180 元。{unknown}');
  assert.equal(fillScript(words, job({ amount_fen: 18050 }), me, 'en'), 'Hello 张丽华, repair, ¥180.50');
  assert.equal(fillScript({ zh: '{address_form}{badge_no}', en: '' }, job({ customer: { name: '张丽华', address_form: '', phone: '' } }), null, 'en'), '张丽华0217');
});

test('texts of the checklist come in the language of the app, else in the one there is', () => {
  setCatalogue('en', {});
  assert.equal(inWords({ zh: '敲门', en: 'Knock' }), 'Knock');
  assert.equal(inWords({ zh: '敲门', en: '' }), '敲门');
  assert.equal(inWords(undefined), '');
  setCatalogue('zh', {});
  assert.equal(inWords({ zh: '敲门', en: 'Knock' }), '敲门');
  assert.equal(itemOf(content, 'sign').type, 'signature');
});

test('a figure is read as people type it, and never guessed', () => {
  const read = /** @type {[string, number | null][]} */ ([
    ['9.4', 9400], ['9,4', 9400], [' 9．4 ', 9400], ['９。４', 9400], ['12', 12000], ['0.005', 5], ['-3.5', -3500], ['−0', 0],
    ['', null], ['.5', null], ['1,200', null], ['1.2345', null], ['about 9', null], ['9.', null], ['1e3', null],
  ]);
  for (const [text, milli] of read) assert.equal(milliOf(text), milli, text);
  assert.deepEqual([9400, 12000, -3500, 5].map(milliText), ['9.4', '12', '-3.5', '0.005']);
});

test('what is wrong with an answer is said with its limits', () => {
  const number = item('n', 'during', { type: 'number', unit: '%', decimals: 1, least_milli: 0, most_milli: 100000 });
  assert.match(faultWords('number_out_of_range', number), /0 %.*100 %/);
  assert.match(faultWords('number_out_of_range', { ...number, most_milli: null }), /0 %/);
  assert.match(faultWords('number_too_fine', number), /1/);
  assert.notEqual(faultWords('number_too_fine', { ...number, decimals: 0 }), faultWords('number_too_fine', number));
  assert.match(faultWords('text_too_long', item('t', 'during', { type: 'text', most: 300 })), /300/);
  assert.match(faultWords('text_too_long', item('c', 'during')), /500/);
  assert.match(faultWords('value_bad', item('c', 'during')), /value_bad/);
});

test('a step says when it is asked, a required one that is always asked says nothing', () => {
  const said = (/** @type {Record<string, any>} */ change) => onlyIf(item('x', 'during', change));
  assert.equal(said({}), '');
  assert.equal(said({ required: false }), 'optional');
  assert.equal(said({ when: [{ fact: 'charge', is: true }] }), 'only with a charge');
  assert.equal(said({ when: [{ item: 'fixed', is: 'no' }] }), 'because of an answer above');
  assert.equal(said({ when: [{ fact: 'job_type', is: 'repair' }] }), '');
});

test('a sheet says what came of it, and when it has to be done again', () => {
  assert.equal(sheetWords(sheet(), 'Asia/Shanghai'), 'Hand-over 11:52 · Signed by 张丽华');
  assert.match(sheetWords(sheet({ current: false }), 'Asia/Shanghai'), /sign again$/);
  assert.match(sheetWords(sheet({ state: 'quarantined' }), 'Asia/Shanghai'), /checking/);
  assert.match(sheetWords(sheet({ kind: 'agreement', current: false, outcome: 'refused' }), 'Asia/Shanghai'), /^Agreement 11:52 · The customer did not sign$/);
});
