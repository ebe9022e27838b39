import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from '#app/core/canonical.js';

test('keys stand in the order of their UTF-16 units', () => {
  assert.equal(canonical({ '€': 1, '\r': 2, 1: 3, '\u0080': 4, 'ö': 5, '😀': 6, b: [true, null, -1] }),
    '{"\\r":2,"1":3,"b":[true,null,-1],"\u0080":4,"ö":5,"€":1,"😀":6}');
});

test('text is escaped as little as possible', () => {
  assert.equal(canonical('\u20ac$\u000f\nA\'B"\\\\"/\u2028'), '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"');
});

for (const [name, value] of /** @type {[string, any][]} */ ([
  ['a fraction', 1.5], ['NaN', NaN], ['infinity', Infinity], ['too great a number', 2 ** 53], ['undefined', { a: undefined }], ['a hole', [undefined]],
  ['a date', new Date(0)], ['half a character', '\ud83d'], ['decomposed text', 'e\u0301'], ['a decomposed key', { 'e\u0301': 1 }], ['a function', () => 1], ['a bigint', 1n],
])) {
  test(`it refuses ${name}`, () => assert.throws(() => canonical(value), { code: 'not_canonical' }));
}
