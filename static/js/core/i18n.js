/** Words and formats in the person's language. The key of a message is its English sentence. */

/** @type {Record<string, string>} */
let messages = {};
let language = 'zh';
/** @type {Map<string, any>} Intl objects cost a millisecond each on a slow phone */
const formats = new Map();

/**
 * @param {string} lang 'zh' or 'en'
 * @param {Record<string, string>} catalogue msgid → text
 */
export function setCatalogue(lang, catalogue) {
  language = lang;
  messages = catalogue;
  formats.clear();
}

/** The language in use: 'zh' or 'en'. */
export function lang() {
  return language;
}

/**
 * @param {string} msgid the English sentence, with `{name}` placeholders
 * @param {Record<string, any>} [params]
 * @returns {string} the translation; without one the English sentence
 */
export function t(msgid, params = {}) {
  const text = (Object.hasOwn(messages, msgid) && messages[msgid]) || msgid;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/**
 * "10:42"
 * @param {number} ms
 * @param {string} tz e.g. 'Asia/Shanghai': the branch's zone, whatever the phone says
 */
export function time(ms, tz) {
  return dates({ timeZone: tz, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

/**
 * "11月21日 星期六", "Sat 21 Nov"
 * @param {string} isoDate YYYY-MM-DD
 */
export function day(isoDate) {
  const zh = language === 'zh';
  const format = dates({ timeZone: 'UTC', month: zh ? 'long' : 'short', day: 'numeric', weekday: zh ? 'long' : 'short' });
  /** @type {Record<string, string>} */
  const part = {};
  for (const { type, value } of format.formatToParts(Date.parse(`${isoDate}T00:00:00Z`))) part[type] = value;
  return zh ? `${part.month.replace(/月$/, '')}月${part.day}日 ${part.weekday}` : `${part.weekday} ${part.day} ${part.month}`;
}

/**
 * The local date of a moment: "2026-11-21".
 * @param {number} ms
 * @param {string} tz
 */
export function dayOf(ms, tz) {
  return cached(`day ${tz}`, () => new Intl.DateTimeFormat('en-CA', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' })).format(ms);
}

/**
 * "10:30–12:00"
 * @param {{start_ms: number, end_ms: number}} span
 * @param {string} tz
 */
export function windowText({ start_ms, end_ms }, tz) {
  return `${time(start_ms, tz)}–${time(end_ms, tz)}`;
}

/**
 * "¥180.00"
 * @param {number} fen whole fen
 */
export function yuan(fen) {
  return cached('yuan', () => new Intl.NumberFormat(locale(), { style: 'currency', currency: 'CNY', currencyDisplay: 'narrowSymbol' })).format(fen / 100);
}

function locale() {
  return language === 'zh' ? 'zh-CN' : 'en-GB';
}

/** @param {Intl.DateTimeFormatOptions} options @returns {Intl.DateTimeFormat} */
function dates(options) {
  return cached(JSON.stringify(options), () => new Intl.DateTimeFormat(locale(), options));
}

/** @template T @param {string} key @param {() => T} make @returns {T} */
function cached(key, make) {
  if (!formats.has(key)) formats.set(key, make());
  return formats.get(key);
}
