import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalWords, lastStep, momentOf, otherSteps, planksOf } from '#app/screens/job-history.js';
import { aJob, aStep, aWindow, at } from './jobs.js';

const steps = [aStep('accept', 'assigned', 'accepted', at('08:00')), aStep('depart', 'accepted', 'en_route', at('09:40')), aStep('arrive', 'en_route', 'arrived', at('10:04'))];

test('planks are laid by steps that stand, of this run only', () => {
  const taken = [...steps.slice(0, 2), aStep('arrive', 'en_route', 'arrived', at('10:00'), { void_reason: 'by mistake' }), aStep('arrive', 'en_route', 'arrived', at('07:00'), { run: 0 })];
  const planks = planksOf(aJob({ state: 'en_route', steps: taken }), at('10:10'));
  assert.deepEqual(planks.map((plank) => plank.laid), [true, true, false, false, false]);
  assert.deepEqual(planks.map((plank) => plank.current), [false, true, false, false, false]);
});

test('a visit that could not be finished says so on its last plank', () => {
  const planks = planksOf(aJob({ state: 'unfinished', steps: [...steps, aStep('cannot_finish', 'arrived', 'unfinished', at('11:00'))] }), at('11:10'));
  assert.equal(planks[4].word, 'Not finished');
  assert.equal(planks[4].laid, false);
  assert.equal(planks[4].current, true);
});

test('the arrival is measured against the window', () => {
  const job = (/** @type {any} */ window) => aJob({ state: 'arrived', steps, window });
  assert.equal(arrivalWords(job(aWindow('10:00', '11:00'))), 'Arrived 10:04, within the window');
  assert.equal(arrivalWords(job(aWindow('09:00', '10:00'))), 'Arrived 10:04, 4 min after the window');
  assert.equal(arrivalWords(job(aWindow('10:30', '11:00'))), 'Arrived 10:04, before the window');
  assert.equal(arrivalWords(aJob({ steps: [] })), '');
});

test('only the step that made the present state can be taken back', () => {
  assert.equal(lastStep(aJob({ state: 'arrived', steps }))?.step, 'arrive');
  assert.equal(lastStep(aJob({ state: 'assigned', steps: [] })), null);
  assert.equal(otherSteps(aJob({ state: 'cancelled', steps })).takeBack, false);
  assert.deepEqual(otherSteps(aJob({ state: 'arrived', steps })), { cannotFinish: true, absent: true, takeBack: true });
});

test('a promised time is a time of the branch, also on days when clocks change', () => {
  assert.equal(momentOf('2026-11-22', '09:30', 'Asia/Shanghai'), at('09:30', '2026-11-22'));
  assert.equal(momentOf('2026-03-08', '03:30', 'America/New_York'), Date.parse('2026-03-08T07:30:00Z'));
  assert.equal(momentOf('2026-11-01', '12:00', 'America/New_York'), Date.parse('2026-11-01T17:00:00Z'));
  assert.equal(momentOf('', '09:30', 'Asia/Shanghai'), null);
  assert.equal(momentOf('2026-11-22', '', 'Asia/Shanghai'), null);
});
