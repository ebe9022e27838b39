/**
 * Rebuilds static/vendor/ from node_modules, which `npm ci` fills from the lock file. Same lock file, same bytes:
 * the SHA-256 of each file stands in static/vendor/README.md and tests/js/vendor.test.js compares them.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = `${root}static/vendor/`;

/** @typedef {{ file: string, from: string, licence: string, licenceFile: string, why: string }} Library */

/** @type {Library[]} */
const libraries = [
  { file: 'lit.js', from: 'lit', licence: 'BSD-3-Clause', licenceFile: 'LICENSE', why: 'Screens of the phone and custom elements: templates without string building' },
  { file: 'idb.js', from: 'idb', licence: 'ISC', licenceFile: 'LICENSE', why: 'Promises over IndexedDB, where unsent work is kept' },
  { file: 'signature_pad.js', from: 'signature_pad', licence: 'MIT', licenceFile: 'LICENSE', why: 'The mark a customer draws on the hand-over screen, as points in time' },
  { file: 'signature_pad.classic.js', from: 'signature_pad', licence: 'MIT', licenceFile: 'LICENSE', why: 'The same on the page behind a customer’s link, as a classic script' },
  { file: 'htmx.js', from: 'htmx.org', licence: '0BSD', licenceFile: 'LICENSE', why: 'The desk asks the server for fragments of a page' },
  { file: 'leaflet.js', from: 'leaflet', licence: 'BSD-2-Clause', licenceFile: 'LICENSE', why: 'Map beside the board, pin of an address' },
  { file: 'leaflet.css', from: 'leaflet', licence: 'BSD-2-Clause', licenceFile: 'LICENSE', why: 'Layout of the map; its image addresses are taken out' },
];

/**
 * Builds one file and copies the licence of its package.
 * @param {Library} library
 * @returns {Promise<string>} its row of the table
 */
async function vendor(library) {
  const { version } = JSON.parse(await readFile(`${root}node_modules/${library.from}/package.json`, 'utf8'));
  const banner = `/* ${library.from} ${version}, ${library.licence}; see licences/${library.from}.txt */`;
  const text = library.file.endsWith('.css') ? await styleSheet(banner) : await bundle(library.file, banner);
  await writeFile(target + library.file, text);
  if (library.file.endsWith('.js') && !isClassic(library.file)) await declare(library.file);
  await copyFile(`${root}node_modules/${library.from}/${library.licenceFile}`, `${target}licences/${library.from}.txt`);
  const kb = (gzipSync(text, { level: 9 }).length / 1000).toFixed(1);
  console.log(`${library.file} ${version} ${text.length} bytes, ${kb} kB gzip`);
  return `| ${library.file} | ${library.from} | ${version} | ${kb} | ${library.licence} | ${library.why} | \`${sha256(text)}\` |`;
}

/** A script for browsers that know no modules. @param {string} file */
function isClassic(file) {
  return file.endsWith('.classic.js');
}

/**
 * One minified ES module, or a classic script, from tools/vendor/<file>.
 * @param {string} file
 * @param {string} banner
 */
async function bundle(file, banner) {
  const result = await build({
    entryPoints: [`${root}tools/vendor/${file}`], bundle: true, minify: true, write: false,
    format: isClassic(file) ? 'iife' : 'esm', target: isClassic(file) ? 'es2017' : 'es2022', conditions: ['browser', 'production'], mainFields: ['module', 'main'],
    legalComments: 'none', charset: 'utf8', banner: { js: banner },
    alias: { leaflet: 'leaflet/dist/leaflet-src.esm.js' },
    plugins: [leafletTrustedTypes],
  });
  return result.outputFiles[0].text;
}

/**
 * Lets tsc see the types of the package behind a bundle that is imported by its path, as static/js/sw/ has to.
 * @param {string} file
 */
async function declare(file) {
  const source = `../../tools/vendor/${file}`;
  const text = file === 'htmx.js' ? `export { default } from '${source}';\n` : `export * from '${source}';\n`;
  await writeFile(target + file.replace(/\.js$/, '.d.ts'), text);
}

/**
 * Leaflet writes strings to innerHTML, which Trusted Types refuse. Each place goes through one policy that lets only the
 * few tags through that Leaflet itself and an attribution line need; any other "<" becomes text.
 * @type {import('esbuild').Plugin}
 */
const leafletTrustedTypes = {
  name: 'leaflet-trusted-types',
  setup(hooks) {
    hooks.onLoad({ filter: /leaflet-src\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      let places = 0;
      const guarded = source.replace(/^(\s*\S+)\.innerHTML = (.+);$/gm, (_, element, value) => {
        places += 1;
        return `${element}.innerHTML = leafletHTML(${value});`;
      });
      if (places !== 10) throw new Error(`Leaflet has ${places} places with innerHTML, expected 10: look at each`);
      return { contents: `${LEAFLET_POLICY}\n${guarded}`, loader: 'js' };
    });
  },
};

const LEAFLET_POLICY = String.raw`
const leafletRules = { createHTML: (text) => String(text).replace(
  /<(?!(?:\/a|\/span|span aria-hidden="true"|a href="https?:\/\/[^"<>]*"(?: title="[^"<>]*")?)>)/g, '&lt;') };
const leafletPolicy = globalThis.trustedTypes ? globalThis.trustedTypes.createPolicy('leaflet', leafletRules) : leafletRules;
const leafletHTML = (text) => leafletPolicy.createHTML(text);`;

/**
 * leaflet.css without the pictures of layers control and default marker: we use neither, and a missing one is an error
 * in the log of every page with a map.
 * @param {string} banner
 */
async function styleSheet(banner) {
  const css = await readFile(`${root}node_modules/leaflet/dist/leaflet.css`, 'utf8');
  const kept = css.replace(/^\s*(?:background-image|behavior): url\([^)]*\);.*$\n?/gm, '');
  if (/url\(/.test(kept)) throw new Error('leaflet.css still names an address');
  return `${banner}\n${kept}`;
}

/** @param {string[]} rows */
async function writeTable(rows) {
  const path = `${target}README.md`;
  const readme = await readFile(path, 'utf8');
  const table = ['| file | package | version | kB gzip | licence | why | SHA-256 |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
  await writeFile(path, readme.replace(/(<!-- files -->)[\s\S]*?(<!-- \/files -->)/, (_, open, close) => `${open}\n${table}\n${close}`));
}

/** @param {string} text */
function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

await mkdir(`${target}licences`, { recursive: true });
const rows = [];
for (const library of libraries) rows.push(await vendor(library));
await writeTable(rows);
