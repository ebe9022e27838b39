// All the customer sees, as one canonical text; Python checks the same texts (tests/signoff/test_both_sides.py).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canonical } from '#app/core/canonical.js';
import { CONSENTS, statement } from '#app/rules/consents.js';
import { nextRevision, presented } from '#app/rules/presented.js';
import { aJob } from '../fakes/jobs.js';

const read = (/** @type {string} */ path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const { content, cases } = read('../../vectors/presented.json');
const SHOWING = { kind: 'sign_off', language: 'zh', content, me: { id: 'tech-a', name: '李强', badge_no: 'B217' }, revision: 1, shownMs: 1_795_000_000_000 };

for (const { name, job, showing, text, sha256 } of cases) {
  test(`presented: ${name}`, () => {
    const given = { ...aJob(job), id: '018f0000-0000-7000-8000-000000000001' };
    const found = canonical(presented(given, { ...SHOWING, ...showing }));
    assert.deepEqual(JSON.parse(found), JSON.parse(text)); // the difference is easier to read so
    assert.equal(found, text);
    assert.equal(createHash('sha256').update(found).digest('hex'), sha256);
  });
}

test('the next revision follows all of its kind, also those that did not verify', () => {
  const sheets = [['sign_off', 1], ['sign_off', 3], ['agreement', 1]].map(([kind, revision]) => ({ kind, revision }));
  const job = aJob({ sheets: /** @type {any} */ (sheets) });
  assert.deepEqual([nextRevision(job, 'sign_off'), nextRevision(job, 'agreement'), nextRevision(aJob(), 'sign_off')], [4, 2, 1]);
});

test('phone and server know the same consent texts', () => {
  assert.deepEqual(CONSENTS, read('../../../fieldservice/signoff/consents.json'));
});

test('a neighbour and a paper have a statement of their own', () => {
  const texts = ['signed', 'refused', 'neighbour', 'paper'].map((outcome) => statement('sign_off', outcome, 'en'));
  assert.equal(new Set(texts).size, 3);
  assert.equal(statement('agreement', 'paper', 'zh'), statement('sign_off', 'paper', 'zh'));
});
