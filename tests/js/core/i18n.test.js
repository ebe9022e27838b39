import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { lang, setCatalogue, t } from '#app/core/i18n.js';

afterEach(() => setCatalogue('zh', {}));

test('it says a message in the language of the catalogue', () => {
  setCatalogue('zh', { 'Jobs: {count}': '{count} 单' });
  assert.equal(t('Jobs: {count}', { count: 3 }), '3 单');
  assert.equal(lang(), 'zh');
});

test('without a translation the English sentence stands', () => {
  setCatalogue('en', {});
  assert.equal(t('Jobs: {count}', { count: 0 }), 'Jobs: 0');
});

test('a message named like a method of objects is no message', () => {
  setCatalogue('zh', {});
  assert.equal(t('constructor'), 'constructor');
});

test('what is put in is not read again', () => {
  setCatalogue('en', {});
  assert.equal(t('{name} goes on with it.', { name: '{name}' }), '{name} goes on with it.');
});

test('an unknown placeholder stays to be seen', () => {
  setCatalogue('en', {});
  assert.equal(t('Jobs: {count}', {}), 'Jobs: {count}');
});
