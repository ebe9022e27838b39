import { isShaped, yesOrWhyNot } from '#app/rules/items/base.js';

/** A step that was done, or why not. */
export const confirm = yesOrWhyNot('done', (value) => isShaped(value, 'done') && value.done === true);
