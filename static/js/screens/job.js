import { html, nothing } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { day, fullDate, t, time, windowText, yuan } from '#app/core/i18n.js';
import { reasonText } from '#app/core/reasons.js';
import { finalLines, totalFen } from '#app/rules/charges.js';
import { ENDED } from '#app/rules/job-state.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { leftAtBase, photosOf, visitOf } from '#app/screens/checklist/visit-view.js';
import { incidentKinds, sheetWords } from '#app/screens/checklist/visit-words.js';
import { phrasesWay } from '#app/screens/checklist/visit-top.js';
import { syncLine, topBar } from '#app/screens/frame.js';
import { chipList, stateMark, unsentMark } from '#app/screens/job-card.js';
import { CODES, codePage } from '#app/screens/code-page.js';
import { arrivalWords, otherSteps, overlapWords, planksOf, promiseWords, shortMoment } from '#app/screens/job-history.js';
import { chipsOf, customerOf, fullAddress, lateMinutes, maskPhone, plannedWords, shortDay, stateOf, stepWord, toCollectFen, typeWord } from '#app/screens/job-words.js';
import '#app/screens/job-form.js';
import { navigateTo } from '#app/screens/navigate.js';
import '#app/screens/step-dock.js';
import { isLed } from '#app/screens/today-plan.js';
import { withoutJob } from '#app/screens/without-job.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */

const FORMS = ['note', 'incident', 'cannot-finish', 'absent', 'take-back'];

/** One job: who, where, when, what for, what is known, what was done, and the next step. */
class JobScreen extends Screen {
  /** @type {JobView | null} */
  #job = null;
  /** What the visit is done by; null: no checklist. @type {import('#app/types/domain.js').Checklist | null} */
  #content = null;
  /** Overlaps the person has seen. @type {string[]} */
  #seen = [];

  async load() {
    const job = await this.app.store.job(this.route.id);
    this.#content = await this.app.store.checklistOf(job);
    this.#job = job;
    this.#seen = (await this.app.store.meta('overlaps')) ?? [];
  }

  render() {
    const job = this.#job;
    if (!job) return withoutJob(this);
    if (FORMS.includes(this.route.part)) return html`<job-form .app=${this.app} .job=${job} .form=${this.route.part} .from=${this.route.at}></job-form>`;
    const part = /** @type {keyof typeof CODES} */ (this.route.part);
    if (CODES[part]) return codePage(this.app, job, part);
    return html`<div class="screen">
      ${topBar({ back: '#/today', backWord: t('Back to today'), title: `${customerOf(job)} · ${typeWord(job.type)}`, end: html`${this.#content?.phrases.length ? phrasesWay(job) : nothing}${this.#moreButton(job)}` })}
      ${syncLine(this.app)}
      <main tabindex="0">
        ${[this.#standing(job), this.#alerts(job), this.#ways(job), this.#visit(job), this.#customer(job), this.#product(job), this.#notes(job), this.#happenings(job), this.#crew(job), this.#steps(job), this.#history(job)]}
        <div class="gap"></div>
      </main>
      ${job.handedOver || ENDED.includes(job.state) && !this.#canWrite(job) ? nothing : html`<step-dock class="dock" role="region" aria-label=${t('Next step')} .app=${this.app} .job=${job} .left=${leftAtBase(job, this.#content, this.app.person.id)} .clock=${time(nowMs(), job.timezone)}></step-dock>`}
      ${this.#more(job)}
    </div>`;
  }

  /** @param {JobView} job */
  #canWrite(job) {
    return !job.handedOver && job.state !== 'cancelled';
  }

  /** @param {JobView} job */
  #standing(job) {
    const late = lateMinutes(job, nowMs());
    const arrival = arrivalWords(job);
    return html`<section class="sheet">
      ${this.#whatHappened(job)}${this.#overlaps(job)}
      <div class="line wrap between">${stateMark(job.state)}<span class="small two">${job.visit_on ? day(job.visit_on) : t('No day yet')}</span></div>
      <p class="window window-l job-window">${job.window ? windowText(job.window, job.timezone) : t('No time agreed')} <span class="small two nb">${plannedWords(job)}</span></p>
      ${arrival ? html`<p class="small">${arrival}</p>` : nothing}
      ${late && late < 24 * 60 ? html`<p class="small risk strong">${icon('clock-alert')} ${t('The window ended {minutes} min ago. Tell the customer.', { minutes: late })}</p>` : nothing}
      ${job.state === 'cancelled' ? nothing : html`<ol class="planks" aria-label=${t('How far this job is')}>${planksOf(job, nowMs()).map((plank) => html`
        <li style=${plank.laid ? '--full:1' : nothing} aria-current=${plank.current ? 'step' : nothing}>${plank.word}${plank.at ? html`<b>${plank.at}</b>` : nothing}</li>`)}</ol>`}
      ${job.unsent + job.unsentPhotos ? html`<p class="job-unsent">${unsentMark(job.unsent + job.unsentPhotos)}</p>` : nothing}
    </section>`;
  }

  /** Cancelled, handed over, not taken as meant: said first. @param {JobView} job */
  #whatHappened(job) {
    const count = job.unsent + job.unsentPhotos;
    const kept = count
      ? t('{count} of yours are still only on this phone; they will be sent and kept.', { count })
      : t('What you recorded is kept on the server.');
    return [
      job.handedOver ? note('user-round-x', t('This job was handed over'), `${job.lead && !isLed(job, this.app.person.id) ? t('{name} goes on with it.', { name: job.lead.name }) : t('The office gave it to somebody else.')} ${kept}`) : nothing,
      job.state === 'cancelled' ? note('ban', t('The office cancelled this job'), job.cancel_reason ? html`${job.cancel_reason}<br>${kept}` : kept) : nothing,
      job.lastAckNote ? note('message-square-warning', reasonText(job.lastAckNote.code, job.lastAckNote), '', html`<a href="#/outbox">${t('Look under “To send”')}</a>`) : nothing,
    ];
  }

  /** What the office changed while this phone was away, and what the person said of the job meanwhile. @param {JobView} job */
  #overlaps(job) {
    return (job.overlaps ?? []).filter(({ id }) => !this.#seen.includes(id)).map((one) => note('message-square-warning', t('Both are kept'), overlapWords(one, job.timezone), html`
      <br><button class="btn" @click=${() => this.#see(one.id)}>${t('Got it')}</button>`));
  }

  /** @param {string} id */
  async #see(id) {
    await this.app.store.setMeta('overlaps', [...this.#seen.slice(-99), id]).catch(() => {});
    await this.reread();
  }

  /** @param {JobView} job */
  #alerts(job) {
    const chips = chipsOf(job, nowMs());
    if (!chips.length && !job.special_note) return nothing;
    return html`<section class="stack-s" aria-label=${t('Please mind')}>${chipList(chips)}${job.special_note ? html`<p class="small">${job.special_note}</p>` : nothing}</section>`;
  }

  /** What the visit is made of, and how far it is. @param {JobView} job */
  #ways(job) {
    const way = (/** @type {string} */ part, /** @type {string} */ sign, /** @type {string} */ words, /** @type {unknown} */ end) =>
      html`<a class="row" href="#/job/${job.id}/${part}">${icon(sign)}<strong>${words}</strong><span class="line"><span class="two">${end}</span>${icon('chevron-right')}</span></a>`;
    const fen = totalFen(finalLines(job));
    return html`<nav class="rows job-ways" aria-label=${t('This visit')}>
      ${this.#content ? way('visit', 'list-checks', t('On-site conduct'), this.#progress(job)) : nothing}
      ${way('photos', 'camera', t('Photos'), photosOf(job).length || t('none yet'))}
      ${way('charges', 'receipt', t('Charges'), fen ? yuan(fen) : t('none'))}
      ${job.sheets.length ? way('handover', 'signature', t('Sign-off'), '') : nothing}
      ${job.links?.badge ? way('badge', 'badge-check', t('My badge'), '') : nothing}
      ${job.links?.case ? way('link', 'qr-code', t('Customer’s link'), '') : nothing}
      ${job.sheets.length && job.links?.report ? way('report', 'file-text', t('Report'), '') : nothing}</nav>`;
  }

  /** "3/17"; after the end what is left at base. @param {JobView} job */
  #progress(job) {
    const { progress } = visitOf(job, this.#content);
    const ended = ENDED.includes(job.state);
    const phases = progress.filter(({ phase }) => (phase === 'base') === ended);
    const [done, of] = phases.reduce((sum, phase) => [sum[0] + phase.done, sum[1] + phase.of], [0, 0]);
    return ended ? (of > done ? t('Back at base: {count} left', { count: of - done }) : t('all done')) : `${done}/${of}`;
  }

  /** What was signed and what went wrong. @param {JobView} job */
  #happenings(job) {
    const { sheets, incidents } = job;
    if (!sheets.length && !incidents.length) return nothing;
    const kinds = incidentKinds();
    return html`<div class="gap"></div><section class="sheet stack">
      <div class="head"><h2>${t('Sign-off and incidents')}</h2></div>
      <ul class="stack">${sheets.map((sheet) => html`<li class="small">${icon('signature')} ${sheetWords(sheet, job.timezone)} ${sheet.total_fen ? yuan(sheet.total_fen) : nothing} ${sheet.unsent ? unsentMark() : nothing}</li>`)}
        ${incidents.map((one) => html`<li class="small job-note"><p><strong>${kinds[one.kind] ?? one.kind}</strong></p><p class="lines">${one.words}</p>
          <p class="cap">${one.by} · ${shortMoment(one.at_ms, nowMs(), job.timezone)} ${one.unsent ? unsentMark() : nothing}</p></li>`)}</ul>
    </section>`;
  }

  /** @param {JobView} job */
  #visit(job) {
    const fen = toCollectFen(job);
    return html`<section class="sheet stack">
      <div class="head"><h2>${t('What to do this time')}</h2><span class="two">${t('about {count} min', { count: job.planned_minutes })}</span></div>
      ${job.case.words ? html`<div class="voice"><p class="cap">${t('In the customer’s words')} · ${shortMoment(job.case.opened_ms, nowMs(), job.timezone)}</p><p>“${job.case.words}”</p></div>` : nothing}
      ${facts([[t('Task'), job.brief], [t('Office’s view'), job.analysis], [t('Proposed'), job.remedy], [t('Bring'), job.bring],
        [t('To collect'), fen ? html`<strong>${yuan(fen)}</strong> ${fen === job.amount_fen ? job.amount_reason : nothing}` : ''],
        [t('Job'), html`<span class="nb">${job.number}</span>`], [t('Case'), html`<span class="nb">${job.case.number}</span>`]])}
    </section>`;
  }

  /** @param {JobView} job */
  #customer(job) {
    const { phone } = job.customer;
    const ended = ENDED.includes(job.state);
    const call = (/** @type {'call' | 'sms'} */ channel) => () => void this.#recordContact(job, channel);
    return html`<div class="gap"></div><section class="sheet stack">
      <div class="head"><h2>${t('Customer and address')}</h2></div>
      <div><p><strong>${customerOf(job)}</strong>${job.customer.name && job.customer.name !== customerOf(job) ? html` <span class="two">${job.customer.name}</span>` : nothing}
        ${phone ? html`<span class="two nb">${maskPhone(phone)}</span>` : nothing}</p>
        <p class="two job-address">${fullAddress(job)}</p>
        ${job.site.access_note ? html`<p class="small two">${job.site.access_note}</p>` : nothing}
        <p class="cap">${phone ? t('The number is not shown in full. Calls and messages are noted on the job.') : ended ? t('The number is hidden once the job has ended. Call the branch if you need it.') : t('There is no phone number for this customer yet. Call the branch.')}</p></div>
      ${phone || !ended ? html`<div class="pick reach">
        ${phone ? html`<a class="btn" href="tel:${phone}" @click=${call('call')}>${icon('phone')}${t('Call')}</a>
        <a class="btn" href="sms:${phone}" @click=${call('sms')}>${icon('message-square')}${t('Message')}</a>` : nothing}
        <button class="btn" @click=${() => navigateTo(this.app, job)}>${icon('navigation')}${t('Navigate')}</button></div>` : nothing}
    </section>`;
  }

  /** @param {JobView} job */
  #product({ product }) {
    if (!product) return nothing;
    const { model, batch, room, area_m2, purchased_on, voucher, installer, warranty_start_on } = product;
    return html`<div class="gap"></div><section class="sheet stack">
      <div class="head"><h2>${t('Product')}</h2></div>
      ${facts([[t('Floor'), [model, room, area_m2 && `${area_m2} ㎡`].filter(Boolean).join(' · ')], [t('Batch'), batch],
        [t('Bought'), [purchased_on && fullDate(purchased_on), voucher].filter(Boolean).join(' · ')],
        [t('Installed by'), installer], [t('Warranty from'), warranty_start_on ? fullDate(warranty_start_on) : '']])}
    </section>`;
  }

  /** @param {JobView} job */
  #notes(job) {
    return html`<div class="gap"></div><section class="sheet stack">
      <div class="head"><h2>${t('Notes')}</h2><span class="two">${job.notes.length || nothing}</span></div>
      ${job.notes.length ? html`<ul class="stack">${job.notes.map((one) => html`<li class="small job-note">
        <p class="lines">${one.text}</p>
        <p class="cap">${one.by} · ${shortMoment(one.at_ms, nowMs(), job.timezone)}${one.late ? html` · ${t('written after the job was handed over')}` : nothing} ${one.unsent ? unsentMark() : nothing}</p></li>`)}</ul>`
        : html`<p class="small two">${t('No notes yet.')}</p>`}
      ${this.#canWrite(job) ? html`<a class="btn btn-wide" href="#/job/${job.id}/note">${icon('notebook-pen')}${t('Write a note')}</a>` : nothing}
    </section>`;
  }

  /** @param {JobView} job */
  #crew(job) {
    const { lead, helpers, branch } = job;
    if (!lead && !helpers.length) return nothing;
    return html`<div class="gap"></div><section class="sheet stack">
      <div class="head"><h2>${t('Who goes')}</h2></div>
      ${facts([[t('Leads the visit'), lead ? html`${lead.name} <span class="two nb">${lead.staff_no}</span>${isLed(job, this.app.person.id) ? html` <span class="two">${t('(you)')}</span>` : nothing}` : ''],
        [t('Helpers'), helpers.map((helper) => (helper.id === this.app.person.id ? `${helper.name} ${t('(you)')}` : helper.name)).join(t(', '))],
        [t('Branch'), branch.phone ? html`${branch.name} <a class="nb branch-call" href="tel:${branch.phone}">${branch.phone}</a>` : branch.name]])}
      ${isLed(job, this.app.person.id) || job.handedOver ? nothing : html`<p class="cap">${t('Only the lead records the steps. You can write notes.')}</p>`}
    </section>`;
  }

  /** @param {JobView} job */
  #steps(job) {
    if (!job.steps.length) return nothing;
    return html`<div class="gap"></div><section class="sheet">
      <div class="head"><h2>${t('What was recorded')}</h2></div>
      <ol class="time">${job.steps.map((step, index) => html`<li aria-current=${index === job.steps.length - 1 && !step.void_reason ? 'step' : nothing}>
        <span class="when">${shortMoment(step.at_ms, nowMs(), job.timezone)}</span>
        <span>${step.void_reason ? html`<s>${stepWord(step.step)}</s>` : html`<strong>${stepWord(step.step)}</strong>`} <span class="two">${step.by}</span>
          ${step.reason ? html`<br><span class="two">${step.reason}</span>` : nothing}
          ${step.promised_ms ? html`<br><span class="two">${t('Agreed with the customer: {moment}', { moment: promiseWords(step.promised_ms, job.timezone) })}</span>` : nothing}
          ${step.void_reason ? html`<br><span class="two">${t('Taken back: {reason}', { reason: step.void_reason })}</span>` : nothing}
          ${step.unsent ? html`<br>${unsentMark()}` : nothing}</span></li>`)}</ol>
    </section>`;
  }

  /** @param {JobView} job */
  #history({ history }) {
    if (!history.length) return nothing;
    return html`<div class="gap"></div><section class="sheet">
      <div class="head"><h2>${t('Earlier visits at this address')}</h2><span class="two">${history.length}</span></div>
      <ol class="time">${history.map((visit) => html`<li><span class="when">${shortDay(visit.visit_on)}</span>
        <span><strong>${typeWord(visit.type)}${visit.brief ? ` · ${visit.brief}` : ''}</strong><br>
        <span class="two">${[visit.by, stateOf(visit.outcome).word].filter(Boolean).join(' · ')}${visit.words ? html`<br>${visit.words}` : nothing}</span></span></li>`)}</ol>
    </section>`;
  }

  /** @param {JobView} job */
  #moreButton(job) {
    if (!this.#canWrite(job)) return nothing;
    return html`<button class="btn btn-icon" aria-label=${t('More')} aria-haspopup="dialog" @click=${() => this.#dialog()?.showModal()}>${icon('ellipsis')}</button>`;
  }

  /** @returns {HTMLDialogElement | null} */
  #dialog() {
    return this.querySelector('dialog');
  }

  /** @param {JobView} job */
  #more(job) {
    if (!this.#canWrite(job)) return nothing;
    const others = isLed(job, this.app.person.id) ? otherSteps(job) : { cannotFinish: false, absent: false, takeBack: false };
    const way = (/** @type {string} */ part, /** @type {string} */ sign, /** @type {string} */ words, /** @type {string} */ small) => html`
      <a class="row" href="#/job/${job.id}/${part}" @click=${() => this.#dialog()?.close()}>${icon(sign)}<span><strong>${words}</strong>${small ? html`<br><span class="small two">${small}</span>` : nothing}</span>${icon('chevron-right')}</a>`;
    return html`<dialog class="sheet-dialog" aria-labelledby="more-title" @click=${closeOutside}>
      <div class="dialog-head"><h2 id="more-title">${t('More for this job')}</h2><button class="btn btn-icon btn-quiet" aria-label=${t('Close')} @click=${() => this.#dialog()?.close()}>${icon('x')}</button></div>
      <div class="rows">
        ${way('note', 'notebook-pen', t('Write a note'), '')}
        ${way('incident', 'triangle-alert', t('Record an incident'), t('Damage, injury, dispute'))}
        ${others.cannotFinish ? way('cannot-finish', 'circle-pause', t('Cannot finish today'), t('Reason, and the next time agreed with the customer')) : nothing}
        ${others.absent ? way('absent', 'user-round-x', t('Nobody at home'), t('Reason; the office calls the customer')) : nothing}
        ${others.takeBack ? way('take-back', 'undo-2', t('Take back the last step'), t('With a reason; both stay in the record')) : nothing}
        ${job.branch.phone ? html`<a class="row" href="tel:${job.branch.phone}">${icon('store')}<span><strong>${t('Call the branch')}</strong><br><span class="small two">${job.branch.name}</span></span>${icon('phone')}</a>` : nothing}
      </div></dialog>`;
  }

  /** The call itself never waits for this. @param {JobView} job @param {'call' | 'sms'} channel */
  async #recordContact(job, channel) {
    await this.app.store.confirm('record_contact', job.id, { channel }).catch(() => {});
  }
}

/** @param {string} sign @param {string} title @param {unknown} words @param {unknown} [more] */
function note(sign, title, words, more = nothing) {
  return html`<p class="note note-wait job-happened">${icon(sign)}<span><strong>${title}</strong>${words ? html`<br>${words}` : nothing} ${more}</span></p>`;
}

/** Empty facts are left out. @param {[string, unknown][]} rows */
function facts(rows) {
  const known = rows.filter(([, value]) => value !== '' && value !== nothing);
  return known.length ? html`<dl class="facts">${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>` : nothing;
}

/** A tap beside the sheet closes it. @param {MouseEvent} event */
function closeOutside(event) {
  if (event.target === event.currentTarget) /** @type {HTMLDialogElement} */ (event.currentTarget).close();
}

customElements.define('job-screen', JobScreen);
