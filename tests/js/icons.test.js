import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const sprite = await readFile(new URL('static/icons.svg', root), 'utf8');
const symbols = new Set([...sprite.matchAll(/<symbol id="([^"]+)"/g)].map((match) => match[1]));
const WAYS = [
  /<use\s+(?:xlink:)?href="[^"#]*#([a-z0-9-]+)"/g, // markup: …icons.svg#check, {{ static('icons.svg') }}#check
  /\bicon\(\s*["']([a-z0-9-]+)["']/g, // helper in templates and in JavaScript
];

/** @param {string} folder @param {RegExp} kind @returns {Promise<string[]>} */
async function filesOf(folder, kind) {
  const names = await readdir(new URL(folder, root), { recursive: true }).catch(() => []);
  return names.filter((name) => kind.test(name)).map((name) => `${folder}${name}`);
}

/** @param {string} text @returns {string[]} */
function namesIn(text) {
  return WAYS.flatMap((way) => [...text.matchAll(way)].map((match) => match[1]));
}

test('every icon a template or a script names is in the sprite', async () => {
  const files = [...(await filesOf('templates/', /\.(html|svg|txt)$/)), ...(await filesOf('static/js/', /\.js$/))];
  const missing = [];
  for (const file of files) {
    for (const name of namesIn(await readFile(new URL(file, root), 'utf8'))) {
      if (!symbols.has(name)) missing.push(`${file}: ${name}`);
    }
  }
  assert.deepEqual(missing, [], 'add them to tools/icons.json and run npm run sprite');
});

test('the sprite holds what tools/icons.json lists, once each', async () => {
  const { lucide, own } = JSON.parse(await readFile(new URL('tools/icons.json', root), 'utf8'));
  assert.deepEqual([...symbols].sort(), [...lucide, ...Object.keys(own)].sort());
});

test('the sprite runs nothing and loads nothing', () => {
  assert.doesNotMatch(sprite, /<script|<style|<image|\bon[a-z]+=|url\(|href=/);
});

test('each state of a job has its plank', () => {
  for (const state of ['unassigned', 'assigned', 'accepted', 'enroute', 'arrived', 'working', 'paused', 'done', 'cancelled']) {
    assert.ok(symbols.has(`m-${state}`), state);
  }
});

test('the way of finding names finds them', () => {
  const text = `<use href="{{ asset('icons.svg') }}#x"/> <use href="/static/1/icons.svg#phone"/> {{ icon('check') }} icon("m-done", 2)`;
  assert.deepEqual(namesIn(text), ['x', 'phone', 'check', 'm-done']);
});
