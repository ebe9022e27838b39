/**
 * How long the way from one place to another takes, estimated from the straight line.
 * `fieldservice/routing/travel.py` says the same to the second; `tests/vectors/travel.json` holds both.
 *
 * @typedef {[lat: number, lng: number]} Place degrees, WGS-84
 * @typedef {object} TravelModel
 * @property {number} detour_far a road is longer than the straight line by so much on long ways,
 * @property {number} detour_near and by so much more on short ones;
 * @property {number} detour_km it fades with the distance
 * @property {number} speed_slow km/h near the start,
 * @property {number} speed_gain and so much more on long ways,
 * @property {number} speed_km gained with the distance
 * @property {number} parking_seconds
 * @property {number[]} factor_per_mille for each hour of the day: driving takes so many thousandths of the usual time
 */

const EARTH_METRES = 6371008.8; // mean radius, IUGG
const SAME_PLACE_METRES = 30;

/** The straight line over the ground (haversine), in whole metres. @param {Place} here @param {Place} there */
export function metresBetween(here, there) {
  const rad = (/** @type {number} */ degrees) => degrees * (Math.PI / 180);
  const [from, to] = [rad(here[0]), rad(there[0])];
  const chord = Math.sin((to - from) / 2) ** 2 + Math.cos(from) * Math.cos(to) * Math.sin(rad(there[1] - here[1]) / 2) ** 2;
  return Math.floor(2 * EARTH_METRES * Math.asin(Math.sqrt(Math.min(1, chord))) + 0.5);
}

/** Seconds for so many metres in a straight line, parking included, as driven at that hour. @param {number} metres @param {TravelModel} model @param {number} hour */
export function estimate(metres, model, hour) {
  if (metres < SAME_PLACE_METRES) return 0;
  const km = metres / 1000;
  const road = km * (model.detour_far + model.detour_near * Math.exp(-km / model.detour_km));
  const speed = model.speed_slow + model.speed_gain * (1 - Math.exp(-road / model.speed_km));
  return Math.floor((Math.floor((road / speed) * 3600 + 0.5) * model.factor_per_mille[hour] + 500) / 1000) + model.parking_seconds;
}
