import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerFor, cacheName, cleanUp, fill, shellAddress } from '../../../static/js/sw/precache.js';

const ORIGIN = 'https://fs.example';

/** Cache Storage in memory. */
class FakeCaches {
  /** @type {Map<string, Map<string, Response>>} */
  kept = new Map();
  async keys() { return [...this.kept.keys()]; }
  /** @param {string} name */
  async has(name) { return this.kept.has(name); }
  /** @param {string} name */
  async delete(name) { return this.kept.delete(name); }
  /** @param {string} name */
  async open(name) {
    const cache = this.kept.get(name) ?? new Map();
    this.kept.set(name, cache);
    return {
      match: async (/** @type {string} */ url) => cache.get(url)?.clone(),
      put: async (/** @type {string} */ url, /** @type {Response} */ response) => void cache.set(url, response),
    };
  }
}

/** @param {Record<string, string | number>} files address → text or status; everything else is offline */
function around(files) {
  const caches = new FakeCaches();
  /** @type {string[]} */
  const asked = [];
  const fetch = async (/** @type {string | Request} */ wanted) => {
    const path = (typeof wanted === 'string' ? wanted : wanted.url).slice(ORIGIN.length);
    asked.push(path);
    if (!(path in files)) throw new TypeError('Failed to fetch');
    const file = files[path];
    return typeof file === 'number' ? new Response('', { status: file }) : new Response(file);
  };
  return { caches: /** @type {any} */ (caches), fetch: /** @type {any} */ (fetch), origin: ORIGIN, kept: caches.kept, asked, files };
}

const B1 = {
  '/static/b1/precache.json': JSON.stringify({ build: 'b1', urls: ['/static/b1/js/technician.js', '/static/b1/css/phone.css'] }),
  '/app/shell?build=b1': 'shell of b1', '/static/b1/js/technician.js': 'js', '/static/b1/css/phone.css': 'css',
};

/** @param {string} path @param {Record<string, string>} [more] */
const request = (path, more = {}) => /** @type {Request} */ (/** @type {any} */ ({ url: ORIGIN + path, method: 'GET', mode: 'cors', ...more }));

test('a build is kept whole', async () => {
  const world = around(B1);
  await fill('b1', world);
  assert.deepEqual([...world.kept.get(cacheName('b1'))?.keys() ?? []].sort(), [shellAddress('b1'), '/static/b1/css/phone.css', '/static/b1/js/technician.js'].sort());
});

for (const [name, change] of /** @type {[string, Record<string, any>][]} */ ([
  ['a file is missing', { '/static/b1/css/phone.css': 404 }],
  ['the shell is gone', { '/app/shell?build=b1': 404 }],
  ['the list is of another build', { '/static/b1/precache.json': '{"build":"b2","urls":[]}' }],
  ['the list is a portal page', { '/static/b1/precache.json': '<html>' }],
])) {
  test(`no half build: ${name}`, async () => {
    const world = around({ ...B1, ...change });
    await assert.rejects(fill('b1', world));
    assert.deepEqual(await world.caches.keys(), []);
  });
}

test('a network that breaks off leaves no half build and the old one alone', async () => {
  const { '/static/b1/js/technician.js': _, ...rest } = B1;
  const world = around(rest);
  await world.caches.open(cacheName('b0'));
  await assert.rejects(fill('b1', world));
  assert.deepEqual(await world.caches.keys(), [cacheName('b0')]);
});

test('going back to a build that is here already takes nothing away when it fails', async () => {
  const world = around({ ...B1 });
  await fill('b1', world);
  delete (/** @type {any} */ (world.files)['/static/b1/css/phone.css']);
  await assert.rejects(fill('b1', world));
  assert.equal(world.kept.get(cacheName('b1'))?.size, 3, 'the worker in charge, or a tab, lives on it');
});

test('a tab of the build before goes on with its own files, though the server has them no more', async () => {
  const world = around({ ...B1 });
  await fill('b1', world);
  for (const url of Object.keys(B1)) delete (/** @type {any} */ (world.files)[url]);
  const part = await answerFor(request('/static/b1/js/technician.js'), 'b2', world)?.();
  assert.equal(await part?.text(), 'js');
  Object.assign(world.files, { '/static/b3/js/technician.js': 'js of b3', '/static/b1/js/other.js': 404 });
  assert.equal(await (await answerFor(request('/static/b3/js/technician.js'), 'b2', world)?.())?.text(), 'js of b3', 'a page the server made comes whole from the server');
  assert.equal((await answerFor(request('/static/b1/js/other.js'), 'b2', world)?.())?.status, 404);
  assert.deepEqual(await world.caches.keys(), [cacheName('b1')], 'looking makes no cache');
});

test('old builds go, foreign caches stay', async () => {
  const world = around(B1);
  for (const name of [cacheName('b0'), cacheName('b1'), 'somebody-else']) await world.caches.open(name);
  await cleanUp('b1', world);
  assert.deepEqual(await world.caches.keys(), [cacheName('b1'), 'somebody-else']);
});

test('any page of the app is the kept shell, without asking the network', async () => {
  const world = around(B1);
  await fill('b1', world);
  world.asked.length = 0;
  for (const path of ['/app/', '/app/index.html?x=1']) {
    const answer = answerFor(request(path, { mode: 'navigate' }), 'b1', world);
    assert.equal(await (await answer?.())?.text(), 'shell of b1');
  }
  const file = answerFor(request('/static/b1/js/technician.js'), 'b1', world);
  assert.equal(await (await file?.())?.text(), 'js');
  assert.deepEqual(world.asked, []);
});

test('an evicted file comes from the network and is kept again', async () => {
  const world = around(B1);
  const first = await answerFor(request('/static/b1/css/phone.css'), 'b1', world)?.();
  assert.equal(await first?.text(), 'css');
  await answerFor(request('/static/b1/css/phone.css'), 'b1', world)?.();
  assert.equal(world.asked.length, 1);
});

test('an evicted file that the server has no more is answered as such and not kept', async () => {
  const world = around({ '/static/b1/js/x.js': 404 });
  assert.equal((await answerFor(request('/static/b1/js/x.js'), 'b1', world)?.())?.status, 404);
  assert.equal(world.kept.get(cacheName('b1'))?.size, 0);
});

test('an evicted shell of a build that is gone gives way to the shell of today', async () => {
  const world = around({ '/app/shell?build=b1': 404, '/app/': 'shell of b2' });
  const page = await answerFor(request('/app/', { mode: 'navigate' }), 'b1', world)?.();
  assert.equal(await page?.text(), 'shell of b2');
});

test('the worker keeps out of the API, of other pages, hosts and of everything that changes something', () => {
  const world = around(B1);
  for (const [path, more] of /** @type {[string, Record<string, string>][]} */ ([
    ['/api/sync', {}], ['/api/sync', { method: 'POST' }], ['/desk/jobs', { mode: 'navigate' }],
    ['/app/sw.js', {}], ['/app/manifest.webmanifest', {}], ['/app/', { method: 'POST', mode: 'navigate' }],
  ])) assert.equal(answerFor(request(path, more), 'b1', world), null, path);
  assert.equal(answerFor(/** @type {any} */ ({ url: 'https://other.example/static/b1/x.js', method: 'GET', mode: 'cors' }), 'b1', world), null);
});
