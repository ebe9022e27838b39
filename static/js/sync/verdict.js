/**
 * What an answer other than 200 means: the table of docs/sync-protocol.md. None of them ever throws work away.
 * @param {import('#app/sync/transport.js').Reply} reply
 * @returns {import('#app/sync/engine.js').Outcome}
 */
export function verdict({ status, body, retryAfterMs }) {
  const code = body?.error?.code ?? '';
  const waitMs = retryAfterMs;
  if (status === 0) return { state: 'offline', code: '', waitMs: null };
  if (status === 401) return { state: 'signed_out', code, waitMs: null };
  if (status === 403 && code === 'device_revoked') return { state: 'revoked', code, waitMs: null };
  if (status === 403) return { state: 'not_allowed', code, waitMs: null };
  if (status === 426) return { state: 'update_needed', code: 'too_old', waitMs: null };
  if (status === 409) return { state: 'server_trouble', code: code || 'conflict', waitMs };
  if (status === 429 || status === 503) return { state: 'server_trouble', code: 'busy', waitMs };
  if (status === 507) return { state: 'server_trouble', code: 'disk_full', waitMs };
  if (status >= 500) return { state: 'server_trouble', code: 'server_error', waitMs };
  // The server does not understand this app: an update or the office must help, asking often does not.
  return { state: 'update_needed', code: 'bad_request', waitMs: null };
}
