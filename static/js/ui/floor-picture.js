import { svg } from '#vendor/lit.js';

const PERIOD_X = 147.08; // one plank each way, 104 × 26, turned by 45°
const PERIOD_Y = 36.77;
const TONES = 3; // neighbouring planks differ, so a tile is three rows high
const ACROSS = 'M-10 -85L8.4 -66.6L-65.1 6.9L-83.5 -11.5z';
const ALONG = 'M8.4 -66.6L81.9 6.9L63.5 25.3L-10 -48.2z';

/** A herringbone floor: the one picture before signing in. */
export function floorPicture() {
  const tile = [];
  for (let row = -1; row <= 2 * TONES; row += 1) {
    for (let column = 0; column <= 1; column += 1) {
      const at = `translate(${(column * PERIOD_X).toFixed(2)} ${(row * PERIOD_Y).toFixed(2)})`;
      tile.push(svg`<g transform=${at}><path d=${ACROSS} fill="var(--wood-${tone(row)})"></path><path d=${ALONG} fill="var(--wood-${tone(row + 1)})"></path></g>`);
    }
  }
  return svg`<svg viewBox="0 0 900 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <defs><pattern id="herringbone" width=${PERIOD_X} height=${PERIOD_Y * TONES} patternUnits="userSpaceOnUse"><g stroke="var(--wood-seam)" stroke-width="1.2" stroke-opacity=".55">${tile}</g></pattern></defs>
    <rect width="900" height="900" fill="url(#herringbone)"></rect></svg>`;
}

/** @param {number} index */
function tone(index) {
  return ((index % TONES) + TONES) % TONES + 1;
}
