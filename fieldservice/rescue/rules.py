"""Limits of rescue files, and what can become of one."""

from datetime import timedelta

#: came, and not everything of it has been gone through: a killed process; it can be gone on with
OPEN = "open"
#: gone through to its end
TAKEN = "taken"
#: kept whole for an administrator, nothing of it was taken; `reason` says why
KEPT = "kept"
STATES = (OPEN, TAKEN, KEPT)

#: what became of one operation or photo of a file
NEW, KNOWN, FOREIGN, UNREADABLE = "new", "known", "foreign", "unreadable"
DIFFERS, GONE, ORPHAN = "differs", "gone", "orphan"

#: sixty photos in full size, as base64
MOST_BYTES = 512 * 1024 * 1024
#: what a phone sends by itself: acts, a few photos
MOST_BYTES_OF_PHONE = 64 * 1024 * 1024
#: different files of one person within a day: more is a program gone wrong
MOST_A_DAY = 30
A_DAY = timedelta(days=1)
#: operations of one transaction; the phones of everybody else wait for it
OPS_AT_ONCE = 100
#: newest files shown
MOST_SHOWN = 100
