import { html, nothing } from '#vendor/lit.js';
import { t, windowText } from '#app/core/i18n.js';
import { icon, plank } from '#app/ui/icon.js';
import { chipsOf, customerOf, plannedDayWords, plannedWords, shortAddress, spanWords, stateOf, typeWord } from '#app/screens/job-words.js';
import { endedOn } from '#app/screens/today-plan.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** What stands in the box of an ended job that had no place in the day. @type {Record<string, string>} */
const ENDS = { cancelled: 'ban', absent: 'user-round-x', unfinished: 'circle-pause' };
const CARD_CHIPS = 4; // more cannot be read in a glance

/** State of a job: plank and word. @param {string} state */
export function stateMark(state) {
  const { word, mark, tone } = stateOf(state);
  return html`<span class="state ${tone && `state-${tone}`}">${plank(mark)}${word}</span>`;
}

/** @param {import('#app/screens/job-words.js').Chip[]} chips @param {number} [most] */
export function chipList(chips, most = chips.length) {
  if (!chips.length) return nothing;
  return html`<span class="chips">${chips.slice(0, most).map((chip) => html`<span class="chip ${chip.tone && `chip-${chip.tone}`}">${icon(chip.icon)}<span>${chip.text}</span></span>`)}</span>`;
}

/** What is only on this phone; nothing when all is confirmed. @param {number} [count] left out: the one thing beside it */
export function unsentMark(count) {
  if (count === 0) return nothing;
  return html`<span class="unsent">${icon('smartphone')}${count ? t('{count} only on this phone', { count }) : t('Only on this phone')}</span>`;
}

/** Type and brief in one line. @param {JobView} job */
export function whatFor(job) {
  return html`<strong>${customerOf(job)}</strong> <span class="two">· ${typeWord(job.type)}${job.brief ? html` · ${job.brief}` : nothing}</span>`;
}

/**
 * One stop of a day: everything needed to choose without opening it.
 * @param {JobView} job
 * @param {{number?: number, nowMs: number, note?: string, sign?: string}} extra note: a few words instead of the window, e.g.
 * a distance; sign: icon where there is no number
 */
export function stopCard(job, { number, nowMs, note = '', sign = 'map-pin' }) {
  return html`<a class="stop" href="#/job/${job.id}">
    ${number ? html`<span class="stop-no"><span class="vh">${t('Stop {number}', { number })}</span><span aria-hidden="true">${number}</span></span>` : html`<span class="stop-no stop-no-free">${icon(sign)}</span>`}
    <span class="stop-body">
      <span class="stop-top">${job.window ? html`<span><span class="window">${windowText(job.window, job.timezone)}</span> <span class="small two nb">${plannedWords(job)}</span></span>` : html`<span class="two">${note || plannedWords(job) || t('No time agreed')}</span>`}${stateMark(job.state)}</span>
      <span>${whatFor(job)}</span>
      <span class="small two">${shortAddress(job)}</span>
      ${chipList(chipsOf(job, nowMs), CARD_CHIPS)}
      ${unsentMark(job.unsent + job.unsentPhotos)}
    </span>
  </a>`;
}

/** An ended job under the day on which it ended: what came of it. @param {JobView} job @param {{number?: number}} extra */
export function doneCard(job, { number }) {
  const on = endedOn(job);
  const [span, planned] = [spanWords(job, on), plannedDayWords(job, on)];
  return html`<a class="stop" href="#/job/${job.id}">
    <span class="stop-no stop-no-done">${number ?? icon(ENDS[job.state] ?? 'check')}</span>
    <span class="stop-body">
      <span class="stop-top">${stateMark(job.state)}${span ? html`<span class="small two nb">${span}</span>` : nothing}</span>
      <span class="two">${whatFor(job)}</span>
      ${planned ? html`<span class="small two">${planned}</span>` : nothing}
      ${unsentMark(job.unsent + job.unsentPhotos)}
    </span>
  </a>`;
}
