import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { estimate, metresBetween } from '#app/rules/travel.js';
import { USUAL } from './days.js';

/** @type {number[][]} */
const vectors = JSON.parse(readFileSync(new URL('../../vectors/travel.json', import.meta.url), 'utf8'));
const slow = { detour_far: 1.35, detour_near: 0.3, detour_km: 3, speed_slow: 15, speed_gain: 20, speed_km: 10, parking_seconds: 300,
  factor_per_mille: Array.from({ length: 24 }, (_, hour) => 900 + ((hour * 137) % 500)) };

test('the vectors that Python obeys too', () => {
  assert.ok(vectors.length >= 300);
  for (const [lat, lng, toLat, toLng, metres, seconds, hour, then] of vectors) {
    assert.equal(metresBetween([lat, lng], [toLat, toLng]), metres);
    assert.deepEqual([estimate(metres, USUAL, hour), estimate(metres, slow, hour)], [seconds, then]);
  }
});

test('by hand: the same place, the next street, across the town', () => {
  assert.deepEqual([estimate(0, USUAL, 8), estimate(29, USUAL, 8), estimate(30, { ...USUAL, parking_seconds: 0 }, 8)], [0, 0, 9]);
  assert.equal(metresBetween([39.9, 116.4], [39.9, 116.4]), 0);
  assert.ok(Math.abs(metresBetween([39, 116], [40, 116]) - 111195) < 2); // a degree of the meridian on the mean ball
  assert.equal(estimate(10000, USUAL, 8), 120 + 1304); // 12.98 km of road at 35.85 km/h
});
