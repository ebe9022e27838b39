// Leaflet, all of it: its classes find each other by name.
export * from 'leaflet';
