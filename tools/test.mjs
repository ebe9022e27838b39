/**
 * `npm test`: runs every tests/js/**\/*.test.js with node's own runner; words after `--` narrow by a part of the path
 * (`npm test -- outbox`). Exists because `node --test` of Node 20 knows no globs and calls an empty set a failure.
 */
import { readdir } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const files = (await readdir(`${root}tests/js`, { recursive: true }))
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();

if (files.length === 0) {
  console.log('No tests in tests/js match.');
} else {
  const result = spawnSync(process.execPath, ['--test', ...files.map((name) => `tests/js/${name}`)], { cwd: root, stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
}
