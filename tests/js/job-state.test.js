import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nextSteps, take, takeBack } from '#app/rules/job-state.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/job_state.json', import.meta.url), 'utf8'));

test('a step goes where the table says', () => {
  for (const { state, step, reason, promised, expect } of vectors.take) {
    assert.deepEqual(take(state, step, { reason, promised }), expect, `${state} ${step}`);
  }
});

test('a step is taken back to where it came from', () => {
  for (const { state, last, reason, expect } of vectors.take_back) assert.deepEqual(takeBack(state, last, reason), expect);
});

test('each state offers its steps in order', () => {
  for (const [state, steps] of Object.entries(vectors.next_steps)) assert.deepEqual(nextSteps(state), steps);
});
