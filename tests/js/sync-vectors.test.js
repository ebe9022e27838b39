// The phone does with each operation what its vectors say; the server runs the same files (tests/sync/test_vectors.py).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { newId } from '#app/core/ids.js';
import { operations } from '#app/sync/registry.js';
import { ME, aJob } from './fakes/jobs.js';

const folder = new URL('../vectors/sync/', import.meta.url);
const vectors = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

test('every operation has vectors, and every vector an operation', () => {
  assert.deepEqual(vectors.map(({ kind }) => kind).sort(), Object.keys(operations).sort());
});

for (const { kind, cases } of vectors) {
  for (const example of cases) {
    test(`${kind}: ${example.name}`, () => assert.deepEqual(outcome(example), example.phone));
  }
}

/** What the phone makes of the case: the state it shows, or why it refuses. @param {any} example */
function outcome({ state, before = [], op, as }) {
  const lead = { id: 'lead', name: '李强', staff_no: '0217' };
  const me = { ...ME, id: as === 'helper' ? 'helper' : 'lead' };
  let job = /** @type {any} */ (aJob({ state, lead, helpers: [{ id: 'helper', name: '陈志强' }] }));
  /** @type {string[]} */
  const ids = [];
  for (const { kind, args } of [...before, op]) {
    const named = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, /^\$\d$/.test(String(value)) ? ids[Number(value[1]) - 1] : value]));
    try {
      const built = operations[kind].build(named, { job, me, nowMs: 1_795_000_000_000 });
      const id = newId();
      ids.push(id);
      job = operations[kind].apply(job, /** @type {any} */ ({ id, kind, args: built, occurred_at: 1_795_000_000_000 }), me);
    } catch (error) {
      return { refused: /** @type {any} */ (error).code };
    }
  }
  return { state: job.state };
}
