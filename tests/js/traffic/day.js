/* A day of a true phone, every kind of request it makes: recorded as a vector, and compared with the newest recording (tests/traffic). */
import 'fake-indexeddb/auto';
import { aPage } from '../fakes/browser.js';
import { aShot } from '../fakes/phone.js';
import { Line } from './line.js';
import { setClock } from '#app/core/clock.js';
import { deviceKey, sha256Hex } from '#app/device/device-key.js';
import { signedSheet } from '#app/rules/payload.js';
import { presented } from '#app/rules/presented.js';
import { bringToOffice } from '#app/screens/rescue-file.js';
import { openStore } from '#app/store/store.js';
import { renameDevice } from '#app/sync/device.js';
import { Engine } from '#app/sync/engine.js';
import { operations } from '#app/sync/registry.js';
import { choosePassword, signIn, signOut, takeUpSession } from '#app/sync/session.js';
import { call } from '#app/sync/transport.js';
import { Uploads } from '#app/sync/uploads.js';

aPage();
const line = new Line();
globalThis.fetch = /** @type {any} */ ((/** @type {string} */ path, /** @type {any} */ options) => line.fetch(path, options));
const { name, password, jobs, person_id: personId, item, photo_item: photoItem } = await line.begin();
const started = line.ms;
setClock({ nowMs: () => line.ms, monoMs: () => line.ms - started });

await signIn({ name, password }).then(() => choosePassword({ current: password, new: `${password} and more` }));
await takeUpSession();
const store = await openStore(personId, operations);
const key = await deviceKey(store);
const env = { store, call };
const engine = new Engine({ ...env, build: 'recorded', deviceName: 'Android · Chrome', key: async () => key });
const uploads = new Uploads({ ...env, goesOn: () => true });
const [job, away, cancelled] = jobs;

/** As the pump does: acts, then bytes, then what became of them. */
async function sync() {
  for (;;) {
    const outcome = await engine.run();
    if (outcome.state !== 'ok' || !(await store.counts()).photos) return outcome.state;
    const step = await uploads.run();
    if (step !== 'again') return step.state;
  }
}

/** @param {string} kind @param {Record<string, any>} args @param {any[]} [files] @param {string} [where] */
const act = (kind, args, files = [], where = job) => store.confirm(kind, where, args, files);

/** @param {string} content @param {Record<string, any>} [over] */
const shoot = (content, over) => act('add_photo', ...aShot(content, over));

// the morning: the first contact, the way, work on site
await sync();
await act('order_day', { day: '2026-11-21', order: [job], pinned: [job], estimates: [1_795_000_000_000] });
await act('take_step', { step: 'accept' });
await act('take_step', { step: 'depart', place: { lat: 39.99, lng: 116.4, accuracy_m: 12 } });
await act('take_step', { step: 'arrive', no_place: 'denied' });
await act('take_step', { step: 'start' });
line.plan = ['lost'];
await sync(); // the answer is lost,
await sync(); // and the same is asked again
await act('record_contact', { channel: 'call' });
await act('add_note', { text: '垫了防潮膜 𬱖' });
const { checklist } = /** @type {any} */ (await store.job(job));
await act('answer_item', { checklist: checklist.id, item, value: { done: true } });
const first = await shoot('a picture of the floor', { item: photoItem });
const again = await shoot('a picture, taken again', { slot: 'after', declared: { time: '2026:11:21 10:42:07', lat: 39.9, lng: 116.4 } });
await shoot('never sent', { slot: 'damage', source: 'gallery', file_name: 'IMG_1.jpg' });
await act('caption_photo', { photo_id: first.id, caption: '客厅' });
await act('void_photo', { photo_id: again.id, reason: '拍糊了' });
line.plan = ['', 'cut']; // acts arrive, and half of the first picture
await sync();
line.plan = ['', '', 'lost']; // the other half arrives, and nobody hears of it
await sync();
await sync();

// the customer: what it costs, what went wrong, the signature
await act('state_charges', { lines: [{ text: '换板', quantity_milli: 1000, unit: '块', unit_price_fen: 9000, amount_fen: 9000 }] });
await act('report_incident', { kind: 'damage', words: '墙角刮了一下' });
const view = /** @type {any} */ (await store.job(job));
const shown = presented(view, { kind: 'sign_off', language: 'zh', content: await store.checklistOf(view), me: /** @type {any} */ (await store.me()), revision: 1, shownMs: line.ms });
await act('sign_sheet', await signedSheet(shown, { outcome: 'signed', signer: { name: '张丽华', role: 'customer' }, strokes: [[[0, 0, 0, 1], [9000, 9000, 40, 1], [100, 8000, 90, 1]]], device_ms: line.ms, mono: { page: '0a1b2c3d', t: line.ms - started }, place: null, no_place: 'denied' }, { key, sha256Hex, nonce: view.sign_nonce }));
await act('take_step', { step: 'finish', checklist: checklist.id });
await act('take_back_step', { step_id: (await act('take_step', { step: 'accept' }, [], cancelled)).id, reason: '按错了' }, [], cancelled);
await sync();

// the office: one job is given away, one cancelled, while the phone works on them
await act('take_step', { step: 'accept' }, [], away);
await act('add_note', { text: '我到过' }, [], away);
await act('add_note', { text: '门口等过' }, [], cancelled);
await line.office('give_away', { job: away });
await line.office('cancel', { job: cancelled });
await sync();

// the session ends; the same person comes back
await act('add_note', { text: '没登录' });
await line.office('end_sessions');
await sync();
await signIn({ name, password: `${password} and more` });
await sync();

// a copied profile: its numbers were used before
await store.db.write(['meta'], async (tx) => {
  const meta = tx.objectStore('meta');
  await meta.put({ ...(await meta.get('client')), next_seq: 2 }, 'client');
});
await act('add_note', { text: '抄来的' });
await sync();

// the server was restored from a backup: the whole journal again
await line.office('restore');
await act('add_note', { text: '恢复之后' });
await sync();

await renameDevice(store, '门店手机 07');
await act('add_note', { text: '太旧了' });
await bringToOffice({ store });
await sync();
await signOut();
await line.office('end');
process.exit(0);
