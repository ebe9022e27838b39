export * from '../../tools/vendor/lit.js';
