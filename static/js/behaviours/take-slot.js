/**
 * One of the best times: a click writes day, window and who goes into the form it stands in.
 * @param {HTMLElement} button `data-fields`: value by name of field
 */
export function start(button) {
  const form = button.closest('form');
  button.addEventListener('click', () => {
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fields ?? '{}'))) {
      const field = form?.elements.namedItem(name);
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
      field.value = value;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }
    for (const other of form?.querySelectorAll('[data-behaviour="take-slot"]') ?? []) other.setAttribute('aria-pressed', String(other === button));
  });
}
