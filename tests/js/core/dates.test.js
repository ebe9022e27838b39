import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { day, dayOf, fullDate, setCatalogue, time, windowText } from '#app/core/i18n.js';

const vectors = JSON.parse(await readFile(new URL('../../vectors/dates.json', import.meta.url), 'utf8'));
const zoneOfPhone = process.env.TZ;

for (const zone of ['Asia/Shanghai', 'America/New_York']) {
  for (const language of ['zh', 'en']) {
    describe(`dates in ${language} on a phone set to ${zone}`, () => {
      /** @param {string} name @param {() => void} body */
      const says = (name, body) => test(name, () => {
        process.env.TZ = zone;
        setCatalogue(language, {});
        body();
      });

      for (const vector of vectors.days) {
        says(`it writes ${vector.name}`, () => {
          assert.equal(day(vector.date), vector.day[language]);
          assert.equal(fullDate(vector.date), vector.full_date[language]);
        });
      }
      for (const vector of vectors.moments) {
        says(`it writes ${vector.name}`, () => {
          assert.equal(dayOf(vector.at_ms, vector.timezone), vector.date);
          assert.equal(time(vector.at_ms, vector.timezone), vector.time);
        });
      }
      for (const vector of vectors.windows) {
        says(`it writes ${vector.name}`, () => assert.equal(windowText(vector, vector.timezone), vector.text));
      }
    });
  }
}

after(() => {
  if (zoneOfPhone === undefined) delete process.env.TZ;
  else process.env.TZ = zoneOfPhone;
  setCatalogue('zh', {});
});
