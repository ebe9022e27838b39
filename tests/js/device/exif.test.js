import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { declaredIn } from '#app/device/exif.js';
import { aJpeg, exif, segment } from './jpegs.js';

const TIME = '2026:11:21 10:42:07';
const LAT = [[31, 1], [14, 1], [2750, 100]];
const LNG = [[121, 1], [28, 1], [1234, 100]];

/** @param {number[]} segments */
const declared = (...segments) => declaredIn(/** @type {ArrayBuffer} */ (aJpeg({ segments }).buffer));

for (const little of [true, false]) {
  test(`time with its offset and place are read, ${little ? 'Intel' : 'Motorola'} order`, () => {
    assert.deepEqual(declared(...exif({ little, time: TIME, offset: '+08:00', lat: LAT, lng: LNG })), { time: `${TIME}+08:00`, lat: 31.2409722, lng: 121.4700944 });
  });
}

test('south and west are negative', () => {
  const found = declared(...exif({ lat: LAT, latRef: 'S', lng: LNG, lngRef: 'W' }));
  assert.deepEqual(found, { time: '', lat: -31.2409722, lng: -121.4700944 });
});

test('a time without offset or place stands alone', () => {
  assert.deepEqual(declared(...exif({ time: TIME })), { time: TIME, lat: null, lng: null });
});

test('the tags are found behind other segments and padding', () => {
  assert.equal(declared(...segment(0xe0, [1, 2, 3]), 0xff, 0xff, ...exif({ time: TIME }))?.time, TIME);
});

test('nothing declared is null', () => {
  assert.equal(declared(), null);
  assert.equal(declared(...exif({})), null);
  for (const bytes of [[], [0xff], [0xff, 0xd8], [0x89, 0x50, 0x4e, 0x47]]) assert.equal(declaredIn(Uint8Array.from(bytes).buffer), null);
});

test('what cannot be a time or a place is left out', () => {
  assert.equal(declared(...exif({ time: '0000000000000000000' })), null);
  assert.equal(declared(...exif({ lat: [[0, 0], [0, 0], [0, 0]], lng: LNG })), null, '0/0: the camera had no fix');
  assert.equal(declared(...exif({ lat: [[91, 1], [0, 1], [0, 1]], lng: LNG })), null);
  assert.deepEqual(declared(...exif({ time: TIME, offset: 'later', lat: LAT })), { time: TIME, lat: null, lng: null });
});

test('a file cut short anywhere gives what was there, or nothing', () => {
  const whole = aJpeg({ segments: exif({ time: TIME, lat: LAT, lng: LNG }) });
  for (let length = 0; length < whole.length; length += 1) {
    const found = declaredIn(whole.slice(0, length).buffer);
    assert.ok(found === null || found.time === TIME || found.time === '', `${length} bytes: ${found?.time}`);
  }
});

test('hostile bytes never throw, never hang', () => {
  const whole = [...aJpeg({ segments: exif({ time: TIME, lat: LAT, lng: LNG }) })];
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 30 }), (changes) => {
    const bytes = Uint8Array.from(whole);
    for (const [at, byte] of changes) bytes[at] = byte;
    const found = declaredIn(bytes.buffer);
    assert.ok(found === null || found.lat === null || Math.abs(found.lat) <= 90);
  }), { numRuns: 500 });
});

test('a directory that names itself and one of 65535 entries end', () => {
  const own = exif({ time: TIME });
  own[4 + 6 + 8 + 2 + 12 + 8] = 8; // the directory of the time is the first one
  assert.equal(declared(...own), null);
  const huge = exif({ time: TIME });
  huge[4 + 6 + 8] = huge[4 + 6 + 9] = 255;
  assert.doesNotThrow(() => declared(...huge));
});
