#!/bin/sh
# Draws static/icons/*.png from the glyph of the product (planks on pine). Needs Chromium; run only when the glyph changes.
# app-*: rounded, transparent corners. maskable-512 and apple-touch-180: full square, glyph inside the safe circle of 80 %.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
glyph='M7 9h18v5H7zM7 14h7v5H7zM14 14h11v5H14zM7 19h13v5H7zM20 19h5v5h-5z'

draw() { # file, size in px, corner of 32, glyph scale
  cat >"$work/page.html" <<SVG
<!doctype html><style>html,body{margin:0;background:transparent}svg{display:block}</style>
<svg xmlns="http://www.w3.org/2000/svg" width="$2" height="$2" viewBox="0 0 32 32"><rect width="32" height="32" rx="$3" fill="#0e5244"/>
<g transform="translate(16 16) scale($4) translate(-16 -16.5)"><path fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round" d="$glyph"/></g></svg>
SVG
  "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --default-background-color=00000000 --window-size="$2,$2" --user-data-dir="$work/profile" \
    --screenshot="$work/out.png" "file://$work/page.html" >/dev/null 2>&1
  mv "$work/out.png" "static/icons/$1"
}

draw app-192.png 192 6 1
draw app-512.png 512 6 1
draw maskable-512.png 512 0 0.95
draw apple-touch-180.png 180 0 1.05
