/** A job as the store shows it; `change` says what this test is about. @param {Record<string, any>} [change] @returns {any} */
export function aJob(change = {}) {
  return {
    id: 'j1', version: 1, number: 'J-1', type: 'repair', state: 'accepted', priority: 'normal', run: 1,
    case: { id: 'c1', number: 'C-1', kind: 'repair', words: '', opened_ms: 0 },
    visit_on: '2026-11-21', window: null, timezone: 'Asia/Shanghai', planned_minutes: 60,
    brief: '', analysis: '', remedy: '', bring: '', special_needs: [], special_note: '', amount_fen: null, amount_reason: '', visit_no: 1,
    customer: { name: '张丽华', address_form: '张女士', phone: '13812342716' },
    site: { district: '朝阳区', address: '望京西园四区', unit: '12 号楼 3-602', access_note: '', lat: null, lng: null },
    product: null, lead: { id: 'me', name: '王建国', staff_no: '0217' }, helpers: [], branch: { name: '朝阳', phone: '' },
    steps: [], notes: [], history: [], cancel_reason: '',
    stops_supply: false, under_warranty: false, sign_nonce: '', closed: false, checklist: null,
    answers: [], photos: [], charges: null, sheets: [], incidents: [], shownItems: [], links: { case: null, badge: null },
    unsent: 0, unsentPhotos: 0, unsentOps: [], handedOver: false, lastAckNote: null, ...change,
  };
}

/** A window of that day in Shanghai. @param {string} from HH:MM @param {string} to @param {string} [on] */
export function aWindow(from, to, on = '2026-11-21') {
  return { start_ms: at(from, on), end_ms: at(to, on) };
}

/** A moment said on a wall clock in Shanghai. @param {string} clock HH:MM @param {string} [on] */
export function at(clock, on = '2026-11-21') {
  return Date.parse(`${on}T${clock}:00+08:00`);
}

/** @param {string} step @param {string} from @param {string} to @param {number} at_ms @param {Record<string, any>} [change] @returns {any} */
export function aStep(step, from, to, at_ms, change = {}) {
  return { id: `${step}-${at_ms}`, step, from, to, at_ms, by: '王建国', by_id: 'me', reason: '', promised_ms: null, run: 1, void_reason: null, ...change };
}
