import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapLink } from '#app/core/maplinks.js';

/** @typedef {import('#app/core/maplinks.js').MapApp} MapApp */
// WGS-84; GCJ-02 is 39.997910, 116.476427 (first point of tests/vectors/coords.json).
const home = { lat: 39.9966, lng: 116.4703, name: '望京西园四区 12 号楼' };
const base = { lat: 35.6762, lng: 139.6503, name: '东京' };
const NAME = '%E6%9C%9B%E4%BA%AC%E8%A5%BF%E5%9B%AD%E5%9B%9B%E5%8C%BA%2012%20%E5%8F%B7%E6%A5%BC';

/** @type {Array<[MapApp, string]>} */
const LINKS = [
  ['amap', `https://uri.amap.com/navigation?to=116.476427,39.997910,${NAME}&mode=car&src=fieldservice&callnative=1`],
  ['baidu', `https://api.map.baidu.com/marker?location=39.997910,116.476427&title=${NAME}&content=${NAME}&coord_type=gcj02&output=html&src=fieldservice`],
  ['tencent', `https://apis.map.qq.com/uri/v1/routeplan?type=drive&tocoord=39.997910,116.476427&to=${NAME}&coord_type=2&referer=fieldservice`],
  ['apple', 'https://maps.apple.com/?daddr=39.997910,116.476427&dirflg=d'],
  ['google', 'https://www.google.com/maps/dir/?api=1&destination=39.997910,116.476427'],
  ['geo', `geo:39.996600,116.470300?q=39.996600,116.470300(${NAME})`],
];

for (const [app, link] of LINKS) {
  test(`${app} gets the point in its own datum and order`, () => {
    assert.equal(mapLink(app, home), link);
  });
}

test('Baidu gets a way when we know where it starts', () => {
  const link = mapLink('baidu', { ...home, from: { lat: 39.9073, lng: 116.3913, name: '起点' } });
  assert.match(link, /^https:\/\/api\.map\.baidu\.com\/direction\?origin=latlng:39\.9087\d\d,116\.3975\d\d%7Cname:%E8%B5%B7%E7%82%B9&destination=latlng:39\.997910,116\.476427%7Cname:/);
  assert.match(link, /&mode=driving&coord_type=gcj02&output=html&src=fieldservice$/);
});

test('a start is passed to every map that takes one', () => {
  for (const [app] of LINKS.filter(([name]) => name !== 'geo')) {
    assert.notEqual(mapLink(app, { ...home, from: base }), mapLink(app, home), app);
  }
});

test('outside China the point is not moved', () => {
  assert.equal(mapLink('google', base), 'https://www.google.com/maps/dir/?api=1&destination=35.676200,139.650300');
});

test('a name cannot add parameters or cut the ones there', () => {
  const name = 'A&mode=walk,1|name:B#(x)?';
  for (const [app] of LINKS) {
    const link = new URL(mapLink(app, { ...home, name }));
    assert.equal(link.hash, '', app);
    assert.notEqual(link.searchParams.get('mode'), 'walk', app);
    assert.ok(!link.search.includes('%7Cname:B'), app);
  }
  assert.equal(new URL(mapLink('amap', { ...home, name })).searchParams.get('to'), '116.476427,39.997910,A&mode=walk 1 name B# x ?');
});
