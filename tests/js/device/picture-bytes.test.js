import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sightOf } from '#app/device/picture-bytes.js';
import { aJpeg, exif, segment } from './jpegs.js';

const PNG = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];

/** @param {string} name @param {number[]} content */
function chunk(name, content) {
  return [0, 0, content.length >> 8, content.length & 255, ...new TextEncoder().encode(name), ...content, 0, 0, 0, 0];
}

/** @param {number[]} bytes */
const fault = (...bytes) => sightOf(Uint8Array.from(bytes)).fault;

test('a whole JPEG may open', () => {
  assert.deepEqual(sightOf(aJpeg()), { isJpeg: true, isHeic: false, fault: '' });
  assert.equal(fault(...aJpeg(), 1, 2, 3), '', 'cameras put films and maps behind the end');
});

test('a HEIC is left to the server, whatever the browser makes of it', () => {
  for (const brand of ['heic', 'heix', 'mif1', 'msf1', 'hevc']) assert.equal(sightOf(Uint8Array.from([0, 0, 10, 24, ...new TextEncoder().encode(`ftyp${brand}`)])).isHeic, true);
  for (const other of ['ftypavif', 'ftypqt  ', 'ftyp']) assert.equal(sightOf(Uint8Array.from([0, 0, 0, 24, ...new TextEncoder().encode(other)])).isHeic, false);
});

test('0 bytes are named', () => assert.equal(fault(), 'empty'));

test('a JPEG cut anywhere is cut short', () => {
  const thumbnail = [...aJpeg()]; // with an end of its own
  const whole = aJpeg({ segments: [...exif({ time: '2026:11:21 10:42:07' }), ...segment(0xe2, thumbnail)] });
  for (let length = 2; length < whole.length; length += 1) assert.equal(fault(...whole.slice(0, length)), 'truncated', `${length} of ${whole.length}`);
});

test('a later scan of a progressive JPEG is looked for its end too', () => {
  const scans = [1, 0xff, 0xc4, 0, 3, 7, 0xff, 0xda, 0, 2, 5, 6];
  assert.equal(sightOf(aJpeg({ scan: scans })).fault, '');
  assert.equal(sightOf(aJpeg({ scan: scans, end: [] })).fault, 'truncated');
});

test('damage inside the picture is no cut', () => assert.equal(sightOf(aJpeg({ scan: [0xff, 0xc4, 0xff, 0xff, 9, 0xff, 0x33] })).fault, ''));

test('a small file that unpacks to 400 megapixels is not opened', () => {
  assert.equal(sightOf(aJpeg({ width: 20000, height: 20000 })).fault, 'too_many_pixels');
  assert.equal(fault(...PNG, ...chunk('IHDR', [0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20, 8, 2, 0, 0, 0]), ...chunk('IEND', [])), 'too_many_pixels');
});

test('what is no picture is left to the decoder', () => {
  assert.equal(fault(...new TextEncoder().encode('<html>')), '');
  assert.equal(fault(0xff, 0xd8, 1, 2, 3), '');
});

test('no bytes make it throw or hang', () => {
  const starts = fc.constantFrom([], [0xff, 0xd8, 0xff], PNG, [0x52, 0x49, 0x46, 0x46]);
  fc.assert(fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => void fault(...start, ...rest)), { numRuns: 1000 });
});
