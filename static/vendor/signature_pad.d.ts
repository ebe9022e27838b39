export * from '../../tools/vendor/signature_pad.js';
