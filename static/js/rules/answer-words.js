/**
 * An answer as the customer reads it on the sheet; '' when there is nothing to say.
 * @param {import('#app/types/domain.js').ChecklistItem} item
 * @param {any} value as `docs/visit.md` says for the item's type
 * @param {'zh' | 'en'} language
 * @returns {string}
 */
export function answerWords(item, value, language) {
  if (value.done || value.said) return item.words[language];
  if (Array.isArray(value.chosen)) return chosen(item, value, language);
  if (Number.isInteger(value.milli)) return figure(item, value.milli);
  return (value.text ?? '').trim();
}

/** @param {import('#app/types/domain.js').ChecklistItem} item @param {any} value @param {'zh' | 'en'} language */
function chosen(item, value, language) {
  const own = (value.text ?? '').trim();
  const options = (item.options ?? []).filter(({ key }) => value.chosen.includes(key)).map(({ words, text }) => (own && text ? shortened(words[language]) : words[language]));
  const words = options.join(language === 'zh' ? '、' : ', ');
  return own ? words + (language === 'zh' ? '：' : ': ') + own : words;
}

/** What was asked, before an answer: without what only says how to answer. @param {string} words */
export const shortened = (words) => words.replace(/[：:].*|[？?]$/su, '');

/** "9.4 mm", "6.8%". @param {import('#app/types/domain.js').ChecklistItem} item @param {number} milli */
function figure({ decimals = 0, unit = '' }, milli) {
  return `${(milli / 1000).toFixed(decimals)}${unit && unit !== '%' ? ' ' : ''}${unit}`;
}
