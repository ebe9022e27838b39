import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { itemTypes } from '#app/rules/items/registry.js';

const folder = new URL('../../../static/js/screens/checklist/items/', import.meta.url);

test('every type of item that has rules can be answered on the phone, each in a file of its own', async () => {
  const files = await readdir(folder);
  const views = await readFile(new URL('registry.js', folder), 'utf8'); // read, not run: the views need a browser
  const named = /Object\.freeze\(\{(.*)\}\)/s.exec(views)?.[1].split(',').map((part) => part.split(':')[0].trim()) ?? [];
  assert.deepEqual(named.sort(), Object.keys(itemTypes).sort());
  for (const type of named) assert.ok(files.includes(`${type}.js`), type);
});
