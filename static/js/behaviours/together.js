/**
 * Lines that need one another are ticked and left out together, and each says why. Which line needs which stands in
 * `data-needs` of its tick box; without this module the server refuses a line that lacks another one.
 */

import { t } from '#app/core/i18n.js';
import { sayOnce } from '#app/behaviours/toast.js';

/** @param {HTMLElement} form its tick boxes are called `line` */
export function start(form) {
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === 'line') follow(form, target);
  });
}

/** @param {HTMLElement} form @param {HTMLInputElement} box */
function follow(form, box) {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[name="line"]'));
  const ticks = new Map([...boxes].map((one) => [one.value, one]));
  const numbers = along(new Map([...boxes].map((one) => [one.value, needs(one)])), box.value, box.checked)
    .filter((number) => ticks.get(number)?.checked === !box.checked);
  for (const one of form.querySelectorAll('[data-part="along"]')) one.textContent = '';
  if (!numbers.length) return;
  for (const number of numbers) {
    const other = /** @type {HTMLInputElement} */ (ticks.get(number));
    other.checked = box.checked;
    const place = form.querySelector(`#line-${number} [data-part="along"]`);
    if (place) place.textContent = box.checked ? t('Ticked too: line {number} needs it.', { number: box.value })
      : t('Left out too: it needs line {number}.', { number: box.value });
  }
  const lines = numbers.join(t(', '));
  sayOnce(box.checked ? t('Ticked too, as line {number} needs them: {lines}.', { number: box.value, lines })
    : t('Left out too, as they need line {number}: {lines}.', { number: box.value, lines }));
}

/** @param {HTMLInputElement} box @returns {string[]} */
const needs = (box) => (box.dataset.needs ?? '').split(' ').filter(Boolean);

/**
 * The lines that go the way of one: what it needs when it is ticked, what needs it when it is not, and so on from there.
 * @param {Map<string, string[]>} needed line → lines it needs @param {string} first @param {boolean} isTicked
 * @returns {string[]} in the order of the lines
 */
export function along(needed, first, isTicked) {
  const found = new Set([first]);
  for (const line of found) {
    const next = isTicked ? needed.get(line) ?? []
      : [...needed].filter(([, theirs]) => theirs.includes(line)).map(([number]) => number);
    for (const number of next) found.add(number);
  }
  found.delete(first);
  return [...found].sort((one, other) => Number(one) - Number(other));
}
