import { setLanguage } from '#app/ui/preferences.js';
import { loadWords } from '#app/ui/words.js';

/**
 * The other language from now on, on this phone.
 * @param {HTMLElement} from tells the app, which draws everything again
 * @param {import('#app/ui/preferences.js').Language} chosen
 */
export async function switchLanguage(from, chosen) {
  setLanguage(chosen);
  await loadWords();
  from.dispatchEvent(new CustomEvent('language', { bubbles: true }));
}
