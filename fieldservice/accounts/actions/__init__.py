"""Changes of accounts. None reads the request; the caller commits, unless the docstring says otherwise."""

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.actions.devices import (
    bind_session,
    note_device,
    note_wiped,
    register_device,
    register_key,
    restore_device,
    revoke_device,
)
from fieldservice.accounts.actions.links import NewLink, make_link, use_code, use_link
from fieldservice.accounts.actions.passwords import change_password, set_password
from fieldservice.accounts.actions.people import (
    add_person,
    change_person,
    disable_person,
    enable_person,
    set_language,
    share_position,
)
from fieldservice.accounts.actions.sessions import end_all_sessions, end_other_sessions, end_session
from fieldservice.accounts.actions.signing_in import sign_in

__all__ = [
    "NewLink",
    "Origin",
    "add_person",
    "bind_session",
    "change_password",
    "change_person",
    "disable_person",
    "enable_person",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "make_link",
    "note_access",
    "note_device",
    "note_wiped",
    "register_device",
    "register_key",
    "restore_device",
    "revoke_device",
    "set_language",
    "set_password",
    "share_position",
    "sign_in",
    "use_code",
    "use_link",
]
