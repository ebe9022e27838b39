import { keepInstallOffer } from '#app/device/install.js';
import { persist } from '#app/device/storage-quota.js';
import { startApp } from '#app/screens/app.js';
import { startUpdates } from '#app/sync/updates.js';
import { loadWords } from '#app/ui/words.js';

/*
 * The start of the technician app: the words, the app, and when the first screen stands the worker that keeps the app on
 * the phone. An insecure address can keep nothing safe: the page says so (early.js) and nothing starts.
 */
if (window.isSecureContext) {
  keepInstallOffer();
  await loadWords();
  await startApp();
  void startUpdates();
  void persist();
}
