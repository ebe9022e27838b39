import { convert } from '#app/core/coords.js';

/** @typedef {'amap' | 'baidu' | 'tencent' | 'apple' | 'google' | 'geo'} MapApp */
/** @typedef {{ lat: number, lng: number, name: string }} Place degrees in WGS-84, and what the map shall call it */

/** How we introduce ourselves; the Chinese map makers ask for it. */
const SOURCE = 'fieldservice';

/**
 * The address that opens the way to a place in the map application a technician has chosen. HTTPS forms, because they
 * work without the application too and in-app browsers block application addresses; `geo:` lets the phone choose.
 * Each map gets the datum it draws mainland China in; none is left to guess.
 * @param {MapApp} app
 * @param {Place & { from?: Place }} place `from`: where the way starts; without it the map starts at the phone
 * @returns {string}
 */
export function mapLink(app, place) {
  return WRITERS[app](place, place.from);
}

/** @type {Record<MapApp, (to: Place, from?: Place) => string>} */
const WRITERS = {
  amap: (to, from) => address('https://uri.amap.com/navigation', {
    from: from && `${lngLat(gcj(from))},${label(from)}`,
    to: `${lngLat(gcj(to))},${label(to)}`,
    mode: 'car', src: SOURCE, callnative: '1',
  }),

  // A way needs an origin here; without one the place itself is shown, with Baidu's own "go there" beside it.
  baidu: (to, from) => from
    ? address('https://api.map.baidu.com/direction', {
      origin: baiduPlace(from), destination: baiduPlace(to),
      mode: 'driving', coord_type: 'gcj02', output: 'html', src: SOURCE,
    })
    : address('https://api.map.baidu.com/marker', {
      location: latLng(gcj(to)), title: label(to), content: label(to), coord_type: 'gcj02', output: 'html', src: SOURCE,
    }),

  tencent: (to, from) => address('https://apis.map.qq.com/uri/v1/routeplan', {
    type: 'drive', fromcoord: from && latLng(gcj(from)), from: from && label(from),
    tocoord: latLng(gcj(to)), to: label(to), coord_type: '2', referer: SOURCE,
  }),

  // Apple's reference names no datum. On phones in mainland China its map is AMap's, and a WGS-84 pair in daddr lands
  // some 500 m off (dpa99c/phonegap-launch-navigator#186), so it gets GCJ-02 there. A phone bought and used abroad may
  // draw another map; technicians are in China. No name: daddr takes either a pair or words.
  apple: (to, from) => address('https://maps.apple.com/', {
    saddr: from && latLng(gcj(from)), daddr: latLng(gcj(to)), dirflg: 'd',
  }),

  google: (to, from) => address('https://www.google.com/maps/dir/', {
    api: '1', origin: from && latLng(gcj(from)), destination: latLng(gcj(to)),
  }),

  // RFC 5870: WGS-84 unless said otherwise. The query repeats the point, as Android's maps read the label there only.
  geo: (to) => `geo:${latLng(to)}?q=${latLng(to)}${encodeURIComponent(`(${label(to)})`)}`,
};

/** @param {Place} place */
function gcj(place) {
  return convert(place, 'WGS-84', 'GCJ-02');
}

/** @param {Place} place */
function baiduPlace(place) {
  return `latlng:${latLng(gcj(place))}|name:${label(place)}`;
}

/** @param {{ lat: number, lng: number }} point six decimals: 0.1 m */
function latLng({ lat, lng }) {
  return `${lat.toFixed(6)},${lng.toFixed(6)}`;
}

/** @param {{ lat: number, lng: number }} point */
function lngLat({ lat, lng }) {
  return `${lng.toFixed(6)},${lat.toFixed(6)}`;
}

/** The name without the characters by which the maps cut their parameters. @param {Place} place */
function label({ name }) {
  return name.replace(/[,|:;()\s]+/g, ' ').trim();
}

/**
 * @param {string} base
 * @param {Record<string, string | undefined>} parameters undefined ones are left out
 */
function address(base, parameters) {
  const query = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${encodeURIComponent(value ?? '').replace(/%2C/g, ',').replace(/%3A/g, ':')}`);
  return `${base}?${query.join('&')}`;
}
