import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { itemViews } from '#app/screens/checklist/items/registry.js';
import { phaseWord } from '#app/screens/checklist/visit-words.js';
import { inWords } from '#app/screens/checklist/visit-view.js';

/**
 * What is still to do, each line leading there.
 * @param {string} jobId
 * @param {import('#app/types/domain.js').ChecklistItem[]} items
 * @param {{most?: number, jump?: (key: string) => (event: Event) => void}} [page] most: the rest stands in one line; jump: the items are on this page
 */
export function missingList(jobId, items, { most = items.length, jump } = {}) {
  const shown = items.length > most + 1 ? items.slice(0, most) : items;
  const rest = items[shown.length];
  const line = (/** @type {typeof rest} */ item, /** @type {string} */ words, /** @type {string} */ sign) => html`
    <a href="#/job/${jobId}/visit/${item.key}" @click=${jump?.(item.key)}>${icon(sign)}<span>${words}</span><span class="cap">${phaseWord(item.phase)}</span>${icon('chevron-right')}</a>`;
  return html`<div class="missing">${shown.map((item) => line(item, inWords(item.words), itemViews[item.type]?.icon ?? 'circle-help'))}
    ${rest ? line(rest, t('Other steps: {count}', { count: items.length - shown.length }), 'list-checks') : nothing}</div>`;
}

/** The large button that leads to a step. @param {string} jobId @param {import('#app/types/domain.js').ChecklistItem} item @param {(event: Event) => void} [jump] the item is on this page */
export function nextItem(jobId, { key, phase, words }, jump) {
  return html`<a class="btn btn-act next" href="#/job/${jobId}/visit/${key}" @click=${jump}>${t('Next step')}<small>${phaseWord(phase)} · ${inWords(words)}</small></a>`;
}
