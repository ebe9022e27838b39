/** What a person chose for this phone. Kept in localStorage because early.js needs it before the first picture. */

/** @typedef {'zh' | 'en' | 'qps'} Language 'qps' marks what is translated; a server offers it to tests only */
/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @returns {Language} */
export function language() {
  const { lang, dataset } = document.documentElement;
  if (dataset.catalogueQps && localStorage.getItem('lang') === 'qps') return 'qps';
  return lang.startsWith('en') ? 'en' : 'zh';
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  localStorage.setItem('lang', chosen);
  document.documentElement.lang = chosen === 'en' ? 'en' : 'zh-CN';
}

/** @returns {Theme} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'dark' || chosen === 'light' ? chosen : 'system';
}

/** @param {Theme} chosen */
export function setTheme(chosen) {
  if (chosen === 'system') {
    localStorage.removeItem('theme');
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem('theme', chosen);
    document.documentElement.dataset.theme = chosen;
  }
}
