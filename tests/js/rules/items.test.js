import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { itemTypes } from '#app/rules/items/registry.js';

const folder = new URL('../../vectors/checklist_items/', import.meta.url);
const files = readdirSync(folder);
const nothing = { photos: [], signed: false };

for (const file of files) {
  test(`answers: ${file}`, () => {
    for (const { item, cases } of JSON.parse(readFileSync(new URL(file, folder), 'utf8')).groups) {
      for (const { name, value, seen = nothing, check, done, holds = [] } of cases) {
        const type = itemTypes[item.type];
        assert.equal(type.check(item, value), check, name);
        assert.equal(type.isDone(item, value, seen), done, name);
        for (const [expected, so] of holds) assert.equal(type.holds(item, value, expected), so, `${name}, is ${expected}`);
      }
    }
  });
}

test('every type has vectors', () => assert.deepEqual(Object.keys(itemTypes).map((kind) => `${kind}.json`).sort(), files.sort()));
