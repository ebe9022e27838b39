// Money on the phone as on the server: both run tests/vectors/charges.json (tests/visits/test_charges.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agreedFen, checkStatement, finalLines, lineAmountFen, totalFen } from '#app/rules/charges.js';
import { aJob } from '../fakes/jobs.js';

const { cases } = JSON.parse(readFileSync(new URL('../../vectors/charges.json', import.meta.url), 'utf8'));

for (const example of cases) {
  test(`charges: ${example.name}`, () => {
    const job = aJob({
      amount_fen: example.planned_fen, amount_reason: example.planned_text,
      sheets: example.agreement ? [agreement({ lines: example.agreement })] : [],
      charges: example.stated && { id: 'c', lines: example.stated, total_fen: 0 },
    });
    assert.equal(agreedFen(job), example.agreed_fen);
    assert.deepEqual(finalLines(job), example.final);
    assert.equal(totalFen(finalLines(job)), example.total_fen);
    assert.equal(example.stated && checkStatement(job, example.stated), example.fault);
  });
}

test('the latest agreement that was given counts', () => {
  const line = (/** @type {number} */ fen) => ({ text: '板', quantity_milli: 1000, unit: '块', unit_price_fen: fen, amount_fen: fen });
  const sheets = [
    agreement({ revision: 2, lines: [line(200)] }), agreement({ revision: 1, lines: [line(100)] }),
    agreement({ revision: 3, lines: [line(300)], outcome: 'refused' }), agreement({ revision: 4, lines: [line(400)], state: 'quarantined' }),
  ];
  assert.equal(agreedFen(aJob({ sheets })), 200);
});

test('an amount is rounded half up', () => assert.deepEqual([lineAmountFen(500, 1), lineAmountFen(499, 1)], [1, 0]));

/** @param {object} over @returns {any} */
function agreement(over) {
  return { id: 's', kind: 'agreement', revision: 1, outcome: 'signed', state: 'valid', current: true, ...over };
}
