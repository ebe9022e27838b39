import { t } from '#app/core/i18n.js';
import { PinMap } from '#app/behaviours/pin-map.js';
import { PositionFields } from '#app/behaviours/position-fields.js';

/**
 * The map beside the position fields: the pin follows what is typed, the fields follow the pin.
 * @param {HTMLElement} root
 */
export function start(root) {
  const box = /** @type {HTMLElement} */ (root.querySelector('[data-part="box"]'));
  const place = /** @type {HTMLElement} */ (root.querySelector('[data-part="map"]'));
  const fields = new PositionFields(root);
  box.hidden = false;
  const map = new PinMap(place, {
    sites: JSON.parse(root.dataset.sites ?? '[]'),
    tiles: root.dataset.tiles ?? '',
    tilesDatum: root.dataset.tilesDatum ?? 'WGS-84',
    onMove: (point) => fields.show(point, 'pin'),
  });
  map.put(fields.read());
  fields.onChange = (point) => map.put(point);
  const help = root.querySelector('[data-part="help"]');
  if (help) help.textContent = t('Click the map to set the pin, or drag it. With the keyboard: choose the pin, then arrow keys move it 10 m, with Shift 100 m.');
}
