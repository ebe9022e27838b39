/** What the item types share; the server's twin is `fieldservice/checklists/items/base.py`. */

/** @typedef {import('#app/types/domain.js').ChecklistItem} Item */
/** @typedef {import('#app/types/domain.js').Seen} Seen */
/**
 * `check`: what is wrong with an answer (a code of docs/visit.md), null for nothing. `isDone`: nothing more is to do.
 * `holds`: whether a condition on the item that asks for `expected` holds.
 * @typedef {{
 *   check(item: Item, value: any): string | null,
 *   isDone(item: Item, value: any, seen: Seen): boolean,
 *   holds(item: Item, value: any, expected: any): boolean,
 * }} ItemType
 */

/**
 * Whether it is an object with exactly these keys, given sorted and joined.
 * @param {any} value
 * @param {string} keys
 */
export const isShaped = (value, keys) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).sort().join() === keys;

/**
 * What is wrong with a text of an answer; `none`: the code when it is blank.
 * @param {any} text
 * @param {string} [none]
 * @param {number} [most] characters
 */
export function textFault(text, none = 'why_missing', most = 500) {
  if (typeof text !== 'string' || /[\0\ud800-\udfff]/u.test(text)) return 'value_bad';
  if (!text.trim()) return none;
  return [...text].length > most ? 'text_too_long' : null;
}

/**
 * A type from what is wrong with a value that is not null; the rest follows unless given.
 * @param {(item: Item, value: any) => string | null} fault
 * @param {Partial<ItemType>} [given]
 * @returns {ItemType}
 */
export function itemType(fault, given) {
  /** @param {Item} item @param {any} value */
  const isAnswered = (item, value) => value != null && !fault(item, value);
  return {
    check: (item, value) => (value == null ? null : fault(item, value)),
    isDone: isAnswered,
    holds: (item, value, expected) => expected === true && isAnswered(item, value),
    ...given,
  };
}

/**
 * A deed that was done, or why not; `key` names it in the value.
 * @param {string} key
 * @param {(value: any) => boolean} isYes
 */
export function yesOrWhyNot(key, isYes) {
  const type = itemType(
    (item, value) => (isShaped(value, [key, 'why'].sort().join()) && value[key] === false ? textFault(value.why) : isYes(value) ? null : 'value_bad'),
    { holds: (item, value, expected) => type.isDone(item, value, NOTHING) && value[key] === expected },
  );
  return type;
}

/**
 * Photos in slots, or why there can be none.
 * @param {(item: Item) => any[]} slots each must be filled
 */
export function pictures(slots) {
  const type = itemType((item, value) => (isShaped(value, 'why') ? textFault(value.why) : 'value_bad'));
  const { isDone } = type;
  type.isDone = (item, value, seen) =>
    slots(item).every((slot) => seen.photos.filter((photo) => photo.slot === slot && photo.item === item.key && photo.counts).length >= (item.least ?? 1)) ||
    isDone(item, value, seen);
  return type;
}

/** @type {Seen} */
const NOTHING = { photos: [], signed: false };
