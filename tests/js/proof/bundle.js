import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** What the app finds in a browser; each page of a history has its own. */
export const GLOBALS = [
  'window', 'document', 'navigator', 'indexedDB', 'fetch', 'crypto', 'performance', 'setTimeout', 'clearTimeout', 'BroadcastChannel',
  'AbortSignal', 'Math', 'console', 'globalThis', 'location', 'localStorage', 'caches',
];

/**
 * The app's modules as one function: called with the globals of a page, it gives what `entry.js` exports, begun anew.
 * @param {Record<string, string>} [replacements] module under static/js ('store/answers.js') → file that stands in its
 *   place; what that file imports by the same name is the true module
 * @returns {Promise<(globals: Record<string, any>) => any>}
 */
export async function appOf(replacements = {}) {
  const built = await build({
    entryPoints: [resolve(ROOT, 'tests/js/proof/entry.js')], bundle: true, format: 'iife', globalName: 'app_', write: false, target: 'node20',
    absWorkingDir: ROOT, legalComments: 'none', logLevel: 'error', plugins: [replacing(replacements)],
  });
  const run = new Function(...GLOBALS, `${built.outputFiles[0].text}\nreturn app_;`);
  return (globals) => run(...GLOBALS.map((name) => globals[name]));
}

/** @param {Record<string, string>} replacements @returns {import('esbuild').Plugin} */
function replacing(replacements) {
  const files = new Map(Object.entries(replacements).map(([name, file]) => [`#app/${name}`, resolve(file)]));
  return {
    name: 'replacing',
    setup(it) {
      it.onResolve({ filter: /^#app\// }, ({ path, importer }) => {
        const other = files.get(path);
        if (other && other !== importer) return { path: other };
        return { path: resolve(ROOT, 'static/js', path.slice('#app/'.length)) };
      });
      it.onResolve({ filter: /^#vendor\// }, ({ path }) => ({ path: resolve(ROOT, 'static/vendor', path.slice('#vendor/'.length)) }));
    },
  };
}
