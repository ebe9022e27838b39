import { createHash } from 'node:crypto';
import { lastStep } from '#app/sync/operations/take_back_step.js';
import { take, takeBack } from '#app/rules/job-state.js';
import { operations } from '#app/sync/registry.js';
import { aJob, ME } from './jobs.js';
import { FakeTus } from './tus.js';

/**
 * @typedef {import('#app/types/wire.js').WireOp} WireOp
 * @typedef {import('#app/sync/transport.js').Reply} Reply
 * @typedef {{version: number, fields: import('#app/types/domain.js').JobFields, contacts: string[]}} Job
 * @typedef {{personId: string, lastSeq: number, revoked: boolean}} Device
 * @typedef {{version: number, fields: import('#app/types/domain.js').ChecklistFields}} Version
 */

const EPOCH_STEP = 2 ** 40;

/** A server in memory that follows docs/sync-protocol.md, for one branch. */
export class FakeServer {
  epoch = 1;
  counter = 1;
  /** @type {Map<string, Job>} */
  jobs = new Map();
  /** @type {Map<string, Version>} */
  checklists = new Map();
  tus = new FakeTus();
  /** @type {Map<string, Device>} */
  devices = new Map();
  /** @type {Map<string, {id: string, personId: string, result: string, note: any, version: number, seq: number, kind: string, args: any, entity: string}>} op id → its one entry */
  log = new Map();
  /** @type {string | null} person of the session */
  session = 'tech-a';
  maxChanges = 200;
  nowMs = 1_795_000_000_000;
  build = 'build-1';
  requests = 0;
  /** @type {any[]} bodies of /api/sync */
  seen = [];
  /** client_ids that said they were wiped @type {string[]} */
  wiped = [];
  /** times an op was applied; must stay 1 @type {Map<string, number>} */
  applied = new Map();

  get version() {
    return this.epoch * EPOCH_STEP + this.counter;
  }

  /** @param {string} id @param {Partial<import('#app/types/domain.js').JobFields>} [fields] */
  addJob(id, fields = {}) {
    this.counter += 1;
    this.jobs.set(id, { version: this.version, fields: aJob(fields), contacts: [] });
  }

  /** A version of a checklist that jobs can name. @param {string} id @param {any[]} items */
  addChecklist(id, items) {
    this.counter += 1;
    this.checklists.set(id, { version: this.version, fields: { job_type: 'repair', number: 1, content: { format: 1, items, phrases: [] } } });
  }

  /** A change by the office. @param {string} id @param {(fields: import('#app/types/domain.js').JobFields) => Partial<import('#app/types/domain.js').JobFields>} change */
  edit(id, change) {
    const job = /** @type {Job} */ (this.jobs.get(id));
    this.counter += 1;
    this.jobs.set(id, { ...job, version: this.version, fields: { ...job.fields, ...change(job.fields) } });
  }

  /** @param {string} id @param {string | null} personId */
  reassign(id, personId) {
    this.edit(id, (job) => ({ lead: personId ? { id: personId, name: personId, staff_no: '1' } : null, run: job.run + 1, state: personId ? 'assigned' : 'unassigned' }));
  }

  backup() {
    return structuredClone({ counter: this.counter, jobs: this.jobs, checklists: this.checklists, devices: this.devices, log: this.log });
  }

  /** Verified bytes are only ever added, so they outlive the database; restoring looks through them. @param {ReturnType<FakeServer['backup']>} backup */
  restore(backup) {
    Object.assign(this, structuredClone(backup));
    this.epoch += 1;
    this.applied.clear();
    this.#lookThroughBytes();
  }

  /**
   * The network side: what `transport.call` gives when all goes well.
   * @type {import('#app/sync/transport.js').Call}
   */
  call = async (method, path, body, nonce = '0123456789abcdef', headers = {}) => {
    this.requests += 1;
    const about = { nonce, retryAfterMs: null, build: this.build, sentMono: 1000, rtt: 80 };
    if (path.startsWith('/api/uploads')) {
      const done = this.#upload(method, path, body, headers);
      return { ...about, body: null, location: '', offset: null, ...done };
    }
    const sent = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
    const [status, answer] = this.#route(`${method} ${path}`, sent);
    return { ...about, status, body: JSON.parse(JSON.stringify(answer)), location: '', offset: null };
  };

  /** @param {string} method @param {string} path @param {Uint8Array | undefined} body @param {Record<string, string>} headers */
  #upload(method, path, body, headers) {
    if (!this.session) return { status: 401, body: { error: { code: 'signed_out' } }, location: '', offset: null };
    const answer = this.tus.answer(method, path, body, headers, (about) => {
      const op = this.log.get(about.evidence);
      const device = this.devices.get(about.device);
      if (!device) return [404, 'device_unknown'];
      if (device.personId !== this.session) return [403, 'device_of_another'];
      return op?.kind === 'add_photo' && op.personId === this.session && op.args.sha256 === about.sha256 ? null : [409, 'evidence_unknown'];
    });
    this.#lookThroughBytes();
    return answer;
  }

  /** Every announced photo whose bytes are here is verified. */
  #lookThroughBytes() {
    for (const [id, op] of this.log) if (op.kind === 'add_photo' && this.tus.blobs.has(op.args.sha256)) this.#verified(op.entity, id);
  }

  /** @param {string} jobId @param {string} photoId */
  #verified(jobId, photoId) {
    const photo = this.jobs.get(jobId)?.fields.photos.find(({ id, state }) => id === photoId && state !== 'verified');
    if (photo) this.edit(jobId, ({ photos }) => ({ photos: photos.map((one) => (one === photo ? { ...one, state: 'verified' } : one)) }));
  }

  /** @param {string} route @param {any} body @returns {[number, any]} */
  #route(route, body) {
    if (!this.session) return error(401, 'signed_out');
    if (route === 'GET /api/session') return [200, { person: { id: this.session, staff_no: '0217', name: '李强' }, must_choose_password: false }];
    if (route === 'POST /api/device') return this.#register(body);
    const wiped = /^POST \/api\/device\/([^/]+)\/wiped$/.exec(route)?.[1];
    if (wiped) {
      this.wiped.push(wiped);
      this.session = null;
      return [204, null];
    }
    if (route === 'POST /api/sync') return this.#sync(body, this.session);
    return error(404, 'not_found');
  }

  /** @param {any} body @returns {[number, any]} */
  #register({ client_id, name }) {
    const device = this.devices.get(client_id);
    if (device && device.personId !== this.session) return error(409, 'device_of_another');
    if (!device) this.devices.set(client_id, { personId: /** @type {string} */ (this.session), lastSeq: 0, revoked: false });
    return [200, { client_id, name }];
  }

  /** @param {import('#app/types/wire.js').SyncRequest} request @param {string} personId @returns {[number, any]} */
  #sync(request, personId) {
    this.seen.push(request);
    const device = this.devices.get(request.client_id);
    if (!device) return error(404, 'device_unknown');
    if (device.personId !== personId) return error(403, 'device_of_another');
    if (device.revoked) return this.#lastDelivery(request, device, personId);
    const alive = request.epoch === this.epoch;
    const fork = alive && request.ops.some((op) => op.seq <= device.lastSeq && !this.log.has(op.id));
    const acks = alive && !fork ? this.#push(request.ops, device, personId) : [];
    return [200, { ...this.#pull(request, personId), nonce: request.nonce, epoch: this.epoch, server_time: this.nowMs, acks, min_proto: 1, ...(fork ? { fork: true } : {}) }];
  }

  /** A blocked phone is acknowledged and gets nothing. @param {import('#app/types/wire.js').SyncRequest} request @param {Device} device @param {string} personId @returns {[number, any]} */
  #lastDelivery(request, device, personId) {
    const acks = this.#push(request.ops, device, personId);
    const wipe = acks.length === request.ops.length && (request.pending ?? 0) <= (request.stuck ?? 0);
    return [200, { nonce: request.nonce, epoch: this.epoch, server_time: this.nowMs, from: request.cursor, to: request.cursor, more: false, acks, changes: [], manifest: null, min_proto: 1, wipe }];
  }

  /** @param {WireOp[]} ops @param {Device} device @param {string} personId */
  #push(ops, device, personId) {
    const acks = [];
    if (ops.some((op) => !this.log.has(op.id) && op.seq === device.lastSeq + 1)) this.counter += 1;
    for (const op of [...ops].sort((a, b) => a.seq - b.seq)) {
      if (!this.log.has(op.id)) {
        if (op.seq !== device.lastSeq + 1) break;
        const { result, note } = device.revoked ? { result: 'quarantined', note: { code: 'phone_blocked' } } : this.#apply(op, personId);
        this.log.set(op.id, { id: op.id, personId, result, note, version: this.version, seq: op.seq, kind: op.kind, args: op.args, entity: op.entity });
      }
      if (op.seq <= device.lastSeq + 1) device.lastSeq = Math.max(device.lastSeq, op.seq);
      const { id, result, version, note } = /** @type {any} */ (this.log.get(op.id));
      acks.push({ id, result, version, note });
    }
    return acks;
  }

  /** @param {WireOp} op @param {string} personId @returns {{result: string, note: any}} */
  #apply(op, personId) {
    this.applied.set(op.id, (this.applied.get(op.id) ?? 0) + 1);
    const job = this.jobs.get(op.entity);
    if (!job) return { result: 'rejected', note: { code: 'job_unknown' } };
    const mine = job.fields.lead?.id === personId;
    const late = !mine || job.fields.state === 'cancelled';
    if (op.kind === 'record_contact') job.contacts.push(op.id);
    if (op.kind === 'add_note') this.edit0(op.entity, { notes: [...job.fields.notes, { id: op.id, text: op.args.text, by: '李强', by_id: personId, at_ms: op.occurred_at, late }] });
    if (op.kind === 'add_note' || op.kind === 'record_contact') return late ? { result: 'late_evidence', note: { code: 'late_evidence' } } : { result: 'applied', note: null };
    if (op.kind === 'add_photo') {
      const { photos } = operations.add_photo.apply({ ...job.fields, shownItems: [] }, /** @type {any} */ (op), { id: personId, name: '李强' });
      const state = this.tus.blobs.has(op.args.sha256) ? 'verified' : 'announced';
      this.edit0(op.entity, { photos: photos.map(({ unsent, ...photo }) => (photo.id === op.id ? { ...photo, late, state } : photo)) });
      return late ? { result: 'late_evidence', note: { code: 'late_evidence' } } : { result: 'applied', note: null };
    }
    if (!mine) return { result: 'quarantined', note: { code: 'job_reassigned' } };
    if (op.kind === 'answer_item') return this.#answer(op, job, personId);
    return op.kind === 'take_step' ? this.#step(op, job, personId) : this.#back(op, job);
  }

  /** Within the version of the push. @param {string} id @param {any} fields */
  edit0(id, fields) {
    const job = /** @type {Job} */ (this.jobs.get(id));
    this.jobs.set(id, { ...job, version: this.version, fields: { ...job.fields, ...fields } });
  }

  /** @param {WireOp} op @param {Job} job @param {string} personId */
  #step(op, { fields }, personId) {
    const { step, reason, promised_ms, no_promise } = op.args;
    const next = take(fields.state, step, { reason, promised: promised_ms !== null || no_promise !== '' });
    if ('refused' in next) return { result: 'quarantined', note: { code: next.refused } };
    const taken = { id: op.id, step, from: fields.state, to: next.state, at_ms: op.occurred_at, by: '李强', by_id: personId, reason: reason || no_promise, promised_ms, run: fields.run, void_reason: null };
    this.edit0(op.entity, { state: next.state, steps: [...fields.steps, taken] });
    return { result: 'applied', note: null };
  }

  /** @param {WireOp} op @param {Job} job @param {string} personId */
  #answer({ id, entity, args, occurred_at }, { fields }, personId) {
    const { item, value } = args;
    const answers = fields.answers.filter((answer) => answer.item !== item);
    if (value !== null) answers.push({ id, item, value, at_ms: occurred_at, by: '李强', by_id: personId });
    const checklist = fields.checklist?.pinned || !args.checklist ? fields.checklist : { id: args.checklist, pinned: true };
    this.edit0(entity, { answers, checklist });
    return { result: 'applied', note: null };
  }

  /** @param {WireOp} op @param {Job} job */
  #back(op, { fields }) {
    const last = lastStep(fields);
    const back = takeBack(fields.state, last && last.id === op.args.step_id ? [last.from, last.to] : null, op.args.reason);
    if ('refused' in back) return { result: 'quarantined', note: { code: back.refused } };
    const steps = fields.steps.map((step) => (step.id === op.args.step_id ? { ...step, void_reason: op.args.reason } : step));
    this.edit0(op.entity, { state: back.state, steps });
    return { result: 'applied', note: null };
  }

  /** @param {import('#app/types/wire.js').SyncRequest} request @param {string} personId */
  #pull(request, personId) {
    const [version, client] = request.cursor.split('.');
    const since = client === request.client_id ? Number(version) : 0;
    const held = this.held(personId);
    const newer = held.filter(([, job]) => job.version > since).sort((a, b) => a[1].version - b[1].version);
    const last = newer[this.maxChanges - 1]?.[1].version ?? Infinity;
    const now = newer.filter(([, job]) => job.version <= last);
    const more = now.length < newer.length;
    const named = held.filter(([id]) => request.fetch?.includes(id) && !now.some(([other]) => other === id));
    const manifest = held.map(([id, job]) => [id, job.version]);
    const changes = [...now, ...named].map(([id, job]) => ({ type: this.jobs.has(id) ? 'job' : 'checklist', id, version: job.version, fields: job.fields }));
    if (since === 0) changes.push(/** @type {any} */ ({ type: 'me', id: personId, version: this.epoch * EPOCH_STEP + 1, fields: ME }));
    return { from: request.cursor, to: `${more ? last : this.version}.${request.client_id}`, more, changes, manifest: hashOf(manifest) === request.manifest_hash ? null : manifest };
  }

  /** Jobs and the checklists they are done by. @param {string} personId @returns {[string, Job | Version][]} */
  held(personId) {
    const jobs = this.visible(personId);
    const named = new Set(jobs.map(([, job]) => job.fields.checklist?.id));
    return [...jobs, ...[...this.checklists].filter(([id]) => named.has(id))].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Jobs a person's phone should hold. @param {string} personId @returns {[string, Job][]} */
  visible(personId) {
    return [...this.jobs].filter(([, job]) => job.fields.lead?.id === personId).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** @param {any} manifest */
export function hashOf(manifest) {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex').slice(0, 16);
}

/** @param {number} status @param {string} code @returns {[number, any]} */
function error(status, code) {
  return [status, { error: { code } }];
}
