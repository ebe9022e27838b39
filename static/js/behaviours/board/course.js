/**
 * How late somebody would come where, on the way through a day: `project` of `fieldservice/routing/schedule.py`, for the
 * board while a visit is in the hand. All in whole seconds from midnight; tests/vectors/board_course.json holds both.
 */

/** @typedef {import('#app/rules/travel.js').Place} Place */
/** @typedef {{ id: string, place: Place | null, seconds: number, window: [number, number], start?: number }} Work work begins within the window, and is planned for `start` in it */
/** @typedef {{ now?: number, free: number, from: Place | null, to: Place | null, lunch: [number, number, number] | null }} Way */
/** @typedef {{ starts: number[], late: number[], lunchAt: number | null, homeAt: number, hasLunch: boolean }} Walked */

/**
 * @param {Way} way of that person @param {Work[]} works in any order; one without a place is left out
 * @param {(here: Place, there: Place) => number} travel seconds
 * @returns {Map<string, number>} visit → seconds too late
 */
export function late(way, works, travel) {
  const order = works.filter(({ place }) => place).sort(byWindow(way.now ?? 0));
  const places = [way.from, ...order.map(({ place }) => place), way.to];
  const legs = places.slice(1).map((there, index) => {
    const here = places[index];
    return here && there ? travel(here, there) : 0;
  });
  const lunch = way.lunch && way.free <= way.lunch[1] ? way.lunch : null;
  const ways = lunch ? [null, ...order.map((_work, index) => index), order.length, order.length + 1] : [null];
  const walks = order.length ? ways.map((one) => walk(way.free, lunch, order, legs, one)) : [];
  const [bare] = walks;
  const best = walks.reduce((found, one) => (one?.hasLunch && (!found?.hasLunch || isBetter(one, found, order, legs, lunch)) ? one : found), bare);
  return new Map(order.map(({ id }, index) => [id, best?.late[index] ?? 0]));
}

/** What could have begun already is told apart by its end. @param {number} now */
function byWindow(now) {
  /** @param {Work} one @param {Work} other */
  return (one, other) => Math.max(one.start ?? one.window[0], now) - Math.max(other.start ?? other.window[0], now) || one.window[1] - other.window[1] || (one.id < other.id ? -1 : 1);
}

/**
 * The day with lunch on that way: to a visit, home (their number), at home (one more); null where it cannot be had there.
 * @param {number} free @param {[number, number, number] | null} lunch @param {Work[]} order @param {number[]} legs
 * @param {number | null} way @returns {Walked | null}
 */
function walk(free, lunch, order, legs, way) {
  let clock = free;
  /** @type {Walked} */
  const done = { starts: [], late: [], lunchAt: null, homeAt: 0, hasLunch: true };
  for (const [index, { seconds, window }] of order.entries()) {
    const arrives = clock + (legs[index] ?? 0);
    let ready = arrives;
    if (lunch && way === index) {
      if (clock > lunch[1]) return null;
      done.lunchAt = Math.max(clock, lunch[0]);
      ready = Math.max(arrives, lunch[0]) + lunch[2];
    }
    const start = ready <= window[1] ? Math.max(ready, window[0]) : ready;
    done.starts.push(start);
    done.late.push(Math.max(0, ready - window[1]));
    clock = start + seconds;
  }
  return home(done, clock, legs.at(-1) ?? 0, lunch, way, order.length);
}

/** @param {Walked} done @param {number} clock @param {number} leg @param {[number, number, number] | null} lunch @param {number | null} way @param {number} last @returns {Walked | null} */
function home(done, clock, leg, lunch, way, last) {
  done.homeAt = clock + leg;
  if (!lunch) return done;
  if (way === null) done.hasLunch = done.homeAt < lunch[0];
  else if (way === last) {
    if (clock > lunch[1]) return null;
    done.lunchAt = Math.max(clock, lunch[0]);
    done.homeAt = Math.max(done.homeAt, lunch[0]) + lunch[2];
  } else if (way === last + 1) {
    if (done.homeAt > lunch[1]) return null;
    done.lunchAt = Math.max(done.homeAt, lunch[0]);
    done.homeAt = done.lunchAt + lunch[2];
  }
  return done;
}

/** Whether lunch is had better so: less late, home earlier, less idle. @param {Walked} one @param {Walked} other @param {Work[]} order @param {number[]} legs @param {[number, number, number] | null} lunch */
function isBetter(one, other, order, legs, lunch) {
  const difference = sum(one.late) - sum(other.late) || one.homeAt - other.homeAt || idle(one, order, legs, lunch) - idle(other, order, legs, lunch);
  return difference < 0;
}

/** @param {Walked} walked @param {Work[]} order @param {number[]} legs @param {[number, number, number] | null} lunch */
function idle({ starts, lunchAt }, order, legs, lunch) {
  let clock = 0;
  return sum(starts.map((start, index) => {
    let wait = index ? start - clock - (legs[index] ?? 0) : 0;
    if (index && lunch && lunchAt !== null && clock <= lunchAt && lunchAt < start) wait -= lunch[2];
    clock = start + (order[index]?.seconds ?? 0);
    return Math.max(0, wait);
  }));
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, one) => all + one, 0);
}
