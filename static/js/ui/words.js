import { setCatalogue } from '#app/core/i18n.js';
import { language } from '#app/ui/preferences.js';

/** Loads the words of the chosen language; without them the English sentences of the code stand. */
export async function loadWords() {
  const { catalogueZh, catalogueEn, catalogueQps } = document.documentElement.dataset;
  const address = { zh: catalogueZh, en: catalogueEn, qps: catalogueQps }[language()];
  const messages = address ? (await import(address)).default : {};
  setCatalogue(language(), messages);
}
