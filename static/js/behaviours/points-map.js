import * as L from '#vendor/leaflet.js';
import { convert } from '#app/core/coords.js';
import { t } from '#app/core/i18n.js';
import { gridLayer } from '#app/behaviours/grid-layer.js';
import { thinNames } from '#app/behaviours/site-names.js';

const NAMED = 8; // more names lie on top of each other

/**
 * Dots of a list on a map or a plain ground, with the addresses that are known beside them.
 * `data-points`: [lat, lng, words, is far off] in WGS-84; `data-known`: [lat, lng, words].
 * @param {HTMLElement} root
 */
export function start(root) {
  const place = /** @type {HTMLElement} */ (root.querySelector('[data-part="map"]'));
  const tiles = root.dataset.tiles ?? '';
  const datum = tiles ? root.dataset.tilesDatum ?? 'WGS-84' : 'WGS-84';
  /** @type {[number, number, string, boolean][]} */
  const points = JSON.parse(root.dataset.points ?? '[]');
  /** @type {[number, number, string][]} */
  const known = JSON.parse(root.dataset.known ?? '[]');
  root.hidden = false;
  const map = L.map(place, { zoomControl: false, attributionControl: false, keyboard: false, scrollWheelZoom: false, maxZoom: 19 });
  place.removeAttribute('tabindex');
  (tiles ? L.tileLayer(tiles, { maxZoom: 19 }) : gridLayer()).addTo(map);
  L.control.zoom({ zoomInTitle: t('Closer'), zoomOutTitle: t('Farther') }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  /** @param {number} lat @param {number} lng */
  const drawn = (lat, lng) => {
    const there = convert({ lat, lng }, 'WGS-84', /** @type {any} */ (datum));
    return L.latLng(there.lat, there.lng);
  };
  for (const [lat, lng] of known) L.circleMarker(drawn(lat, lng), { radius: 4, className: 'known-dot', interactive: false }).addTo(map);
  points.forEach(([lat, lng, words, isFar], index) => {
    const name = document.createElement('span');
    name.textContent = words;
    L.circleMarker(drawn(lat, lng), { radius: 5, className: isFar ? 'site-dot far-dot' : 'site-dot' })
      .bindTooltip(name, { permanent: isFar && index < NAMED, direction: 'right', className: 'site-name', offset: [6, 0] })
      .addTo(map);
  });
  const near = points.filter((point) => !point[3]);
  map.fitBounds(L.latLngBounds((near.length ? near : points).map(([lat, lng]) => drawn(lat, lng))).pad(0.1), { maxZoom: 15, animate: false });
  thinNames(map);
  new ResizeObserver(() => map.invalidateSize()).observe(place);
}
