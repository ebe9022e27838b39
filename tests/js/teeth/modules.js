/** What the checks use of the phone; with `?without=<row>` all of it without a protection (`hooks.js`). */
export { AppError } from '#app/core/errors.js';
export { letGo } from '#app/store/bytes.js';
export { syncState, takeAnswer } from '#app/store/exchange.js';
export { rememberPerson } from '#app/store/people.js';
export { clear } from '#app/store/wipe.js';
export { openStore } from '#app/store/store.js';
export { Engine } from '#app/sync/engine.js';
export { startPump, syncNow } from '#app/sync/pump.js';
export { operations } from '#app/sync/registry.js';
export { signOut } from '#app/sync/session.js';
export { call } from '#app/sync/transport.js';
export { Uploads } from '#app/sync/uploads.js';
