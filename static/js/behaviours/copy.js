import { t } from '#app/core/i18n.js';

/**
 * A button that copies the text of the element named in `data-copies`. Shown only where copying works.
 * @param {HTMLElement} button
 */
export function start(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copies ?? '')?.textContent?.trim() ?? '';
    await navigator.clipboard.writeText(text);
    say(t('Copied: {text}', { text }));
  });
}

/** @param {string} words */
function say(words) {
  const toast = document.createElement('p');
  toast.className = 'toast';
  toast.append(Object.assign(document.createElement('span'), { textContent: words }));
  document.getElementById('notices')?.replaceChildren(toast);
}
