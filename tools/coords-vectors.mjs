/**
 * Writes tests/vectors/coords.json with gcoord, a library we do not use otherwise: the same point in three datums.
 * Only its forward ways (WGS-84 → GCJ-02 → BD-09) are asked: an inverse is right when it comes back, and gcoord's own
 * inverse stops at 0.1 m. Where gcoord shifts BD-09 outside China as well, the vector holds the identity: we never ask
 * Baidu for a place there, and a point must not move by a kilometre because it was typed wrongly.
 */
import { writeFile } from 'node:fs/promises';
import gcoord from 'gcoord';

/** @type {Array<[string, number, number]>} name, latitude, longitude in WGS-84 */
const PLACES = [
  ['Beijing, Wangjing West Garden block 4', 39.9966, 116.4703], ['Beijing, Beiyuan', 40.0433, 116.4214],
  ['Beijing, Huilongguan', 40.0742, 116.3312], ['Beijing, Xisanqi', 40.0559, 116.3485], ['Beijing, Tiantongyuan', 40.0668, 116.4125],
  ['Beijing, Fangzhuang', 39.8651, 116.4297], ['Beijing, Huixinli', 39.9785, 116.4152], ['Beijing, Tongzhou Liyuan', 39.8838, 116.6612],
  ['Beijing, Yizhuang', 39.7953, 116.5012], ['Beijing, Shijingshan Bajiao', 39.9125, 116.1954], ['Beijing, Tiananmen', 39.9073, 116.3913],
  ['Tianjin', 39.1256, 117.1901], ['Shijiazhuang', 38.0428, 114.5149], ['Shanghai, Pudong', 31.2211, 121.5442], ['Guangzhou', 23.1291, 113.2644],
  ['Shenzhen', 22.5431, 114.0579], ['Chengdu', 30.5728, 104.0668], ['Chongqing', 29.563, 106.5516], ['Xi’an', 34.3416, 108.9398], ['Wuhan', 30.5928, 114.3055],
  ['Kunming', 25.0389, 102.7183], ['Lhasa', 29.652, 91.1721], ['Ürümqi', 43.8256, 87.6168], ['Kashgar', 39.4704, 75.9898], ['Harbin', 45.8038, 126.535],
  ['Mohe', 52.9721, 122.5386], ['Heihe, on the river', 50.2456, 127.5286], ['Dandong, on the river', 40.1244, 124.3947], ['Hekou, at the border', 22.5293, 103.9394],
  ['Erenhot, at the border', 43.6475, 111.9768], ['Khorgas, at the border', 44.2152, 80.4214], ['Sanya', 18.2528, 109.5119], ['Hong Kong', 22.3193, 114.1694],
  ['Macau', 22.1987, 113.5439], ['Taipei', 25.033, 121.5654], ['Yongxing Island', 16.8331, 112.3387],
  ['where the meridian of the formula lies', 34.9, 105], ['where the parallel of the formula lies', 35, 104.9],
  ['just inside the west', 40, 72.0041], ['just inside the north', 55.827, 110], ['just inside the south', 0.8294, 110], ['just inside the east', 40, 137.8346],
  ['just outside the west', 40, 72.0039], ['just outside the north', 55.8272, 110], ['just outside the south', 0.8292, 110], ['just outside the east', 40, 137.8348],
  ['Tokyo', 35.6762, 139.6503], ['Sydney', -33.8688, 151.2093], ['London', 51.5074, -0.1278], ['New York', 40.7128, -74.006],
  ['São Paulo', -23.5505, -46.6333], ['Novosibirsk', 55.9, 82.9346], ['Dubai', 25.2048, 55.2708], ['Jakarta', -6.2088, 106.8456], ['zero', 0, 0],
];

const points = [...PLACES.map(([name, lat, lng]) => inEveryDatum(name, { lat, lng })), ...grid()];
const text = JSON.stringify({
  about: 'One point in three datums, degrees; made by tools/coords-vectors.mjs with gcoord 1.0.7. Every pair of datums must convert both ways.',
  tolerance_m: 0.05,
  points: ['⟨points⟩'],
}, null, 2).replace('"⟨points⟩"', points.map((point) => JSON.stringify(point)).join(',\n    '));
await writeFile(new URL('../tests/vectors/coords.json', import.meta.url), `${text}\n`);
console.log(`${points.length} points`);

/** Points over the country, off round degrees so that no sine in the formula vanishes. */
function grid() {
  const made = [];
  for (let lat = 18.37; lat < 54; lat += 2.61) {
    for (let lng = 73.83; lng < 135.5; lng += 4.47) {
      made.push(inEveryDatum(`grid ${lat.toFixed(2)} ${lng.toFixed(2)}`, { lat: Number(lat.toFixed(5)), lng: Number(lng.toFixed(5)) }));
    }
  }
  return made;
}

/** @param {string} name @param {{ lat: number, lng: number }} wgs */
function inEveryDatum(name, wgs) {
  const start = /** @type {[number, number]} */ ([wgs.lng, wgs.lat]);
  const gcj = gcoord.transform([...start], gcoord.WGS84, gcoord.GCJ02);
  const moved = gcj[0] !== start[0] || gcj[1] !== start[1];
  const bd = moved ? gcoord.transform([...gcj], gcoord.GCJ02, gcoord.BD09) : start;
  return { name, 'WGS-84': pair(start), 'GCJ-02': pair(gcj), 'BD-09': pair(bd) };
}

/** Latitude first, nine decimals: 0.1 mm. @param {number[]} coordinate longitude first */
function pair([lng, lat]) {
  return [Number(lat.toFixed(9)), Number(lng.toFixed(9))];
}
