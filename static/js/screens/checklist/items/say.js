import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { icon } from '#app/ui/icon.js';
import { fillScript } from '#app/screens/checklist/visit-view.js';
import { whyNot } from '#app/screens/checklist/items/why-not.js';
import { languageSwitch, scriptLanguage } from '#app/screens/checklist/words-dialog.js';

/** Words to read aloud or to show; in large type when they come next. @type {import('#app/screens/checklist/types.js').ItemView} */
export const say = {
  icon: 'volume-2',
  body(x) {
    const language = x.draft?.language ?? x.value?.language ?? scriptLanguage();
    const { button, field } = whyNot(x, t('Could not say it'), (why) => ({ said: false, why }), 'btn-quiet');
    return html`<p class=${x.current ? 'say-words' : 'voice'} lang=${language}>“${fillScript(x.item.script, x.job, x.app.me, language)}”</p>
      <div class="pick">
        <button class="btn tall ${x.current ? 'btn-act' : ''}" aria-pressed=${Boolean(x.value?.said)} @click=${() => x.save({ said: true, language })}>${icon('check')}${t('Read aloud')}</button>
        <button class="btn tall" @click=${() => x.show(language)}>${icon('maximize')}${t('Show to customer')}</button>
      </div>
      <div class="line wrap between">${languageSwitch(language, (chosen) => x.keep({ ...x.draft, language: chosen }))}${button}</div>${field}`;
  },
};
