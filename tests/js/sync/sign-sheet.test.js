// What the phone makes of a signed sheet before the server has seen it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { presented } from '#app/rules/presented.js';
import { signedSheet } from '#app/rules/payload.js';
import { signSheet } from '#app/sync/operations/sign_sheet.js';
import { openStore } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';
import { aJob, ME } from '../fakes/jobs.js';
import { newPerson } from '../fakes/phone.js';

const me = { ...ME, id: 'tech-a' };
const line = { text: '换板', quantity_milli: 1000, unit: '块', unit_price_fen: 9000, amount_fen: 9000 };
const key = await deviceKey(await openStore(newPerson(), operations));

/** @param {any} job @param {object} [showing] @param {object} [act] */
async function sheetOf(job, showing = {}, act = {}) {
  const shown = presented(job, { kind: 'sign_off', language: 'zh', content: null, me, revision: 1, shownMs: 5, .../** @type {any} */ (showing) });
  const did = /** @type {any} */ ({ outcome: 'signed', signer: { name: '王芳', role: 'customer' }, strokes: [[[0, 0, 0, 1]]], device_ms: 9, mono: { page: 'a', t: 1 }, ...act });
  return signedSheet(shown, did, { key, sha256Hex, nonce: job.sign_nonce });
}

/** @param {any} job @param {any} args @param {string} [id] */
const after = (job, args, id = 'op-1') => signSheet.apply(job, /** @type {any} */ ({ id, kind: 'sign_sheet', args, occurred_at: 9 }), me);

const working = () => /** @type {any} */ ({ ...aJob({ state: 'working' }), id: 'job-1' });

test('the sheet stands at once, and only once', async () => {
  const job = working();
  const args = signSheet.build(await sheetOf(job), { job, me, nowMs: 9 });
  const next = after(job, args);
  assert.deepEqual(next.sheets, [{
    id: 'op-1', kind: 'sign_off', revision: 1, outcome: 'signed', signer: '王芳', role: 'customer', at_ms: 9, lines: [], total_fen: 0,
    language: 'zh', state: 'valid', fault: '', weak: true, current: true, unsent: true,
  }]);
  assert.equal(after(next, args), next);
});

test('a new sheet stands in the place of the earlier one', async () => {
  const job = after(working(), await sheetOf(working()));
  const next = after(job, await sheetOf(working(), { revision: 2 }), 'op-2');
  assert.deepEqual(next.sheets.map(({ revision, current }) => [revision, current]), [[1, false], [2, true]]);
});

test('a new agreement needs a new sign-off; one that was not given changes nothing', async () => {
  const signed = after(working(), await sheetOf(working()));
  const refused = after(signed, await sheetOf(working(), { kind: 'agreement', lines: [line] }, { outcome: 'refused', strokes: [] }), 'op-2');
  assert.deepEqual(refused.sheets.map(({ current }) => current), [true, true]);
  const agreed = after(refused, await sheetOf(working(), { kind: 'agreement', revision: 2, lines: [line] }), 'op-3');
  assert.deepEqual(agreed.sheets.map(({ current }) => current), [false, false, true]);
});

for (const [code, over] of /** @type {[string, object][]} */ ([
  ['sign_wrong_state', { state: 'accepted' }], ['not_lead', { lead: { id: 'tech-b', name: '', staff_no: '' } }],
  ['sign_other_job', { run: 2 }], ['sign_other_job', { id: 'job-2' }],
  ['sign_revision_used', { sheets: [{ kind: 'sign_off', revision: 1, state: 'valid' }] }],
])) {
  test(`it refuses what the server would: ${code} ${JSON.stringify(over)}`, async () => {
    const sheet = await sheetOf(working());
    assert.throws(() => signSheet.build(sheet, { job: { ...working(), ...over }, me, nowMs: 9 }), { code });
  });
}
