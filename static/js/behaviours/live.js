/**
 * Keeps a page of the desk fresh: hears of every change by server-sent events and lets the parts marked `data-live`
 * ask for themselves again. A part in which somebody types or has something open is left alone until that is over.
 */

const SILENCE_MS = 35000; // two heartbeats and a little: then the connection is dead, whatever the browser believes
const AGAIN_MS = 60000; // what is late depends on the time alone
const LONGEST_PAUSE_MS = 30000;
const HIDDEN_MS = 5000; // a page nobody sees gives its connection back: a browser has only six for all its tabs

/**
 * @param {HTMLElement} element the line that says how fresh the page is; `data-address`, `data-version`, `data-timezone`
 */
export function start(element) {
  new Live(element).begin();
}

class Live {
  #element;
  #build = document.body.dataset.build ?? '';
  #version;
  /** @type {EventSource | null} */
  #source = null;
  #pauseMs = 1000;
  /** 'out': the sign-in has ended @type {'starting' | 'good' | 'lost' | 'out'} */
  #state = 'starting';
  #isWanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hiding;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#version = element.dataset.version ?? '0';
  }

  begin() {
    this.#connect();
    setInterval(() => this.#tick(), 1000);
    setInterval(() => document.hidden || this.#want(), AGAIN_MS);
    document.addEventListener('visibilitychange', () => this.#seen());
    addEventListener('pagehide', () => this.#disconnect());
    addEventListener('pageshow', (event) => event.persisted && this.#connect());
    document.addEventListener('htmx:before:request', (event) => this.#holdBack(event));
    document.addEventListener('htmx:before:swap', (event) => this.#refuse(event));
    document.addEventListener('htmx:error', (event) => isPart(event) && this.#lose());
    for (const over of ['focusout', 'toggle', 'close', 'fieldservice:free']) document.addEventListener(over, () => this.#catchUp(), true);
  }

  #connect() {
    this.#disconnect();
    if (this.#state === 'out') return;
    const source = new EventSource(`${this.#element.dataset.address}?since=${this.#version}`);
    this.#source = source;
    source.addEventListener('build', (event) => this.#hear(() => this.#compare(event.data)));
    source.addEventListener('version', (event) => this.#hear(() => this.#take(event.data)));
    source.addEventListener('pulse', () => this.#hear(() => {}));
    source.addEventListener('error', () => this.#trouble(source));
    this.#listenForSilence();
  }

  #disconnect() {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  /** @param {() => void} act */
  #hear(act) {
    this.#pauseMs = 1000;
    this.#state = 'good';
    this.#listenForSilence();
    act();
    this.#tick();
  }

  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => { this.#lose(); this.#connect(); }, SILENCE_MS);
  }

  /** A stream that ended in order is opened again by the browser; one that was refused is not. @param {EventSource} source */
  #trouble(source) {
    if (source !== this.#source) return;
    if (source.readyState !== EventSource.CLOSED) {
      setTimeout(() => source === this.#source && source.readyState !== EventSource.OPEN && this.#lose(), 3000);
      return;
    }
    this.#lose();
    this.#disconnect();
    this.#want(); // the answer to this says why: no server, or no sign-in
    setTimeout(() => this.#source ?? (document.hidden || this.#connect()), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #lose() {
    if (this.#state !== 'out') this.#state = 'lost';
    this.#tick();
  }

  /** Nobody is signed in any more: there is nothing to hear until somebody is. */
  #leave() {
    this.#disconnect();
    this.#state = 'out';
    this.#tick();
  }

  #seen() {
    clearTimeout(this.#hiding);
    if (!document.hidden) {
      if (!this.#source) this.#connect();
    } else {
      this.#hiding = setTimeout(() => this.#disconnect(), HIDDEN_MS);
    }
  }

  /** @param {string} version */
  #take(version) {
    this.#version = version;
    this.#want();
  }

  #want() {
    this.#isWanted = true;
    this.#catchUp();
  }

  /** Lets the parts that are free read again; the others follow when they are. */
  #catchUp() {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    document.body.dispatchEvent(new CustomEvent('fieldservice:changed'));
  }

  /** @param {Event} event */
  #holdBack(event) {
    const part = partOf(event);
    if (!part || ctxOf(event)?.sourceElement !== part || !isBusy(part)) return;
    event.preventDefault();
    this.#isWanted = true;
  }

  /**
   * An answer that is no page part stays out of the page, and the line says that it is not fresh; one that comes
   * while somebody has begun to type waits for the next time.
   * @param {Event} event
   */
  #refuse(event) {
    const part = partOf(event);
    if (!part) return;
    const { status } = ctxOf(event).response;
    if (status === 401) this.#leave();
    else if (status >= 400) this.#lose();
    else if (isBusy(part)) this.#isWanted = true;
    else return;
    event.preventDefault();
  }

  /** @param {string} build */
  #compare(build) {
    const offer = document.getElementById('newer');
    if (!offer || !this.#build || build === this.#build) return;
    offer.hidden = false;
    offer.querySelector('button')?.addEventListener('click', () => location.reload(), { once: true });
  }

  /** Says how fresh the page is. The words change only with the state: a screen reader says them once. */
  #tick() {
    const now = new Intl.DateTimeFormat('en-GB', { timeZone: this.#element.dataset.timezone, hour: '2-digit', minute: '2-digit' }).format(new Date());
    const isGood = this.#state === 'good';
    write(this.#element.querySelector('.live-clock'), isGood ? `${now} · ` : '');
    if (isGood) write(this.#element.querySelector('time'), now);
    this.#show(this.#state);
  }

  /** @param {string} when */
  #show(when) {
    this.#element.classList.toggle('live-lost', when === 'lost' || when === 'out');
    for (const words of this.#element.querySelectorAll('[data-when]')) {
      if (words instanceof HTMLElement && words.hidden === (words.dataset.when === when)) words.hidden = words.dataset.when !== when;
    }
  }
}

/** Writes only what is new: unchanged text is not read aloud again. @param {Element | null} element @param {string} text */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {Event} event @returns {any} what htmx says about its request */
function ctxOf(event) {
  return /** @type {CustomEvent} */ (event).detail?.ctx;
}

/** The live part that asked by itself, if one did. @param {Event} event */
function partOf(event) {
  return event.target instanceof HTMLElement && event.target.matches('[data-live]') ? event.target : null;
}

/** @param {Event} event */
function isPart(event) {
  return partOf(event) !== null;
}

/** Somebody types in it, has something open or in the hand. @param {HTMLElement} part */
function isBusy(part) {
  const focused = document.activeElement;
  const types = focused instanceof HTMLElement && focused.closest('[data-live]') === part && focused.matches('input, select, textarea'); // a part within looks after itself
  return types || 'busy' in part.dataset || part.querySelector('details[open], dialog[open]') !== null;
}
