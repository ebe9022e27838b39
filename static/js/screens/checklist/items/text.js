import { wordsField } from '#app/screens/checklist/items/words-field.js';

/** Words written down on site. @type {import('#app/screens/checklist/types.js').ItemView} */
export const text = {
  icon: 'pen-line',
  body: (x) => wordsField(x, {
    text: x.draft?.text ?? x.value?.text ?? '', saved: x.value?.text, rows: 3, most: x.item.most,
    keep: (words) => x.keep({ text: words }), save: (words) => x.save(words.trim() ? { text: words } : null),
  }),
};
