/**
 * Of names that would lie on one another on a map, the first alone is shown; nearer, more find their place.
 * @param {import('#vendor/leaflet.js').Map} map names are its tooltips, the most useful first
 */
export function thinNames(map) {
  const thin = () => requestAnimationFrame(() => {
    /** @type {DOMRect[]} */
    const shown = [];
    for (const name of map.getPanes().tooltipPane.querySelectorAll('.site-name')) {
      const box = name.getBoundingClientRect();
      const isCovered = shown.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
      /** @type {HTMLElement} */ (name).style.visibility = isCovered ? 'hidden' : '';
      if (!isCovered) shown.push(box);
    }
  });
  map.on('zoomend moveend resize', thin);
  thin();
}
