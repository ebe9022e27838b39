import { keepInstallOffer } from '#app/device/install.js';
import { persist } from '#app/device/storage-quota.js';
import { startUpdates } from '#app/device/updates.js';
import { startApp } from '#app/screens/app.js';
import { isBegun, watchBegun } from '#app/ui/begun.js';
import { loadWords } from '#app/ui/words.js';

/*
 * The start of the technician app: the words, the app, and when the first screen stands the worker that keeps the app on
 * the phone. An insecure address can keep nothing safe: the page says so (ui/early.js) and nothing starts.
 */
if (window.isSecureContext) void begin();

async function begin() {
  watchBegun();
  await loadWords();
  const isEmpty = await startApp();
  await quiet();
  keepInstallOffer();
  if (isEmpty) return; // a blocked phone keeps nothing, not even the app
  await Promise.allSettled([startUpdates(isBegun), persist()]); // each is a help, none is needed to work
}

/** Resolves when the browser has drawn what it had to draw. */
function quiet() {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(resolve, { timeout: 2000 });
    else setTimeout(resolve, 500); // Safari
  });
}
