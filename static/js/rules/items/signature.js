import { itemType } from '#app/rules/items/base.js';

/** The customer's sign-off: done while one is current, whatever its outcome. */
export const signature = itemType(() => 'value_bad', { isDone: (item, value, seen) => seen.signed === true });
