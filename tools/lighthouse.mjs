// node tools/lighthouse.mjs <debugging port> <runs> <url>: Lighthouse on a page of a Chromium that is already signed in.
// Prints one JSON line: the median of each category, in percent, and the metrics of the median run by performance.
import lighthouse from 'lighthouse';

const [port, runs, url] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const METRICS = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'speed-index', 'cumulative-layout-shift'];

/**
 * Everything comes over the network, but the person stays signed in: no worker, no caches, cookies and data kept.
 * @type {import('lighthouse').Flags}
 */
const COLD = { clearStorageTypes: ['service_workers', 'cache_storage'] };

/** @type {any[]} */
const results = [];
for (let run = 0; run < runs; run += 1) {
  const found = await lighthouse(url, { port, output: 'json', logLevel: 'error', ...COLD, onlyCategories: CATEGORIES });
  if (!found) throw new Error('Lighthouse gave no result');
  results.push(found.lhr);
}

/** @param {any} lhr @param {string} category */
const score = (lhr, category) => Math.round(lhr.categories[category].score * 100);
/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const middle = results.toSorted((a, b) => score(a, 'performance') - score(b, 'performance'))[Math.floor(runs / 2)];
const failed = Object.values(middle.audits)
  .filter((audit) => audit.score !== null && audit.score < 1 && ['binary', 'metricSavings'].includes(audit.scoreDisplayMode))
  .map((audit) => `${audit.id}: ${audit.displayValue ?? audit.score}`);

console.log(JSON.stringify({
  url,
  scores: Object.fromEntries(CATEGORIES.map((category) => [category, median(results.map((lhr) => score(lhr, category)))])),
  performance: results.map((lhr) => score(lhr, 'performance')),
  metrics: Object.fromEntries(METRICS.map((name) => [name, middle.audits[name].displayValue])),
  failed,
}));
