import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { convert, isInChina } from '#app/core/coords.js';

/** @typedef {import('#app/core/coords.js').Point} Point */
/** @type {import('#app/core/coords.js').Datum[]} */
const DATUMS = ['WGS-84', 'GCJ-02', 'BD-09'];
const vectors = JSON.parse(await readFile(new URL('../vectors/coords.json', import.meta.url), 'utf8'));

/** @param {number[]} pair @returns {Point} */
const at = ([lat, lng]) => ({ lat, lng });

/** Metres between two near points. @param {Point} a @param {Point} b */
function metres(a, b) {
  return Math.hypot(a.lat - b.lat, (a.lng - b.lng) * Math.cos((a.lat * Math.PI) / 180)) * 111_320;
}

test('it says what gcoord says, for every pair of datums', () => {
  assert.ok(vectors.points.length >= 200);
  for (const point of vectors.points) {
    // At the very edge a shifted point lies outside, where nothing is shifted back: a place in the sea or abroad.
    const ways = point.name.startsWith('just inside') ? [['WGS-84', 'GCJ-02'], ['WGS-84', 'BD-09']] : pairs();
    for (const [from, to] of /** @type {Array<typeof DATUMS>} */ (ways)) {
      const got = convert(at(point[from]), from, to);
      assert.ok(metres(got, at(point[to])) <= vectors.tolerance_m, `${point.name}: ${from} to ${to}`);
    }
  }
});

test('a way there and back ends within 5 cm', () => {
  const inside = fc.record({ lat: fc.double({ min: 17, max: 54, noNaN: true }), lng: fc.double({ min: 73, max: 136, noNaN: true }) });
  fc.assert(fc.property(inside, fc.constantFrom(...DATUMS), fc.constantFrom(...DATUMS), (point, from, to) =>
    metres(convert(convert(point, from, to), to, from), point) <= 0.05), { numRuns: 2000 });
});

test('the shift in China is some hundred metres', () => {
  const wgs = { lat: 39.9966, lng: 116.4703 };
  const shift = metres(wgs, convert(wgs, 'WGS-84', 'GCJ-02'));
  assert.ok(shift > 250 && shift < 650, `${shift} m`);
});

test('outside China a point stays what it is', () => {
  const tokyo = { lat: 35.6762, lng: 139.6503 };
  assert.equal(isInChina(tokyo), false);
  for (const [from, to] of pairs()) assert.equal(convert(tokyo, from, to), tokyo);
});

function pairs() {
  return DATUMS.flatMap((from) => DATUMS.map((to) => [from, to]));
}
