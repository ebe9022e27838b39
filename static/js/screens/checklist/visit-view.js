import { lang, yuan } from '#app/core/i18n.js';
import { finalLines, totalFen } from '#app/rules/charges.js';
import { missing, progress } from '#app/rules/checklist.js';
import { ENDED } from '#app/rules/job-state.js';
import { answersOf, factsOf, seenOf } from '#app/rules/visit.js';
import { isLed } from '#app/screens/today-plan.js';

/**
 * @typedef {import('#app/types/store.js').JobView} JobView
 * @typedef {import('#app/types/domain.js').Checklist} Checklist
 * @typedef {import('#app/types/domain.js').Words} Words
 */
/**
 * @typedef {object} Visit how a visit stands
 * @property {import('#app/types/domain.js').Facts} facts what conditions are about
 * @property {Record<string, any>} answers item → value
 * @property {import('#app/types/domain.js').Seen} seen photographed and signed
 * @property {string[]} missing keys of the items still to do before finishing, in order
 * @property {{phase: import('#app/types/domain.js').Phase, done: number, of: number}[]} progress by phase
 */

/** Kinds of visit as a script says them: in the customer's language, whatever the app's. @type {Record<string, Words>} */
const VISITS = {
  survey: { zh: '勘查', en: 'survey' }, installation: { zh: '安装', en: 'installation' }, repair: { zh: '维修', en: 'repair' },
  maintenance: { zh: '保养', en: 'maintenance' }, delivery_inspection: { zh: '验货', en: 'delivery inspection' },
  repeat_repair: { zh: '复修', en: 'repeat repair' }, courtesy_visit: { zh: '走访', en: 'courtesy visit' },
  goods_transport: { zh: '取送货', en: 'pick-up or return of goods' },
};

/** How the visit stands. @param {JobView} job @param {Checklist | null} content of `job.checklist`; null: nothing is asked @returns {Visit} */
export function visitOf(job, content) {
  const facts = factsOf(job);
  const answers = answersOf(job);
  const seen = seenOf(job);
  return { facts, answers, seen, missing: missing(content, facts, answers, seen), progress: progress(content, facts, answers, seen) };
}

/**
 * What is still to do: until the visit has ended the steps before leaving, then those at base until the office closes it.
 * @param {JobView} job @param {Checklist | null} content @param {Visit} [visit] how it stands
 */
export function leftOf(job, content, { facts, answers, seen, missing: before } = visitOf(job, content)) {
  const isOver = job.closed || job.state === 'cancelled';
  const keys = isOver ? [] : ENDED.includes(job.state) ? missing(content, facts, answers, seen, ['base']) : before;
  return keys.map((key) => itemOf(content, key));
}

/** The first thing left at base and how many there are, once a visit led by this person has ended; null: nothing. @param {JobView} job @param {Checklist | null} content @param {string} personId */
export function leftAtBase(job, content, personId) {
  const left = ENDED.includes(job.state) && isLed(job, personId) && !job.handedOver ? leftOf(job, content) : [];
  return left.length ? { key: left[0].key, words: inWords(left[0].words), count: left.length } : null;
}

/** Photos of this run that were not taken back. @param {JobView} job */
export function photosOf(job) {
  return job.photos.filter((photo) => photo.run === job.run && photo.void_reason === null);
}

/** The sign-off that holds for what is shown now; null: there is none. @param {JobView} job */
export function signOff(job) {
  return job.sheets.findLast(({ kind, state, current }) => kind === 'sign_off' && state === 'valid' && current) ?? null;
}

/** A text of the checklist in one language; in the other one where it has none. @param {Words | undefined} words @param {string} [language] */
export function inWords(words, language = lang()) {
  return (language === 'en' && words?.en) || words?.zh || words?.en || '';
}

/**
 * A script with the values of this visit in it.
 * @param {Words | undefined} words
 * @param {JobView} job
 * @param {import('#app/types/domain.js').Me | null} me
 * @param {string} language 'zh' or 'en'
 */
export function fillScript(words, job, me, language) {
  const { customer, lead, branch } = job;
  /** @type {Record<string, string>} */
  const values = {
    address_form: customer.address_form || customer.name, customer: customer.name, technician: me?.name || lead?.name || '',
    badge_no: me?.badge_no || me?.staff_no || lead?.staff_no || '', visit_type: inWords(VISITS[job.type], language) || job.type,
    amount: yuan(totalFen(finalLines(job)), language), branch: branch.name,
  };
  return inWords(words, language).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Photos of this run that fill no slot because they cannot be looked at. @param {JobView} job */
export function badPhotos(job) {
  return photosOf(job).filter(({ opens, picture, waived }) => !waived && (!opens || picture === 'unusable'));
}

/** @param {Checklist | null} content @param {string} key */
export function itemOf(content, key) {
  return /** @type {import('#app/types/domain.js').ChecklistItem} */ (content?.items.find((item) => item.key === key));
}
