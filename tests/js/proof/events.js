import { Random } from './random.js';

/** What a history is made of: a plain list, from a seed, that can be written down, shortened and played again. */

const ACTS = { step: 8, odd: 1, back: 1, note: 3, contact: 1, answer: 3, photo: 4, caption: 1, void: 1, charges: 1, incident: 1, sign: 2, order: 6, bad: 1, unknown: 1 };
const OFFICE = { assign: 5, cancel: 2, restore: 2, edit: 2, move: 1, note: 1, rename: 2, create: 1, decide: 5 };
const FAULTS = {
  none: 10, 'lost request': 3, 'lost answer': 4, 'late answer': 4, 'late request': 3, twice: 2, 'again later': 3,
  'cut request reset': 2, 'cut request close': 2, 'cut answer reset': 2, 'cut answer close': 2, 'cut answer unmeasured': 1, slow: 0.5,
  portal: 1, 'portal redirect': 0.5, 'portal with nonce': 1, forged: 1, 'forged with nonce': 1, 'old answer': 1, status: 5,
};
const STATUSES = [400, 401, 403, 404, 409, 413, 426, 429, 500, 502, 503, 507];
/** What a 403, 404 or 409 can say beside its usual word. */
const CODES = /** @type {Record<number, string[]>} */ ({ 403: ['not_allowed', 'device_of_another'], 404: ['not_found', 'device_unknown'], 409: ['changed_meanwhile', 'evidence_unknown', 'offset_differs'] });

/** What can happen beside the usual; each history has some of it. */
const DISASTERS = {
  crash: 6, quota: 3, closed: 2, 'force close': 1, reopen: 3, clock: 1, person: 2, 'sign out': 1, 'end sessions': 1, 'forget devices': 1,
  clone: 1, block: 1,
};
/** Each of these is in one history of so many. */
const RARE = { clone: 4, person: 3, clock: 3, block: 4 };
/** How a backup comes back: by the command, behind the server's back, or with the whole machine. */
const RESTORED = ['command', 'silent', 'snapshot'];

/**
 * @param {number} seed
 * @param {boolean} kills whether the server's processes can be killed
 * @returns {{seed: number, technicians: number, jobs: number, maxChanges: number, slots: [number, number, number][], events: any[]}} slots: phone, tab, person
 */
export function historyOf(seed, kills) {
  const random = new Random(seed);
  const technicians = 2 + random.below(2);
  const jobs = 2 + random.below(4);
  const maxChanges = random.pick([1, 2, 3, 200]);
  /** @type {[number, number, number][]} */
  const slots = [[0, 0, 0], [0, 1, 0], [1, 0, 1 % technicians]];
  if (random.chance(0.4)) slots.push([2, 0, random.below(technicians)]);
  const disasters = Object.fromEntries(Object.entries(DISASTERS).filter(([name]) => random.below(/** @type {any} */ (RARE)[name] ?? 1) === 0));
  // What only a wiped phone knew does not survive a restore: one of both.
  const isRestored = !('block' in disasters) && random.chance(0.3);
  const length = random.chance(0.06) ? 80 + random.below(60) : 16 + random.below(30);
  /** @type {any[]} */
  const events = Array.from({ length }, () => eventOf(random, slots.length, disasters));
  if (isRestored) {
    const at = random.below(length);
    const how = random.pick(RESTORED);
    events.splice(at, 0, { do: 'back up', how });
    events.splice(at + 1 + random.below(length - at), 0, { do: 'restore', how });
  }
  if (kills && random.chance(0.12)) events.splice(random.below(length), 0, { do: 'kill server', page: random.below(slots.length), turns: random.below(40) });
  return { seed, technicians, jobs, maxChanges, slots, events };
}

/** @param {Random} random @param {number} slots @param {Record<string, number>} disasters */
function eventOf(random, slots, disasters) {
  const kind = random.weighed({ act: 9, visit: 5, sync: 9, deliver: 3, tick: 1, office: 8, disaster: 4 });
  const page = random.below(slots + 1); // the last one: a clone, when there is one
  const job = random.below(7);
  const n = random.below(1_000_000);
  if (kind === 'act') return { do: 'act', page, kind: random.weighed(ACTS), job, n };
  if (kind === 'visit') return { do: 'visit', page, job, steps: 2 + random.below(4), n };
  if (kind === 'sync') return { do: 'sync', page, faults: Array.from({ length: random.pick([0, 1, 2, 3, 6, 10]) }, () => faultOf(random)) };
  if (kind === 'deliver') return { do: 'deliver', n };
  if (kind === 'tick') return { do: 'tick', page, ms: random.pick([10_000, 60_000, 600_000]) };
  if (kind === 'office') {
    return { do: 'office', act: random.weighed(OFFICE), job, who: random.below(12), helper: random.chance(0.3) ? random.below(3) : null, stale: random.chance(0.05) };
  }
  return disasterOf(random, random.weighed(disasters), page, n);
}

/** @param {Random} random @param {string} kind @param {number} page @param {number} n */
function disasterOf(random, kind, page, n) {
  if (kind === 'crash') return { do: 'crash', page, after: 1 + random.below(random.pick([4, 12, 60])) };
  if (kind === 'quota') return { do: 'quota', page, after: 1 + random.below(8), at: random.pick(['put', 'commit']), times: random.pick([1, 1, 3, 12]) };
  if (kind === 'closed') return { do: 'closed', page, times: 1 + random.below(4) };
  if (kind === 'clock') return { do: 'clock', page, years: random.pick([-10, 0, 10]) };
  if (kind === 'person') return { do: 'person', page, who: random.below(3), tab: random.below(2) };
  if (kind === 'end sessions' || kind === 'forget devices') return { do: kind, who: n % 3 };
  if (kind === 'block') return { do: kind, who: n % 3, n };
  return { do: kind, page };
}

/** @param {Random} random */
function faultOf(random) {
  const kind = random.weighed(FAULTS);
  const share = Math.round(random.next() * 100) / 100;
  if (kind !== 'status') return { kind, share };
  const status = random.pick(STATUSES);
  const codes = CODES[status];
  return { kind, status, echo: random.chance(0.7), ...(codes ? { code: random.pick(codes) } : {}) };
}
