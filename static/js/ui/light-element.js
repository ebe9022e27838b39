import { LitElement } from '#vendor/lit.js';

/** An element that draws into the page itself, so that the style sheets of the page apply. */
export class LightElement extends LitElement {
  createRenderRoot() {
    return this;
  }
}
