import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from 'node:test';
import { day, dayOf, lang, setCatalogue, t, time, windowText, yuan } from '#app/core/i18n.js';
import { hasWords, reasonText } from '#app/core/reasons.js';

afterEach(() => setCatalogue('zh', {}));
const AT = Date.UTC(2026, 10, 21, 2, 42);

test('a message is looked up by its English sentence and filled', () => {
  setCatalogue('zh', { 'Only on this phone: {count}': '只在本机：{count}' });
  assert.equal(t('Only on this phone: {count}', { count: 3 }), '只在本机：3');
  assert.equal(t('Not there: {count}', { count: 3 }), 'Not there: 3');
  assert.equal(t('constructor'), 'constructor');
  assert.equal(t('{missing}'), '{missing}');
  assert.equal(lang(), 'zh');
});

test('times are those of the branch, whatever zone the phone is in', () => {
  assert.equal(time(AT, 'Asia/Shanghai'), '10:42');
  assert.equal(dayOf(Date.UTC(2026, 10, 21, 17), 'Asia/Shanghai'), '2026-11-22');
  assert.equal(windowText({ start_ms: AT, end_ms: AT + 78 * 60_000 }, 'Asia/Shanghai'), '10:42–12:00');
  assert.equal(time(Date.UTC(2026, 10, 20, 16), 'Asia/Shanghai'), '00:00');
});

test('days and money in both languages', () => {
  assert.equal(day('2026-11-21'), '11月21日 星期六');
  assert.equal(yuan(18000), '180 元');
  setCatalogue('en', {});
  assert.equal(day('2026-11-21'), 'Sat 21 Nov');
  assert.equal(yuan(123456), '¥1,234.56');
});

test('every code of the rules and of the protocol has words', async () => {
  const root = new URL('../../../', import.meta.url);
  const rules = await readFile(new URL('fieldservice/jobs/rules.py', root), 'utf8');
  const codes = [...rules.matchAll(/Refused\("([a-z_]+)"\)/g)].map((match) => match[1]);
  const protocol = await readFile(new URL('docs/sync-protocol.md', root), 'utf8');
  const named = ['device_revoked', 'not_allowed', 'bad_request', 'wrong_name_or_password', 'code_unknown', 'too_many_tries', 'unknown_kind', 'job_cancelled', 'job_reassigned'];
  for (const code of named) assert.ok(protocol.includes(code), `${code} stands in the protocol`);
  assert.ok(codes.length >= 6);
  for (const code of [...codes, ...named]) assert.ok(hasWords(code), `${code} has words`);
  assert.match(reasonText('something_new'), /something_new/);
});

test('every sentence of the reasons has its Chinese', async () => {
  const source = await readFile(new URL('../../../static/js/core/reasons.js', import.meta.url), 'utf8');
  const sentences = [...source.matchAll(/t\('((?:[^'\\]|\\.)+)'/g)].map((match) => match[1].replaceAll("\\'", "'"));
  const catalogue = await readFile(new URL('../../../fieldservice/translations/zh/LC_MESSAGES/messages.po', import.meta.url), 'utf8').catch(() => '');
  const parts = await readFile(new URL('../../../fieldservice/translations/parts/phone-heart.json', import.meta.url), 'utf8').catch(() => '');
  assert.ok(sentences.length > 30);
  const plain = (catalogue + parts).replaceAll('"\n"', '');
  for (const sentence of sentences) assert.ok(plain.includes(sentence), sentence);
});
