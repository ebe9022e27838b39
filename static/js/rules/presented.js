import { answerWords, shortened } from '#app/rules/answer-words.js';
import { agreedFen, finalLines, totalFen } from '#app/rules/charges.js';
import { applies } from '#app/rules/checklist.js';
import { CONSENT, statement } from '#app/rules/consents.js';
import { itemTypes } from '#app/rules/items/registry.js';
import { answersOf, counts, factsOf, seenOf } from '#app/rules/visit.js';

/**
 * @typedef {import('#app/types/domain.js').ChecklistItem} Item
 * @typedef {import('#app/types/domain.js').ChargeLine} Line
 * @typedef {import('#app/types/domain.js').JobFields & {id: string}} Job
 *
 * @typedef {object} Showing
 * @property {'sign_off' | 'agreement'} kind
 * @property {'zh' | 'en'} language the customer's
 * @property {import('#app/types/domain.js').Checklist | null} content of the visit's checklist
 * @property {import('#app/types/domain.js').Me} me
 * @property {number} revision `nextRevision(job, kind)`
 * @property {number} shownMs
 * @property {string} [outcome] 'neighbour' and 'paper' have a statement of their own
 * @property {Line[]} [lines] of an agreement: all that the customer agrees to beside what the office planned
 */

/** What the customer sees before the work is signed ends where the signature stands. */
const BEFORE_SIGNING = ['departure', 'door', 'during', 'leaving'];

/**
 * All the customer sees, and nothing else: what a signature covers (docs/visit.md, Sign-off).
 * @param {Job} job
 * @param {Showing} showing
 * @returns {Record<string, any>} canonical text can be made of it
 */
export function presented(job, { kind, language, content, me, revision, shownMs, outcome = 'signed', lines = [] }) {
  const isAgreement = kind === 'agreement';
  const shown = isAgreement ? lines : finalLines(job);
  const id = job.checklist?.id ?? null;
  const nothing = { checklist: { id, done: 0, of: 0, not_done: [] }, found: [], done: [], results: [], photos: [] };
  const work = isAgreement ? { ...nothing, found: sentencesOn('found', job, content, language) } : workOf(job, id, content, language);
  return tidy({
    v: 1, kind, language, revision, consent: CONSENT, statement: statement(kind, outcome, language),
    job: { id: job.id, number: job.number, type: job.type, run: job.run },
    customer: { name: job.customer.name, address_form: job.customer.address_form },
    site: [job.site.district, job.site.address, job.site.unit].filter(Boolean).join(' '),
    branch: { name: job.branch.name, phone: job.branch.phone },
    technician: { id: me.id, name: me.name, badge_no: me.badge_no ?? '' },
    shown_ms: shownMs,
    ...work,
    lines: shown.map(({ text, quantity_milli, unit, unit_price_fen, amount_fen }) => ({ text, quantity_milli, unit, unit_price_fen, amount_fen })),
    total_fen: totalFen(shown),
    agreed_fen: isAgreement ? (job.amount_fen ?? 0) + totalFen(shown) : agreedFen(job),
  });
}

/** The number of the next sheet of a kind in this run. @param {import('#app/types/domain.js').JobFields} job @param {string} kind */
export function nextRevision(job, kind) {
  return Math.max(0, ...job.sheets.filter((sheet) => sheet.kind === kind).map((sheet) => sheet.revision)) + 1;
}

/** @param {Job} job @param {string | null} id @param {Showing['content']} content @param {'zh' | 'en'} language */
function workOf(job, id, content, language) {
  return {
    checklist: { id, ...tally(job, content, language) },
    found: sentencesOn('found', job, content, language),
    done: sentencesOn('done', job, content, language),
    results: answersOn('result', job, content, language).map(({ label, value }) => ({ label, value })),
    photos: photosOf(job),
  };
}

/** Required steps at the customer's, up to the signature: how many were done, and which were not. @param {Job} job @param {Showing['content']} content @param {'zh' | 'en'} language */
function tally(job, content, language) {
  const asked = content ? applying(job, content) : [];
  const end = asked.findIndex(({ item }) => item.type === 'signature');
  const required = asked.slice(0, end < 0 ? undefined : end).filter(({ item }) => item.required && item.phase !== 'departure');
  const seen = seenOf(job);
  const open = required.filter(({ item, value }) => value?.why || !itemTypes[item.type]?.isDone(item, value, seen));
  const not_done = open.map(({ item, value }) => ({ words: item.words[language], why: value?.why ?? '' }));
  return { done: required.length - open.length, of: required.length, not_done };
}

/**
 * The answers as the customer reads them: with what was asked, unless the heading alone says it (the only text there).
 * One colon is enough for a sentence.
 * @param {string} sheet @param {Job} job @param {Showing['content']} content @param {'zh' | 'en'} language
 */
function sentencesOn(sheet, job, content, language) {
  const texts = content?.items.filter((item) => item.sheet === sheet && item.type === 'text').length;
  const [colon, dash] = language === 'zh' ? ['：', '——'] : [': ', ' – '];
  return answersOn(sheet, job, content, language).map(({ label, value, type }) =>
    (label === value || (type === 'text' && texts === 1) ? value : shortened(label) + (/[：:]/.test(value) ? dash : colon) + value));
}

/** @param {string} sheet @param {Job} job @param {Showing['content']} content @param {'zh' | 'en'} language */
function answersOn(sheet, job, content, language) {
  const items = content ? applying(job, content).filter(({ item, value }) => item.sheet === sheet && value) : [];
  return items.map(({ item, value }) => ({ label: item.words[language], value: answerWords(item, value, language), type: item.type })).filter(({ value }) => value);
}

/** The steps up to leaving that apply, in order, with their answers. @param {Job} job @param {import('#app/types/domain.js').Checklist} content */
function applying(job, content) {
  const facts = factsOf(job);
  const answers = answersOf(job);
  const items = BEFORE_SIGNING.flatMap((phase) => content.items.filter((item) => item.phase === phase));
  return items.filter((item) => applies(item, facts, answers, content)).map((item) => ({ item, value: answers[item.key] ?? null }));
}

/** In the order they were taken; a photo of a signed paper is not part of what is signed. @param {Job} job */
function photosOf(job) {
  const shown = job.photos.filter((photo) => photo.run === job.run && photo.slot !== 'paper' && counts(photo));
  shown.sort((a, b) => a.at_ms - b.at_ms || (a.id < b.id ? -1 : 1));
  return shown.map(({ sha256, slot, caption, at_ms }) => ({ sha256, slot, caption, at_ms }));
}

/**
 * Text in its composed form, without NUL and halves of characters: the only one canonical JSON takes.
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function tidy(value) {
  return JSON.parse(JSON.stringify(value), (_, part) => (typeof part === 'string' ? part.replace(/\0|\p{Surrogate}/gu, '').normalize() : part));
}
