import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { setCatalogue, yuan } from '#app/core/i18n.js';

const { sums } = JSON.parse(await readFile(new URL('../../vectors/money.json', import.meta.url), 'utf8'));

after(() => setCatalogue('zh', {}));

for (const sum of sums) {
  test(`it writes ${sum.name}`, () => {
    for (const language of ['zh', 'en']) {
      setCatalogue(language, {});
      assert.equal(yuan(sum.fen), sum[language]);
    }
  });
}
