import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BEFORE_FINISH, applies, missing, progress } from '#app/rules/checklist.js';

const { contents, cases } = JSON.parse(readFileSync(new URL('../../vectors/checklist.json', import.meta.url), 'utf8'));

for (const { name, content: given, facts, answers, seen, phases, ...expect } of cases) {
  test(name, () => {
    const content = typeof given === 'string' ? contents[given] : given;
    assert.deepEqual(missing(content, facts, answers, seen, phases), expect.missing);
    if (expect.applies) {
      const found = (content?.items ?? []).filter((/** @type {any} */ item) => applies(item, facts, answers, content));
      assert.deepEqual(found.map((/** @type {any} */ { key }) => key), expect.applies);
    }
    if (expect.progress) assert.deepEqual(progress(content, facts, answers, seen), expect.progress);
  });
}

test('a visit ends without the last phase', () => assert.deepEqual(BEFORE_FINISH, ['departure', 'door', 'during', 'leaving']));
