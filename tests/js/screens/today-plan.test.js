import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, doneOf, metresBetween, planOf, upcomingOf } from '#app/screens/today-plan.js';
import { aJob, aStep, aWindow, at } from './jobs.js';

const today = '2026-11-21';
const plan = (/** @type {any[]} */ jobs) => planOf(jobs, { personId: 'me', today });
const ids = (/** @type {any[]} */ jobs) => jobs.map((job) => job.id);

test('the job in hand stands first and is not among the stops', () => {
  const day = plan([
    aJob({ id: 'later', window: aWindow('13:00', '14:30') }),
    aJob({ id: 'hand', state: 'en_route', window: aWindow('10:30', '12:00') }),
  ]);
  assert.equal(day.inHand?.id, 'hand');
  assert.deepEqual(ids(day.stops), ['later']);
  assert.equal(day.next?.id, 'hand');
});

test('of two jobs in hand the led one comes first, then the one that moved last', () => {
  const helped = aJob({ id: 'helped', state: 'working', lead: { id: 'other' }, steps: [aStep('start', 'arrived', 'working', at('11:00'))] });
  const led = aJob({ id: 'led', state: 'en_route', steps: [aStep('depart', 'accepted', 'en_route', at('09:00'))] });
  const moved = aJob({ id: 'moved', state: 'arrived', steps: [aStep('arrive', 'en_route', 'arrived', at('10:00'))] });
  assert.equal(plan([helped, led]).inHand?.id, 'led');
  assert.equal(plan([led, moved]).inHand?.id, 'moved');
});

test('stops follow their windows, then their numbers', () => {
  const day = plan([
    aJob({ id: 'c', number: 'J-3', window: aWindow('14:00', '16:00') }),
    aJob({ id: 'b', number: 'J-2', window: aWindow('09:00', '11:00') }),
    aJob({ id: 'a', number: 'J-1', window: aWindow('09:00', '11:00') }),
  ]);
  assert.deepEqual(ids(day.stops), ['a', 'b', 'c']);
  assert.equal(day.next?.id, 'a');
});

test('a stop keeps its number when it is done, and a cancelled one takes none', () => {
  const day = plan([
    aJob({ id: 'done', state: 'finished', window: aWindow('08:00', '09:00'), steps: [aStep('finish', 'working', 'finished', at('09:00'))] }),
    aJob({ id: 'cancelled', state: 'cancelled', window: aWindow('09:00', '10:00') }),
    aJob({ id: 'next', window: aWindow('10:00', '11:00') }),
  ]);
  assert.deepEqual([...day.numbers], [['done', 1], ['next', 2]]);
  assert.deepEqual(ids(day.done), ['done', 'cancelled']);
});

test('jobs without a window are nearby jobs, the nearest to the next stop first', () => {
  const site = (/** @type {number} */ lat) => ({ ...aJob().site, lat, lng: 116.4 });
  const day = plan([
    aJob({ id: 'unknown' }),
    aJob({ id: 'far', visit_on: null, site: site(39.99) }),
    aJob({ id: 'near', visit_on: null, site: site(39.91) }),
    aJob({ id: 'stop', window: aWindow('10:00', '11:00'), site: site(39.9) }),
    aJob({ id: 'tomorrow', visit_on: '2026-11-22' }),
  ]);
  assert.deepEqual(ids(day.free), ['near', 'far', 'unknown']);
});

test('an open job of yesterday is not forgotten; an ended one is not shown', () => {
  const day = plan([
    aJob({ id: 'open', visit_on: '2026-11-20', window: aWindow('15:00', '16:00', '2026-11-20') }),
    aJob({ id: 'ended', visit_on: '2026-11-20', state: 'finished', steps: [aStep('finish', 'working', 'finished', at('16:00', '2026-11-20'))] }),
  ]);
  assert.deepEqual(ids(day.earlier), ['open']);
  assert.equal(day.done.length, 0);
  assert.equal(countOf(day), 1);
});

test('a job planned for yesterday and finished today is done today', () => {
  const day = plan([aJob({ id: 'late', visit_on: '2026-11-20', state: 'finished', steps: [aStep('finish', 'working', 'finished', at('00:10'))] })]);
  assert.deepEqual(ids(day.done), ['late']);
});

test('a handed-over job stands apart, whatever its state', () => {
  const day = plan([aJob({ id: 'gone', state: 'working', handedOver: true })]);
  assert.equal(day.inHand, null);
  assert.deepEqual(ids(day.handedOver), ['gone']);
});

test('the dock is about a job this person leads when there is one', () => {
  const day = plan([
    aJob({ id: 'helped', lead: { id: 'other' }, window: aWindow('09:00', '10:00') }),
    aJob({ id: 'led', window: aWindow('11:00', '12:00') }),
  ]);
  assert.equal(day.next?.id, 'led');
  assert.equal(plan([aJob({ id: 'helped', lead: { id: 'other' }, window: aWindow('09:00', '10:00') })]).next?.id, 'helped');
});

test('days to come are grouped by day, days gone by are newest first', () => {
  const jobs = [
    aJob({ id: 'b', visit_on: '2026-11-23' }), aJob({ id: 'a', visit_on: '2026-11-22' }), aJob({ id: 'today' }), aJob({ id: 'undated', visit_on: null }),
    aJob({ id: 'x', visit_on: '2026-11-19', state: 'absent' }), aJob({ id: 'y', visit_on: '2026-11-20', state: 'finished' }),
  ];
  assert.deepEqual(upcomingOf(jobs, today).map((group) => [group.day, ids(group.jobs)]), [['2026-11-22', ['a']], ['2026-11-23', ['b']]]);
  assert.deepEqual(doneOf(jobs).map((group) => group.day), ['2026-11-20', '2026-11-19']);
});

test('no job is in two sections and none is in none', () => {
  const states = ['assigned', 'accepted', 'en_route', 'arrived', 'working', 'finished', 'unfinished', 'absent', 'cancelled'];
  const jobs = ['2026-11-19', '2026-11-21', '2026-11-25', null].flatMap((visit_on) => [null, aWindow('10:00', '11:00', visit_on ?? today)].flatMap((window) =>
    states.flatMap((state) => [true, false].map((handedOver) => aJob({ id: `${visit_on} ${Boolean(window)} ${state} ${handedOver}`, visit_on, window, state, handedOver })))));
  const day = plan(jobs);
  const shown = [day.inHand, ...day.earlier, ...day.stops, ...day.free, ...day.handedOver].filter(Boolean).map((job) => /** @type {any} */ (job).id);
  const others = [...upcomingOf(jobs, today), ...doneOf(jobs)].flatMap((group) => ids(group.jobs));
  assert.equal(new Set(shown).size, shown.length);
  const lost = jobs.filter((job) => !shown.includes(job.id) && !others.includes(job.id)).map((job) => job.id);
  assert.deepEqual(lost, []);
});

test('a straight line: Tiananmen to Wangjing is some 12.4 km', () => {
  const one = aJob({ site: { lat: 39.9087, lng: 116.3975 } });
  const other = aJob({ site: { lat: 39.9965, lng: 116.4806 } });
  assert.ok(Math.abs(/** @type {number} */ (metresBetween(one, other)) - 12080) < 60);
  assert.equal(metresBetween(one, aJob()), null);
  assert.equal(metresBetween(null, one), null);
});
