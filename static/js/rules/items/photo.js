import { pictures } from '#app/rules/items/base.js';

/** Photos in one slot, or why there can be none. */
export const photo = pictures((item) => [item.slot]);
