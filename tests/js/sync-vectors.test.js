// The phone does with each operation what its vectors say; the server runs the same files (tests/sync/test_vectors.py says what a case has).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { newId } from '#app/core/ids.js';
import { operations } from '#app/sync/registry.js';
import { ME, aJob } from './fakes/jobs.js';

const folder = new URL('../vectors/sync/', import.meta.url);
const vectors = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
const NOW_MS = 1_795_000_000_000;
const CREW = { lead: { id: 'lead', name: '李强', staff_no: '0217' }, helper: { id: 'helper', name: '陈志强', staff_no: '0218' } };
const CHECKLISTS = { $checklist: '019fff00-0000-7000-8000-000000000002', $older: '019fff00-0000-7000-8000-000000000001', $foreign: '019fff00-0000-7000-8000-000000000009' };

test('every operation has vectors, and every vector an operation', () => {
  assert.deepEqual(vectors.map(({ kind }) => kind).sort(), Object.keys(operations).sort());
});

for (const { kind, cases } of vectors) {
  for (const example of cases) {
    test(`${kind}: ${example.name}`, () => {
      const { job, names, ...found } = outcome(example);
      assert.deepEqual(found, example.phone);
      if (!job || !example.shows) return;
      const shown = shownOf(job);
      const wanted = { ...example.shows, ...('pinned' in example.shows ? { pinned: names[example.shows.pinned] } : {}) };
      assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]])), wanted);
    });
  }
}

/** What the phone makes of the case: the state it shows, or why it refuses. @param {any} example @returns {any} */
function outcome({ state, before = [], op, as = 'lead', away, checklist, job: fields = {} }) {
  let job = /** @type {any} */ (aJob({
    state, lead: CREW.lead, helpers: [CREW.helper], checklist: checklist ? { id: CHECKLISTS.$checklist, pinned: false } : null, ...fields,
  }));
  job.shownItems = [];
  /** @type {Record<string, string>} */
  const names = { ...CHECKLISTS };
  for (const [place, { kind, args, as: who = as }] of [...before, op].entries()) {
    if (away && place === before.length) job = { ...job, lead: { id: 'other', name: '刘师傅', staff_no: '0299' }, helpers: [] };
    const me = /** @type {any} */ ({ ...ME, .../** @type {any} */ (CREW)[who] });
    const named = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, names[String(value)] ?? value]));
    try {
      const built = operations[kind].build(named, { job, me, nowMs: NOW_MS });
      const id = newId();
      names[`$${place + 1}`] = id;
      job = operations[kind].apply(job, /** @type {any} */ ({ id, kind, args: built, occurred_at: NOW_MS }), me);
    } catch (error) {
      if (place < before.length && state !== 'cancelled') throw error;
      return { refused: /** @type {any} */ (error).code };
    }
  }
  return { state: job.state, job, names };
}

/** @param {import('#app/types/domain.js').JobFields} job @returns {Record<string, any>} */
function shownOf(job) {
  return {
    answers: Object.fromEntries(job.answers.map(({ item, value }) => [item, value])),
    photos: job.photos.map(({ slot, item, caption, void_reason }) => ({ slot, item, caption, void_reason })),
    charges: job.charges && job.charges.total_fen,
    incidents: job.incidents.map(({ kind }) => kind),
    pinned: job.checklist?.pinned ? job.checklist.id : null,
  };
}
