// The desk's start-up order: words, htmx, then the behaviours a page and every fragment ask for by name.
import '#vendor/htmx.js';
import { startBehaviours } from '#app/behaviours/start.js';
import { setCatalogue } from '#app/core/i18n.js';

const language = document.documentElement.dataset.language ?? 'zh';
const words = new URL(`../i18n/${language}.js`, import.meta.url);
setCatalogue(language, (await import(words.href)).default);

startBehaviours(document);
document.addEventListener('htmx:after:swap', () => startBehaviours(document));
