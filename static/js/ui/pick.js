import { html, nothing } from '#vendor/lit.js';
import { icon } from '#app/ui/icon.js';

/**
 * One of few, chosen at once.
 * @template {string} T
 * @param {string} name
 * @param {string} label
 * @param {readonly (readonly [T, string])[]} choices
 * @param {string} current
 * @param {(chosen: T) => unknown} choose
 */
export function pick(name, label, choices, current, choose) {
  return html`<fieldset class="stack-s"><legend class="small two">${label}</legend><div class=${choices.length === 4 ? 'pick pick-two' : 'pick'}>${choices.map(([value, words]) => html`
    <label><input type="radio" name=${name} .checked=${value === current} @change=${() => choose(value)}>${icon('check')}<span lang=${name === 'language' ? value : nothing}>${words}</span></label>`)}</div></fieldset>`;
}
