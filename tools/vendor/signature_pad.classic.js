// The same pad for the page behind a customer's link, which has classic scripts only: a global there.
import SignaturePad from 'signature_pad';

/** @type {any} */ (globalThis).SignaturePad = SignaturePad;
