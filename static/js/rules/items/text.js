import { isShaped, itemType, textFault } from '#app/rules/items/base.js';

/** Words written down on site. */
export const text = itemType((item, value) => (isShaped(value, 'text') ? textFault(value.text, 'text_missing', item.most) : 'value_bad'));
