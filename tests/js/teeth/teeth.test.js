import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { test } from 'node:test';
import * as checks from './checks.js';
import * as whole from './modules.js';

/**
 * Every protection of the phone holds something: with it the directed check passes, without it the check fails. The one
 * row marked `needless` must change nothing: correctness does not depend on Web Locks.
 */

register('./hooks.js', import.meta.url);

/** @type {{name: string, check: string, needless?: boolean, cuts: [string, string, string][]}[]} */
const protections = JSON.parse(readFileSync(new URL('protections.json', import.meta.url), 'utf8'));
const byName = /** @type {Record<string, (app: typeof whole) => Promise<void>>} */ (checks);

for (const [row, { name, check, needless }] of protections.entries()) {
  test(needless ? `without "${name}" all is well` : `without "${name}" something breaks`, async () => {
    await byName[check](whole);
    const without = await import(`./modules.js?without=${row}`);
    if (needless) await byName[check](without);
    else await assert.rejects(byName[check](without), assert.AssertionError);
  });
}

test('each has a name of its own, and every check is used', () => {
  assert.equal(new Set(protections.map(({ name }) => name)).size, protections.length);
  assert.deepEqual(new Set(protections.map(({ check }) => check)), new Set(Object.keys(checks)));
});
