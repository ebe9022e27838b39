import { AppError } from '#app/core/errors.js';

/**
 * The person chooses the order of a day's stops; [] goes back to the proposed one. The job it is said of shows it until the
 * person's own record does.
 * @type {import('#app/types/store.js').Operation}
 */
export const orderDay = {
  build({ day, order, pinned = [], estimates = [] }) {
    if (new Date(`${day}T00:00Z`).toJSON()?.slice(0, 10) !== day) throw new AppError('bad_args');
    return { day, order, pinned, estimates };
  },

  apply(job, op) {
    const { day, order, pinned, estimates } = op.args;
    return { ...job, day_order: { day, order, pinned, estimates, at_ms: op.occurred_at } };
  },
};
