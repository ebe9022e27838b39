/**
 * A list of words that a press puts where the caret stands in the field named in `data-into`.
 * @param {HTMLElement} list
 */
export function start(list) {
  const field = document.getElementById(list.dataset.into ?? '');
  if (!(field instanceof HTMLTextAreaElement)) return;
  for (const shown of list.querySelectorAll('code')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn check-insert';
    for (const name of ['lang', 'title']) button.setAttribute(name, shown.getAttribute(name) ?? '');
    button.textContent = shown.textContent;
    button.addEventListener('click', () => {
      field.setRangeText(shown.textContent ?? '', field.selectionStart, field.selectionEnd, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.focus();
    });
    shown.replaceWith(button);
  }
}
