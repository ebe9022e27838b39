import { html, nothing, repeat } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { dayOf, t, time, windowText } from '#app/core/i18n.js';
import { scriptAddress } from '#app/device/updates.js';
import { announce } from '#app/ui/announce.js';
import { icon } from '#app/ui/icon.js';
import { why } from '#app/ui/why.js';
import { aheadOf, chosenOf, inOrder, minutesOf, numbersOf, pinnedDay, priceOf } from '#app/screens/day-plan.js';
import { customerOf, plannedWords } from '#app/screens/job-words.js';

/** @typedef {import('#app/screens/types.js').JobView} JobView */
/** @typedef {import('#app/screens/types.js').AppContext} AppContext */
/** @typedef {import('#app/screens/today-plan.js').DayPlan} DayPlan */
/** @typedef {import('#app/rules/day-order.js').Day} Day */
/** @typedef {import('#app/rules/day-order.js').Order} Order */
/** @typedef {import('#app/screens/day-plan.js').Ahead} Ahead */
/** @typedef {import('#app/screens/day-plan.js').Chosen} Chosen */

const STEP = 300; // estimates are said to five minutes
const SOON_S = 120;

/** The order of today's stops: reckoned beside the page, shown on Today, changed by the person. */
export class DayRoute {
  /** Draws the screen again. */
  draw = () => {};
  /** @type {Ahead | null} */
  #ahead = null;
  /** @type {Chosen | null} */
  #chosen = null;
  /** What is being tried out. @type {Chosen | null} */
  #draft = null;
  #asked = '';
  /** As proposed, and with the pins. @type {{proposed: Order, own: Order} | null} */
  #found = null;
  /** @type {AppContext | null} */
  #app = null;

  /**
   * The plan in the order of the day, as far as it is known; what has changed is reckoned anew.
   * @param {DayPlan} plan @param {JobView[]} jobs @param {AppContext} app @returns {DayPlan}
   */
  apply(plan, jobs, app) {
    this.#app = app;
    const work = app.me?.work;
    if (!work) return plan; // before the first contact
    const at = { work, today: dayOf(nowMs(), app.zone), nowMs: nowMs(), zone: app.zone };
    const ahead = aheadOf(plan, at);
    this.#chosen = chosenOf(jobs, app.me?.order, at.today, ahead.day);
    const chosen = this.#draft ?? this.#chosen;
    const days = chosen ? [ahead.day, pinnedDay(ahead.day, chosen)] : [ahead.day];
    const asked = JSON.stringify(days);
    if (asked !== this.#asked && !document.hidden) {
      this.#asked = asked;
      solve(days, (orders) => {
        if (asked !== this.#asked) return; // asked something else since
        this.#ahead = ahead;
        this.#found = { proposed: orders[0], own: orders.at(-1) ?? orders[0] };
        this.draw();
      });
    }
    const known = this.#found && this.#ahead;
    const ids = new Set([...ahead.stops, ...ahead.placeless].map((job) => job.id));
    if (!known || !this.#found || known.stops.length + known.placeless.length !== ids.size || known.stops.some(({ id }) => !ids.has(id))) return plan; // comes in a moment
    const fresh = { ...ahead, midnightMs: known.midnightMs };
    this.#ahead = { ...fresh, hand: known.hand };
    const stops = inOrder(fresh, this.#found.own, chosen?.pinned);
    return { ...plan, stops, free: plan.free.filter(({ id }) => !ids.has(id)), numbers: numbersOf(plan, stops),
      next: plan.inHand ?? stops.find((job) => job.lead?.id === app.person.id) ?? plan.next };
  }

  /** When to leave, how much driving, until when; what an own order costs. @param {DayPlan} plan */
  head(plan) {
    const [found, ahead] = [this.#found, this.#ahead];
    if (!found || !ahead || !(plan.stops.length || plan.inHand)) return nothing;
    const { own } = found;
    return html`<section class="sheet stack-s way" aria-label=${t('Your way today')}>
      ${this.#leave(own, ahead, plan)}
      <p class="small">${t('Driving still ahead: about {time} · the day ends at about {end}', { time: span(own.travel), end: this.#clock(own.home_at) })}</p>
      ${this.#chosen && !this.#draft ? html`<p class="small">${t('Your own order.')} ${this.#price()}</p>` : own.off_plan ? html`<p class="small">${t('Not as the office planned: somebody would be served later.')}</p>` : nothing}
      <p class="cap">${t('Estimated from straight lines, without traffic.')}${ahead.day.start === null ? ` ${t('Where you start is not known.')}` : nothing}</p>
      ${this.#draft || plan.stops.length < 2 ? nothing : html`<div class="dock-row">
        ${this.#chosen ? html`<button class="btn" @click=${() => this.#keep({ order: [], pinned: [] })}>${icon('undo-2')}${t('Back to the proposed order')}</button>` : nothing}
        <button class="btn grow" id="arrange" @click=${() => this.#try({ order: own.order, pinned: this.#chosen?.pinned ?? [] })}>${icon('arrow-up-down')}${t('Change the order')}</button></div>`}
    </section>`;
  }

  /** @param {Order} own @param {Ahead} ahead @param {DayPlan} plan */
  #leave(own, { day, hand }, plan) {
    if (hand !== null) return html`<p class="strong">${t('You arrive at about {time}', { time: this.#clock(hand) })}</p>`;
    const [first] = own.stops;
    if (!first) return nothing;
    const until = day.stops.find(({ id }) => id === first.id)?.windows.at(-1)?.[1];
    const last = until === undefined ? null : until - first.travel;
    const now = own.leave_at - day.now < SOON_S && !plan.inHand;
    const words = { time: this.#clock(own.leave_at), number: plan.numbers.get(first.id) };
    return html`<p><strong>${now ? t('Leave now for stop {number}', words) : t('Leave at about {time} for stop {number}', words)}</strong>${last !== null && last > own.leave_at
      ? html` <span class="two nb">${t('at the latest {time}', { time: this.#exact(last) })}</span>` : nothing}</p>`;
  }

  /** The way to a stop and when it is reached. @param {JobView} job */
  before(job) {
    const stop = this.#found?.own.stops.find(({ id }) => id === job.id);
    if (!stop) return this.#found ? html`<p class="travel">${icon('map-pin-off')}${t('No position: not part of the estimates')}</p>` : nothing;
    const words = { minutes: minutesOf(stop.travel), time: this.#clock(stop.arrive), late: span(stop.late) };
    if (stop.travel < 60 && stop.late < 60) return html`<p class="travel">${icon('car')}${t('there at about {time}', words)}</p>`; // the same house, or the start is not known
    return stop.late >= 60 ? html`<p class="travel travel-risk">${icon('clock-alert')}${t('about {minutes} min · there at about {time}, about {late} late', words)}</p>`
      : html`<p class="travel">${icon('car')}${t('about {minutes} min · there at about {time}', words)}</p>`;
  }

  /** Who would wait in vain is told, by what the card has. @param {JobView} job */
  after(job) {
    if (!this.#found?.own.stops.some(({ id, late }) => id === job.id && late >= 60)) return nothing;
    const phone = job.customer.phone || job.branch.phone;
    if (!phone) return nothing;
    const called = () => { if (job.customer.phone) void this.#app?.store.confirm('record_contact', job.id, { channel: 'call' }).catch(() => {}); };
    return html`<div class="stop-tell"><a class="btn btn-wide" href="tel:${phone}" @click=${called}>${icon('phone')}${job.customer.phone ? t('Tell {name}', { name: customerOf(job) }) : t('Tell the office')}</a></div>`;
  }

  /** The list to put in order; null: nobody is changing it. @param {DayPlan} plan */
  arranging(plan) {
    if (!this.#draft || !this.#found) return null;
    const stops = plan.stops.filter(({ id }) => this.#found?.own.order.includes(id));
    const first = stops[0]?.id;
    return html`<section class="part-head"><div class="head"><h2>${t('Change the order')}</h2></div></section>
      <ol class="rows arrange">${repeat(stops, ({ id }) => id, (job, at) => html`<li class="row">
        <span class="stop-no">${plan.numbers.get(job.id)}</span>
        <span><strong>${customerOf(job)}</strong><br><span class="small two">${this.#when(job)}</span></span>
        <span class="dock-row">${this.#button(job, 'up', 'arrow-up', t('{name}: earlier', { name: customerOf(job) }), at === 0, () => this.#move(job, at, at - 1))}
          ${this.#button(job, 'down', 'arrow-down', t('{name}: later', { name: customerOf(job) }), at === stops.length - 1, () => this.#move(job, at, at + 1))}
          <button class="btn grow" data-move="next-${job.id}" aria-pressed=${this.#draft?.pinned.length === 1 && this.#draft.pinned[0] === job.id ? 'true' : 'false'}
            @click=${() => this.#try({ order: [job.id], pinned: [job.id] })}>${icon('flag')}<span class="vh">${customerOf(job)}: </span>${t('This one next')}</button></span></li>`)}</ol>
      <section class="stack-s"><p role="status" class="note">${icon('route')}<span>${this.#price()}</span></p>
        <div class="dock-row"><button class="btn" @click=${() => this.#end()}>${t('Cancel')}</button>
          <button class="btn btn-soft grow" ?disabled=${!first} @click=${() => this.#keep(this.#draft)}>${icon('check')}${t('Keep this order')}</button></div></section>`;
  }

  /** @param {JobView} job */
  #when(job) {
    const stop = this.#found?.own.stops.find(({ id }) => id === job.id);
    return [job.window && windowText(job.window, job.timezone), plannedWords(job), stop && t('there at about {time}', { time: this.#clock(stop.arrive) })].filter(Boolean).join(' · ');
  }

  /** @param {JobView} job @param {string} way @param {string} sign @param {string} label @param {boolean} isEnd @param {() => void} act */
  #button(job, way, sign, label, isEnd, act) {
    return html`<button class="btn btn-icon" data-move="${way}-${job.id}" aria-label=${label} aria-disabled=${isEnd ? 'true' : 'false'} @click=${() => { if (!isEnd) act(); }}>${icon(sign)}</button>`;
  }

  /** What the own order costs, in words. */
  #price() {
    if (!this.#found || !this.#ahead) return '';
    const { driving, end, late } = priceOf(this.#found.proposed, this.#found.own);
    const names = new Map(this.#ahead.stops.map((job) => [job.id, customerOf(job)]));
    const words = [
      ...(driving >= 60 ? [t('about {time} more driving', { time: span(driving) })] : driving <= -60 ? [t('about {time} less driving', { time: span(-driving) })] : []),
      ...late.map((stop) => t('about {time} late at {name}', { time: span(stop.late), name: names.get(stop.id) })),
      ...(end >= 120 ? [t('the day ends about {time} later', { time: span(end) })] : []),
    ];
    return words.length ? t('Beside the proposed order: {costs}.', { costs: words.join(t(', ')) }) : t('It costs no more than the proposed order.');
  }

  /** @param {JobView} job @param {number} from @param {number} to */
  #move(job, from, to) {
    const order = [...(this.#found?.own.order ?? [])];
    order.splice(to, 0, ...order.splice(from, 1));
    announce(t('{name}: stop {number} of {count}', { name: customerOf(job), number: to + 1, count: order.length }));
    this.#try({ order, pinned: order }, () => document.querySelector(`[data-move="${to < from ? 'up' : 'down'}-${job.id}"]`));
  }

  /** @param {Chosen} draft @param {() => Element | null} [focus] what has the focus afterwards: a moved row loses it */
  #try(draft, focus) {
    this.#focus = focus ?? null;
    this.#draft = draft;
    this.draw();
  }

  /** @type {(() => Element | null) | null} */
  #focus = null;

  /** Called when the screen was drawn. */
  drawn() {
    const found = /** @type {HTMLElement | null} */ (this.#focus?.() ?? null);
    if (found && found !== document.activeElement) found.focus();
  }

  #end() {
    this.#try(/** @type {any} */ (null), () => document.getElementById('arrange'));
  }

  /** @param {Chosen | null} chosen */
  async #keep(chosen) {
    const [app, ahead, own] = [this.#app, this.#ahead, this.#found?.own];
    if (!app || !ahead || !own || !chosen) return;
    const order = chosen.order.length ? own.order : [];
    const at = new Map(own.stops.map(({ id, start }) => [id, ahead.midnightMs + start * 1000]));
    const args = { day: dayOf(nowMs(), app.zone), order, pinned: chosen.pinned, estimates: order.map((id) => at.get(id)) };
    try {
      await app.store.confirm('order_day', own.order[0], args);
      announce(order.length ? t('Your order: saved on this phone') : t('The proposed order is back'));
      this.#end();
    } catch (error) {
      announce(await why(error));
    }
  }

  /** To five minutes. @param {number} seconds */
  #clock(seconds) {
    return this.#exact(Math.round(seconds / STEP) * STEP);
  }

  /** @param {number} seconds */
  #exact(seconds) {
    return time((this.#ahead?.midnightMs ?? 0) + seconds * 1000, this.#app?.zone ?? 'UTC');
  }
}

/** @param {number} seconds */
function span(seconds) {
  const minutes = minutesOf(seconds);
  return minutes < 60 ? t('{count} min', { count: minutes }) : t('{hours} h {minutes} min', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** @type {Worker | null} */
let worker = null;
let isWithout = false;
let asked = 0;

/**
 * Answers twice, fast and proven, from beside the page; where no worker starts, once and in slices.
 * @param {Day[]} days @param {(orders: Order[]) => void} take
 */
function solve(days, take) {
  const id = ++asked;
  const fall = () => {
    worker?.terminate();
    worker = null;
    isWithout = true;
    void inSlices(days, () => id === asked).then((orders) => { if (orders) take(orders); }, () => {});
  };
  if (isWithout) return fall();
  try {
    worker ??= new Worker(scriptAddress(new URL('order.js', import.meta.url).pathname), { type: 'module' });
  } catch {
    return fall();
  }
  worker.onerror = fall;
  worker.onmessage = ({ data }) => { if (data.id === asked) take(data.orders); };
  worker.postMessage({ id, days });
}

/** @param {Day[]} days @param {() => boolean} isWanted */
async function inSlices(days, isWanted) {
  const { slices } = await import('#app/rules/day-order-worker.js');
  const orders = [];
  for (const day of days) {
    const steps = slices(day);
    for (;;) {
      const { done, value } = steps.next();
      if (done) {
        orders.push(value);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve));
      if (!isWanted()) return null;
    }
  }
  return orders;
}
