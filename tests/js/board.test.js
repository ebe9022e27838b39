import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { late } from '#app/behaviours/board/course.js';
import { clamp, momentAt, remarks } from '#app/behaviours/board/rules.js';
import { remarkWords } from '#app/behaviours/board/words.js';
import { estimate, metresBetween } from '#app/rules/travel.js';

/** @param {string} name */
const vectors = async (name) => JSON.parse(await readFile(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));

test('what speaks against a drop is what the server says', async () => {
  const cases = await vectors('board');
  assert.ok(cases.length >= 35);
  for (const { name, held, to, others, duty, late: known, now, found } of cases) {
    const visit = { ...held, leadName: held.lead_name, from: held.origin, isPinned: held.is_pinned, isPlaced: held.is_placed };
    /** @param {any} other */
    const shaped = (other) => ({ ...other, isOver: other.is_over });
    const got = remarks(visit, to, others.map(shaped), duty, known, { ...now, canAssign: now.can_assign });
    assert.deepEqual(got, found, name);
    for (const remark of got) assert.notEqual(remarkWords(remark), remark.code, `${remark.code} has no words`);
  }
});

test('who is reached too late is what the engine says', async () => {
  const cases = await vectors('board_course');
  assert.ok(cases.length >= 80);
  const model = { detour_far: 1.28, detour_near: 0.22, detour_km: 4, speed_slow: 18, speed_gain: 27, speed_km: 12, parking_seconds: 120, factor_per_mille: Array(24).fill(1000) };
  /** @param {any} here @param {any} there */
  const travel = (here, there) => estimate(metresBetween(here, there), model, 0);
  for (const { way, works, late: known } of cases) assert.deepEqual(Object.fromEntries(late(way, works, travel)), known);
});

test('a place on the axis of three days is a day and a time', () => {
  const axis = { first: 8, day: 11, days: ['2026-11-21', '2026-11-22', '2026-11-23'] };
  assert.deepEqual(momentAt(10.25, axis), { day: '2026-11-21', start: 615 });
  assert.deepEqual(momentAt(8 + 11 + 2.5, axis), { day: '2026-11-22', start: 630 });
  assert.deepEqual(momentAt(99, axis).day, '2026-11-23');
  assert.equal(clamp(18.5, 1.5, axis), 17.5); // a visit does not begin on one day and end on the next
  assert.equal(clamp(19.2, 1.5, axis), 19.2);
  assert.equal(clamp(-3, 1.5, axis), 8);
  assert.equal(clamp(99, 20, axis), 30); // longer than a day: from its first hour
});
