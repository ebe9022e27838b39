import assert from 'node:assert/strict';
import test from 'node:test';
import { readFileSync } from 'node:fs';
import { qrPath } from '#app/screens/qr-path.js';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/qr.json', import.meta.url), 'utf8'));

for (const { address, qr, rows } of vectors) {
  test(`draws the code of ${address}`, () => {
    const { size, path } = qrPath(qr);
    assert.equal(size, rows.length);
    assert.deepEqual(painted(path, size), rows);
  });
}

/** What the path makes dark, row by row. @param {string} path @param {number} size */
function painted(path, size) {
  const rows = Array.from({ length: size }, () => Array(size).fill('0'));
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let i = 0; i < Number(length); i += 1) rows[Number(y)][Number(x) + i] = '1';
  }
  return rows.map((row) => row.join(''));
}
