/**
 * The three datums of maps in China. Points are stored in WGS-84 (what a receiver says); AMap, Tencent, Google and Apple
 * draw mainland China in GCJ-02, 250 to 630 m away; Baidu in BD-09. Convert on input and output only.
 *
 * Nothing is rounded here (doubles in, doubles out); six decimals, 0.1 m, when a link is written. The inverse ways
 * approach their answer in four passes: a round trip stays under 0.05 m. Outside the rectangle around China every way is the identity; the
 * rectangle is the one all map makers' converters use and takes in parts of the neighbours.
 * The twin is fieldservice/core/coords.py; tests/vectors/coords.json runs on both.
 */

/** @typedef {'WGS-84' | 'GCJ-02' | 'BD-09'} Datum */
/** @typedef {{ lat: number, lng: number }} Point degrees */

const { PI, abs, atan2, cos, hypot, sin, sqrt } = Math;
const RADIUS = 6378245; // metres, Krasovsky 1940, on which GCJ-02 is defined
const ECCENTRICITY_2 = 0.006693421622965823; // squared, of the same ellipsoid
const BAIDU = (PI * 3000) / 180;
const PASSES = 4;

/**
 * @param {Point} point
 * @param {Datum} from
 * @param {Datum} to
 * @returns {Point} a new point, or the same one where nothing changes
 */
export function convert(point, from, to) {
  if (from === to || !isInChina(point)) return point;
  const gcj = from === 'WGS-84' ? gcjFromWgs(point) : from === 'BD-09' ? inverse(bdFromGcj, point) : point;
  return to === 'WGS-84' ? inverse(gcjFromWgs, gcj) : to === 'BD-09' ? bdFromGcj(gcj) : gcj;
}

/**
 * Roughly: the rectangle outside of which no map is shifted.
 * @param {Point} point
 */
export function isInChina({ lat, lng }) {
  return lng >= 72.004 && lng <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

/** @param {Point} wgs @returns {Point} */
function gcjFromWgs({ lat, lng }) {
  const x = lng - 105;
  const y = lat - 35;
  const both = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    + ((both + 20 * sin(y * PI) + 40 * sin((y / 3) * PI) + 160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    + ((both + 20 * sin(x * PI) + 40 * sin((x / 3) * PI) + 150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const angle = (lat * PI) / 180;
  const curve = 1 - ECCENTRICITY_2 * sin(angle) ** 2;
  return {
    lat: lat + (north * 180 * curve * sqrt(curve)) / (RADIUS * (1 - ECCENTRICITY_2) * PI),
    lng: lng + (east * 180 * sqrt(curve)) / (RADIUS * cos(angle) * PI),
  };
}

/** @param {Point} gcj @returns {Point} */
function bdFromGcj({ lat, lng }) {
  const z = hypot(lng, lat) + 0.00002 * sin(lat * BAIDU);
  const theta = atan2(lat, lng) + 0.000003 * cos(lng * BAIDU);
  return { lat: z * sin(theta) + 0.006, lng: z * cos(theta) + 0.0065 };
}

/**
 * The point whose image is the target: each pass moves the guess by what its image misses. Two passes leave up to 3 cm
 * for GCJ-02 and 15 cm for the short waves of BD-09; four leave less than a millimetre for both.
 * @param {(point: Point) => Point} forward
 * @param {Point} target
 * @returns {Point}
 */
function inverse(forward, target) {
  let guess = target;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const image = forward(guess);
    guess = { lat: guess.lat + target.lat - image.lat, lng: guess.lng + target.lng - image.lng };
  }
  return guess;
}
