/**
 * What is done on one day, the same for every phone that is measured: six visits of fifty acts, of which ten are photos;
 * the customer signs in every other one.
 */
export const VISITS = 6;
export const ACTS = 50;
const PHOTOS = 10;
/** Of a photo as the app keeps it (2048 px). */
const PHOTO_BYTES = 300_000;
const ANSWERS = { greet: { done: true }, cause: { chosen: ['damp'], text: '' }, tools: { done: true }, before: { why: '客户不让拍' } };

/**
 * One act: `photo` and `sign` are numbers, of which picture and which sheet.
 * @typedef {{kind: string, args: Record<string, any>, photo?: number, sign?: number}} Act
 */

/** @param {number} visit from 0 @returns {Act[]} */
export function actsOf(visit) {
  const isSigned = visit % 2 === 0;
  const step = (/** @type {string} */ name, more = {}) => ({ kind: 'take_step', args: { step: name, ...more } });
  const acts = [
    step('accept'), { kind: 'record_contact', args: { channel: 'call' } }, step('depart'), step('arrive'), step('start'),
    ...Array.from({ length: PHOTOS }, (_, n) => ({ kind: 'add_photo', args: { slot: n < PHOTOS / 2 ? 'before' : 'after' }, photo: visit * PHOTOS + n })),
    ...Object.entries(ANSWERS).map(([item, value]) => ({ kind: 'answer_item', args: { item, value } })),
  ];
  const end = isSigned
    ? [{ kind: 'sign_sheet', args: {}, sign: visit / 2 }, step('finish')]
    : [step('cannot_finish', { reason: '缺料', no_promise: '等料' })];
  const notes = Array.from({ length: ACTS - acts.length - end.length }, (_, n) => note(n));
  return [...acts, ...notes, ...end];
}

/** @param {number} n @returns {Act} */
export function note(n) {
  return { kind: 'add_note', args: { text: `第 ${n} 块板有点响，含水率 ${8 + (n % 40) / 10}%，下次再看一下。` } };
}

/** Bytes that cannot be packed any further, as those of a JPEG; each number has its own. @param {number} number */
export function picture(number) {
  let seed = 2_654_435_761 * (number + 1);
  const words = Uint32Array.from({ length: PHOTO_BYTES / 4 }, () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed;
  });
  return Buffer.from(words.buffer);
}

/** What a finger draws for a name: 24 points of a sheet, with time and pressure. @param {number} number */
export function strokes(number) {
  return [Array.from({ length: 24 }, (_, i) => [i * 300, (number * 977 + i * 2377) % 9000, i * 10, 500])];
}
