import { isShaped, itemType, textFault } from '#app/rules/items/base.js';

/** One or several of the given options, some of which ask for a text. */
export const choose = itemType(fault, {
  isDone: isAnswered,
  holds: (item, value, expected) => isAnswered(item, value) && value.chosen.includes(expected),
});

/** @param {import('#app/rules/items/base.js').Item} item @param {any} value */
function isAnswered(item, value) {
  return value != null && !fault(item, value) && value.chosen.length > 0;
}

/** @param {import('#app/rules/items/base.js').Item} item @param {any} value */
function fault({ options = [], many }, value) {
  if (!isShaped(value, 'chosen,text') || !Array.isArray(value.chosen)) return 'value_bad';
  /** @type {any[]} */
  const chosen = value.chosen;
  if (chosen.some((key) => typeof key !== 'string') || new Set(chosen).size < chosen.length) return 'value_bad';
  const picked = options.filter(({ key }) => chosen.includes(key));
  if (picked.length < chosen.length) return 'option_unknown';
  if (chosen.length > 1 && !many) return 'too_many_chosen';
  const code = textFault(value.text, 'text_missing');
  return code === 'text_missing' && !picked.some(({ text }) => text) ? null : code;
}
