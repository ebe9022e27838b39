import { html, keyed } from '#vendor/lit.js';
import { nowMs } from '#app/core/clock.js';
import { bus } from '#app/core/events.js';
import { lang, t } from '#app/core/i18n.js';
import { hasPin } from '#app/screens/pin.js';
import { currentPerson, wiping } from '#app/store/people.js';
import { openStore } from '#app/store/store.js';
import { startPump, syncNow } from '#app/sync/pump.js';
import { operations } from '#app/sync/registry.js';
import { setStatus } from '#app/sync/status.js';
import { LightElement } from '#app/ui/light-element.js';
import { why } from '#app/ui/why.js';
import { aboutPhone, deviceName } from '#app/device/about.js';
import { deviceKey } from '#app/device/device-key.js';
import { takeIntent } from '#app/device/intent.js';
import { checkLock, isLocked, noteSeen, unlock } from '#app/device/lock.js';
import { turn, turnBack, turned } from '#app/device/turned.js';
import { isNewBuild } from '#app/device/updates.js';
import { notLoaded, readTrouble, topBar } from '#app/screens/frame.js';
import { isSetupOpen, routeOf } from '#app/screens/routes.js';
import '#app/screens/today.js';

/** @typedef {import('#app/screens/types.js').AppContext} AppContext */
/** @typedef {import('#app/screens/types.js').Route} Route */

const SEEN_MS = 15000; // a killed browser leaves behind when it was last seen

/** What the day's address opens; signing in comes with `sign-in.js`, every other screen with `later.js`. */
const DAY = ['today', 'upcoming', 'done'];
const SIGN_IN = ['sign-in', 'setup'];
/** Parts of a job with a screen of their own. */
const PARTS = ['visit', 'closing', 'phrases', 'photos', 'charges', 'handover'];

/** The screens that are not the day's; they are on the phone already, so this works without signal. */
function otherScreens() {
  return import('#app/screens/later.js');
}

/** Who has not signed in yet waits for nothing else. */
function signInScreen() {
  return import('#app/screens/sign-in.js');
}

/** Only a phone that the office has blocked ever asks for it. */
async function wipedScreen() {
  const [steps] = await Promise.all([import('#app/screens/wiping.js'), import('#app/screens/wiped-screen.js')]);
  return steps;
}

/** The whole app: who is signed in, which screen shows, whether it is locked. */
class FieldserviceApp extends LightElement {
  /** @type {AppContext | null} */
  #context = null;
  #route = routeOf(location.hash);
  /** Why the records cannot be opened, in words. */
  #trouble = '';
  /** A part of the app did not come. */
  #partMissing = false;
  /** The office has blocked this phone, and nothing of the person is left. @type {import('#app/store/wipe.js').Wiping | null} */
  #wiped = null;
  #started = false;
  #stopSync = () => {};
  #needsFocus = false;
  /** @type {Map<string, number>} */
  #scrolled = new Map();
  #shownHash = location.hash;

  connectedCallback() {
    super.connectedCallback();
    history.scrollRestoration = 'manual';
    addEventListener('hashchange', () => this.#moved());
    document.addEventListener('visibilitychange', () => this.#seen());
    setInterval(() => document.visibilityState === 'visible' && noteSeen(nowMs()), SEEN_MS);
    bus.on('changed', (detail) => this.#reread(detail));
    bus.on('signed-out', (detail) => { if (detail?.code === 'other_tab') void this.#lookWhoIsHere(); });
    bus.on('storage', (/** @type {any} */ detail) => this.#change({ storageTrouble: detail?.code || null }));
    bus.on('status', ({ code }) => { if (code === 'too_old') void this.#bringToOffice(); });
    bus.on('wipe', () => void this.#wipe());
    bus.on('build', () => this.#change({ newBuild: true }));
    this.addEventListener('signed-in', () => this.#signedIn());
    this.addEventListener('drawn', () => this.#entitle());
    this.addEventListener('left', () => this.#left());
    this.addEventListener('unlocked', () => { unlock(); this.#needsFocus = true; this.#show(); });
    this.addEventListener('locked', () => this.#show());
    this.addEventListener('turned', () => { this.#needsFocus = true; this.#show(); });
    addEventListener('storage', ({ key }) => { if (key?.startsWith('turned')) this.#show(); }); // another tab was turned
    this.addEventListener('language', () => this.requestUpdate());
  }

  /** Until the person and the first screen are known, the static page stays. */
  shouldUpdate() {
    return this.#started;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (!this.hasUpdated) this.replaceChildren();
  }

  updated() {
    if (!this.#needsFocus) return;
    this.#needsFocus = false;
    void this.#focus();
  }

  render() {
    if (this.#wiped) return html`<wiped-screen .wiping=${this.#wiped}></wiped-screen>`;
    if (this.#trouble || this.#partMissing) return html`<div class="screen">${topBar({ title: t('Field service') })}<main>${this.#trouble ? readTrouble(this.#trouble, () => this.start()) : notLoaded()}</main></div>`;
    if (this.#isTurned) return html`<turned-screen .app=${this.#context} .turned=${turned()}></turned-screen>`;
    if (this.#isShut) return html`<lock-screen .app=${this.#context}></lock-screen>`;
    return keyed(`${lang()} ${this.#place}`, this.#screen());
  }

  /** Screens of the same place are one screen that changes; another place begins anew. */
  get #place() {
    const { name, id, part } = this.#route;
    return DAY.includes(name) ? 'day' : `${name}/${id}/${part}`;
  }

  /** Locked; signing in again is the way out for who forgot the PIN. */
  get #isShut() {
    return this.#context !== null && isLocked() && this.#route.name !== 'sign-in';
  }

  /** In the customer's hands: stands before the lock, because its page asks for the same PIN when it is handed back. */
  get #isTurned() {
    return this.#context !== null && turned() !== null && this.#route.name !== 'sign-in';
  }

  #screen() {
    const app = this.#context;
    const route = this.#route;
    if (!app || SIGN_IN.includes(route.name)) return html`<sign-in-screen .app=${app} .route=${route}></sign-in-screen>`;
    if (route.name === 'job' && PARTS.includes(route.part)) return this.#part(route);
    if (route.name === 'job') return html`<job-screen .app=${app} .route=${route}></job-screen>`;
    if (route.name === 'outbox') return html`<outbox-screen .app=${app} .route=${route}></outbox-screen>`;
    if (route.name === 'help') return html`<help-screen .app=${app} .route=${route}></help-screen>`;
    if (route.name === 'me') return html`<me-screen .app=${app} .route=${route}></me-screen>`;
    return html`<today-screen .app=${app} .route=${route}></today-screen>`;
  }

  /** @param {Route} route */
  #part(route) {
    const app = this.#context;
    if (route.part === 'visit') return html`<checklist-screen .app=${app} .route=${route}></checklist-screen>`;
    if (route.part === 'closing') return html`<closing-screen .app=${app} .route=${route}></closing-screen>`;
    if (route.part === 'phrases') return html`<phrases-screen .app=${app} .route=${route}></phrases-screen>`;
    if (route.part === 'photos') return html`<photos-screen .app=${app} .route=${route}></photos-screen>`;
    if (route.part === 'charges') return html`<charges-screen .app=${app} .route=${route}></charges-screen>`;
    return html`<handover-screen .app=${app} .route=${route}></handover-screen>`;
  }

  /** Opens the records of the person signed in, if any, and shows the screen of the address. */
  async start() {
    if (![...DAY, ...SIGN_IN].includes(this.#route.name)) otherScreens().catch(() => {}); // on its way while the records open; waited for in #show
    try {
      this.#trouble = '';
      const left = await wiping();
      if (left && (this.#wiped = await (await wipedScreen()).goOn(left))) return this.#end();
      const person = await currentPerson();
      if (person) await this.#begin(person);
      await this.#backToCamera();
      if (person && isSetupOpen() && !SIGN_IN.includes(routeOf(location.hash).name)) history.replaceState(null, '', '#/sign-in');
    } catch (error) {
      this.#trouble = await why(error);
    }
    await this.#show();
  }

  /** A phone that closed the app behind the camera comes back to where the photo was for; the slot there says so. */
  async #backToCamera() {
    const shot = this.#context && await takeIntent(this.#context.store, nowMs()).catch(() => null);
    if (shot) history.replaceState(null, '', shot.hash);
  }

  /** Opens this person's records; the network comes afterwards. @param {import('#app/types/store.js').PersonRecord} person */
  async #begin(person) {
    this.#stopSync();
    this.#context?.store.close();
    const store = await openStore(person.id, operations);
    const me = await store.me();
    this.#context = { store, person, me, zone: zoneOf(me), storageTrouble: null, newBuild: isNewBuild() };
    const to = await store.meta('turned');
    to ? turn(to) : turnBack(); // a browser killed within seconds forgets what it did to its own note
    if (person.pin) checkLock(nowMs());
    else unlock();
  }

  /** After the first screen: what is seen comes before what is sent. */
  startSync() {
    const store = this.#context?.store;
    if (store) this.#stopSync = startPump(store, { deviceName: deviceName(), key: () => deviceKey(store), about: () => aboutPhone(store), before: (call) => tell(store, call).catch(() => {}) }); // what could not be told goes on waiting
  }

  /** A blocked phone has delivered what was unsent. */
  async #wipe() {
    const store = this.#context?.store;
    if (!store) return;
    try {
      this.#wiped = await (await wipedScreen()).wipe(store);
    } catch {
      return; // the next contact asks again
    }
    if (this.#wiped) this.#end();
    else void syncNow();
  }

  get isWiped() {
    return this.#wiped !== null;
  }

  #end() {
    this.#stopSync();
    this.#context?.store.close();
    this.#context = null;
    this.#started = true;
    this.#needsFocus = true;
    this.requestUpdate();
  }

  async #signedIn() {
    unlock();
    const person = await currentPerson();
    if (person && person.id !== this.#context?.person.id) await this.#begin(person);
    await this.#context?.store.setMeta('turned', null).catch(() => {});
    turnBack();
    this.startSync();
    location.replace('#/today');
    await this.#show();
  }

  /** Below what the server understands it takes what was confirmed as a file: then an update can lose nothing. */
  async #bringToOffice() {
    const store = this.#context?.store;
    if (!store) return;
    try {
      const { bringToOffice } = await import('#app/screens/rescue-file.js');
      if (await bringToOffice({ store })) setStatus({ code: 'rescued' });
    } catch {
      // the next run says so again
    }
  }

  /** Another tab signed somebody in or out: two people's work never stands in one window. */
  async #lookWhoIsHere() {
    const person = await currentPerson().catch(() => null);
    if (this.#context && person?.id !== this.#context.person.id) location.reload();
  }

  #left() {
    this.#stopSync();
    this.#context?.store.close();
    this.#context = null;
    unlock();
    location.hash = '#/sign-in';
    this.#show();
  }

  /** @param {{confirmed?: boolean} | undefined} detail */
  async #reread(detail) {
    if (!this.#context) return;
    if (detail?.confirmed) this.#change({ storageTrouble: null }); // something was just stored
    const me = await this.#context.store.me().catch(() => null);
    if (me) this.#change({ me, zone: zoneOf(me) });
  }

  /** @param {Partial<AppContext>} part */
  #change(part) {
    if (!this.#context) return;
    this.#context = { ...this.#context, ...part };
    this.requestUpdate();
  }

  #moved() {
    this.#scrolled.set(this.#shownHash, this.#scroller.scrollTop);
    this.#needsFocus ||= !this.#isTurned; // Back leaves the customer where they were reading
    this.#show();
  }

  /** Shows the screen of the address as soon as its module is there; until then the last one stays. */
  async #show() {
    const hash = location.hash;
    const route = routeOf(hash);
    const isIn = this.#context !== null;
    let isMissing = false;
    try {
      if (!isIn || SIGN_IN.includes(route.name)) await signInScreen();
      if (isIn && (turned() || isLocked() || ![...DAY, ...SIGN_IN].includes(route.name))) await otherScreens();
    } catch {
      isMissing = true;
    }
    if (hash !== location.hash || isIn !== (this.#context !== null)) return; // went on, in or out while the module was coming: this is called again
    this.#partMissing = isMissing;
    this.#route = route;
    this.#shownHash = hash;
    this.#started = true;
    this.requestUpdate();
  }

  #seen() {
    if (!this.#context) return;
    if (document.visibilityState === 'hidden') return noteSeen(nowMs());
    if (!checkLock(nowMs())) return undefined;
    this.requestUpdate();
    return this.#keepShut();
  }

  /** Shows the lock; a person without a PIN (another one's setting was left behind) is let in. */
  async #keepShut() {
    if (!(await hasPin().catch(() => true))) unlock();
    await this.#show();
  }

  /** A new screen starts at its title, for eyes and for screen readers. */
  async #focus() {
    const screen = /** @type {any} */ (this.firstElementChild);
    await screen?.ready;
    await screen?.updateComplete;
    screen?.querySelector('h1[tabindex]')?.focus({ preventScroll: true });
    this.#scroller.scrollTop = this.#scrolled.get(location.hash) ?? 0;
  }

  /** What the person scrolls: the part between the bars, or the page where large text leaves too little between them. */
  get #scroller() {
    const main = this.querySelector('main');
    return main && getComputedStyle(main).overflowY === 'auto' ? main : document.documentElement;
  }

  /** The window is called as its screen. */
  #entitle() {
    const title = this.querySelector('h1')?.textContent?.trim();
    document.title = [title, t('Field service')].filter((words, index, all) => words && all.indexOf(words) === index).join(' · ');
  }
}

/** Who may see where this person is, before anything that says where. @param {import('#app/store/store.js').Store} store @param {import('#app/sync/transport.js').Call} call */
async function tell(store, call) {
  const wish = await store.meta('shares');
  if (wish) await (await import('#app/device/sharing.js')).tellSharing(store, wish, call);
}

/** @param {AppContext['me']} me */
function zoneOf(me) {
  return me?.branch?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

customElements.define('fieldservice-app', FieldserviceApp);

/** Resolves when the first screen stands. @returns {Promise<boolean>} this phone was wiped: it shows no more than that */
export async function startApp() {
  const app = /** @type {FieldserviceApp} */ (document.querySelector('fieldservice-app'));
  await app.start();
  await app.updateComplete;
  await /** @type {any} */ (app.firstElementChild)?.ready;
  app.startSync();
  return app.isWiped;
}
