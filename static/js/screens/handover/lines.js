import { MAX_PRICE_FEN, MAX_QUANTITY_MILLI, MAX_TEXT, MAX_UNIT, lineAmountFen } from '#app/rules/charges.js';

/**
 * Lines of a charge as they are typed, and as they are meant.
 * @typedef {import('#app/types/domain.js').ChargeLine} ChargeLine
 * @typedef {{text: string, quantity: string, unit: string, price: string}} Typed quantity and price (in yuan) as typed
 * @typedef {keyof Typed} Field
 */

/** Where what is typed is kept. @param {string} jobId @param {'extra' | 'final'} part */
export function linesDraft(jobId, part) {
  return `lines:${part}:${jobId}`;
}

/** @returns {Typed} */
export function blankLine() {
  return { text: '', quantity: '1', unit: '', price: '' };
}

/** @param {ChargeLine} line @returns {Typed} */
export function typedOf({ text, quantity_milli, unit, unit_price_fen }) {
  return { text, quantity: plain(quantity_milli, 3), unit, price: plain(unit_price_fen, 2) };
}

/** The line as far as it can be understood: what cannot counts as nothing. @param {Typed} typed @returns {ChargeLine} */
export function lineOf({ text, quantity, unit, price }) {
  const quantity_milli = whole(quantity, 3) ?? 0;
  const unit_price_fen = whole(price, 2) ?? 0;
  return { text: tidy(text), quantity_milli, unit: tidy(unit), unit_price_fen, amount_fen: lineAmountFen(quantity_milli, unit_price_fen) };
}

/** The fields that cannot stay as they are. @param {Typed} typed @returns {Field[]} */
export function faultsOf({ text, quantity, unit, price }) {
  const milli = whole(quantity, 3);
  const fen = whole(price, 2);
  return /** @type {Field[]} */ ([
    tidy(text) && [...tidy(text)].length <= MAX_TEXT ? '' : 'text',
    milli !== null && milli >= 1 && milli <= MAX_QUANTITY_MILLI ? '' : 'quantity',
    [...tidy(unit)].length <= MAX_UNIT ? '' : 'unit',
    fen !== null && fen <= MAX_PRICE_FEN ? '' : 'price',
  ].filter(Boolean));
}

/** Nothing was typed: the line is left out. @param {Typed} typed */
export function isBlank({ text, price }) {
  return !text.trim() && !price.trim();
}

/** @param {ChargeLine[]} some @param {ChargeLine[]} others */
export function sameLines(some, others) {
  const key = (/** @type {ChargeLine[]} */ lines) => JSON.stringify(lines.map((line) => [line.text, line.quantity_milli, line.unit, line.unit_price_fen]));
  return key(some) === key(others);
}

/** 2400 thousandths → "2.4". @param {number} value @param {number} decimals */
export function plain(value, decimals) {
  return String(value / 10 ** decimals);
}

/**
 * "2.4" → 2400 thousandths; digits and the point may be those of a Chinese keyboard.
 * @param {string} text
 * @param {number} decimals
 * @returns {number | null} null: not a number, or finer than that
 */
function whole(text, decimals) {
  const [, units, part = ''] = /^(\d{1,9})(?:\.(\d*))?$/.exec(text.normalize('NFKC').replace('。', '.').trim()) ?? [];
  return units === undefined || part.length > decimals ? null : Number(units + part.padEnd(decimals, '0'));
}

/** As the server takes text: composed, one blank where there were several. @param {string} text */
function tidy(text) {
  return text.normalize().replace(/\s+/g, ' ').trim();
}
