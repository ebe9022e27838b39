// node tools/day/pouchdb.mjs <folder with node_modules> <folder for data>: the same day through PouchDB to express-pouchdb, which is what
// pouchdb-server serves. An act is a document, a photo is attached to its act: as one would write it, and nothing is ever in
// conflict. The phone keeps its data in memory, as the other phone that is measured does; the server keeps them on the disk.
// Prints one JSON line as `phone.mjs` does.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fork } from 'node:child_process';
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Meter } from './meter.mjs';
import { ACTS, VISITS, actsOf, note, picture, strokes } from './work.mjs';

const MANY = 100;
const [modules, data, role = 'phone'] = process.argv.slice(2);
const need = createRequire(`${resolve(modules)}/`);
const PouchDB = need('pouchdb');

if (role === 'server') serve();
else await measureAll();

function serve() {
  const app = need('express')();
  app.use('/', need('express-pouchdb')(PouchDB.defaults({ prefix: `${resolve(data)}/` }), { mode: 'minimumForPouchDB', inMemoryConfig: true }));
  const server = app.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
}

async function measureAll() {
  const child = fork(fileURLToPath(import.meta.url), [modules, data, 'server'], { cwd: data, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(child, 'message');
  const meter = new Meter(`http://127.0.0.1:${port}`, process.env.TELL === '1');
  await meter.open();
  PouchDB.plugin(need('pouchdb-adapter-memory'));
  const agent = new Agent({ keepAlive: true }); // as a browser; by itself it opens a connection for every request
  const fetch = (/** @type {string} */ url, /** @type {any} */ options) => PouchDB.fetch(url, { ...options, agent });
  const remote = new PouchDB(`${meter.url}/day`, { fetch });
  await remote.bulkDocs(Array.from({ length: VISITS * 2 + 1 }, (_, n) => ({ _id: `job-${n}`, state: 'assigned', brief: '地板起拱', customer: '张女士' })));
  const local = new PouchDB('phone', { adapter: 'memory' });
  const sent = () => local.sync(remote);
  await sent();
  const result = {
    idle: await meter.measure(sent),
    hundred: await later(async () => { for (let n = 0; n < MANY; n += 1) await put(local, 'job-0', note(n)); }),
    drained: await later(() => day(0, async () => {})),
    along: await along(),
  };
  const { doc_count: documents } = await remote.info();
  const left = documents === MANY + VISITS * ACTS * 2 + VISITS * 2 + 1 ? 0 : documents;
  console.log(JSON.stringify({ ...result, acts: MANY + VISITS * ACTS * 2, refused: [], left, complaints: [] }));
  child.kill('SIGKILL');
  process.exit(0);

  /** @param {() => Promise<void>} work */
  async function later(work) {
    await work();
    return meter.measure(sent);
  }

  /** @param {number} first @param {(id: string) => Promise<void>} after each act */
  async function day(first, after) {
    for (let visit = 0; visit < VISITS; visit += 1) {
      for (const act of actsOf(visit)) await after(await put(local, `job-${first + visit}`, act));
    }
  }

  /** With a live replication in both directions, as an app keeps it open: each act waits until it is there. */
  async function along() {
    const live = local.sync(remote, { live: true, retry: true });
    const pushed = new Set();
    let look = () => {};
    live.on('change', (/** @type {any} */ { direction, change }) => {
      if (direction === 'push') for (const { _id } of change.docs) pushed.add(_id);
      look();
    });
    const arrived = async (/** @type {string} */ id) => {
      while (!pushed.has(id)) await new Promise((resolve) => { look = () => resolve(null); });
    };
    await once(live, 'paused');
    return meter.measure(() => day(VISITS, arrived)).finally(() => live.cancel());
  }
}

/** @param {any} local @param {string} job @param {import('./work.mjs').Act} act @returns {Promise<string>} the document's id */
async function put(local, job, { kind, args, photo, sign }) {
  const attached = photo === undefined ? {} : { _attachments: { photo: { content_type: 'image/jpeg', data: Buffer.concat([picture(photo), Buffer.from(job)]) } } };
  const signed = sign === undefined ? {} : { strokes: strokes(sign) };
  const { id } = await local.put({ _id: randomUUID(), kind, job, args: { ...args, ...signed }, occurred_at: Date.now(), ...attached });
  return id;
}
