import { html } from '#vendor/lit.js';
import { t } from '#app/core/i18n.js';
import { ABILITIES, ability, situationOf } from '#app/rules/abilities.js';
import { syncNow } from '#app/sync/pump.js';
import { status } from '#app/sync/status.js';
import { estimate, isNearlyFull } from '#app/device/storage-quota.js';
import { icon } from '#app/ui/icon.js';
import { pick } from '#app/ui/pick.js';
import { Screen } from '#app/ui/screen.js';
import { navBar, topBar } from '#app/screens/frame.js';
import { tabNote } from '#app/screens/tab-note.js';

/** @typedef {import('#app/rules/abilities.js').Situation} Situation */
/** @typedef {import('#app/rules/abilities.js').Action} Action */

/** What can be done at this moment, and in the other situations. */
class HelpScreen extends Screen {
  /** The situation looked at; null: the present one. @type {Situation | null} */
  #chosen = null;

  #nearlyFull = false;

  async load() {
    this.#nearlyFull = isNearlyFull(await estimate());
  }

  /** The present is asked for, not remembered. */
  firstUpdated() {
    syncNow();
  }

  render() {
    const now = situationOf(status().state, this.app.storageTrouble, { newBuild: this.app.newBuild, nearlyFull: this.#nearlyFull });
    const shown = this.#chosen ?? now;
    const words = situationWords();
    const choices = /** @type {[Situation, string][]} */ (Object.entries(words));
    return html`<div class="screen has-nav">
      ${topBar({ back: '#/me', title: t('What can I do now?') })}
      <main tabindex="0"><section class="sheet stack">
        <p class="note note-${now === 'online' ? 'act' : 'wait'}" role="status">${icon('smartphone')}<span>${t('Now:')} <strong>${words[now]}</strong></span></p>
        ${pick('situation', t('What if …'), choices, shown, (chosen) => { this.#chosen = chosen; this.requestUpdate(); })}
        ${tabNote()}</section>
        <div class="gap"></div>
        ${[sort(shown, 'y', t('Works')), sort(shown, 'k', t('Kept on this phone, sent later by itself')), sort(shown, 'n', t('Does not work'))]}
        <section class="sheet stack"><p class="small">${advice()[shown]}</p>
          <button class="btn btn-wide" @click=${() => this.#tour()}>${t('Show the first steps again')}</button></section><div class="gap"></div></main>
      ${navBar(this.app, 'me')}
    </div>`;
  }

  async #tour() {
    await this.app.store.setMeta('toured', false).catch(() => {});
    location.hash = '#/today';
  }
}

/** The actions of one kind. @param {Situation} situation @param {string} kind @param {string} title */
function sort(situation, kind, title) {
  const found = /** @type {Action[]} */ (Object.keys(ABILITIES)).filter((action) => ability(action, situation) === kind);
  const sign = { y: 'check', k: 'hourglass' }[kind] ?? 'ban';
  const words = actionWords();
  return found.length ? html`<section class="part-head"><div class="head"><h2>${title}</h2></div></section>
    <ul class="rows">${found.map((action) => html`<li class="row">${icon(sign)}<span>${words[action]}</span></li>`)}</ul><div class="gap"></div>` : '';
}

/** @returns {Record<Situation, string>} */
function situationWords() {
  return { online: t('With signal'), offline: t('Without signal'), signed_out: t('Sign-in ended'), storage_full: t('Storage full'), storage_low: t('Storage nearly full'), update_waits: t('New version waits'), too_old: t('App too old'), blocked: t('Phone blocked') };
}

/** @returns {Record<Action, string>} */
function actionWords() {
  return {
    read: t('See jobs, addresses, phone numbers and checklists that are on this phone'),
    step: t('Take steps, write notes, change the order of the day'),
    answer: t('Answer the checklist'),
    photo: t('Take photos'),
    sign: t('Have the customer sign'),
    send: t('Send what is only on this phone'),
    fetch: t('Get new jobs and changes'),
    save: t('Save unsent work as a file'),
    password: t('Change the password'),
    leave: t('Sign out, if everything is sent'),
  };
}

/** What to do about it. @returns {Record<Situation, string>} */
function advice() {
  return {
    online: t('Everything works. What you confirm goes out at once.'),
    offline: t('Work as usual. As soon as there is signal, everything goes out by itself.'),
    signed_out: t('Work as usual, and sign in again when there is signal: then everything goes out. If the office has removed this phone or your account, call the office.'),
    storage_full: t('Make room first: delete photos, videos or apps you no longer need. What is on this phone already is safe.'),
    storage_low: t('Everything but photos is still kept. Send what waits, then delete pictures, videos or apps you no longer need.'),
    update_waits: t('Everything works. Take the new version under “Me” when it suits you: it comes out of this phone, and nothing is lost.'),
    too_old: t('Work as usual: what you confirm also reaches the office as a file. Take the new version under “Me”; then everything goes out.'),
    blocked: t('What is unsent is delivered first, then everything is deleted from this phone. If it is yours and with you, call the office and sign in again.'),
  };
}

customElements.define('help-screen', HelpScreen);
