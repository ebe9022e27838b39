import assert from 'node:assert/strict';
import { test } from 'node:test';

import { along } from '#app/behaviours/together.js';

const NEEDED = new Map([['1', ['3']], ['2', []], ['3', ['10', '4']], ['4', ['1']], ['10', []]]);

test('what a line needs comes along, and what that needs; in circles too', () => {
  assert.deepEqual(along(NEEDED, '1', true), ['3', '4', '10']);
  assert.deepEqual(along(NEEDED, '2', true), []);
  assert.deepEqual(along(NEEDED, '10', true), []);
});

test('what needs a line falls with it, and what needs that', () => {
  assert.deepEqual(along(NEEDED, '10', false), ['1', '3', '4']);
  assert.deepEqual(along(NEEDED, '2', false), []);
});

test('a line that is not there any more is nobody\'s need', () => {
  assert.deepEqual(along(new Map([['1', ['7']]]), '1', true), ['7']);
});
