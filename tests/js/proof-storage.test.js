import test from 'node:test';
import assert from 'node:assert/strict';
import { Storage } from './proof/storage.js';

test('a page that dies while it makes its database leaves none behind, and the next page makes it', async () => {
  for (const dieIn of [1, 2, 3]) {
    const storage = new Storage();
    assert.equal(await opened(storage, { dieIn }), 'gone');
    assert.equal(await opened(storage, { dieIn: 0 }), 'made');
    assert.equal(storage.values('phone', 'ops').length, 1);
  }
});

/** What opening the database comes to. @param {Storage} storage @param {{dieIn: number}} how */
function opened(storage, { dieIn }) {
  return new Promise((resolve) => {
    const fate = {
      dieIn, dead: false, fullIn: 0, fullTimes: 0, fullAt: /** @type {const} */ ('put'), closedTimes: 0, count() {},
      died() {
        fate.dead = true;
        setTimeout(resolve, 20, 'gone');
      },
    };
    const request = storage.of(fate, new Set()).open('phone', 1);
    request.addEventListener('upgradeneeded', () => {
      const ops = request.result.createObjectStore('ops', { keyPath: 'seq' });
      ops.createIndex('id', 'id', { unique: true });
      ops.createIndex('open', 'open');
      ops.put({ seq: 1, id: 'a', open: 1 });
    });
    request.addEventListener('success', () => {
      request.result.close();
      resolve('made');
    });
  });
}
