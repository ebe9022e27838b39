/**
 * A QR code as one path: a run of dark modules is one bar.
 * @param {string} code modules row by row, a bit each, as base64 (docs/sync-protocol.md, Documents)
 * @returns {{size: number, path: string}} size: modules a side
 */
export function qrPath(code) {
  const bytes = atob(code);
  const size = Math.floor(Math.sqrt(bytes.length * 8));
  const dark = (/** @type {number} */ at) => (bytes.charCodeAt(at >> 3) >> (7 - (at & 7))) & 1;
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0, end = 0; x < size; x = end + 1) {
      for (end = x; end < size && dark(y * size + end); end += 1);
      if (end > x) path += `M${x} ${y}h${end - x}v1H${x}z`;
    }
  }
  return { size, path };
}
