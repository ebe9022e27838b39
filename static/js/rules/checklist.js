import { itemTypes } from '#app/rules/items/registry.js';

/**
 * What of a checklist applies, and what is still missing: the phone's twin of `fieldservice/checklists/rules.py`.
 * Both run `tests/vectors/checklist.json`. Content null: there is no checklist, nothing is missing.
 */

/** @typedef {import('#app/types/domain.js').Checklist} Checklist */
/** @typedef {import('#app/types/domain.js').ChecklistItem} Item */
/** @typedef {import('#app/types/domain.js').Facts} Facts */
/** @typedef {import('#app/types/domain.js').Seen} Seen */
/** Values by key. @typedef {Record<string, any>} Answers */

/** @type {readonly import('#app/types/domain.js').Phase[]} */
export const PHASES = Object.freeze(['departure', 'door', 'during', 'leaving', 'base']);
/** The visit cannot end without these; the last phase may be answered afterwards. */
export const BEFORE_FINISH = PHASES.slice(0, 4);

/**
 * The items that apply, in order. A condition sees the earlier items that apply: one on a later item, on itself or on
 * one that does not apply does not hold.
 * @param {Checklist | null} content
 * @param {Facts} facts
 * @param {Answers} answers
 * @returns {Item[]}
 */
export function applying(content, facts, answers) {
  /** @type {Map<string, Item>} */
  const found = new Map();
  for (const item of content?.items ?? []) {
    if (item.when.every((condition) => holds(condition, found, facts, answers))) found.set(item.key, item);
  }
  return [...found.values()];
}

/**
 * Whether all conditions of the item hold.
 * @param {Item} item
 * @param {Facts} facts
 * @param {Answers} answers
 * @param {Checklist} content
 */
export const applies = (item, facts, answers, content) => applying(content, facts, answers).some(({ key }) => key === item.key);

/**
 * Keys of the required items that apply and are not done, in order.
 * @param {Checklist | null} content
 * @param {Facts} facts
 * @param {Answers} answers
 * @param {Seen} seen
 * @param {readonly string[]} [phases]
 */
export const missing = (content, facts, answers, seen, phases = BEFORE_FINISH) =>
  applying(content, facts, answers)
    .filter((item) => item.required && phases.includes(item.phase) && !isDone(item, answers, seen))
    .map(({ key }) => key);

/**
 * How far every phase is: `done` of `of` required items that apply.
 * @param {Checklist | null} content
 * @param {Facts} facts
 * @param {Answers} answers
 * @param {Seen} seen
 */
export function progress(content, facts, answers, seen) {
  const required = applying(content, facts, answers).filter((item) => item.required);
  return PHASES.map((phase) => {
    const items = required.filter((item) => item.phase === phase);
    return { phase, done: items.filter((item) => isDone(item, answers, seen)).length, of: items.length };
  });
}

/**
 * Whether nothing more is to do. A type this app does not know is never done.
 * @param {Item} item
 * @param {Answers} answers
 * @param {Seen} seen
 */
export const isDone = (item, answers, seen) => !!itemTypes[item.type]?.isDone(item, answers[item.key], seen);

/**
 * @param {Item['when'][number]} condition
 * @param {Map<string, Item>} earlier
 * @param {any} facts
 * @param {Answers} answers
 */
function holds({ fact, item, is }, earlier, facts, answers) {
  if (fact) return Array.isArray(facts[fact]) ? facts[fact].includes(is) : facts[fact] === is;
  const found = earlier.get(item ?? '');
  return !!found && !!itemTypes[found.type]?.holds(found, answers[found.key], is);
}
