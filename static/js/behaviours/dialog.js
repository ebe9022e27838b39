/**
 * The small form in front of the page: opens when htmx has put one in, closes when it was taken, keeps what was typed
 * when the server could not be asked.
 */

import { t } from '#app/core/i18n.js';
import { sayOnce } from '#app/behaviours/toast.js';

/** @param {HTMLElement} element the `<dialog>` */
export function start(element) {
  const dialog = /** @type {HTMLDialogElement} */ (element);
  const body = part(dialog, '#dialog-body');
  dialog.addEventListener('close', () => body.replaceChildren());
  dialog.addEventListener('click', (event) => closeFrom(dialog, event));
  dialog.addEventListener('htmx:before:request', () => { part(dialog, '[data-when="away"]').hidden = true; });
  document.addEventListener('htmx:before:swap', (event) => keepTyped(dialog, /** @type {CustomEvent} */ (event)));
  document.addEventListener('htmx:after:swap', (event) => show(dialog, body, /** @type {CustomEvent} */ (event)));
  document.addEventListener('htmx:error', (event) => sayAway(dialog, /** @type {CustomEvent} */ (event)));
  document.addEventListener('fieldservice:done', (event) => finish(dialog, /** @type {CustomEvent} */ (event)));
}

/** @param {HTMLDialogElement} dialog @param {HTMLElement} body @param {CustomEvent} event */
function show(dialog, body, event) {
  if (event.detail.ctx.target !== body) return;
  const title = body.querySelector('[data-title]');
  if (title instanceof HTMLElement) part(dialog, '#dialog-title').textContent = title.dataset.title ?? '';
  if (!dialog.open) dialog.showModal();
  const first = body.querySelector('#change-error, [autofocus]');
  if (first instanceof HTMLElement) first.focus();
}

/**
 * An answer that is no form (signed out, server away) is said above the form; the form stays.
 * @param {HTMLDialogElement} dialog @param {CustomEvent} event
 */
function keepTyped(dialog, event) {
  const { ctx, tasks } = event.detail;
  const body = part(dialog, '#dialog-body');
  if (ctx.target !== body) return;
  part(dialog, '#dialog-said').replaceChildren();
  const isForm = ctx.response.status < 400 || ctx.response.status === 409 || ctx.response.status === 422;
  if (isForm) return;
  for (const task of tasks) task.target = part(dialog, '#dialog-said');
  if (!dialog.open) dialog.showModal();
}

/** @param {HTMLDialogElement} dialog @param {CustomEvent} event */
function sayAway(dialog, event) {
  if (event.detail.ctx?.target !== part(dialog, '#dialog-body')) return;
  part(dialog, '[data-when="away"]').hidden = false;
  if (!dialog.open) dialog.showModal();
}

/** @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function closeFrom(dialog, event) {
  if (!(event.target instanceof Element) || !event.target.closest('[data-close]')) return;
  event.preventDefault();
  dialog.close();
}

/** @param {HTMLDialogElement} dialog @param {CustomEvent} event */
function finish(dialog, event) {
  if (dialog.open) dialog.close();
  document.body.dispatchEvent(new CustomEvent('fieldservice:changed'));
  const { words, undo } = event.detail;
  sayOnce(words, undo ? undoButton(undo) : null);
}

/** Takes back what was just done: by the form of the page, which knows how. @param {string} address */
function undoButton(address) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn';
  button.textContent = t('Undo');
  button.addEventListener('click', () => {
    const form = /** @type {HTMLFormElement | null} */ (document.getElementById('undo-form'));
    form?.setAttribute('hx-post', address);
    form?.requestSubmit();
    button.closest('.toast')?.remove();
  });
  return button;
}

/** @param {HTMLElement} root @param {string} selector @returns {HTMLElement} */
function part(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the dialog has no ${selector}`);
  return found;
}
