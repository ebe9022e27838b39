/**
 * A figure as people type it, in thousandths: full-width figures, a decimal comma, spaces. "1,200" is refused: it may mean either.
 * @param {string} text
 * @returns {number | null} null: not a number, or finer than a thousandth
 */
export function milliOf(text) {
  const [, sign, whole, part = ''] = /^([-−]?)(\d{1,9})(?:(?:[.。]|,(?!\d{3}))(\d{1,3}))?$/.exec(text.normalize('NFKC').replace(/\s/g, '')) ?? [];
  if (whole === undefined) return null;
  const milli = Number(whole) * 1000 + Number(part.padEnd(3, '0'));
  return sign && milli ? -milli : milli;
}

/** "9.4". @param {number} milli */
export function milliText(milli) {
  return String(milli / 1000);
}
