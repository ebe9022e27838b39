#!/usr/bin/env bash
# Removes the data folder: database, files, secrets, certificates. YES=1 answers the question beforehand.
set -eu
cd "$(dirname "$0")/.."
folder=$(realpath -m -- "${FIELDSERVICE_DATA_DIR:-var}")
# Only a folder this product made may go: it always holds its secrets.
if [ ! -d "$folder" ]; then echo "There are no data in $folder."; exit 0; fi
if [ -z "$(find "$folder" -maxdepth 1 \( -name '*.sqlite3' -o -name 'secret*' -o -name 'passwords.json' -o -name tls \) -print -quit)" ]; then
  echo "$folder does not look like a data folder of this product; nothing was removed."; exit 1
fi
if [ "${YES:-}" != 1 ]; then
  printf 'Remove everything in %s? Type yes: ' "$folder"
  read -r answer
  [ "$answer" = yes ] || { echo "Nothing was removed."; exit 1; }
fi
rm -rf -- "$folder"
echo "Removed $folder."
