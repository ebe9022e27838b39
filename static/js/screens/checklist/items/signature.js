import { html, nothing } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { signOff } from '#app/screens/checklist/visit-view.js';
import { sheetWords } from '#app/screens/checklist/visit-words.js';

/** The customer's sign-off, on a screen of its own. @type {import('#app/screens/checklist/types.js').ItemView} */
export const signature = {
  icon: 'signature',
  body({ job, current }) {
    const sheet = signOff(job);
    return html`${sheet ? html`<p class="small">${sheetWords(sheet, job.timezone)}</p>` : nothing}
      <a class="btn btn-wide tall ${current ? 'btn-act' : ''}" href="#/job/${job.id}/handover">${icon('signature')}${sheet ? t('Open the hand-over') : t('Hand over to the customer')}</a>`;
  },
};
