import { pictures } from '#app/rules/items/base.js';

/** The same view before and after, or why there can be none. */
export const photoPair = pictures(() => ['before', 'after']);
