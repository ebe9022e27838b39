/**
 * The state machine of a job: the phone's twin of `fieldservice/jobs/rules.py`.
 * Both run `tests/vectors/job_state.json`.
 */

/** @typedef {{leaves: string[], enters: string, needsReason?: boolean, needsPromise?: boolean}} Step */

/** The steps in the order the technician takes them. @type {Readonly<Record<string, Step>>} */
export const STEPS = Object.freeze({
  accept: { leaves: ['assigned'], enters: 'accepted' },
  depart: { leaves: ['accepted'], enters: 'en_route' },
  arrive: { leaves: ['en_route'], enters: 'arrived' },
  start: { leaves: ['arrived'], enters: 'working' },
  finish: { leaves: ['working'], enters: 'finished' },
  cannot_finish: { leaves: ['arrived', 'working'], enters: 'unfinished', needsReason: true, needsPromise: true },
  customer_absent: { leaves: ['arrived'], enters: 'absent', needsReason: true },
});

/** Nothing more is expected of the technician. */
export const ENDED = Object.freeze(['finished', 'unfinished', 'absent', 'cancelled']);
/** The technician is on the way or at the site. */
export const RUNNING = Object.freeze(['en_route', 'arrived', 'working']);

/** Characters; a reason is a few sentences. */
export const REASON_LIMIT = 500;

/**
 * Steps possible from `state`; the first is the one of the large button.
 * @param {string} state
 * @returns {string[]}
 */
export function nextSteps(state) {
  return Object.keys(STEPS).filter((name) => STEPS[name].leaves.includes(state));
}

/**
 * The state after the step, or why it cannot be taken.
 * @param {string} state
 * @param {string} name
 * @param {{reason?: string, promised?: boolean}} [given]
 * @returns {{state: string} | {refused: string}}
 */
export function take(state, name, { reason = '', promised = false } = {}) {
  const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (!step) return { refused: 'unknown_step' };
  if (state === 'cancelled') return { refused: 'job_cancelled' };
  if (!step.leaves.includes(state)) return { refused: 'step_out_of_order' };
  if (step.needsReason && !reason.trim()) return { refused: 'reason_missing' };
  if ([...reason].length > REASON_LIMIT) return { refused: 'reason_too_long' };
  if (step.needsPromise && !promised) return { refused: 'promise_missing' };
  return { state: step.enters };
}

/**
 * The state before the last step.
 * @param {string} state
 * @param {[string, string] | null} last from and to of the last step of this run; null: none was taken
 * @param {string} reason
 * @returns {{state: string} | {refused: string}}
 */
export function takeBack(state, last, reason) {
  if (state === 'cancelled') return { refused: 'job_cancelled' };
  if (!last || last[1] !== state) return { refused: 'nothing_to_take_back' };
  if (!reason.trim()) return { refused: 'reason_missing' };
  if ([...reason].length > REASON_LIMIT) return { refused: 'reason_too_long' };
  return { state: last[0] };
}
