/** @typedef {import('#app/types/domain.js').JobFields} JobFields */

/**
 * A job as the server sends it.
 * @param {Partial<JobFields>} [over]
 * @returns {JobFields}
 */
export function aJob(over = {}) {
  return {
    number: 'PG-0001', type: 'repair', state: 'assigned', priority: 'normal', run: 1,
    case: { id: 'case-1', number: 'FW-0001', kind: 'repair', words: '地板起拱', opened_ms: 1_794_000_000_000 },
    visit_on: '2026-11-21', window: { start_ms: 1_795_000_000_000, end_ms: 1_795_005_400_000 }, timezone: 'Asia/Shanghai', planned_minutes: 30,
    brief: '卧室地板起拱', analysis: '', remedy: '', bring: '', special_needs: [], special_note: '', amount_fen: null, amount_reason: '', visit_no: 1,
    customer: { name: '王芳', address_form: '王女士', phone: '13800005678' },
    site: { district: '朝阳区', address: '望京西园 3 区', unit: '312-1801', access_note: '', lat: 39.99, lng: 116.47 },
    product: null, lead: { id: 'tech-a', name: '李强', staff_no: '0217' }, helpers: [], branch: { name: '望京店', phone: '01064000000' },
    steps: [], notes: [], history: [], cancel_reason: '',
    stops_supply: false, under_warranty: false, sign_nonce: '0123456789abcdef0123456789abcdef', closed: false, checklist: null,
    answers: [], photos: [], charges: null, sheets: [], incidents: [], ...over,
  };
}

/** @type {import('#app/types/domain.js').MeFields} */
export const ME = { staff_no: '0217', name: '李强', badge_no: 'B217', language: 'zh', branch: { name: '望京店', phone: '01064000000', timezone: 'Asia/Shanghai' }, roles: ['technician'] };
