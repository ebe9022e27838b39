import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const folder = new URL('../../static/css/', import.meta.url);
const sheets = new Map(await Promise.all((await readdir(folder, { recursive: true }))
  .filter((name) => name.endsWith('.css'))
  .map(async (name) => /** @type {const} */ ([name, withoutComments(await readFile(new URL(name, folder), 'utf8'))]))));
const tokens = sheets.get('tokens.css') ?? '';
/** @type {Record<string, string[]>} */
const bundles = JSON.parse(await readFile(new URL('bundles.json', folder), 'utf8'));

/** Written by markup on single elements: part of a length, and hours on the board. */
const GIVEN_BY_MARKUP = new Set(['--x', '--y', '--full', '--s', '--e', '--n', '--l', '--day']);

/** @param {string} css */
function withoutComments(css) {
  return css.replace(/\/\*[\s\S]*?\*\//g, '');
}

/** Names and values declared in one block. @param {string} block */
function declarations(block) {
  return Object.fromEntries([...block.matchAll(/(--[\w-]+|color-scheme):\s*([^;]+);/g)].map((match) => [match[1], match[2].trim()]));
}

/** The block after a selector. @param {string} selector */
function listOf(selector) {
  const start = tokens.indexOf(`${selector} {`);
  assert.ok(start >= 0, selector);
  return declarations(tokens.slice(start, tokens.indexOf('}', start)));
}

test('the two dark lists are equal', () => {
  const asked = listOf(':root[data-theme="dark"]');
  assert.ok(Object.keys(asked).length > 40);
  assert.deepEqual(listOf(':root:not([data-theme="light"])'), asked);
});

test('the dark list names no token the light one lacks', () => {
  const light = listOf(':root');
  for (const name of Object.keys(listOf(':root[data-theme="dark"]'))) assert.ok(name in light, name);
});

test('every var() is a token, or a property of a component', () => {
  const declared = new Set([...sheets.values()].flatMap((css) => [...css.matchAll(/(?<![\w-])(--[\w-]+)\s*:/g)].map((match) => match[1])));
  for (const [name, css] of sheets) {
    for (const [, used] of css.matchAll(/var\((--[\w-]+)/g)) {
      assert.ok(declared.has(used) || GIVEN_BY_MARKUP.has(used), `${name}: ${used}`);
    }
  }
});

test('no colour is written outside tokens.css', () => {
  for (const [name, css] of sheets) {
    if (name === 'tokens.css') continue;
    for (const [declaration] of css.matchAll(/[\w-]+\s*:\s*[^;{}]+;/g)) {
      assert.doesNotMatch(declaration, /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(/i, name);
    }
  }
});

test('no sheet loads anything', () => {
  for (const [name, css] of sheets) assert.doesNotMatch(css, /url\(|@import/, name);
});

test('every sheet is part of a bundle, tokens first, utilities last', () => {
  const parts = new Set(Object.values(bundles).flat());
  assert.deepEqual([...sheets.keys()].filter((name) => !parts.has(name)), []);
  for (const [bundle, names] of Object.entries(bundles)) {
    assert.equal(names[0], 'tokens.css', bundle);
    assert.equal(names.at(-1), 'utilities.css', bundle);
    assert.equal(new Set(names).size, names.length, `${bundle} names a part twice`);
    for (const name of names) assert.ok(sheets.has(name), `${bundle}: ${name}`);
  }
});

test('braces are balanced in every sheet', () => {
  for (const [name, css] of sheets) assert.equal(css.split('{').length, css.split('}').length, name);
});

/** @param {string} hex @returns {number} relative luminance, WCAG */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

for (const theme of [':root', ':root[data-theme="dark"]']) {
  test(`text can be read on every ground: ${theme}`, () => {
    const list = { ...listOf(':root'), ...listOf(theme) };
    const grounds = ['--bg', '--surface', '--well'];
    for (const ink of ['--ink', '--ink-2', '--ink-3', '--act', '--move', '--wait', '--risk']) {
      for (const ground of grounds) assert.ok(contrast(list[ink], list[ground]) >= 4.5, `${ink} on ${ground}`);
    }
    const pairs = [['--on-act', '--act'], ['--on-act-fill', '--act-fill'], ['--on-move-fill', '--move-fill'], ['--on-risk', '--risk'],
      ['--voice', '--voice-bg'], ['--done', '--done-bg'], ['--on-mode', '--mode'], ['--act', '--act-soft'], ['--risk', '--risk-soft'], ['--ink', '--wait-soft'], ['--qr-ink', '--qr-ground']];
    for (const [ink, ground] of pairs) assert.ok(contrast(list[ink], list[ground]) >= 4.5, `${ink} on ${ground}`);
    for (const ground of ['--bg', '--surface']) {
      assert.ok(contrast(list['--ink-2'], list[ground]) >= 7, `sunlight: --ink-2 on ${ground}`);
      assert.ok(contrast(list['--edge'], list[ground]) >= 3, `--edge on ${ground}`);
    }
  });
}
