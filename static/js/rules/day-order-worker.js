import { bestOrder, firstOrder, inSlices } from '#app/rules/day-order.js';

/*
 * The order of a day beside the page. A message holds a few days; it is answered twice: as fast as can be, and proven. The
 * file it travels in imports nothing, because an import map does not hold in a worker; a page without workers imports it.
 */
if ('DedicatedWorkerGlobalScope' in globalThis) {
  onmessage = ({ data: { id, days } }) => {
    postMessage({ id, orders: days.map(firstOrder) });
    postMessage({ id, orders: days.map(bestOrder) });
  };
}

/** With pauses, on the page itself. */
export const slices = inSlices;
