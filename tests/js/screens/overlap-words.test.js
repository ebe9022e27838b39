import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlapWords } from '#app/screens/job-history.js';

const ONE = { id: 'e', subjects: ['address', 'time'], at_ms: Date.UTC(2020, 0, 2, 2, 32), kind: 'take_step', step: 'finish', said_ms: Date.UTC(2020, 0, 2, 2, 40) };

test('both sides are told in plain words, with their times', () => {
  const words = overlapWords(ONE, 'Asia/Shanghai');
  for (const part of ['the address', 'day or window', '10:32', '10:40', 'without having seen it']) assert.ok(words.includes(part), `${part} in ${words}`);
});

test('another act than a step, and codes of a newer server, are still a sentence', () => {
  assert.match(overlapWords({ ...ONE, kind: 'add_note', step: '' }, 'Asia/Shanghai'), /you wrote a note at/);
  assert.match(overlapWords({ ...ONE, kind: 'newer', subjects: ['mood'] }, 'Asia/Shanghai'), /changed mood at .*; you newer at/);
});
