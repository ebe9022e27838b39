import * as L from '#vendor/leaflet.js';

const Squares = L.GridLayer.extend({
  createTile: () => Object.assign(document.createElement('div'), { className: 'grid-tile' }),
});

/** A plain ground of squares where no map tiles are set: with the scale and the dots it says how far things lie apart. */
export function gridLayer() {
  return /** @type {L.GridLayer} */ (new (/** @type {any} */ (Squares))({ tileSize: 128 }));
}
