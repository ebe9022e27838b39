import * as L from '#vendor/leaflet.js';
import { convert } from '#app/core/coords.js';
import { t } from '#app/core/i18n.js';
import { openCrowd } from '#app/behaviours/board-map/crowd-list.js';
import { grouped, isInside, spread, tooFull } from '#app/behaviours/board-map/geometry.js';
import { gridLayer } from '#app/behaviours/grid-layer.js';
import { mapButton } from '#app/behaviours/map-button.js';
import { picture } from '#app/behaviours/picture.js';

/**
 * @typedef {object} Pin
 * @property {string} id of the visit
 * @property {number} lat WGS-84
 * @property {number} lng
 * @property {number} number place in the day, 0: none
 * @property {string} state
 * @property {boolean} late
 * @property {boolean} doubtful
 * @property {boolean} astray where nobody goes
 * @property {string} lead
 * @property {string} words
 */
/**
 * @typedef {object} Way
 * @property {string} id of the technician
 * @property {string} name
 * @property {number} colour
 * @property {number} pattern
 * @property {[number, number] | null} start
 * @property {[number, number][]} line
 * @property {[number, number, number] | null} seen latitude, longitude, metres it may be off
 * @property {number} age minutes
 */

const SIZE = 24; // of a pin, pixels
const REACH = 46; // pixels within which a crowd becomes one sign
const NEAREST = 18; // the zoom from which pins stand for themselves, also those of one house, as far as there is room around it
const ROOM = SIZE + 2; // of a pin among others, pixels
const [MANY_WAYS, TOO_MANY_WAYS] = [8, 24]; // more than these hide one another: they are drawn thin, or wait until the map is narrowed
/** @type {Record<string, string>} */
const CLASSES = { unassigned: 'pin-free', arrived: 'pin-act', working: 'pin-act', finished: 'pin-done', unfinished: 'pin-done', absent: 'pin-done' };

/**
 * The map of a day: pins and ways of what `#map-part` brings, a lasso, and the board beside it.
 * @param {HTMLElement} pane `data-tiles`, `data-tiles-datum`
 */
export function start(pane) {
  new DayMap(pane);
}

/** What a group says of its worst, the worst first: visits that are late, of nobody, of a doubtful position. @type {{ is: (pin: Pin) => boolean, className: string, icon: string, words: (count: number) => string }[]} */
const WORST = [
  { is: (pin) => pin.late, className: 'pin-risk', icon: 'clock-alert', words: (count) => t('late: {count}', { count }) },
  { is: (pin) => !pin.lead, className: 'pin-free', icon: 'circle-help', words: (count) => t('nobody goes yet: {count}', { count }) },
  { is: (pin) => pin.doubtful, className: 'pin-doubt', icon: 'map-pin-off', words: (count) => t('position doubtful: {count}', { count }) },
];

class DayMap {
  #pane;
  #datum;
  #map;
  #drawn = L.layerGroup();
  /** @type {{ pin: Pin, at: L.LatLng }[]} */
  #pins = [];
  #signs = L.layerGroup();
  /** @type {Map<string, L.Marker>} what shows a visit now: its pin, or the sign of its group */
  #seats = new Map();
  #leaders = L.layerGroup();
  /** @type {WeakMap<L.Marker, [number, number]>} how far each stands from its place, pixels */
  #shifts = new WeakMap();
  /** @type {string} */
  #last = '';
  /** Who goes, by id. @type {Map<string, string>} */
  #names = new Map();
  /** @type {string | null} whose visits are shown, as the address says it; null: nothing was shown yet */
  #who = null;
  /** @type {{ line: L.Polyline, spots: L.Point[] } | null} */
  #lasso = null;
  #isLassoing = false;
  /** @type {HTMLElement} */
  #lassoButton;

  /** @param {HTMLElement} pane */
  constructor(pane) {
    this.#pane = pane;
    const tiles = pane.dataset.tiles ?? '';
    this.#datum = /** @type {any} */ (tiles ? pane.dataset.tilesDatum ?? 'WGS-84' : 'WGS-84');
    const place = /** @type {HTMLElement} */ (pane.querySelector('[data-part="map"]'));
    this.#map = L.map(place, { zoomControl: false, attributionControl: false, boxZoom: false, zoomSnap: 0.5, maxZoom: 19 });
    place.setAttribute('role', 'group');
    place.setAttribute('aria-label', t('Map. Arrow keys move it, plus and minus change how near it is.'));
    this.#map.setView([35, 105], 4);
    (tiles ? L.tileLayer(tiles, { maxZoom: 19 }) : gridLayer()).addTo(this.#map);
    L.control.scale({ imperial: false }).addTo(this.#map);
    this.#leaders.addTo(this.#map);
    this.#drawn.addTo(this.#map);
    this.#signs.addTo(this.#map);
    this.#map.on('zoomend', () => this.#place());
    this.#lassoButton = this.#addButtons(place);
    new ResizeObserver(() => this.#map.invalidateSize()).observe(place);
    document.addEventListener('htmx:after:swap', () => this.#read());
    document.addEventListener('fieldservice:done', () => this.#clear()); // what was chosen is given; the next choice is another
    pane.addEventListener('change', (event) => this.#onPick(event));
    pane.addEventListener('click', (event) => this.#onClick(event));
    for (const [event, isOn] of /** @type {const} */ ([['mouseover', true], ['mouseout', false], ['focusin', true], ['focusout', false]])) {
      document.addEventListener(event, (one) => this.#hint(one, isOn));
    }
    this.#followPointer(place);
    this.#read();
  }

  /** @returns {HTMLElement | null} what was brought last */
  get #part() {
    return this.#pane.querySelector('#map-part[data-map]');
  }

  /** Draws what stands in the part, if it is new. */
  #read() {
    const part = this.#part;
    const text = part?.dataset.map ?? '';
    if (!part || text === this.#last) return;
    this.#last = text;
    /** @type {{ ways: Way[], pins: Pin[] }} */
    const { ways, pins } = JSON.parse(text);
    this.#drawn.clearLayers();
    ways.forEach((way) => this.#drawWay(way));
    const lines = ways.filter((way) => way.line.length > 1).length;
    this.#pane.classList.toggle('has-many-ways', lines > MANY_WAYS);
    this.#pane.classList.toggle('has-too-many-ways', lines > TOO_MANY_WAYS);
    this.#names = new Map(ways.map((way) => [way.id, way.name]));
    this.#pins = pins.map((pin) => ({ pin, at: this.#at(pin.lat, pin.lng) }));
    const who = part.dataset.who ?? '';
    const isNarrowed = who !== (this.#who ?? who);
    if (pins.length && (isNarrowed || this.#who === null)) this.#showAll();
    this.#place();
    if (isNarrowed) tellAddress(who);
    if (pins.length || isNarrowed) this.#who = who;
  }

  /** Each pin where there is room for it, a crowd as one sign; those that would still lie on one another stand beside their place, with a line to it. */
  #place() {
    this.#leaders.clearLayers();
    this.#signs.clearLayers();
    this.#seats.clear();
    const spots = this.#pins.map(({ at }) => this.#map.latLngToLayerPoint(at));
    const crowds = grouped(spots, REACH);
    const groups = this.#map.getZoom() >= NEAREST ? tooFull(spots, crowds, ROOM) : crowds;
    const inGroups = new Set(groups.flat());
    const wide = matchMedia('(pointer: coarse)').matches ? 44 : 34; // of a sign, pixels
    const shown = [
      ...groups.map((group) => ({ marker: this.#drawGroup(group.map((index) => this.#pins[index]), this.#middle(group, spots), wide), size: wide })),
      ...this.#pins.flatMap(({ pin, at }, index) => inGroups.has(index) ? [] : { marker: this.#drawPin(pin, at), size: SIZE }),
    ];
    const places = shown.map(({ marker }) => this.#map.latLngToLayerPoint(marker.getLatLng()));
    spread(places, shown.map(({ size }) => size + 2)).forEach(([dx, dy], index) => {
      const { marker, size } = shown[index];
      this.#shifts.set(marker, [dx, dy]);
      const element = /** @type {HTMLElement} */ (marker.getElement());
      element.style.marginLeft = `${dx - size / 2}px`;
      element.style.marginTop = `${dy - size / 2}px`;
      const tooltip = marker.getTooltip();
      if (tooltip) tooltip.options.offset = L.point(dx, dy - size / 2);
      if (size !== SIZE || Math.hypot(dx, dy) < SIZE / 2) return;
      const there = this.#map.layerPointToLatLng(places[index].add([dx, dy]));
      L.polyline([marker.getLatLng(), there], { className: 'pin-leader', interactive: false, smoothFactor: 0 }).addTo(this.#leaders);
    });
    this.#count();
  }

  /** @param {number[]} group @param {L.Point[]} spots */
  #middle(group, spots) {
    const sum = group.reduce((all, index) => all.add(spots[index]), L.point(0, 0));
    return this.#map.layerPointToLatLng(sum.divideBy(group.length));
  }

  #showAll() {
    const near = this.#pins.filter(({ pin }) => !pin.astray);
    const all = (near.length ? near : this.#pins).map(({ at }) => at);
    if (all.length) this.#map.fitBounds(L.latLngBounds(all), { paddingTopLeft: [32, 32], paddingBottomRight: [72, 40], maxZoom: 15, animate: false });
  }

  /** @param {Way} way */
  #drawWay(way) {
    const places = way.start ? [way.start, ...way.line] : way.line;
    if (places.length > 1) {
      L.polyline(places.map(([lat, lng]) => this.#at(lat, lng)), { className: `way way-c${way.colour} way-p${way.pattern}`, interactive: false, smoothFactor: 0 }).addTo(this.#drawn);
    }
    if (way.start) this.#mark(way.start[0], way.start[1], `start-pin way-c${way.colour}`, 'house', t('{name} begins here', { name: way.name }), 18);
    if (way.seen) {
      const [lat, lng, off] = way.seen;
      if (off > 30) L.circle(this.#at(lat, lng), { radius: off, className: 'seen-reach', interactive: false }).addTo(this.#drawn);
      this.#mark(lat, lng, 'seen-pin', 'locate-fixed', t('{name}, {minutes} min ago', { name: way.name, minutes: way.age }), 26, true);
    }
  }

  /** @param {number} lat @param {number} lng @param {string} className @param {string} name @param {string} words @param {number} size */
  #mark(lat, lng, className, name, words, size, isNamed = false) {
    const box = document.createElement('span');
    box.className = className;
    box.append(picture(name));
    L.marker(this.#at(lat, lng), { icon: L.divIcon({ className: 'pin-place', html: box, iconSize: [size, size] }), keyboard: false, zIndexOffset: isNamed ? 600 : -200 })
      .bindTooltip(said(words), { permanent: isNamed, direction: 'right', className: 'site-name', offset: [size / 2, 0] })
      .addTo(this.#drawn);
  }

  /** @param {Pin} pin @param {L.LatLng} at */
  #drawPin(pin, at) {
    const box = document.createElement('span');
    box.className = `pin ${CLASSES[pin.state] ?? ''}${pin.late ? ' pin-risk' : ''}${pin.doubtful ? ' pin-doubt' : ''}`;
    box.textContent = pin.number ? String(pin.number) : pin.lead ? '·' : '?';
    const marker = this.#sign(at, box, SIZE, pin.words, pin.lead ? 0 : 300);
    marker.on('click', (event) => this.#open(pin.id, event.originalEvent));
    /** @type {HTMLElement} */ (marker.getElement()).dataset.pin = pin.id;
    this.#seats.set(pin.id, marker);
    return marker;
  }

  /** How many lie here, and what is worst of them: as border, as a picture and in words. @param {{ pin: Pin, at: L.LatLng }[]} held @param {L.LatLng} at @param {number} wide */
  #drawGroup(held, at, wide) {
    const pins = held.map(({ pin }) => pin);
    const isHouse = this.#isHouse(held);
    const worst = WORST.find(({ is }) => pins.some(is));
    const isOver = pins.every((pin) => CLASSES[pin.state] === 'pin-done');
    const isGoingOn = pins.some((pin) => CLASSES[pin.state] === 'pin-act');
    const box = Object.assign(document.createElement('button'), { type: 'button', textContent: String(pins.length) });
    box.className = `pin pin-group ${isOver ? 'pin-done' : isGoingOn ? 'pin-act' : ''} ${worst?.className ?? ''}`;
    if (worst) box.append(picture(worst.icon));
    const trouble = WORST.flatMap((one) => {
      const count = pins.filter(one.is).length;
      return count ? one.words(count) : [];
    });
    const words = [t('Visits here: {count}', { count: pins.length }), ...trouble].join(' · ');
    box.setAttribute('aria-label', `${words}. ${isHouse ? t('Show as a list') : t('Closer')}`);
    if (isHouse) box.setAttribute('aria-haspopup', 'dialog');
    const marker = this.#sign(at, box, wide, words, 400);
    box.addEventListener('click', (event) => {
      L.DomEvent.stop(event);
      this.#openGroup(held, isHouse, event);
    });
    for (const pin of pins) this.#seats.set(pin.id, marker);
    return marker;
  }

  /** @param {L.LatLng} at @param {HTMLElement} box @param {number} size @param {string} words @param {number} above */
  #sign(at, box, size, words, above) {
    return L.marker(at, { icon: L.divIcon({ className: 'pin-place', html: box, iconSize: [size, size] }), keyboard: false, zIndexOffset: above })
      .bindTooltip(said(words), { direction: 'top', className: 'site-name', offset: [0, -size / 2] })
      .addTo(this.#signs);
  }

  /** Whether they stay one sign however near the map comes. @param {{ at: L.LatLng }[]} held */
  #isHouse(held) {
    if (this.#map.getZoom() >= NEAREST) return true; // no other is left there
    const spots = held.map(({ at }) => this.#map.project(at, NEAREST));
    const { x, y } = L.bounds(spots).getSize();
    return Math.max(x, y) < 2 * REACH && tooFull(spots, grouped(spots, REACH), ROOM).some((group) => group.length === held.length);
  }

  /** With Ctrl or Shift all of it is chosen, else the map goes nearer until it is several; what never is opens as a list. @param {{ pin: Pin, at: L.LatLng }[]} held @param {boolean} isHouse @param {MouseEvent} event */
  #openGroup(held, isHouse, event) {
    const pins = held.map(({ pin }) => pin);
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      const boxes = pins.flatMap(({ id }) => this.#boxOf(id) ?? []);
      const isEach = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !isEach;
      this.#count();
      return;
    }
    if (isHouse) {
      this.#list(pins, event);
      return;
    }
    const bounds = L.latLngBounds(held.map(({ at }) => at));
    const zoom = Math.min(NEAREST, Math.max(this.#map.getZoom() + 1, this.#map.getBoundsZoom(bounds.pad(0.2))));
    if (event.detail === 0) this.#map.once('zoomend', () => this.#focusOn(pins[0].id)); // by key: its sign is no longer there
    this.#map.setView(bounds.getCenter(), zoom);
  }

  /** @param {Pin[]} pins @param {MouseEvent} event */
  #list(pins, event) {
    const part = this.#part;
    if (!part) return;
    openCrowd(part, pins.map(({ id, lead, words }) => ({ id, who: this.#names.get(lead) ?? '', words })), {
      boxOf: (id) => this.#boxOf(id),
      open: (id) => this.#open(id, event),
      counts: () => this.#count(),
      closed: () => this.#part?.dispatchEvent(new CustomEvent('fieldservice:free', { bubbles: true })),
    });
  }

  /** @param {string} id of a visit that has just come nearer */
  #focusOn(id) {
    const sign = this.#seats.get(id)?.getElement()?.querySelector('button');
    (sign ?? this.#map.getContainer()).focus({ preventScroll: true });
  }

  /** With Ctrl or Shift a pin is chosen, else its block on the board is shown. @param {string} id @param {MouseEvent} event */
  #open(id, event) {
    const box = this.#boxOf(id);
    if (box && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      box.checked = !box.checked;
      this.#count();
      return;
    }
    const block = document.getElementById(`blk-${id}`);
    if (!block) {
      box?.focus();
      return;
    }
    block.scrollIntoView({ block: 'center', inline: 'center' });
    block.focus({ preventScroll: true });
  }

  /** A pin and its block light up together, and its line of the list. @param {Event} event @param {boolean} isOn */
  #hint(event, isOn) {
    const from = event.target instanceof Element ? event.target.closest('[data-pin], .blk[data-job]') : null;
    if (!(from instanceof HTMLElement)) return;
    const id = from.dataset.pin ?? from.dataset.job ?? '';
    document.getElementById(`blk-${id}`)?.classList.toggle('is-hinted', isOn);
    const marker = this.#seats.get(id);
    marker?.getElement()?.classList.toggle('is-hinted', isOn);
    marker?.setZIndexOffset(isOn ? 1000 : 0);
    if (marker && isOn && event.type === 'focusin' && !this.#map.getBounds().contains(marker.getLatLng())) this.#map.panTo(marker.getLatLng(), { animate: false });
  }

  /** @param {Event} event */
  #onPick(event) {
    if (event.target instanceof HTMLInputElement && event.target.name === 'visit') this.#count();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    if (event.target instanceof Element && event.target.closest('[data-part="clear"]')) this.#clear();
  }

  #clear() {
    for (const box of this.#boxes) box.checked = false;
    this.#count();
  }

  /** @returns {HTMLInputElement[]} a box for each visit that can be given to somebody */
  get #boxes() {
    return [.../** @type {NodeListOf<HTMLInputElement>} */ (this.#pane.querySelectorAll('input[name="visit"]'))];
  }

  /** @param {string} id @returns {HTMLInputElement | null} */
  #boxOf(id) {
    const box = document.getElementById(`pick-${id}`);
    return box instanceof HTMLInputElement ? box : null;
  }

  /** How many are chosen; while there are some, nothing is read anew under the hand. */
  #count() {
    const chosen = this.#boxes.filter((box) => box.checked);
    const seats = new Set(chosen.map((box) => this.#seats.get(box.value.split(':')[0])));
    for (const marker of new Set(this.#seats.values())) marker.getElement()?.classList.toggle('is-chosen', seats.has(marker));
    const part = this.#part;
    const words = part?.querySelector('[data-part="count"]');
    if (words instanceof HTMLElement) words.textContent = chosen.length ? (words.dataset.some ?? '').replace('{count}', String(chosen.length)) : words.dataset.none ?? '';
    const give = part?.querySelector('[data-part="give"]');
    if (give instanceof HTMLElement) give.hidden = chosen.length === 0;
    if (!part) return;
    const wasBusy = 'busy' in part.dataset;
    if (chosen.length) part.dataset.busy = '';
    else delete part.dataset.busy;
    if (wasBusy && !chosen.length) part.dispatchEvent(new CustomEvent('fieldservice:free', { bubbles: true }));
  }

  /** @param {(at: L.LatLng, id: string) => boolean} isMeant */
  #choose(isMeant) {
    for (const { pin, at } of this.#pins) {
      const box = this.#boxOf(pin.id);
      if (box && isMeant(at, pin.id)) box.checked = true;
    }
    this.#count();
  }

  /** Draws with mouse, pen or finger while the lasso is out. @param {HTMLElement} place */
  #followPointer(place) {
    place.addEventListener('pointerdown', (event) => {
      if (!this.#isLassoing || !event.isPrimary || event.button !== 0 || (event.target instanceof Element && event.target.closest('.map-buttons'))) return;
      event.preventDefault();
      place.setPointerCapture(event.pointerId);
      this.#lasso = { line: L.polyline([], { className: 'lasso', interactive: false }).addTo(this.#map), spots: [] };
    });
    place.addEventListener('pointermove', (event) => {
      if (!this.#lasso) return;
      this.#lasso.spots.push(this.#map.mouseEventToContainerPoint(event));
      this.#lasso.line.addLatLng(this.#map.mouseEventToLatLng(event));
    });
    const end = () => {
      const drawn = this.#lasso;
      this.#lasso = null;
      drawn?.line.remove();
      if (!drawn || drawn.spots.length < 3) return;
      this.#choose((at, id) => this.#spotsOf(at, id).some((spot) => isInside(spot, drawn.spots)));
      this.#takeLasso(false);
    };
    place.addEventListener('pointerup', end);
    place.addEventListener('pointercancel', () => { this.#lasso?.line.remove(); this.#lasso = null; });
    place.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.#takeLasso(false); });
  }

  /** Where a visit is seen: its pin, at its place or beside it; of a group the sign, and the place of each that it hides. @param {L.LatLng} at @param {string} id */
  #spotsOf(at, id) {
    const marker = /** @type {L.Marker} */ (this.#seats.get(id));
    const seen = this.#map.latLngToContainerPoint(marker.getLatLng()).add(this.#shifts.get(marker) ?? [0, 0]);
    return marker.getLatLng().equals(at) ? [seen] : [seen, this.#map.latLngToContainerPoint(at)];
  }

  /** @param {boolean} isOut */
  #takeLasso(isOut) {
    this.#isLassoing = isOut;
    this.#lassoButton.setAttribute('aria-pressed', String(isOut));
    this.#pane.classList.toggle('is-lassoing', isOut);
    if (isOut) this.#map.dragging.disable();
    else this.#map.dragging.enable();
  }

  /** @param {HTMLElement} place @returns {HTMLElement} the one of the lasso */
  #addButtons(place) {
    const bar = document.createElement('div');
    bar.className = 'map-buttons';
    const lasso = mapButton('lasso', t('Draw around visits to choose them'), () => this.#takeLasso(!this.#isLassoing));
    lasso.setAttribute('aria-pressed', 'false');
    bar.append(
      mapButton('plus', t('Closer'), () => this.#map.zoomIn()),
      mapButton('minus', t('Farther'), () => this.#map.zoomOut()),
      mapButton('maximize', t('Show all'), () => this.#showAll()),
    );
    if (this.#pane.dataset.assigns !== undefined) {
      bar.append(lasso, mapButton('square-dashed', t('Choose all that the map shows'), () => this.#choose((at) => this.#map.getBounds().contains(at))));
    }
    L.DomEvent.disableClickPropagation(bar);
    place.append(bar);
    return lasso;
  }

  /** @param {number} lat @param {number} lng */
  #at(lat, lng) {
    const there = convert({ lat, lng }, 'WGS-84', this.#datum);
    return L.latLng(there.lat, there.lng);
  }
}

/** @param {string} words */
function said(words) {
  const element = document.createElement('span');
  element.textContent = words;
  return element;
}

/** Whose visits are shown stands in the address, and what the page asks for from now on has it too. @param {string} who */
function tellAddress(who) {
  const address = new URL(location.href);
  if (who) address.searchParams.set('who', who);
  else address.searchParams.delete('who');
  history.replaceState(history.state, '', address);
  const kept = document.querySelector('#board-search input[name="who"]');
  if (kept instanceof HTMLInputElement) Object.assign(kept, { value: who, disabled: !who });
  document.body.dispatchEvent(new CustomEvent('fieldservice:narrowed'));
}
