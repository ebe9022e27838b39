// htmx for a page whose Content Security Policy forbids eval and, where the browser knows them, demands Trusted Types.
import htmx from 'htmx.org';

const rules = {
  /** Answers of our own server (config.mode is same-origin): Jinja has escaped them.
   * @param {string} text */
  createHTML: (text) => text,
  /** A fragment carries no script; one that does is emptied, not run. */
  createScript: () => '',
};

/** Stands where htmx would build a function from an attribute: hx-on, js: values and trigger filters are not used here. */
function Refused() {
  throw new Error('htmx: code in attributes is switched off; write a behaviour in static/js/behaviours/');
}

htmx.registerExtension('no-eval', {
  /** @param {{ initSecurity: (policy: object, sync: Function, async: Function) => void }} api */
  init(api) {
    const factory = /** @type {any} */ (globalThis).trustedTypes;
    api.initSecurity(factory ? factory.createPolicy('htmx', rules) : rules, Refused, Refused);
  },
});

// htmx adds a style sheet of its own for indicators; ours is in base.css.
document.adoptedStyleSheets = document.adoptedStyleSheets.filter(
  (sheet) => sheet !== /** @type {any} */ (htmx).indicatorStyleSheet,
);

export default htmx;
