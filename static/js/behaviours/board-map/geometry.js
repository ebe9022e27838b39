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

const COVERED = 4; // pixels that one may hide of another, the two of the space between them among these

const LEAST = 4; // so many that lie together are one group; fewer stand beside one another

/** Places in squares as wide as what is near: whatever is near a spot stands in its own square or in one of the eight around it. */
class Squares {
  #wide;
  /** @type {Map<string, number[]>} */
  #held = new Map();

  /** @param {number} wide pixels */
  constructor(wide) {
    this.#wide = wide;
  }

  /** @param {Spot} spot @param {number} index its place among the spots */
  put({ x, y }, index) {
    const key = `${Math.floor(x / this.#wide)},${Math.floor(y / this.#wide)}`;
    this.#held.set(key, [...(this.#held.get(key) ?? []), index]);
  }

  /** @param {Spot} spot @returns {number[]} those put in before that may be near */
  around({ x, y }) {
    const [column, row] = [Math.floor(x / this.#wide), Math.floor(y / this.#wide)];
    return Array.from({ length: 9 }, (_none, square) => this.#held.get(`${column - 1 + square % 3},${row - 1 + Math.floor(square / 3)}`) ?? []).flat();
  }
}

/**
 * Which pins lie so close together that one sign with their number says more: the first of a crowd gathers what lies within
 * reach, each goes to the nearest that gathers. It does not matter where the map has been moved to. The same spots give the same groups.
 * @param {Spot[]} spots in pixels of the map @param {number} reach pixels
 * @returns {number[][]} groups, as places in `spots`; a pin in none of them stands alone
 */
export function grouped(spots, reach) {
  const gatherers = new Squares(reach);
  /** @param {Spot} spot @returns {number} the gatherer that is nearest within reach; -1: none is */
  const nearest = (spot) => {
    let [found, least] = [-1, reach];
    for (const one of gatherers.around(spot)) {
      const apart = Math.hypot(spot.x - spots[one].x, spot.y - spots[one].y);
      if (apart < least) [found, least] = [one, apart];
    }
    return found;
  };
  spots.forEach((spot, index) => {
    if (nearest(spot) === -1) gatherers.put(spot, index);
  });
  /** @type {Map<number, number[]>} */
  const groups = new Map();
  spots.forEach((spot, index) => {
    const gatherer = nearest(spot);
    groups.set(gatherer, [...(groups.get(gatherer) ?? []), index]);
  });
  return [...groups.values()].filter((group) => group.length >= LEAST);
}

/**
 * How far each pin is moved so that all can be read: those that would lie on one another push each other apart, those at
 * one place into a circle. The same spots give the same answer.
 * @param {Spot[]} spots in pixels of the map @param {number[]} sizes of each
 * @returns {[number, number][]} pixels, in the order of the spots
 */
export function spread(spots, sizes) {
  const now = spots.map(({ x, y }, index) => ({ x: x + Math.cos(index * 2.4) / 8, y: y + Math.sin(index * 2.4) / 8 }));
  for (let round = 0; round < ROUNDS && push(now, sizes); round += 1) {
    now.forEach((spot, index) => hold(spot, spots[index]));
  }
  return now.map(({ x, y }, index) => {
    const shift = [x - spots[index].x, y - spots[index].y].map(Math.round);
    return Math.hypot(...shift) < 2 ? [0, 0] : /** @type {[number, number]} */ (shift);
  });
}

/**
 * Of these groups those that stay one sign however near the map is: pins of theirs would still lie on one another if each stood for itself.
 * @param {Spot[]} spots in pixels of the map at its nearest @param {number[][]} groups as places in `spots` @param {number} size of a pin
 * @returns {number[][]}
 */
export function tooFull(spots, groups, size) {
  /** @type {Set<number[]>} */
  const full = new Set();
  for (;;) {
    const held = new Set([...full].flat());
    const alone = spots.map((_spot, index) => index).filter((index) => !held.has(index));
    const shifts = spread(alone.map((index) => spots[index]), alone.map(() => size));
    const hidden = covered(alone.map((index, place) => ({ x: spots[index].x + shifts[place][0], y: spots[index].y + shifts[place][1] })), size - COVERED).map((place) => alone[place]);
    const more = groups.filter((group) => !full.has(group) && group.some((index) => hidden.includes(index)));
    if (!more.length) return groups.filter((group) => full.has(group));
    for (const group of more) full.add(group);
  }
}

/** Those that stand nearer to another than `least`, as places in `spots`. @param {Spot[]} spots @param {number} least pixels */
function covered(spots, least) {
  const squares = new Squares(least);
  /** @type {Set<number>} */
  const found = new Set();
  spots.forEach((spot, index) => {
    for (const other of squares.around(spot)) {
      if (Math.hypot(spot.x - spots[other].x, spot.y - spots[other].y) < least) found.add(index).add(other);
    }
    squares.put(spot, index);
  });
  return [...found];
}

/** Each pair that is too near moves apart by half of what is missing; those looked at stand in squares as wide as the widest. @param {Spot[]} spots @param {number[]} sizes */
function push(spots, sizes) {
  const squares = new Squares(sizes.reduce((most, one) => Math.max(most, one), 1));
  let hasMoved = false;
  spots.forEach((one, index) => {
    const before = { ...one };
    for (const other of squares.around(before)) {
      const [dx, dy] = [one.x - spots[other].x, one.y - spots[other].y];
      const apart = Math.hypot(dx, dy) || 1;
      const missing = ((sizes[index] + sizes[other]) / 2 - apart) / 2;
      if (missing <= 0.5) continue;
      hasMoved = true;
      one.x += (dx / apart) * missing;
      one.y += (dy / apart) * missing;
      spots[other].x -= (dx / apart) * missing;
      spots[other].y -= (dy / apart) * missing;
    }
    squares.put(before, index);
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
