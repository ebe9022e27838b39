/** What a person chose for this phone. Kept in localStorage because early.js needs it before the first picture. */

/** @typedef {'zh' | 'en'} Language */
/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @returns {Language} */
export function language() {
  return document.documentElement.lang.startsWith('en') ? 'en' : 'zh';
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
