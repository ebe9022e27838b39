import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { topBar } from '#app/screens/frame.js';
import { customerOf, typeWord } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

/** Title of a screen of the visit, whose it is, and the two things that may be needed at any moment. @param {JobView} job @param {string} title */
export function visitTop(job, title) {
  return topBar({
    back: `#/job/${job.id}`, title: html`${title} <span class="two regular">${customerOf(job)} · ${typeWord(job.type)}</span>`,
    end: html`${phrasesWay(job, '/visit')}<a class="btn btn-icon" href="#/job/${job.id}/incident/visit" aria-label=${t('Record an incident: damage, injury, dispute')}>${icon('triangle-alert')}</a>`,
  });
}

/** @param {JobView} job @param {string} [from] the part of the job to come back to */
export function phrasesWay(job, from = '') {
  return html`<a class="btn btn-icon" href="#/job/${job.id}/phrases${from}" aria-label=${t('What to say')}>${icon('message-circle')}</a>`;
}

/** The job is here, but what the screen shows of it is not: in words, and the way back. @param {string} jobId @param {string} title @param {string} words */
export function nothingHere(jobId, title, words) {
  const back = `#/job/${jobId}`;
  return html`<div class="screen">${topBar({ back, title })}<main>
    <section class="empty">${icon('circle-help')}<p class="strong">${words}</p><a class="btn btn-wide" href=${back}>${t('Back to the job')}</a></section>
  </main></div>`;
}
