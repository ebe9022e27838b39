import { html } from '#vendor/lit.js';
import { Screen } from '#app/ui/screen.js';

/** To be written. */
class TurnedScreen extends Screen {
  render() {
    return html`<div class="screen"></div>`;
  }
}

customElements.define('turned-screen', TurnedScreen);
