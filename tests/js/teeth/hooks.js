/**
 * Loads the phone's modules with a protection taken out: `modules.js?without=3` and everything of the app below it are a
 * graph of their own, in which the lines of row 3 of `protections.json` are replaced. The product has no switch for this.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const protections = JSON.parse(await readFile(new URL('protections.json', import.meta.url), 'utf8'));
const APP = new URL('../../../static/js/', import.meta.url).href;

/** @param {string} specifier @param {any} context @param {any} next */
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const row = /\?without=\d+$/.exec(context.parentURL ?? '')?.[0];
  return row && found.url.startsWith(APP) ? { ...found, url: found.url + row } : found;
}

/** @param {string} url @param {any} context @param {any} next */
export async function load(url, context, next) {
  const [file, row] = url.split('?without=');
  if (!row || !file.startsWith(APP)) return next(url, context);
  const cuts = protections[Number(row)].cuts.filter((/** @type {string[]} */ [name]) => APP + name === file);
  const source = cuts.reduce(cut, await readFile(fileURLToPath(file), 'utf8'));
  return { format: 'module', source, shortCircuit: true };
}

/** @param {string} source @param {string[]} cut file, lines, what stands in their place */
function cut(source, [file, lines, instead]) {
  const parts = source.split(lines);
  if (parts.length !== 2) throw new Error(`${file} has changed; not found once:\n${lines}`);
  return parts.join(instead);
}
