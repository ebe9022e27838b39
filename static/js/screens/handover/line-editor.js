import { html, nothing } from '#vendor/lit.js';
import { t, yuan } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { faultLine } from '#app/ui/errors.js';
import { lineOf } from '#app/screens/handover/lines.js';

/**
 * The lines of a charge as fields, each with its sum.
 * @param {import('#app/screens/handover/lines.js').Typed[]} lines
 * @param {object} how
 * @param {boolean} how.named what it is for can be changed: extra work; false: only less of what was agreed
 * @param {Record<string, string>} how.faults `<field>-<index>` → words
 * @param {(lines: import('#app/screens/handover/lines.js').Typed[]) => void} how.change
 */
export function lineEditor(lines, { named, faults, change }) {
  const typed = (/** @type {number} */ index, /** @type {string} */ field) => (/** @type {Event} */ event) =>
    change(lines.map((line, at) => (at === index ? { ...line, [field]: /** @type {HTMLInputElement} */ (event.target).value } : line)));
  const field = (/** @type {number} */ index, /** @type {'text' | 'quantity' | 'unit' | 'price'} */ name, /** @type {string} */ label, /** @type {boolean} */ number) => {
    const id = `${name}-${index}`;
    return html`<div class="field"><label for=${id}>${label}</label>
      <input class="input" id=${id} .value=${lines[index][name]} inputmode=${number ? 'decimal' : 'text'} list=${name === 'unit' ? 'units' : nothing} autocomplete="off"
        aria-invalid=${faults[id] ? 'true' : nothing} aria-describedby="${id}-fault" @input=${typed(index, name)}>${faultLine(id, faults[id])}</div>`;
  };
  return html`${lines.map((line, index) => html`<fieldset class="line-fields">
      <legend class="strong">${named ? t('Line {number}', { number: index + 1 }) : line.text}</legend>
      ${named ? field(index, 'text', t('Work or part'), false) : nothing}
      <div class="line-numbers">${field(index, 'quantity', named || !line.unit ? t('Quantity') : t('Quantity ({unit})', { unit: line.unit }), true)}${named ? field(index, 'unit', t('Unit'), false) : nothing}${field(index, 'price', t('Price, yuan'), true)}</div>
      <div class="line between"><button type="button" class="btn btn-quiet outdent" aria-label=${t('Remove: {line}', { line: line.text || t('Line {number}', { number: index + 1 }) })} @click=${() => change(lines.filter((_, at) => at !== index))}>${icon('trash-2')}${t('Remove')}</button>
        <output class="strong nb">${yuan(lineOf(line).amount_fen)}</output></div>
    </fieldset>`)}
    ${named ? html`<datalist id="units">${[t('pcs'), t('m'), t('㎡'), t('h'), t('times')].map((unit) => html`<option value=${unit}></option>`)}</datalist>` : nothing}`;
}

/** Quantity and price in words: "2.4 m × ¥75"; '' where they say no more than the amount. @param {import('#app/types/domain.js').ChargeLine} line */
export function howMuch({ quantity_milli, unit, unit_price_fen }) {
  if (quantity_milli === 1000 && !unit) return '';
  return `${quantity_milli / 1000} ${unit} × ${yuan(unit_price_fen)}`.replace('  ', ' ');
}

/**
 * Lines and their sum as a table to read.
 * @param {import('#app/types/domain.js').ChargeLine[]} lines
 * @param {[string, number][]} sums name and fen; the last one leads
 */
export function bill(lines, sums) {
  return html`<table class="bill"><tbody>${lines.map((line) => html`<tr><td>${line.text}${howMuch(line) ? html`<span class="cap">${howMuch(line)}</span>` : nothing}</td><td>${yuan(line.amount_fen)}</td></tr>`)}</tbody>
    <tfoot>${sums.map(([name, fen], index) => html`<tr><th scope="row">${name}</th><td>${index === sums.length - 1 ? sum(fen) : yuan(fen)}</td></tr>`)}</tfoot></table>`;
}

/** The figure large, the currency beside it small, wherever the language puts it. @param {number} fen */
function sum(fen) {
  const [, before, figure, after] = /^(\D*)([\d.,]+)(.*)$/.exec(yuan(fen)) ?? [];
  return html`${before}<span class="sum">${figure}</span>${after}`;
}
