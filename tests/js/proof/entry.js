/** What a page of the histories has of the app: the true modules, bundled once and begun anew for every page. */
export { setClock } from '#app/core/clock.js';
export { AppError } from '#app/core/errors.js';
export { bus } from '#app/core/events.js';
export { deviceKey, sha256Hex } from '#app/device/device-key.js';
export { nextSteps } from '#app/rules/job-state.js';
export { signedSheet } from '#app/rules/payload.js';
export { nextRevision, presented } from '#app/rules/presented.js';
export { goOn, wipe } from '#app/screens/wiping.js';
export { currentPerson, peopleWithUnsent, rememberPerson, wiping } from '#app/store/people.js';
export { openStore } from '#app/store/store.js';
export { mark } from '#app/store/wipe.js';
export { startPump, syncNow } from '#app/sync/pump.js';
export { operations } from '#app/sync/registry.js';
export { signOut, takeUpSession } from '#app/sync/session.js';
export { status } from '#app/sync/status.js';
