/**
 * The form of a job asks only for what applies: the kind and words of a case that exists are known.
 * @param {HTMLElement} form
 */
export function start(form) {
  const chosen = form.querySelector('select[name="case_id"]');
  const fields = form.querySelector('[data-part="new-case"]');
  if (!(chosen instanceof HTMLSelectElement) || !(fields instanceof HTMLElement)) return;
  const show = () => { fields.hidden = chosen.value !== ''; };
  chosen.addEventListener('change', show);
  show();
}
