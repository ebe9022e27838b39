/*
 * Runs before the first picture, as a classic script: language and colours of the person, what
 * else to fetch, and words for browsers and addresses in which the app cannot run. Everything else is a module.
 */
(() => {
  const root = document.documentElement;
  /** @param {string} key */
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage switched off: the app itself will say so
    }
  };
  const chosen = kept('lang') || (/^en/i.test(navigator.language) ? 'en' : 'zh');
  root.lang = chosen === 'en' ? 'en' : 'zh-CN';
  const theme = kept('theme');
  if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;

  // What this address will need is asked for at once, not when the first script gets to it.
  const { later, signIn, catalogueZh, catalogueEn } = root.dataset;
  const [, name] = /^#\/(job|outbox|me|sign-in|setup)\b/.exec(location.hash) || [];
  for (const href of [chosen === 'en' ? catalogueEn : catalogueZh, name && signIn, /^[jom]/.test(name || '') && later]) {
    if (href) document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
  }

  /** @param {string} id */
  const show = (id) => {
    const words = document.getElementById(id);
    const opening = document.getElementById('opening');
    if (words) words.hidden = false;
    if (opening) opening.hidden = true;
  };
  const tooOld = !('noModule' in HTMLScriptElement.prototype) || !(HTMLScriptElement.supports && HTMLScriptElement.supports('importmap'));
  document.addEventListener('DOMContentLoaded', () => {
    if (!window.isSecureContext) show('insecure');
    else if (tooOld || !('indexedDB' in window)) show('too-old');
    else setTimeout(() => document.getElementById('opening') && show('not-started'), 12000); // the app replaces the page it opens on
  });
})();
