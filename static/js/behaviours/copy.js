import { t } from '#app/core/i18n.js';

/**
 * A button that copies the text, or what is typed, of the element named in `data-copies`. Shown only where copying works.
 * @param {HTMLElement} button
 */
export function start(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copies ?? '');
    const isField = source instanceof HTMLTextAreaElement;
    const text = (isField ? source.value : source?.textContent)?.trim() ?? '';
    await navigator.clipboard.writeText(text);
    say(isField || text.includes('\n') ? t('Copied.') : t('Copied: {text}', { text }));
  });
}

/** @param {string} words */
function say(words) {
  const toast = document.createElement('p');
  toast.className = 'toast';
  toast.append(Object.assign(document.createElement('span'), { textContent: words }));
  document.getElementById('notices')?.replaceChildren(toast);
}
