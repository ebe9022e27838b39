import { createHash } from 'node:crypto';
import { Page } from './page.js';
import { Phone } from './phone.js';
import { Random } from './random.js';

const YEAR_MS = 31_557_600_000;
const MOST_PHONES = 5;
/** Runs until a phone must be at rest. */
const PATIENCE = 14;
const ITEMS = { greet: { done: true }, cause: { chosen: ['damp'], text: '' }, tools: { done: true }, before: { why: '客户不让拍' } };
const NOBODY = '019fff00-0000-7000-8000-000000000000';

/**
 * The app's operations and two that only an app gone wrong would send: one the server does not know, one with arguments
 * that cannot be.
 * @param {any} known
 */
function operations(known) {
  const as = (/** @type {any} */ args) => args;
  const still = (/** @type {any} */ job) => job;
  return { ...known, dance: { build: as, apply: still }, add_note: { ...known.add_note, build: (/** @type {any} */ args, /** @type {any} */ about) => (args.bad ? args : known.add_note.build(args, about)) } };
}

/** One history being played against one server. */
export class World {
  /** @type {Phone[]} */
  phones = [];
  /** @type {{phone: number, tab: number, person: number, page: Page | null}[]} */
  slots = [];
  /** op id → whose, what @type {Map<string, {person: string, kind: string}>} */
  confirmed = new Map();
  /** confirmations of which nobody knows what became */
  doubts = 0;
  /** @type {string[]} laws found broken on the way */
  broken = [];
  /** op id → hash of photos that were saved, with whose @type {Map<string, {sha256: string, person: string}>} */
  photos = new Map();
  acts = 0;
  /** photos whose bytes are known to be whole on the server @type {Set<string>} */
  #gone = new Set();
  /** `epoch:op` → the acknowledgement as it was given @type {Map<string, string>} */
  #acks = new Map();
  /** cursors by the client they were given to @type {Set<string>} */
  #cursors = new Set();
  /** the name of the page that was last answered, by what it shares with the other tabs @type {Map<string, string>} */
  #answered = new Map();
  /** what each page shares with others, by its name: a phone and a person @type {Map<string, string>} */
  #homes = new Map();
  #pages = 0;
  #hasBackup = false;
  #wasPutBack = false;

  /**
   * @param {import('./line.js').Line} line
   * @param {(question: any) => Promise<any>} office
   * @param {(globals: any) => any} app
   */
  constructor(line, office, app) {
    this.line = line;
    this.office = office;
    this.app = app;
    line.onAnswer = (page, request, answer) => this.#hear(page, request, answer);
  }

  /** @param {ReturnType<typeof import('./events.js').historyOf>} history */
  async lay(history) {
    this.seed = history.seed;
    const { people } = await this.office({ do: 'lay', seed: history.seed, technicians: history.technicians, jobs: history.jobs, max_changes: history.maxChanges });
    /** @type {{id: string, name: string, staffNo: string}[]} */
    this.people = people;
    this.slots = history.slots.map(([phone, tab, person]) => ({ phone, tab, person, page: null }));
    for (const { phone, person } of this.slots) {
      if (this.phones[phone]) continue;
      this.phones[phone] = new Phone(`phone ${phone}`, this.line);
      await this.#signIn(this.phones[phone], person);
    }
    // One contact each, so that there is something to do.
    for (const [index, slot] of this.slots.entries()) if (slot.tab === 0) await this.#sync(index, [], true);
  }

  /** @param {any} event */
  async play(event) {
    const index = event.page === undefined ? 0 : event.page % this.slots.length;
    switch (event.do) {
      case 'act': await this.#act(index, event); break;
      case 'visit': await this.#visit(index, event); break;
      case 'sync': await this.#sync(index, event.faults); break;
      case 'deliver': this.line.deliver(event.n); break;
      case 'tick': this.slots[index].page?.tick(event.ms); break;
      case 'office': await this.office({ ...event, do: 'act' }); break;
      case 'crash': this.#fate(index, { dieIn: event.after }); break;
      case 'quota': this.#fate(index, { fullIn: event.after, fullAt: event.at, fullTimes: event.times }); break;
      case 'closed': this.#fate(index, { closedTimes: event.times }); break;
      case 'force close': this.slots[index].page?.loseConnections(); break;
      case 'reopen': this.slots[index].page?.die('killed'); break;
      case 'clock': this.#phone(index).clockOffMs = event.years * YEAR_MS; this.line.count('clock'); break;
      case 'person': await this.#other(index, event); break;
      case 'sign out': await this.#signOut(index); break;
      case 'end sessions': await this.office({ do: 'end_sessions', person: this.#person(event.who).id }); this.line.count(event.do); break;
      case 'forget devices': await this.office({ do: 'forget_devices', person: this.#person(event.who).id }); this.line.count(event.do); break;
      case 'block': if (await this.office({ do: 'block', person: this.#person(event.who).id, device: event.n })) this.line.count('blocked'); break;
      case 'clone': await this.#clone(index); break;
      case 'kill server': await this.#kill(index, event.turns); break;
      case 'back up': case 'restore': await this.#disaster(event.do, event.how); break;
      default: throw new Error(`unknown event ${event.do}`);
    }
    await this.#settled();
    this.#areWhole();
    await this.#nothingIsLost();
  }

  /** The line is good, everybody signs in again where they left something, and all comes to rest. @returns {Promise<any>} what the phones hold */
  async quiet() {
    for (const { page } of this.slots) if (page) Object.assign(page.fate, { dieIn: 0, fullIn: 0, closedTimes: 0 });
    while (this.line.deliver(0));
    await this.#settled();
    for (const { page } of this.slots) page?.tick(60_000);
    await this.#settled();
    for (const { page } of this.slots) page?.die('');
    while (this.line.deliver(0));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    const homes = this.phones.flatMap((phone) => phone.people().map((person) => ({ phone, person, state: '' })));
    for (const home of homes) home.state = await this.#rest(home, PATIENCE);
    await this.office({ do: 'work' });
    // What came from the last of them, or was found, may have changed what the first ones show.
    for (const home of homes) home.state = await this.#rest(home, PATIENCE);
    await this.#nothingIsLost();
    // A phone that was blocked is wiped by now.
    return homes.filter(({ phone, person }) => phone.people().includes(person)).map((home) => this.#holding(home));
  }

  /** @param {any[]} phones `quiet()` @returns {Promise<{broken: string[], facts: Record<string, number>}>} */
  async judge(phones) {
    const journal = new Set(phones.flatMap((phone) => phone.ops.map((/** @type {any} */ op) => op.id)));
    const doubtful = [...journal].filter((id) => !this.confirmed.has(id));
    if (doubtful.length > this.doubts) this.broken.push(`P1 invented: ${doubtful.length} acts nobody confirmed, ${this.doubts} were in doubt`);
    const complaints = this.phones.flatMap((phone) => phone.complaints);
    const seen = [...this.broken, ...complaints.map((one) => `the app failed: ${one}`)];
    return this.office({ do: 'judge', confirmed: Object.fromEntries(this.confirmed), doubtful, phones, seen, was_put_back: this.#wasPutBack });
  }

  close() {
    for (const { page } of this.slots) page?.die('');
    while (this.line.deliver(0));
    this.line.pages.clear();
  }

  // -- what technicians do

  /** @param {number} index */
  async #page(index) {
    const slot = this.slots[index];
    if (!slot.page || slot.page.isDead) {
      this.#pages += 1;
      const page = new Page(this.#phone(index), `${this.seed}-${this.#pages}`, this.app, new Random((this.seed ?? 0) * 1000 + this.#pages));
      slot.page = page;
      this.#homes.set(page.name, `${slot.phone} ${slot.person}`);
      try {
        await page.open(this.#person(slot.person).id, operations);
        await page.settled();
      } catch (error) {
        page.die('');
        if (!isKnown(page, error)) throw error;
      }
    }
    return slot.page;
  }

  /** @param {number} index @param {any} event */
  async #act(index, event) {
    const page = await this.#page(index);
    if (page.isDead) return;
    const given = await alive(page, this.#given(page, event)).catch((error) => { if (!isKnown(page, error)) throw error; });
    if (given && given !== 'died') await this.#confirm(page, given);
  }

  /** A job from where it stands, several steps on, with answers and perhaps a signature. @param {number} index @param {any} event */
  async #visit(index, event) {
    for (let i = 0; i < event.steps; i += 1) {
      await this.#act(index, { ...event, kind: 'step', n: event.n + i });
      const kind = ['answer', 'photo', 'sign', 'note'][(event.n + i) % 4];
      // Several photos one after the other go to the server in one request.
      for (let more = kind === 'photo' ? 3 : 1; more > 0; more -= 1) await this.#act(index, { ...event, kind, n: event.n + i + 1000 * (more - 1) });
    }
  }

  /** @param {Page} page @param {any} event @returns {Promise<{kind: string, job: any, args: any, files?: any[]} | null>} */
  async #given(page, { kind, job: number, n }) {
    const { store, app } = page;
    const jobs = (await store.jobs()).filter((/** @type {any} */ one) => !one.handedOver);
    if (!jobs.length) return null;
    const job = jobs[number % jobs.length];
    const random = new Random(n);
    const photo = job.photos.length ? random.pick(job.photos) : { id: NOBODY };
    switch (kind) {
      case 'step': {
        const steps = app.nextSteps(job.state);
        const step = steps[random.below(8) ? 0 : random.below(steps.length || 1)];
        return step ? { kind: 'take_step', job, args: { step, reason: '缺料', no_promise: '等料' } } : null;
      }
      case 'odd': return { kind: 'take_step', job, args: { step: random.pick(['accept', 'start', 'finish']) } };
      case 'back': return { kind: 'take_back_step', job, args: { reason: '按错了' } };
      case 'note': return { kind: 'add_note', job, args: { text: `记 ${n}` } };
      case 'contact': return { kind: 'record_contact', job, args: { channel: random.pick(['call', 'sms']) } };
      case 'answer': {
        const item = random.pick(Object.keys(ITEMS));
        return { kind: 'answer_item', job, args: { item, value: random.below(4) ? /** @type {any} */ (ITEMS)[item] : null } };
      }
      case 'photo': return this.#photo(job, random, photo);
      case 'caption': return { kind: 'caption_photo', job, args: { photo_id: photo.id, caption: `图 ${n}` } };
      case 'void': return { kind: 'void_photo', job, args: { photo_id: photo.id, reason: '糊了' } };
      case 'charges': {
        const fen = random.pick([0, 9000, 18_000]);
        return { kind: 'state_charges', job, args: { lines: [{ text: '上门费', quantity_milli: 1000, unit: '', unit_price_fen: fen, amount_fen: fen }] } };
      }
      case 'incident': return { kind: 'report_incident', job, args: { kind: 'dispute', words: `争 ${n}` } };
      case 'sign': return this.#sheet(page, job, random);
      case 'order': return orderOf(jobs, job, random);
      case 'bad': return { kind: 'add_note', job, args: { bad: true, text: 7 } };
      case 'unknown': return { kind: 'dance', job, args: { steps: n } };
      default: throw new Error(`unknown act ${kind}`);
    }
  }

  /** @param {any} job @param {Random} random @param {{id: string}} before */
  #photo(job, random, before) {
    const size = random.below(12) ? 200 + random.below(6000) : 280_000 + random.below(90_000);
    // Now and then the same picture twice; each history has its own.
    const data = new Uint8Array(Buffer.alloc(size, `${this.seed}/${random.below(random.below(3) ? 1_000_000 : 4)}/`));
    const sha256 = sha256Of(data);
    const args = { slot: random.pick(['before', 'after']), item: 'before', sha256, size, media_type: 'image/jpeg', source: 'camera', replaces: random.below(5) ? null : before.id };
    return { kind: 'add_photo', job, args, files: [{ sha256, data: data.buffer, type: 'image/jpeg', thumb: new Uint8Array([1, 2, 3]).buffer }] };
  }

  /** @param {Page} page @param {any} job @param {Random} random */
  async #sheet(page, job, random) {
    if (!['arrived', 'working'].includes(job.state)) return null;
    const { app, store } = page;
    const me = { name: '', badge_no: null, ...(await store.me()), id: page.personId };
    const content = await store.checklistOf(job);
    const shown = app.presented(job, { kind: 'sign_off', language: 'zh', content, me, revision: app.nextRevision(job, 'sign_off'), shownMs: Date.now() });
    const strokes = [Array.from({ length: 24 }, (_, i) => [i * 300, random.below(9000), i * 10, 500])];
    const did = { outcome: 'signed', signer: { name: '王芳', role: 'customer' }, strokes, device_ms: Math.max(0, Date.now() + page.phone.clockOffMs), mono: { page: '00000000', t: 1 } };
    const args = await app.signedSheet(shown, did, { key: await app.deviceKey(store), sha256Hex: app.sha256Hex, nonce: job.sign_nonce });
    return { kind: 'sign_sheet', job, args };
  }

  /** @param {Page} page @param {{kind: string, job: any, args: any, files?: any[]}} given */
  async #confirm(page, { kind, job, args, files = [] }) {
    this.acts += 1;
    const before = page.fate.dead;
    try {
      const op = await alive(page, page.store.confirm(kind, job.id, args, files));
      if (op === 'died') this.doubts += 1;
      else {
        this.confirmed.set(op.id, { person: page.personId, kind });
        if (kind === 'add_photo') this.photos.set(op.id, { sha256: args.sha256, person: page.personId });
      }
    } catch (error) {
      if (!isKnown(page, error)) throw error;
      if (before || page.isDead) this.doubts += 1; // else it was said that nothing was saved: then nothing may be there
    }
    if (!page.isDead) page.sync();
  }

  // -- the line

  /** @param {number} index @param {any[]} faults @param {boolean} [stays] the line stays up */
  async #sync(index, faults, stays = false) {
    const page = await this.#page(index);
    if (page.isDead) return;
    page.plan = [...faults];
    page.isUp = true;
    page.sync();
    await page.settled();
    if (!stays) page.isUp = page.isBlocked; // a run that waits goes on with the line it had
    page.plan = page.isBlocked ? page.plan : [];
  }

  /** Every page has come to rest, or waits for something that an event must bring. */
  async #settled() {
    for (let calm = 0; calm < 2; calm += 1) {
      for (const { page } of this.slots) {
        if (!page?.run || page.isDead) continue;
        if (!page.isBlocked) calm = 0;
        await page.settled();
      }
    }
    for (const { page } of this.slots) if (page && !page.run && !page.isBlocked) page.isUp = false;
  }

  // -- disasters

  /** @param {number} index @param {Partial<import('./storage.js').Fate>} change */
  #fate(index, change) {
    const { page } = this.slots[index];
    if (page && !page.isDead) Object.assign(page.fate, change);
  }

  /** Somebody else's session is in this browser now; a tab of theirs opens, others stay as they were. @param {number} index @param {any} event */
  async #other(index, { who, tab }) {
    const phone = this.slots[index].phone;
    this.line.count('another person');
    await this.#signIn(this.phones[phone], who);
    const slot = this.slots.find((one) => one.phone === phone && one.tab === tab) ?? this.slots[index];
    slot.page?.close();
    slot.person = who;
  }

  /** In order, through the app: it refuses while something is unsent. @param {number} index */
  async #signOut(index) {
    const page = await this.#page(index);
    if (page.isDead) return;
    page.isUp = true;
    await alive(page, page.app.rememberPerson(this.#person(this.slots[index].person))).catch((error) => { if (!isKnown(page, error)) throw error; });
    const done = await alive(page, page.app.signOut().then(() => true)).catch((error) => { if (!isKnown(page, error)) throw error; return false; });
    if (done !== true) return;
    this.line.count('signed out');
    page.phone.cookie = '';
    page.close();
  }

  /** @param {number} index */
  async #clone(index) {
    if (this.phones.length >= MOST_PHONES) return;
    const { phone, person } = this.slots[index];
    this.line.count('clone');
    this.phones.push(await this.phones[phone].clone(`phone ${this.phones.length}`));
    this.slots.push({ phone: this.phones.length - 1, tab: 0, person, page: null });
  }

  /** While a page speaks to it. @param {number} index @param {number} turns of the event loop after it began to */
  async #kill(index, turns) {
    const page = await this.#page(index);
    page.isUp = true;
    if (!page.isDead) page.sync();
    for (let i = 0; i < turns; i += 1) await new Promise((resolve) => { setImmediate(resolve); });
    this.line.count('server killed');
    await this.office({ do: 'kill' });
  }

  /** @param {string} what @param {string} how */
  async #disaster(what, how) {
    if (what === 'restore' && !this.#hasBackup) return;
    this.#hasBackup = true;
    if (what === 'restore') this.line.count(`${what} ${how}`);
    // A machine put back as a whole has lost the bytes that came since; a phone may still hear that they had come.
    if (what === 'restore' && how === 'snapshot') await this.#setApart();
    await this.office({ do: what.replace(' ', '_'), how });
    if (what === 'restore' && how === 'snapshot') {
      this.#acks.clear(); // nobody but who was told knows what the machine had answered
      this.#wasPutBack = true;
    }
    if (what === 'restore') for (const phone of this.phones) phone.cookie = await this.#token(phone.cookie ? this.#whose(phone) : '');
  }

  /** Photos that are whole on the server now. */
  async #setApart() {
    const asked = [...this.photos].filter(([id]) => !this.#gone.has(id));
    const missing = await this.#missing(asked.map(([, { sha256 }]) => sha256));
    for (const [id, { sha256 }] of asked) if (!missing.has(sha256)) this.#gone.add(id);
  }

  /** Those of which the server has no whole bytes. @param {Iterable<string>} hashes @returns {Promise<Set<string>>} */
  async #missing(hashes) {
    return new Set(await this.office({ do: 'are_whole', hashes: [...new Set(hashes)] }));
  }

  // -- the end

  /** @param {{phone: Phone, person: string}} home @param {number} patience @returns {Promise<string>} how it ended */
  async #rest({ phone, person }, patience) {
    phone.cookie = await this.#token(person);
    this.#pages += 1;
    const page = new Page(phone, `${this.seed}-${this.#pages}`, this.app, new Random((this.seed ?? 0) * 1000 + this.#pages));
    page.isUp = true;
    await page.open(person, operations);
    await page.settled();
    for (let left = patience; left > 0 && !page.isDead && !isAtRest(page); left -= 1) {
      page.sync();
      await page.settled();
    }
    if (!page.isDead) this.#showsItsCopy(page, await page.store.jobs());
    const { state, code } = page.app.status();
    page.close();
    await new Promise((resolve) => { setTimeout(resolve, 2); }); // what is deleted waits for the last tab
    return `${state} ${code}`.trim();
  }

  /** P5: with nothing waiting, the screens show the server's copy and no more. @param {Page} page @param {any[]} jobs */
  #showsItsCopy(page, jobs) {
    const { phone, personId } = page;
    if (!isAtRest(page)) return; // which `judge` will hear of
    const copies = phone.rows(personId, 'base').filter(({ type }) => type === 'job');
    if (jobs.length !== copies.length) this.broken.push(`P5 ${phone.name} shows ${jobs.length} jobs of ${copies.length}`);
    for (const { id, fields } of copies) {
      const job = jobs.find((one) => one.id === id) ?? {};
      const wrong = Object.keys(fields).filter((name) => JSON.stringify(job[name]) !== JSON.stringify(fields[name]));
      if (wrong.length || job.unsent || job.unsentPhotos) this.broken.push(`P5 ${phone.name} shows other ${wrong} of ${id} than its copy (${job.unsent} unsent)`);
    }
  }

  /** What stands on the disk of a phone for a person. @param {{phone: Phone, person: string, state: string}} home */
  #holding({ phone, person, state }) {
    const [ops, evidence] = [phone.rows(person, 'ops'), phone.rows(person, 'evidence')];
    const client = phone.rows(person, 'meta')[phone.storage.keys(`fieldservice-${person}`, 'meta').indexOf('client')] ?? {};
    return {
      name: `${phone.name} of ${person.slice(-4)}`, person, state, base: phone.rows(person, 'base'),
      ops: ops.map(({ id, seq, result, version, note, open, resend }) => ({ id, seq, result, version, note, open, resend })),
      evidence: evidence.map(({ id, job, sha256, open, trouble }) => ({ id, job, sha256, open, trouble })),
      client: client.client_id,
      bytes: phone.storage.keys(`fieldservice-${person}`, 'bytes'),
      pending: ops.filter((op) => !op.result || op.resend).length, photos: evidence.filter((row) => row.open).length,
    };
  }

  // -- laws that are watched on the way

  /** P3, P7: within an epoch an operation is answered once and for all, and a cursor goes forwards. @param {string} page @param {any} request @param {any} answer */
  #hear(page, request, answer) {
    this.#answered.set(this.#homes.get(page) ?? '', page);
    for (const { id, ...ack } of answer.acks) {
      const key = `${answer.epoch}:${id}`;
      const text = JSON.stringify(ack);
      const before = this.#acks.get(key);
      if (before && before !== text) this.broken.push(`P3 ${id} was answered ${before}, then ${text}`);
      this.#acks.set(key, text);
      if (!request.ops.some((/** @type {any} */ op) => op.id === id)) this.broken.push(`P3 ${id} was acknowledged without being sent`);
    }
    // A cursor is good for the client it was given to; after a fork the new one begins at the start.
    const isOwn = this.#cursors.has(`${request.client_id} ${answer.from}`);
    this.#cursors.add(`${request.client_id} ${answer.to}`);
    if (isOwn && answer.epoch === request.epoch && versionOf(answer.to) < versionOf(answer.from)) this.broken.push(`P7 the cursor went back from ${answer.from} to ${answer.to}`);
  }

  /**
   * P8: after a good run a phone shows all of a transaction: the jobs of one customer have one name. One that pulled a part and was cut
   * off can lack what has changed again since, until it comes with the rest; the other tab's good run was before that.
   */
  #areWhole() {
    for (const { page } of this.slots) {
      if (!page || page.isDead || page.run || page.isBlocked || page.app.status().state !== 'ok') continue;
      if (this.#answered.get(this.#homes.get(page.name) ?? '') !== page.name) continue;
      /** @type {Map<string, string>} */
      const names = new Map();
      for (const { type, fields, handed_over } of page.phone.rows(page.personId, 'base')) {
        if (type !== 'job' || handed_over) continue;
        const { address_form: who, name } = fields.customer;
        if ((names.get(who) ?? name) !== name) this.broken.push(`P8 ${page.phone.name} shows ${who} as ${names.get(who)} and as ${name}`);
        names.set(who, name);
      }
    }
  }

  /** P10, P12: the bytes of every saved photo are whole on a phone or whole on the server, at every moment. */
  async #nothingIsLost() {
    const asked = new Map();
    for (const [id, { sha256, person }] of this.photos) {
      if (this.#gone.has(id)) continue;
      const isHere = this.phones.some((phone) => {
        const row = phone.people().includes(person) && phone.rows(person, 'evidence').find((one) => one.id === id);
        if (!row?.open) return false;
        const at = phone.storage.keys(`fieldservice-${person}`, 'bytes').indexOf(sha256);
        const data = at < 0 ? null : phone.rows(person, 'bytes')[at].data;
        return data && sha256Of(new Uint8Array(data)) === sha256;
      });
      if (!isHere) asked.set(id, sha256);
    }
    if (!asked.size) return;
    const missing = await this.#missing(asked.values());
    for (const [id, sha256] of asked) {
      if (missing.has(sha256)) this.broken.push(`P10 the bytes of ${id} are whole nowhere`);
      this.#gone.add(id);
    }
  }

  // -- small things

  /** @param {number} index */
  #phone(index) {
    return this.phones[this.slots[index].phone];
  }

  /** @param {number} number */
  #person(number) {
    const people = this.people ?? [];
    return people[number % people.length];
  }

  /** @type {Map<Phone, string>} */
  #signedIn = new Map();

  /** @param {Phone} phone @param {number} person */
  async #signIn(phone, person) {
    const { id } = this.#person(person);
    phone.cookie = await this.#token(id);
    this.#signedIn.set(phone, id);
  }

  /** @param {Phone} phone */
  #whose(phone) {
    return this.#signedIn.get(phone) ?? '';
  }

  /** @param {string} person */
  async #token(person) {
    return person ? this.office({ do: 'token', person }) : '';
  }
}

/**
 * One of few days, so that words about one meet; some of the jobs in any order, once also one that is nobody's, or none:
 * back to the proposed order.
 * @param {any[]} jobs @param {any} job @param {Random} random
 */
function orderOf(jobs, job, random) {
  const order = random.below(4) ? jobs.map(({ id }) => [random.next(), id]).sort().map(([, id]) => id).slice(0, 1 + random.below(jobs.length)) : [];
  if (order.length && random.below(2)) order.splice(random.below(order.length), 0, NOBODY, order[0]);
  return { kind: 'order_day', job, args: { day: `2026-11-2${random.below(2)}`, order, pinned: order.filter(() => random.chance(0.4)), estimates: order.map((_, at) => at * 60_000) } };
}

/** Nothing waits, and the last run was a good one. @param {Page} page */
function isAtRest(page) {
  const { state, pending, photos } = page.app.status();
  return state === 'ok' && pending === 0 && photos === 0;
}

/** What a call of the app came to, or 'died' when its page did meanwhile. @template T @param {Page} page @param {Promise<T>} work @returns {Promise<T | 'died'>} */
async function alive(page, work) {
  for (;;) {
    let done = false;
    const result = await Promise.race([work.then((value) => { done = true; return value; }), page.changed()]);
    if (done) return /** @type {T} */ (result);
    if (page.isDead) return 'died';
  }
}

/** A refusal the person would be shown. @param {Page} page @param {any} error */
function isKnown(page, error) {
  return page.isDead || error instanceof page.app.AppError;
}

/** @param {Uint8Array} bytes */
function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @param {string} cursor */
function versionOf(cursor) {
  return Buffer.from(cursor, 'base64url').subarray(0, 7).reduce((sum, byte) => sum * 256 + byte, 0);
}
