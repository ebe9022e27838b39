import { setCatalogue } from '#app/core/i18n.js';
import { language } from '#app/ui/preferences.js';

/**
 * Loads the words of the chosen language; without them the English sentences of the code stand.
 * @param {import('#app/ui/preferences.js').Language} [wanted] for a while, as on the page a customer reads
 */
export async function loadWords(wanted = language()) {
  const { catalogueZh, catalogueEn, catalogueQps } = document.documentElement.dataset;
  const address = { zh: catalogueZh, en: catalogueEn, qps: catalogueQps }[wanted];
  const messages = address ? (await import(address)).default : {};
  setCatalogue(wanted, messages);
}
