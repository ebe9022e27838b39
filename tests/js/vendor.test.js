import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const folder = new URL('../../static/vendor/', import.meta.url);
const readme = await readFile(new URL('README.md', folder), 'utf8');
/** @type {Record<string, string>} the Trusted Types policy each file makes */
const POLICIES = { 'lit.js': 'lit-html', 'htmx.js': 'htmx', 'leaflet.js': 'leaflet' };
const rows = [...readme.matchAll(/^\| (\S+\.(?:js|css)) \| (\S+) \| (\S+) \|.*`([0-9a-f]{64})` \|$/gm)];

test('every vendored file stands in the table with its sum', async () => {
  const files = (await readdir(folder)).filter((name) => /\.(js|css)$/.test(name));
  assert.deepEqual(rows.map((row) => row[1]).sort(), files.sort());
  for (const [, file, , , sum] of rows) {
    const text = await readFile(new URL(file, folder));
    assert.equal(createHash('sha256').update(text).digest('hex'), sum, `${file} is not the file the table speaks of`);
  }
});

test('the versions are those of the lock file', async () => {
  const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  for (const [, file, name, version] of rows) {
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, file);
  }
});

test('every library has its licence beside it', async () => {
  for (const [, , name] of rows) {
    const licence = await readFile(new URL(`licences/${name}.txt`, folder), 'utf8');
    assert.match(licence, /permi(t|ssion)|redistribut/i, name);
  }
});

test('nothing here builds functions from text or loads from elsewhere', async () => {
  for (const [, file] of rows) {
    const text = await readFile(new URL(file, folder), 'utf8');
    assert.doesNotMatch(text, /\beval\(|new Function\(|\bimport\(|sourceMappingURL/, file);
    if (file in POLICIES) assert.match(text, new RegExp(`createPolicy\\("${POLICIES[file]}"`), file);
    if (file.endsWith('.css')) assert.doesNotMatch(text, /url\(|@import/, file);
  }
});
