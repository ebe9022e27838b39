/** @typedef {{x: number, y: number}} Spot in pixels of the map */

/**
 * Whether a spot lies in a line drawn around (its ends are joined): a ray to the right crosses it an odd number of times.
 * @param {Spot} spot
 * @param {Spot[]} line
 */
export function isInside({ x, y }, line) {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
    const a = line[i];
    const b = line[j];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

/**
 * How far each of several pins at one place is moved, so that all can be seen: around it in a circle.
 * @param {number} index from 0
 * @param {number} count at the place
 * @returns {[number, number]} pixels
 */
export function fan(index, count) {
  if (count < 2) return [0, 0];
  const radius = Math.min(34, 9 + 2.5 * count);
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  return [Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))];
}
