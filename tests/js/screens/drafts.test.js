import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drafts } from '#app/screens/checklist/drafts.js';

const page = new EventTarget();
Object.assign(globalThis, { document: new EventTarget(), addEventListener: page.addEventListener.bind(page), removeEventListener: page.removeEventListener.bind(page) });

const fail = () => assert.fail();

/** A store that knows drafts only. */
function aStore(kept = /** @type {any} */ (undefined)) {
  const store = { kept, writes: 0, draft: async () => store.kept, setDraft: async (/** @type {string} */ _, /** @type {any} */ value) => { store.kept = value; store.writes += 1; } };
  return /** @type {any} */ (store);
}

test('what was begun is written shortly after the last key, not at every one', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const store = aStore();
  const drafts = new Drafts(store, 'visit:j1', fail);
  for (const text of ['暖', '暖气', '暖气管']) drafts.set('same', { text });
  assert.equal(store.writes, 0);
  context.mock.timers.tick(300);
  assert.deepEqual([store.writes, store.kept], [1, { same: { text: '暖气管' } }]);
  drafts.end();
});

test('a page that goes writes at once; what is recorded leaves nothing behind', () => {
  const store = aStore();
  const drafts = new Drafts(store, 'visit:j1', fail);
  drafts.set('same', { text: '暖气管' });
  page.dispatchEvent(new Event('pagehide'));
  assert.deepEqual(store.kept, { same: { text: '暖气管' } });
  drafts.set('same', undefined);
  drafts.end();
  assert.equal(store.kept, undefined);
});

test('what was typed while the old was read stays', async () => {
  const drafts = new Drafts(aStore({ one: 1, two: 2 }), 'visit:j1', fail);
  drafts.set('two', 3);
  await drafts.read();
  assert.deepEqual([drafts.of('one'), drafts.of('two')], [1, 3]);
  drafts.end();
});

test('a disk that fails is told', async () => {
  const store = aStore();
  store.setDraft = () => Promise.reject(new Error('full'));
  /** @type {any} */
  let told = null;
  const drafts = new Drafts(store, 'visit:j1', (error) => { told = error; });
  drafts.set('same', 1);
  drafts.end();
  await new Promise(setImmediate);
  assert.equal(told.message, 'full');
});
