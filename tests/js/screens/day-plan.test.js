import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestOrder } from '#app/rules/day-order.js';
import { aheadOf, chosenOf, inOrder, numbersOf, pinnedDay, priceOf } from '#app/screens/day-plan.js';
import { plannedWords } from '#app/screens/job-words.js';
import { planOf } from '#app/screens/today-plan.js';
import { USUAL } from '../rules/days.js';
import { aJob, aStep, aWindow, at } from './jobs.js';

const today = '2026-11-21'; // a Saturday
const site = (/** @type {number} */ lat, /** @type {number} */ lng) => ({ ...aJob().site, lat, lng });
/** @type {import('#app/types/domain.js').Work} */
const work = { week: [...Array(6).fill([28800, 64800]), null], changes: {}, lunch: { earliest: 41400, latest: 48600, seconds: 2700 }, start: [39.9, 116.4], end: [39.9, 116.4], travel: USUAL };
const ahead = (/** @type {any[]} */ jobs, clock = '08:00', over = {}) =>
  aheadOf(planOf(jobs, { personId: 'me', today }), { work: { ...work, ...over }, today, nowMs: at(clock), zone: 'Asia/Shanghai' });
const near = () => aJob({ id: 'near', window: aWindow('09:00', '10:00'), site: site(39.91, 116.41) });
const far = () => aJob({ id: 'far', window: aWindow('10:30', '12:00'), site: site(39.99, 116.3) });

test('what is to come today is reckoned with: stops, today’s without a time, not the undated', () => {
  const found = ahead([near(), far(), aJob({ id: 'free', site: site(39.9, 116.42) }), aJob({ id: 'some day', visit_on: null, site: site(39.9, 116.42) }), aJob({ id: 'nowhere' })]);
  assert.deepEqual(found.day.stops.map(({ id, windows }) => [id, windows]), [['near', [[32400, 36000]]], ['far', [[37800, 43200]]], ['free', []]]);
  assert.deepEqual(found.placeless.map(({ id }) => id), ['nowhere']);
  assert.deepEqual([found.day.now, found.day.shift, found.day.start, found.day.end, found.midnightMs], [28800, [28800, 64800], 3, 4, at('00:00')]);
  assert.equal(found.day.travel[0][0], 0);
});

test('a changed day, a free one, a lunch that is over, a place that is not known', () => {
  assert.deepEqual(ahead([near()], '08:00', { changes: { [today]: [36000, 50400] } }).day.shift, [36000, 50400]);
  const free = ahead([near()], '08:00', { changes: { [today]: null } }).day;
  assert.deepEqual([free.shift, free.lunch], [[0, 86400], null]);
  assert.equal(ahead([near()], '14:15').day.lunch, null);
  const lost = ahead([near()], '08:00', { start: null, end: 'open' }).day;
  assert.deepEqual([lost.start, lost.end], [null, null]);
});

test('the job in hand is where the way goes on, and when: on the way, at work, overrun', () => {
  const hand = (/** @type {string} */ state, /** @type {any[]} */ steps) => aJob({ id: 'hand', state, steps, planned_minutes: 60, window: aWindow('09:00', '10:00'), site: site(39.95, 116.45) });
  const driving = ahead([hand('en_route', [aStep('depart', 'accepted', 'en_route', at('08:20'))]), far()], '08:25');
  assert.ok(driving.hand !== null && driving.hand > 8.5 * 3600);
  assert.equal(driving.day.now, 10 * 3600); // from nine, when the window opens, an hour
  const working = [aStep('arrive', 'en_route', 'arrived', at('09:10')), aStep('start', 'arrived', 'working', at('09:12'))];
  const busy = ahead([hand('working', working), far()], '09:30');
  assert.deepEqual([busy.hand, busy.day.now], [null, 10 * 3600 + 600]);
  assert.equal(ahead([hand('working', working), far()], '10:40').day.now, 10 * 3600 + 2400);
  const gone = ahead([hand('finished', [aStep('finish', 'working', 'finished', at('10:05'))]), far()], '10:06');
  assert.deepEqual(gone.day.travel[Number(gone.day.start)], ahead([hand('working', working), far()], '10:06').day.travel[Number(busy.day.start)]);
});

test('what was chosen holds what is left of it, and what it costs is told', () => {
  const found = ahead([near(), far()]);
  const proposed = bestOrder(found.day);
  assert.deepEqual(proposed.order, ['near', 'far']);
  const own = bestOrder(pinnedDay(found.day, { order: ['gone', 'far', 'near'], pinned: ['gone', 'far'] }));
  assert.deepEqual(own.order, ['far', 'near']);
  const price = priceOf(proposed, own);
  assert.deepEqual(price.late.map(({ id }) => id), ['near']);
  assert.ok(price.late[0].late > 3600 && price.end > 0);
  assert.deepEqual(priceOf(proposed, proposed), { driving: 0, end: 0, late: [] });
});

test('the word said last on this phone goes before the one the server knows; another day’s is nobody’s', () => {
  const { day } = ahead([near(), far()]);
  const said = (/** @type {string} */ id, /** @type {number} */ at_ms, on = today) => aJob({ id, day_order: { day: on, order: ['far', 'near'], pinned: ['far'], estimates: [], at_ms } });
  const known = { day: today, order: ['near', 'far'], pinned: ['near'] };
  assert.deepEqual(chosenOf([near(), far()], known, today, day), { order: ['near', 'far'], pinned: ['near'] });
  assert.deepEqual(chosenOf([said('near', 2), said('far', 1)], known, today, day)?.pinned, ['far']);
  const back = { ...said('near', 3), day_order: { day: today, order: [], pinned: [], estimates: [], at_ms: 3 } };
  assert.equal(chosenOf([back, said('far', 1)], known, today, day), null);
  assert.equal(chosenOf([said('near', 2, '2026-11-20')], { ...known, day: '2026-11-20' }, today, day), null);
  assert.equal(chosenOf([], { ...known, pinned: ['done long ago'] }, today, day), null);
});

test('a stop without a position stands where its window would, but not before one that was put first', () => {
  const found = ahead([near(), far(), aJob({ id: 'nowhere', window: aWindow('08:30', '09:30') }), aJob({ id: 'whenever' })]);
  const order = bestOrder(found.day);
  assert.deepEqual(inOrder(found, order).map(({ id }) => id), ['nowhere', 'near', 'far', 'whenever']);
  assert.deepEqual(inOrder(found, order, ['near']).map(({ id }) => id), ['near', 'nowhere', 'far', 'whenever']);
});

test('what the office planned is the order and said where the window does not say it, also without a position', () => {
  const jobs = [{ ...near(), window: null, planned_start_ms: at('14:00') }, { ...far(), planned_start_ms: at('10:30') }, aJob({ id: 'nowhere', planned_start_ms: at('09:00'), window: aWindow('13:00', '14:00') })];
  assert.deepEqual(planOf(jobs, { personId: 'me', today }).stops.map(({ id }) => id), ['nowhere', 'far', 'near']);
  const found = ahead(jobs);
  assert.deepEqual(found.day.stops.map(({ id, planned, windows }) => [id, planned, windows.length]), [['far', 37800, 1], ['near', 50400, 0]]);
  assert.deepEqual(inOrder(found, bestOrder(found.day)).map(({ id }) => id), ['nowhere', 'far', 'near']);
  assert.deepEqual(bestOrder(ahead([near(), far()].map((job) => ({ ...job, window: null, planned_start_ms: null }))).day).order, ['near', 'far']);
  assert.deepEqual(jobs.map(plannedWords), ['Planned 14:00', '', 'Planned 09:00']);
});

test('numbers follow the day as it happens', () => {
  const done = aJob({ id: 'done', state: 'finished', steps: [aStep('finish', 'working', 'finished', at('09:00'))] });
  const plan = planOf([done, aJob({ id: 'called off', state: 'cancelled' }), aJob({ id: 'hand', state: 'working' }), far(), near()], { personId: 'me', today });
  assert.deepEqual([...numbersOf(plan, plan.stops)], [['done', 1], ['hand', 2], ['near', 3], ['far', 4]]);
});
