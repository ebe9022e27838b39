import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setCatalogue } from '#app/core/i18n.js';
import { chipsOf, lateMinutes, maskPhone, nextButton, plannedDayWords, shortAddress, spanWords } from '#app/screens/job-words.js';
import { aJob, aStep, aWindow, at } from './jobs.js';

test('a phone number shows its first three and last four digits', () => {
  assert.equal(maskPhone('13812342716'), '138 **** 2716');
  assert.equal(maskPhone('+8613812342716'), '138 **** 2716');
  assert.equal(maskPhone('010-64001234'), '010 **** 1234');
  assert.equal(maskPhone('12345'), '****');
  assert.equal(maskPhone(''), '');
});

test('the button fits the state and says what will be written down', () => {
  const step = (/** @type {string} */ state) => nextButton(state, '10:52')?.step;
  assert.deepEqual(['assigned', 'accepted', 'en_route', 'arrived', 'working'].map(step), ['accept', 'depart', 'arrive', 'start', 'finish']);
  assert.deepEqual(['unassigned', 'finished', 'unfinished', 'absent', 'cancelled'].map(step), [undefined, undefined, undefined, undefined, undefined]);
  assert.equal(nextButton('en_route', '10:52')?.records, 'Records arrival at 10:52');
});

test('late is said only while nobody has arrived', () => {
  const window = aWindow('10:00', '11:00');
  assert.equal(lateMinutes(aJob({ window }), at('11:12')), 12);
  assert.equal(lateMinutes(aJob({ window }), at('10:59')), 0);
  assert.equal(lateMinutes(aJob({ window, state: 'working' }), at('12:00')), 0);
});

test('the most pressing alert comes first, an unknown need is shown as it is', () => {
  const chips = chipsOf(aJob({ window: aWindow('10:00', '11:00'), priority: 'emergency', visit_no: 2, special_needs: ['elderly', 'new_need'],
    amount_fen: 18000, site: { ...aJob().site, access_note: '0602#' } }), at('11:30'));
  assert.deepEqual(chips.map((chip) => chip.tone), ['risk', 'risk', 'wait', '', '', '', '']);
  assert.equal(chips[4].text, 'new_need');
  assert.deepEqual(chipsOf(aJob(), at('09:00')), []);
});

test('a district loses its ending only when something is left', () => {
  assert.equal(shortAddress(aJob()), '朝阳 望京西园四区 12 号楼 3-602');
  assert.equal(shortAddress(aJob({ site: { district: '郊县', address: '东街', unit: '' } })), '郊县 东街');
});

test('what is to collect is what is asked for as things stand, and nothing once the visit is over', () => {
  const line = (/** @type {number} */ fen) => ({ text: '–', quantity_milli: 1000, unit: '', unit_price_fen: fen, amount_fen: fen });
  const agreement = { kind: 'agreement', state: 'valid', current: true, outcome: 'signed', revision: 1, lines: [line(12000)] };
  const told = (/** @type {Record<string, any>} */ change) => chipsOf(aJob({ amount_fen: 18000, ...change }), at('09:00')).map(({ text }) => text.replace(/\D/g, ''));
  assert.deepEqual(told({}), ['180']);
  assert.deepEqual(told({ sheets: [agreement] }), ['300']);
  assert.deepEqual(told({ sheets: [agreement], charges: { lines: [line(25000)] } }), ['250']);
  assert.deepEqual(told({ charges: { lines: [] } }), []);
  assert.deepEqual(told({ state: 'finished' }), []);
});

test('times of an ended visit have a date where they are not of the day under which it stands', () => {
  const visit = (/** @type {number} */ from, /** @type {number} */ to, /** @type {Record<string, any>} */ change = {}) => aJob({ state: 'finished', steps: [
    aStep('arrive', 'en_route', 'arrived', from - 1000, { void_reason: 'too early' }), aStep('arrive', 'en_route', 'arrived', from), aStep('finish', 'working', 'finished', to)], ...change });
  const later = visit(at('16:05'), at('10:10', '2026-11-22'));
  assert.equal(spanWords(visit(at('09:05'), at('10:10')), '2026-11-21'), '09:05–10:10');
  assert.equal(spanWords(visit(at('09:05'), at('10:10')), '2026-11-22'), '11/21 09:05–10:10');
  assert.equal(spanWords(later, '2026-11-22'), '11/21 16:05 – 11/22 10:10');
  assert.equal(spanWords(visit(at('23:50'), at('00:10', '2026-11-22')), '2026-11-22'), '11/21 23:50 – 11/22 00:10'); // of the branch's own midnight
  assert.equal(spanWords(aJob({ state: 'absent', steps: [aStep('arrive', 'en_route', 'arrived', at('09:05'))] }), '2026-11-21'), '');
  assert.equal(spanWords(aJob({ state: 'cancelled' }), '2026-11-21'), '');
  setCatalogue('en', {});
  assert.equal(spanWords(later, '2026-11-22'), '21 Nov 16:05 – 22 Nov 10:10');
  // the planned day is said where nothing else on the card says it
  const overdue = visit(at('09:05'), at('10:10'), { visit_on: '2026-11-20' });
  assert.equal(plannedDayWords(overdue, '2026-11-21'), 'Planned for Fri 20 Nov');
  assert.equal(plannedDayWords(later, '2026-11-22'), '');
  assert.equal(plannedDayWords(visit(at('09:05'), at('10:10')), '2026-11-21'), '');
  assert.equal(plannedDayWords(visit(at('09:05'), at('10:10'), { visit_on: null }), '2026-11-21'), '');
  assert.equal(plannedDayWords(aJob({ state: 'cancelled' }), '2026-11-21'), '');
  setCatalogue('zh', {});
});
