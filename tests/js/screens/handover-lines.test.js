import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_PRICE_FEN, MAX_QUANTITY_MILLI, checkLines } from '#app/rules/charges.js';
import { blankLine, faultsOf, isBlank, lineOf, sameLines, typedOf } from '#app/screens/handover/lines.js';

const line = fc.record({
  text: fc.constantFrom('换地漏', 'Skirting 2.4 m', 'é'), unit: fc.constantFrom('', '米', '片'),
  quantity_milli: fc.integer({ min: 1, max: MAX_QUANTITY_MILLI }), unit_price_fen: fc.integer({ min: 0, max: MAX_PRICE_FEN }),
});

test('a line that is shown as fields and read again is the same line', () => {
  fc.assert(fc.property(line, (some) => {
    const typed = typedOf({ ...some, amount_fen: 0 });
    assert.deepEqual(faultsOf(typed), []);
    const { amount_fen, ...rest } = lineOf(typed);
    assert.deepEqual(rest, { ...some });
    assert.ok([null, 'lines_total_bad'].includes(checkLines([{ ...rest, amount_fen }])));
  }));
});

test('numbers may come from a Chinese keyboard', () => {
  const typed = { text: ' 换  地漏 ', quantity: '２。５', unit: ' 个 ', price: ' 40．02 ' };
  assert.deepEqual(lineOf(typed), { text: '换 地漏', quantity_milli: 2500, unit: '个', unit_price_fen: 4002, amount_fen: 10005 });
});

test('what cannot be a line is named field by field', () => {
  assert.deepEqual(faultsOf(blankLine()), ['text', 'price']);
  const bad = (/** @type {Partial<import('#app/screens/handover/lines.js').Typed>} */ part) => faultsOf({ text: 'x', quantity: '1', unit: '', price: '1', ...part });
  for (const quantity of ['', '0', '1.2345', '-1', '1,200', '1e3', '10000.001', 'x']) assert.deepEqual(bad({ quantity }), ['quantity'], quantity);
  for (const price of ['', '1.234', '-1', '100000.01', '¥5']) assert.deepEqual(bad({ price }), ['price'], price);
  assert.deepEqual(bad({ text: '字'.repeat(101), unit: '字'.repeat(11) }), ['text', 'unit']);
  assert.deepEqual(bad({ price: '0', quantity: '.5' }), ['quantity']);
});

test('a line nobody filled in is left out, and half a line counts as nothing', () => {
  assert.ok(isBlank(blankLine()));
  assert.ok(!isBlank({ ...blankLine(), text: 'x' }));
  assert.equal(lineOf({ ...blankLine(), text: 'x' }).amount_fen, 0);
});

test('lines are compared by what they say', () => {
  const one = lineOf({ text: 'x', quantity: '1', unit: '', price: '5' });
  assert.ok(sameLines([one], [{ ...one }]));
  assert.ok(!sameLines([one], [{ ...one, unit_price_fen: 600 }]));
  assert.ok(!sameLines([one], []));
});
