// What the product uses of Lit, and nothing more. The browser gets the bundle of this file; Node tests and tsc read the
// file itself (see "imports" in package.json), so the list of names stands once.
export { LitElement, html, nothing, noChange, render, svg } from 'lit';
export { AsyncDirective } from 'lit/async-directive.js';
export { Directive, PartType, directive } from 'lit/directive.js';
export { classMap } from 'lit/directives/class-map.js';
export { guard } from 'lit/directives/guard.js';
export { ifDefined } from 'lit/directives/if-defined.js';
export { keyed } from 'lit/directives/keyed.js';
export { live } from 'lit/directives/live.js';
export { createRef, ref } from 'lit/directives/ref.js';
export { repeat } from 'lit/directives/repeat.js';
export { styleMap } from 'lit/directives/style-map.js';
