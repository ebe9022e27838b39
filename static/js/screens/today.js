import { html, nothing, repeat } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { day, dayOf, t, time, windowText } from '#app/core/i18n.js';
import { wouldAsk, where } from '#app/device/position.js';
import { announce } from '#app/ui/announce.js';
import { icon } from '#app/ui/icon.js';
import { Screen } from '#app/ui/screen.js';
import { why } from '#app/ui/why.js';
import { navBar, opening, readTrouble, syncLine, updateLine } from '#app/screens/frame.js';
import { chipList, doneCard, stateMark, stopCard, unsentMark, whatFor } from '#app/screens/job-card.js';
import { chipsOf, distanceWords, shortAddress, stepWord } from '#app/screens/job-words.js';
import '#app/screens/step-dock.js';
import { recordStep } from '#app/screens/take-step.js';
import '#app/screens/tour-card.js';
import { countOf, doneOf, isLed, metresBetween, planOf, upcomingOf } from '#app/screens/today-plan.js';
import { status } from '#app/sync/status.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {import('#app/screens/today-plan.js').DayPlan} DayPlan */

const HAND_CHIPS = 4;
const QUESTION_MS = 30000; // time to read what the browser asks

/** The order of the day, kept while other screens are looked at; null: not loaded yet, the stops stand by their windows. @type {import('#app/screens/day-route.js').DayRoute | null} */
let way = null;

/** The day: the job in hand, what comes next, what is done; beside it the days to come and the days gone by. */
class TodayScreen extends Screen {
  /** @type {JobView[]} */
  #jobs = [];
  /** Nobody has said yet whether places may be written down. */
  #asksPlace = false;
  /** Here for the first time: three things to know (`tour-card.js`). */
  #tour = false;

  async load() {
    const { store } = this.app;
    const [jobs, position, asks, toured] = await Promise.all([store.jobs(), store.meta('position'), wouldAsk(), store.meta('toured')]);
    this.#jobs = jobs;
    this.#asksPlace = asks && position === undefined;
    this.#tour = !toured;
    void this.#findWay();
  }

  /** After the first paint: nobody waits for it. */
  async #findWay() {
    if (!way) {
      await new Promise((quiet) => (window.requestIdleCallback ?? setTimeout)(quiet));
      const { DayRoute } = await import('#app/screens/day-route.js').catch(() => ({ DayRoute: null }));
      way ??= DayRoute && new DayRoute();
      this.requestUpdate();
    }
    if (way) way.draw = () => this.requestUpdate();
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    super.updated(changed);
    way?.drawn();
  }

  render() {
    const { app } = this;
    const today = dayOf(nowMs(), app.zone);
    const sorted = planOf(this.#jobs, { personId: app.person.id, today });
    const plan = (this.loaded && way?.apply(sorted, this.#jobs, app)) || sorted; // what is not read yet has no order: the one known stays
    return html`<div class="screen has-nav">
      <header class="top"><h1 tabindex="-1">${day(today)}</h1><span class="small two top-who">${app.person.name} <span class="nb">${app.person.staffNo}</span></span></header>
      ${syncLine(app)}${updateLine(app)}
      <main tabindex="0">${this.trouble ? readTrouble(this.trouble, () => this.reread()) : this.loaded ? this.#tab(plan, today) : opening()}</main>
      ${this.#dock(plan)}
      ${navBar(app, 'today')}
    </div>`;
  }

  /** @param {DayPlan} plan @param {string} today */
  #tab(plan, today) {
    const { name } = this.route;
    const upcoming = upcomingOf(this.#jobs, today);
    const done = doneOf(this.#jobs);
    const tabs = this.#tabs({ today: countOf(plan), upcoming: count(upcoming), done: count(done) });
    if (name === 'upcoming') return [tabs, upcoming.length ? this.#days(upcoming, (job, index) => stopCard(job, { number: index + 1, nowMs: nowMs() })) : nothingHere(t('Nothing is planned for the days to come.'), t('New jobs appear here by themselves.'))];
    if (name === 'done') return [tabs, done.length ? this.#days(done, (job) => doneCard(job, {})) : nothingHere(t('No finished jobs on this phone yet.'), t('Jobs stay here for seven days after they end.'))];
    return [this.#tour ? html`<tour-card .app=${this.app}></tour-card>` : nothing, plan.inHand ? this.#inHand(plan.inHand) : nothing, tabs, this.#tour ? nothing : this.#placeQuestion(), this.#today(plan)];
  }

  /** Asked in a quiet moment: at the customer's door nobody waits for the browser's question. */
  #placeQuestion() {
    if (!this.#asksPlace) return nothing;
    return html`<section class="stack-s place-question"><p class="note note-act">${icon('map-pin')}<span><strong>${t('May the app note where you are?')}</strong>
      ${t('Only when you depart, arrive and finish. It shows that you were there on time. The phone asks you once.')}</span></p>
      <div class="dock-row"><button class="btn" @click=${() => this.#answerPlace('off')}>${t('No')}</button>
        <button class="btn btn-soft grow" @click=${() => this.#answerPlace('on')}>${t('Yes, let the phone ask me')}</button></div></section>`;
  }

  /** @param {'on' | 'off'} answer */
  async #answerPlace(answer) {
    if (answer === 'on') await where({ timeoutMs: QUESTION_MS });
    await this.app.store.setMeta('position', answer).catch(() => {}); // asked again next time
    await this.reread();
  }

  /** @param {Record<'today' | 'upcoming' | 'done', number>} counts */
  #tabs(counts) {
    const tab = (/** @type {'today' | 'upcoming' | 'done'} */ name, /** @type {string} */ word) => html`
      <a href="#/${name}" aria-current=${this.route.name === name ? 'page' : nothing}>${word} <span class="num">${counts[name]}</span></a>`;
    return html`<section class="tabs-row"><nav class="tabs" aria-label=${t('Schedule')}>
      ${tab('today', t('Today'))}${tab('upcoming', t('Upcoming'))}${tab('done', t('Done'))}</nav></section>`;
  }

  /** @param {JobView} job */
  #inHand(job) {
    const last = job.steps.findLast((step) => !step.void_reason);
    return html`<section class="sheet in-hand" aria-label=${t('Job in hand')}><a class="in-hand-link" href="#/job/${job.id}">
      <span class="stop-top">${stateMark(job.state)}${last ? html`<span class="small two nb">${stepWord(last.step)} ${time(last.at_ms, job.timezone)}</span>` : nothing}</span>
      ${job.window ? html`<span class="window window-l">${windowText(job.window, job.timezone)}</span>` : nothing}
      <span>${whatFor(job)}</span>
      <span class="two">${shortAddress(job)}</span>
      ${chipList(chipsOf(job, nowMs()), HAND_CHIPS)}
      ${unsentMark(job.unsent + job.unsentPhotos)}</a></section>`;
  }

  /** @param {DayPlan} plan */
  #today(plan) {
    if (!countOf(plan)) return this.#emptyDay();
    const card = (/** @type {JobView} */ job) => stopCard(job, { number: plan.numbers.get(job.id), nowMs: nowMs() });
    return [
      way?.head(plan) ?? nothing,
      part(t('From earlier days'), plan.earlier, (job) => stopCard(job, { nowMs: nowMs(), sign: 'history' }), t('Finish these, or say why you cannot')),
      way?.arranging(plan) ?? part(plan.inHand ? t('Next stops') : t('Stops today'), plan.stops, way ? (job) => [way?.before(job), card(job), way?.after(job)] : card, '', this.#acceptAll(plan)),
      part(t('No time yet, nearby'), plan.free, (job) => stopCard(job, { nowMs: nowMs(), note: nearWords(job, plan) })),
      part(t('Handed over'), plan.handedOver, card, t('Kept until everything is on the server')),
      part(t('Done today'), plan.done, (job) => doneCard(job, { number: plan.numbers.get(job.id) })),
      html`<div class="gap"></div>`,
    ];
  }

  /** One tap for a morning's new jobs. @param {DayPlan} plan */
  #acceptAll(plan) {
    const waiting = plan.stops.filter((job) => job.state === 'assigned' && isLed(job, this.app.person.id));
    if (waiting.length < 2) return nothing;
    return html`<section class="accept-all"><button class="btn btn-soft btn-wide" @click=${() => this.#accept(waiting)}>${icon('check')}${t('Accept all ({count})', { count: waiting.length })}</button></section>`;
  }

  /** @param {JobView[]} jobs */
  async #accept(jobs) {
    try {
      for (const job of jobs) await recordStep(this.app.store, job, { step: 'accept' });
      announce(t('Accepted: {count}, saved on this phone', { count: jobs.length }));
    } catch (error) {
      announce(await why(error));
    }
  }

  #emptyDay() {
    if (status().lastContactMs) return nothingHere(t('No jobs today.'), t('New jobs appear here by themselves while this app is open.'));
    return nothingHere(t('No jobs on this phone yet.'), t('They come with the first contact. Go where there is signal and tap “Send now” under “To send”.'));
  }

  /** @param {{day: string, jobs: JobView[]}[]} days @param {(job: JobView, index: number) => unknown} card */
  #days(days, card) {
    return [...days.map((group) => part(group.day ? day(group.day) : t('No day'), group.jobs, card)), html`<div class="gap"></div>`];
  }

  /** @param {DayPlan} plan */
  #dock(plan) {
    if (!plan.next || this.route.name !== 'today' || !this.loaded || this.trouble) return nothing;
    return html`<step-dock class="dock" role="region" aria-label=${t('Next step')} .app=${this.app} .job=${plan.next} .number=${plan.numbers.get(plan.next.id)} .named=${true}
      .clock=${time(nowMs(), plan.next.timezone)}></step-dock>`;
  }
}

/** @param {{jobs: JobView[]}[]} groups */
function count(groups) {
  return groups.reduce((sum, group) => sum + group.jobs.length, 0);
}

/**
 * @param {string} title
 * @param {JobView[]} jobs
 * @param {(job: JobView, index: number) => unknown} card
 * @param {string} [remark]
 * @param {unknown} [first]
 */
function part(title, jobs, card, remark = '', first = nothing) {
  if (!jobs.length) return nothing;
  return html`<section class="part-head"><div class="head"><h2>${title}</h2><span class="two">${t('Jobs: {count}', { count: jobs.length })}</span></div>
    ${remark ? html`<p class="cap">${remark}</p>` : nothing}</section>${first}
    <ol class="route">${repeat(jobs, (job) => job.id, (job, index) => html`<li>${card(job, index)}</li>`)}</ol>`;
}

/** @param {JobView} job @param {DayPlan} plan */
function nearWords(job, plan) {
  const to = plan.stops[0] ?? plan.inHand;
  const metres = metresBetween(to, job);
  if (!to || metres === null) return '';
  const distance = distanceWords(metres);
  const number = plan.numbers.get(to.id);
  return number ? t('{distance} from stop {number}, straight line', { distance, number }) : t('{distance} from the job in hand, straight line', { distance });
}

/** @param {string} text @param {string} small */
function nothingHere(text, small) {
  return html`<section class="empty">${icon('calendar-check')}<p class="strong">${text}</p><p class="small two">${small}</p></section>`;
}

customElements.define('today-screen', TodayScreen);
