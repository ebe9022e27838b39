/**
 * The planned minutes show, as a placeholder, what the chosen type usually takes.
 * @param {HTMLElement} root holds the field; `data-usual` is minutes by type
 */
export function start(root) {
  const usual = JSON.parse(root.dataset.usual ?? '{}');
  const field = root.querySelector('input');
  const type = root.closest('form')?.querySelector('[data-part="type"]');
  if (!field || !(type instanceof HTMLSelectElement)) return;
  const show = () => { field.placeholder = String(usual[type.value] ?? ''); };
  type.addEventListener('change', show);
  show();
}
