export * from '../../tools/vendor/leaflet.js';
