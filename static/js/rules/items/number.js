import { isShaped, itemType, textFault } from '#app/rules/items/base.js';

/** Thousandths; nothing on a floor is beyond a thousand million. */
const MOST = 1e12;

/** A measured or counted number, in thousandths, or why there is none. */
export const number = itemType(({ least_milli, most_milli, decimals = 0 }, value) => {
  if (isShaped(value, 'why')) return textFault(value.why);
  if (!isShaped(value, 'milli') || !Number.isInteger(value.milli)) return 'value_bad';
  if (value.milli < (least_milli ?? -MOST) || value.milli > (most_milli ?? MOST)) return 'number_out_of_range';
  return value.milli % 10 ** (3 - decimals) ? 'number_too_fine' : null;
}, { holds: (item, value, expected) => expected === true && value?.milli !== undefined && number.check(item, value) === null });
