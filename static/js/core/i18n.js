/**
 * Words and formats in the person's language. The key of a message is its English sentence; the server, which knows all
 * messages, serves scripts that name it by its number in the catalogue (`fieldservice/web/js_messages.py`).
 */

/** @type {Record<string | number, string>} */
let messages = {};
let language = 'zh';
/** @type {Map<string, any>} Intl objects cost a millisecond each on a slow phone */
const formats = new Map();

/**
 * @param {string} lang 'zh', 'en' or, in tests, 'qps'
 * @param {Record<string | number, string>} catalogue msgid or its number → text
 */
export function setCatalogue(lang, catalogue) {
  language = lang;
  messages = catalogue;
  formats.clear();
}

/** The language in use: 'zh' or 'en' ('qps', the pseudo-language, in tests). */
export function lang() {
  return language;
}

/**
 * @param {string} msgid the English sentence, with `{name}` placeholders; served: its number
 * @param {Record<string, any>} [params]
 * @returns {string} the translation; without one the English sentence
 */
export function t(msgid, params = {}) {
  const text = String((Object.hasOwn(messages, msgid) && messages[msgid]) || msgid);
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
  const { weekday, day, month } = partsOf(isoDate);
  return language === 'zh' ? `${month}月${day}日 ${weekday}` : `${weekday} ${day} ${month}`;
}

/**
 * "2026年11月21日", "21 Nov 2026"
 * @param {string} isoDate YYYY-MM-DD
 */
export function fullDate(isoDate) {
  const { day, month, year } = partsOf(isoDate);
  return language === 'zh' ? `${year}年${month}月${day}日` : `${day} ${month} ${year}`;
}

/** The names of a day; put together by us, so that every browser and the server write the same. @param {string} isoDate */
function partsOf(isoDate) {
  const [year, month, date] = isoDate.split('-').map(Number);
  const at = Date.UTC(year, month - 1, date);
  const zh = language === 'zh';
  return {
    year,
    month: zh ? month : dates({ timeZone: 'UTC', month: 'short' }).format(at),
    day: date,
    weekday: dates({ timeZone: 'UTC', weekday: zh ? 'long' : 'short' }).format(at),
  };
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
 * "180 元", "¥180.50"; the figure as the server writes it.
 * @param {number} fen whole fen
 * @param {string} [lang] another language than the app's: what is said to a customer
 */
export function yuan(fen, lang = language) {
  const all = Math.abs(fen);
  const whole = String(Math.floor(all / 100)).replace(/\B(?=(\d{3})+$)/g, ',');
  const figure = all % 100 ? `${whole}.${String(all % 100).padStart(2, '0')}` : whole;
  return (fen < 0 ? '-' : '') + (lang === 'zh' ? `${figure} 元` : `¥${figure}`);
}

function locale() {
  return language === 'zh' ? 'zh-CN' : 'en-US'; // en-GB has names that differ from one browser to the next: Sep, Sept
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
