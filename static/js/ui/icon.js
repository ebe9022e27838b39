import { html } from '#vendor/lit.js';

const sprite = globalThis.document?.documentElement.dataset.icons ?? '';

/**
 * A line icon of the sprite; words beside it tell the meaning.
 * @param {string} name
 */
export function icon(name) {
  return html`<svg class="i" aria-hidden="true"><use href="${sprite}#${name}"></use></svg>`;
}

/** The plank that tells a state by its shape; the word stands beside it. @param {string} mark */
export function plank(mark) {
  return html`<svg class="mark mark-${mark}" aria-hidden="true"><use href="${sprite}#m-${mark}"></use></svg>`;
}
