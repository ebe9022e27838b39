"""Whether a backup can be put back: looked at, nothing touched."""

from dataclasses import dataclass, field
from pathlib import Path

from fieldservice.backups.databases import Store
from fieldservice.backups.manifest import (
    BLOBS,
    KEYS,
    BackupError,
    Facts,
    Manifest,
    Say,
    faults,
    read_manifest,
)
from fieldservice.core import secrets_file, start


@dataclass
class Checked:
    """What was found."""

    manifest: Manifest
    #: what speaks against putting it back, in words
    faults: list[str] = field(default_factory=list)
    #: photos whose bytes were gone when it was made: putting it back cannot bring them
    missing: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Nothing speaks against it and nothing is missing."""
        return not self.faults and not self.missing


def check_backup(folder: Path, store: Store, keys: Path | None, say: Say) -> Checked:
    """Looks at every byte. Raises BackupError when it is no backup, or one that this program cannot use."""
    manifest = read_manifest(folder)
    if manifest.schema not in start.known_revisions():
        raise BackupError(start.newer_words(f"The backup has the schema {manifest.schema}"))
    checked = Checked(manifest, missing=list(manifest.missing))
    checked.faults += faults(folder, manifest, keys or folder / KEYS)
    checked.faults += [f"{KEYS}/{name}: not in the backup" for name in secrets_file.FILES if _lacks(manifest, name)]
    if any(fault.startswith(f"{manifest.database_file}:") for fault in checked.faults):
        return checked  # its database is damaged: there is nothing to look into
    if store.kind != manifest.database:
        checked.faults.append(
            f"It holds a database of {manifest.database}, and FIELDSERVICE_DATABASE_URL names one of {store.kind}."
        )
        return checked
    try:
        facts = store.look_into(folder / manifest.database_file, say)
    except BackupError as error:
        checked.faults.append(str(error))
        return checked
    checked.faults += _contradictions(manifest, facts) if facts else []
    if facts and facts.chain:
        checked.faults.append(f"{manifest.database_file}: {facts.chain}")
    return checked


def _lacks(manifest: Manifest, name: str) -> bool:
    """Only the first file of keys was there from the beginning."""
    return name == next(iter(secrets_file.FILES)) and f"{KEYS}/{name}" not in manifest.files


def _contradictions(manifest: Manifest, facts: Facts) -> list[str]:
    found = []
    if (facts.schema, facts.epoch, facts.counter) != (manifest.schema, manifest.epoch, manifest.counter):
        found.append(f"{manifest.database_file} is not the database that the manifest speaks of")
    for sha256, size in sorted(facts.verified.items()):
        entry = manifest.files.get(f"{BLOBS}/{sha256[:2]}/{sha256}")
        if sha256 not in manifest.missing and (entry is None or (entry["size"], entry["sha256"]) != (size, sha256)):
            found.append(f"photo {sha256}: its bytes are not in the backup")
    return found
