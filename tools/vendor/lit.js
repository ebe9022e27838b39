// What the product uses of Lit, and nothing more. The browser gets the bundle of this file; Node tests and tsc read the
// file itself (see "imports" in package.json), so the list of names stands once.
export { LitElement, html, nothing, render, svg } from 'lit';
export { keyed } from 'lit/directives/keyed.js';
export { repeat } from 'lit/directives/repeat.js';
