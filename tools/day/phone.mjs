// node tools/day/phone.mjs '{"url", "token", "person", "spare", "drained", "along"}': the app's own store, engine and uploads do a day
// of work against the server at `url`. drained, along: ids of the jobs of a day whose work is sent in the evening, and of
// one that is sent act by act; spare: a job for notes. Prints one JSON line: what went over the line, by part of it.
import { createHash } from 'node:crypto';
import { appOf } from '../../tests/js/proof/bundle.js';
import { Page } from '../../tests/js/proof/page.js';
import { Phone } from '../../tests/js/proof/phone.js';
import { Random } from '../../tests/js/proof/random.js';
import { Meter } from './meter.mjs';
import { actsOf, note, picture, strokes } from './work.mjs';

const { url, token, person, spare, drained, along } = JSON.parse(process.argv[2]);
const MANY = 100;

const meter = new Meter(url, process.env.TELL === '1');
await meter.open();
const phone = new Phone('phone', /** @type {any} */ (meter));
phone.cookie = token;
const page = new Page(phone, 'day', await appOf(), new Random(1));
page.isUp = true;
await page.open(person, (/** @type {any} */ operations) => operations);
await page.settled();

const result = {
  idle: await meter.measure(sent),
  hundred: await later(async () => { for (let n = 0; n < MANY; n += 1) await page.store.confirm('add_note', spare, note(n).args); }),
  drained: await later(() => day(drained, async () => {})),
  along: await meter.measure(() => day(along, arrived)),
};
const acts = phone.rows(person, 'ops');
const left = phone.rows(person, 'evidence').filter(({ open }) => open).length;
console.log(JSON.stringify({ ...result, acts: acts.length, refused: acts.filter((op) => op.result !== 'applied').map((op) => `${op.kind}: ${op.result} ${op.note?.code}`), left, complaints: phone.complaints }));
page.close();
meter.close();
process.exit(0);

/** Everything is there, and the answers are taken. */
async function sent() {
  page.sync();
  await page.settled();
}

/** By itself, as after every act: nothing is only on this phone any more. It waits without asking: that would be the processor's work too. */
async function arrived() {
  for (;;) {
    const changed = new Promise((resolve) => { const off = page.app.bus.on('changed', () => { off(); resolve(null); }); });
    const { pending, photos } = await page.store.counts();
    if (!pending && !photos) return;
    await changed;
  }
}

/** Work without a line; what it costs when the line is back. @param {() => Promise<void>} work */
async function later(work) {
  page.isUp = false;
  await work();
  while (page.run) await page.settled();
  await page.app.syncNow(); // what the last act has begun still ends without a line
  page.isUp = true;
  return meter.measure(sent);
}

/** @param {string[]} jobs @param {() => Promise<void>} after each act */
async function day(jobs, after) {
  for (const [visit, id] of jobs.entries()) {
    for (const act of actsOf(visit)) {
      await confirm(id, act);
      await after();
    }
  }
}

/** @param {string} id @param {import('./work.mjs').Act} act */
async function confirm(id, { kind, args, photo, sign }) {
  if (photo !== undefined) {
    const data = new Uint8Array(Buffer.concat([picture(photo), Buffer.from(id)]));
    const sha256 = createHash('sha256').update(data).digest('hex');
    const about = { ...args, item: 'before', sha256, size: data.length, media_type: 'image/jpeg', source: 'camera', replaces: null };
    await page.store.confirm(kind, id, about, [{ sha256, data: data.buffer, type: 'image/jpeg', thumb: new ArrayBuffer(8) }]);
  } else await page.store.confirm(kind, id, sign === undefined ? args : await sheet(id, sign));
}

/** A sheet as the customer's page makes and signs it. @param {string} id @param {number} number */
async function sheet(id, number) {
  const { app, store } = page;
  const job = await store.job(id);
  const me = { name: '', badge_no: null, ...(await store.me()), id: person };
  const content = await store.checklistOf(job);
  const shown = app.presented(job, { kind: 'sign_off', language: 'zh', content, me, revision: app.nextRevision(job, 'sign_off'), shownMs: Date.now() });
  const did = { outcome: 'signed', signer: { name: '王芳', role: 'customer' }, strokes: strokes(number), device_ms: Date.now(), mono: { page: '00000000', t: 1 } };
  return app.signedSheet(shown, did, { key: await app.deviceKey(store), sha256Hex: app.sha256Hex, nonce: job.sign_nonce });
}
