// Pages without an account, one classic script: what it adds, the pages can do without.
(function () {
  'use strict';

  /** @param {string} selector @param {(element: HTMLElement) => void} act */
  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  /** Whether the technician app can run here: modules with an import map, a worker, a store, scripts of 2023. */
  function canRunTheApp() {
    return Boolean(
      window.HTMLScriptElement &&
        HTMLScriptElement.supports &&
        HTMLScriptElement.supports('importmap') &&
        typeof Object.hasOwn === 'function' &&
        typeof Array.prototype.at === 'function' &&
        window.CSS &&
        CSS.supports('selector(:has(a))') &&
        window.indexedDB,
    );
  }

  /** Shows the block of the first reason why not. */
  function checkBrowser() {
    if (!window.isSecureContext) each('[data-insecure]', show);
    else if (!canRunTheApp() || !navigator.serviceWorker) each('[data-too-old]', show);
  }

  /** @param {HTMLElement} element */
  function show(element) {
    element.hidden = false;
  }

  /** An iPad says it is a Mac; a Mac has no touch screen: its visitor is shown what an iPad's needs. */
  function findIpad() {
    if (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1) {
      each('[data-not-ipad]', function (element) {
        element.hidden = true;
      });
      each('[data-ipad]', show);
    }
  }

  /** A button that copies the text of another element. @param {HTMLElement} button */
  function startCopying(button) {
    var source = document.getElementById(button.getAttribute('data-copy') || '');
    if (!source || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener('click', function () {
      navigator.clipboard.writeText((source && source.textContent) || '').then(function () {
        button.textContent = button.getAttribute('data-copied');
      });
    });
  }

  checkBrowser();
  findIpad();
  each('[data-copy]', startCopying);
})();
