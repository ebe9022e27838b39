import * as L from '#vendor/leaflet.js';
import { convert } from '#app/core/coords.js';
import { t } from '#app/core/i18n.js';
import { gridLayer } from '#app/behaviours/grid-layer.js';
import { mapButton } from '#app/behaviours/map-button.js';
import { thinNames } from '#app/behaviours/site-names.js';

/** @typedef {{lat: number, lng: number}} Point WGS-84 */
/**
 * @typedef {object} PinMapOptions
 * @property {[number, number, string][]} sites latitude, longitude, words of sites near by, the nearest first
 * @property {string} tiles address of map tiles; '' for a plain grid
 * @property {string} tilesDatum datum of those tiles
 * @property {(point: Point) => void} onMove told when the pin was set or moved by hand
 */

const CHINA = L.latLng(35, 105);
const METRES_PER_DEGREE = 111_320; // of latitude
const STEP_M = 10;
const LONG_STEP_M = 100;
const NAMED_SITES = 6; // more names lie on top of each other
const COMPANY = 3; // sites that are shown together with a new pin, to know the quarter by
const FAR_M = 15_000; // a site farther off says nothing about where the pin stands

/** A map with one pin that can be set by mouse, finger and keyboard. Points go in and out in WGS-84. */
export class PinMap {
  #map;
  #datum;
  #onMove;
  /** @type {L.Marker | null} */
  #pin = null;
  /** @type {L.LatLng[]} */
  #dots = [];

  /** @param {HTMLElement} place @param {PinMapOptions} options */
  constructor(place, { sites, tiles, tilesDatum, onMove }) {
    this.#datum = tiles ? tilesDatum : 'WGS-84';
    this.#onMove = onMove;
    this.#map = L.map(place, { zoomControl: false, attributionControl: false, keyboard: false, zoomSnap: 0.5, maxZoom: 19 });
    place.removeAttribute('tabindex'); // the pin and the buttons are the stops; the ground is none
    this.#map.setView(CHINA, 4);
    (tiles ? L.tileLayer(tiles, { maxZoom: 19 }) : gridLayer()).addTo(this.#map);
    L.control.scale({ imperial: false }).addTo(this.#map);
    this.#drawSites(sites);
    thinNames(this.#map);
    this.#addButtons(place);
    this.#map.on('click', (event) => this.#setByHand(event.latlng));
    new ResizeObserver(() => this.#map.invalidateSize()).observe(place);
  }

  /** Shows the pin at a point, or takes it away. @param {Point | null} point */
  put(point) {
    if (!point) {
      this.#pin?.remove();
      this.#pin = null;
      return;
    }
    const at = this.#drawn(point);
    this.#place(at);
    if (this.#map.getZoom() < 11 || !this.#map.getBounds().pad(-0.1).contains(at)) this.#showAround(at);
  }

  /** The pin with the nearest sites. @param {L.LatLng} at */
  #showAround(at) {
    const near = this.#dots.filter((dot) => dot.distanceTo(at) < FAR_M).sort((a, b) => a.distanceTo(at) - b.distanceTo(at));
    const reach = near[Math.min(COMPANY, near.length) - 1]?.distanceTo(at) ?? 0;
    this.#map.fitBounds(at.toBounds(Math.max(500, reach * 2.4)), { animate: false });
  }

  /** @param {L.LatLng} at */
  #place(at) {
    if (this.#pin) {
      this.#pin.setLatLng(at);
      return;
    }
    const pin = L.marker(at, { draggable: true, autoPan: true, icon: L.divIcon({ className: 'pin-hand', iconSize: [36, 36], iconAnchor: [18, 34] }) });
    pin.addTo(this.#map);
    pin.on('dragend', () => this.#setByHand(pin.getLatLng()));
    const element = /** @type {HTMLElement} */ (pin.getElement());
    element.setAttribute('role', 'button');
    element.setAttribute('aria-label', t('Pin of the address. Arrow keys move it.'));
    element.addEventListener('keydown', (event) => this.#onKey(event));
    this.#pin = pin;
  }

  /** @param {L.LatLng} at */
  #setByHand(at) {
    this.#place(at);
    const { lat, lng } = at.wrap();
    this.#onMove(convert({ lat, lng }, /** @type {any} */ (this.#datum), 'WGS-84'));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const way = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    if (!way || !this.#pin) return;
    event.preventDefault();
    const degrees = (event.shiftKey ? LONG_STEP_M : STEP_M) / METRES_PER_DEGREE;
    const { lat, lng } = this.#pin.getLatLng();
    const next = L.latLng(lat + way[0] * degrees, lng + (way[1] * degrees) / Math.cos((lat * Math.PI) / 180));
    this.#setByHand(next);
    if (!this.#map.getBounds().pad(-0.1).contains(next)) this.#map.panTo(next, { animate: false });
  }

  /** @param {[number, number, string][]} sites */
  #drawSites(sites) {
    this.#dots = sites.map(([lat, lng, words], index) => this.#drawSite(this.#drawn({ lat, lng }), words, index < NAMED_SITES));
    if (this.#dots.length) this.#map.fitBounds(L.latLngBounds(this.#dots.slice(0, 40)).pad(0.2), { maxZoom: 15, animate: false });
  }

  /** @param {L.LatLng} at @param {string} words @param {boolean} isNamed */
  #drawSite(at, words, isNamed) {
    const name = document.createElement('span');
    name.textContent = words;
    L.circleMarker(at, { radius: 5, className: 'site-dot', interactive: !isNamed, bubblingMouseEvents: true })
      .bindTooltip(name, { permanent: isNamed, direction: 'right', className: 'site-name', offset: [6, 0] })
      .addTo(this.#map);
    return at;
  }

  /** @param {HTMLElement} place */
  #addButtons(place) {
    const bar = document.createElement('div');
    bar.className = 'map-buttons';
    bar.append(
      mapButton('plus', t('Closer'), () => this.#map.zoomIn()),
      mapButton('minus', t('Farther'), () => this.#map.zoomOut()),
      mapButton('map-pin', t('Set the pin in the middle of the map'), () => this.#setByHand(this.#map.getCenter())),
    );
    L.DomEvent.disableClickPropagation(bar);
    place.append(bar);
  }

  /** @param {Point} point */
  #drawn(point) {
    const { lat, lng } = convert(point, 'WGS-84', /** @type {any} */ (this.#datum));
    return L.latLng(lat, lng);
  }
}
