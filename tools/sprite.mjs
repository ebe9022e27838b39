/**
 * Builds static/icons.svg: one symbol an icon, line icons from Lucide (ISC), planks and glyph our own (tools/icons.json).
 * Use: <svg class="i" aria-hidden="true"><use href="…/icons.svg#check"></use></svg>; colour and stroke come from `.i` in base.css.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {{ lucide: string[], own: Record<string, { viewBox: string, body: string }> }} */
const icons = JSON.parse(await readFile(`${root}tools/icons.json`, 'utf8'));
const { version } = JSON.parse(await readFile(`${root}node_modules/lucide-static/package.json`, 'utf8'));

const symbols = [
  ...Object.entries(icons.own).map(([name, { viewBox, body }]) => symbol(name, viewBox, body)),
  ...(await Promise.all([...new Set(icons.lucide)].sort().map(lucide))),
];
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">
<!-- Line icons: Lucide ${version}, ISC (parts from Feather, MIT); see icons/LICENCE-lucide.txt. g-* and m-*: drawn for this product. -->
${symbols.join('\n')}
</svg>
`;
await writeFile(`${root}static/icons.svg`, sprite);
await writeFile(`${root}static/icons/LICENCE-lucide.txt`, await readFile(`${root}node_modules/lucide-static/LICENSE`));
console.log(`icons.svg: ${symbols.length} symbols, ${sprite.length} bytes, ${(gzipSync(sprite).length / 1000).toFixed(1)} kB gzip`);

/**
 * @param {string} name as in Lucide; an unknown one fails the build
 * @returns {Promise<string>}
 */
async function lucide(name) {
  const source = await readFile(`${root}node_modules/lucide-static/icons/${name}.svg`, 'utf8');
  const body = source.match(/<svg[^>]*>([\s\S]*)<\/svg>/)?.[1];
  if (!body) throw new Error(`${name}.svg is not an icon`);
  return symbol(name, '0 0 24 24', body.trim().replace(/>\s+</g, '><').replace(/ \/>/g, '/>'));
}

/** @param {string} name @param {string} viewBox @param {string} body */
function symbol(name, viewBox, body) {
  return `<symbol id="${name}" viewBox="${viewBox}">${body}</symbol>`;
}
