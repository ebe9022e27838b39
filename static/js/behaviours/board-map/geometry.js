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

const ROUNDS = 24; // of pushing apart; a crowd that still overlaps then is one to look at nearer
const FARTHEST = 56; // pixels a pin may stand from its place

/**
 * How far each pin is moved so that all can be read: those that would lie on one another push each other apart, those at
 * one place into a circle. The same spots give the same answer.
 * @param {Spot[]} spots in pixels of the map @param {number} size of a pin
 * @returns {[number, number][]} pixels, in the order of the spots
 */
export function spread(spots, size) {
  const now = spots.map(({ x, y }, index) => ({ x: x + Math.cos(index * 2.4) / 8, y: y + Math.sin(index * 2.4) / 8 }));
  for (let round = 0; round < ROUNDS && push(now, size); round += 1) {
    now.forEach((spot, index) => hold(spot, spots[index]));
  }
  return now.map(({ x, y }, index) => {
    const shift = [x - spots[index].x, y - spots[index].y].map(Math.round);
    return Math.hypot(...shift) < 2 ? [0, 0] : /** @type {[number, number]} */ (shift);
  });
}

/** Each pair that is too near moves apart by half of what is missing; those looked at stand in cells as large as a pin. @param {Spot[]} spots @param {number} size */
function push(spots, size) {
  /** @type {Map<string, number[]>} */
  const cells = new Map();
  let hasMoved = false;
  spots.forEach((one, index) => {
    const [column, row] = [Math.floor(one.x / size), Math.floor(one.y / size)];
    for (let cell = 0; cell < 9; cell += 1) {
      for (const other of cells.get(`${column - 1 + cell % 3},${row - 1 + Math.floor(cell / 3)}`) ?? []) {
        const [dx, dy] = [one.x - spots[other].x, one.y - spots[other].y];
        const apart = Math.hypot(dx, dy) || 1;
        const missing = (size - apart) / 2;
        if (missing <= 0.5) continue;
        hasMoved = true;
        one.x += (dx / apart) * missing;
        one.y += (dy / apart) * missing;
        spots[other].x -= (dx / apart) * missing;
        spots[other].y -= (dy / apart) * missing;
      }
    }
    const key = `${column},${row}`;
    cells.set(key, [...(cells.get(key) ?? []), index]);
  });
  return hasMoved;
}

/** @param {Spot} spot @param {Spot} home */
function hold(spot, home) {
  const far = Math.hypot(spot.x - home.x, spot.y - home.y);
  if (far <= FARTHEST) return;
  spot.x = home.x + ((spot.x - home.x) * FARTHEST) / far;
  spot.y = home.y + ((spot.y - home.y) * FARTHEST) / far;
}
