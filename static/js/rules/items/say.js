import { isShaped, yesOrWhyNot } from '#app/rules/items/base.js';

/** Words to be read aloud or shown. */
export const say = yesOrWhyNot(
  'said',
  (value) => isShaped(value, 'language,said') && value.said === true && (value.language === 'zh' || value.language === 'en'),
);
