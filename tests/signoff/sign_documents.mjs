// Generates documents, writes them canonically and signs them as the phone does; one JSON line each for test_both_sides.py.
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { canonical } from '#app/core/canonical.js';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { tidy } from '#app/rules/presented.js';
import { openStore } from '#app/store/store.js';
import { operations } from '#app/sync/registry.js';

const [seed, count] = process.argv.slice(2).map(Number);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }),
  fc.constantFrom('王女士', '𬱖', 'e\u0301', '\u2028', '"\\/', '\u001f\u007f', '한글', '\ufb33', '😀', '<script>', 'ﬀ', ''),
);
const { document } = fc.letrec((tie) => ({
  document: fc.oneof({ maxDepth: 5 },
    text, fc.maxSafeInteger(), fc.constantFrom(null, true, false, 0, -0, Number.MAX_SAFE_INTEGER),
    fc.array(tie('document'), { maxLength: 6 }),
    fc.array(fc.tuple(text, tie('document')), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs.map(([key, value]) => [tidy(key), value])))),
}));

const key = await deviceKey(await openStore('both-sides', operations));
for (const value of fc.sample(document, { seed, numRuns: count })) {
  const written = canonical(tidy(value));
  console.log(JSON.stringify({ written, sha256: await sha256Hex(written), signature: await key.sign(new TextEncoder().encode(written)), key: key.id, spki: key.spki }));
}
process.exit();
