/**
 * Money asked for on site, line by line. The server has its twin in `fieldservice/visits/charges.py`; both run
 * `tests/vectors/charges.json`.
 * @typedef {import('#app/types/domain.js').ChargeLine} Line
 * @typedef {import('#app/types/domain.js').JobFields} Job
 */

/** Lines of a charge. */
export const MAX_LINES = 30;
/** Characters of a line's text and of its unit. */
export const MAX_TEXT = 100;
export const MAX_UNIT = 10;
export const MAX_QUANTITY_MILLI = 10_000_000;
export const MAX_PRICE_FEN = 10_000_000;
const MAX_TOTAL_FEN = 1_000_000_000;
/** Stands for the words of a planned amount that has none. */
const NO_WORDS = '–';

/** Quantity times price, half a fen goes up. @param {number} quantity_milli @param {number} unit_price_fen */
export function lineAmountFen(quantity_milli, unit_price_fen) {
  return Math.floor((quantity_milli * unit_price_fen + 500) / 1000);
}

/** @param {Line[]} lines */
export function totalFen(lines) {
  return lines.reduce((sum, line) => sum + line.amount_fen, 0);
}

/** The lines of the latest agreement of this run; none: []. @param {Job} job @returns {Line[]} */
export function agreementLines(job) {
  const agreed = job.sheets.filter((sheet) => sheet.kind === 'agreement' && sheet.state === 'valid' && sheet.current && ['signed', 'paper'].includes(sheet.outcome));
  return agreed.reduce((last, sheet) => (sheet.revision > last.revision ? sheet : last), { revision: 0, lines: /** @type {Line[]} */ ([]) }).lines;
}

/** What the customer has agreed to: planned by the office, and the latest agreement. @param {Job} job */
export function agreedFen(job) {
  return (job.amount_fen ?? 0) + totalFen(agreementLines(job));
}

/** What is wrong with the lines: a reason code; null: nothing. @param {Line[]} lines */
export function checkLines(lines) {
  if (lines.length > MAX_LINES) return 'lines_too_many';
  const fault = lines.map(checkLine).find(Boolean);
  return fault ?? (totalFen(lines) > MAX_TOTAL_FEN ? 'lines_total_bad' : null);
}

/** Why these lines cannot be the final charge: a reason code; null: they can. @param {Job} job @param {Line[]} lines */
export function checkStatement(job, lines) {
  return checkLines(lines) ?? (totalFen(lines) > agreedFen(job) ? 'over_agreed' : null);
}

/** What the customer is asked to pay: what was stated, as long as it is no more than agreed, else what was agreed. @param {Job} job @returns {Line[]} */
export function finalLines(job) {
  const stated = job.charges?.lines;
  return stated && !checkStatement(job, stated) ? stated : [...planned(job), ...agreementLines(job)];
}

/** @param {Job} job @returns {Line[]} */
function planned({ amount_fen, amount_reason }) {
  if (!amount_fen) return [];
  const text = cut(amount_reason.trim()) || NO_WORDS;
  return [{ text, quantity_milli: 1000, unit: '', unit_price_fen: amount_fen, amount_fen }];
}

/** @param {string} text */
function cut(text) {
  return [...text].slice(0, MAX_TEXT).join('');
}

/** @param {Line} line */
function checkLine({ text, quantity_milli, unit, unit_price_fen, amount_fen }) {
  if (!text.trim() || [...text].length > MAX_TEXT) return 'line_text_bad';
  if ([...unit].length > MAX_UNIT) return 'line_unit_bad';
  if (!(quantity_milli >= 1 && quantity_milli <= MAX_QUANTITY_MILLI)) return 'line_quantity_bad';
  if (!(unit_price_fen >= 0 && unit_price_fen <= MAX_PRICE_FEN)) return 'line_price_bad';
  return amount_fen === lineAmountFen(quantity_milli, unit_price_fen) ? null : 'line_amount_bad';
}
