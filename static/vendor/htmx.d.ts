export { default } from '../../tools/vendor/htmx.js';
