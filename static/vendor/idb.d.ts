export * from '../../tools/vendor/idb.js';
