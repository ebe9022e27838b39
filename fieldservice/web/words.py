"""Words for every reason code: what happened, what is safe, what to do. The phone has the same codes in its own list."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

REASONS = {
    # access
    "not_found": _l("There is nothing here, or it is not yours to see."),
    "signed_out": _l("Your sign-in has ended. Sign in again; what you entered on a phone is kept there."),
    "not_allowed": _l("Your role does not allow this. Ask your manager or the administrator."),
    "cross_site": _l("The request came from another site and was refused. Nothing was changed."),
    "form_expired": _l("The form is too old. Nothing was changed: open the page again and repeat the entry."),
    "language_unknown": _l("This language is not offered."),
    "must_choose_password": _l("Choose your own password first."),
    "wrong_name_or_password": _l("Staff number or password is wrong."),
    "code_unknown": _l("This code is wrong, used or too old. Ask for a new one."),
    "link_unknown": _l("This link is wrong, used or too old. Ask for a new one."),
    "too_many_tries": _l("Too many wrong tries. Wait %(wait_seconds)s seconds and try again."),
    "person_disabled": _l("This account is disabled. Ask the administrator."),
    "device_of_another": _l("This phone is registered for somebody else."),
    "device_unknown": _l("This phone is not registered yet."),
    "device_revoked": _l("This phone was blocked by the administrator. What is unsent stays on it."),
    # the server itself
    "bad_request": _l("The request could not be understood. Nothing was changed."),
    "json_expected": _l("The request was not JSON. Nothing was changed."),
    "too_large": _l("This is too large to take. Nothing was changed."),
    "server_busy": _l("The database does not answer right now. Nothing was changed: try again in a few seconds."),
    "server_full": _l("The server's disk is full. Nothing was changed: tell the administrator."),
    "server_trouble": _l("Something went wrong on our side. Nothing was half-written. Tell the administrator this number: %(reference)s."),
    "update_needed": _l("This app is too old. What is on the phone is kept: load the new version."),
    # fields of a form
    "value_missing": _l("This is needed."),
    "value_bad": _l("This cannot be used."),
    "choose_one": _l("Choose from the list."),
    "text_too_long": _l("Too long: %(length)s characters, at most %(limit)s."),
    "number_expected": _l("Write a number."),
    "number_too_small": _l("At least %(limit)s."),
    "number_too_large": _l("At most %(limit)s."),
    "day_bad": _l("Write a day like 2026-11-21."),
    "time_bad": _l("Write a time like 09:30."),
    "phone_bad": _l("Write a phone number: digits, with + in front for another country."),
    "amount_bad": _l("Write an amount in yuan, like 180 or 180.50."),
    "position_bad": _l("Write degrees, like 116.469812."),
    "position_two_numbers": _l("Write two numbers with a comma between, like 116.469812,39.991134."),
    "position_swapped": _l("This lies outside China. Exchanged, it lies inside: were longitude and latitude mixed up?"),
    "position_abroad": _l("This lies outside China. Tick below that it is right, or correct it."),
    "branch_missing": _l("Choose the branch."),
    "visit_day_missing": _l("Choose the day of this time."),
    "time_incomplete": _l("Give both times, or neither."),
    "amount_reason_missing": _l("Say what the amount is for."),
    # people and branches
    "staff_no_taken": _l("This staff number is taken."),
    "phone_taken": _l("This mobile number belongs to another account."),
    "badge_no_taken": _l("This badge number is taken."),
    "code_taken": _l("This branch code is taken."),
    "last_administrator": _l("This is the last administrator. Make somebody else administrator first."),
    "branch_closed": _l("This branch is closed."),
    "password_short": _l("The password needs at least %(least)s characters."),
    "password_common": _l("This password is too easy to guess. Choose a longer one or several words."),
    "password_long": _l("The password may have %(most)s characters at most."),
    "password_personal": _l("This password is made of your name, number or mobile. Choose another one."),
    "password_differs": _l("The two passwords are not the same. Type them again."),
    "staff_no_shape": _l("A staff number has 1 to 20 letters, digits or hyphens."),
    "role_missing": _l("Choose at least one role."),
    "branch_code_shape": _l("A branch code has 2 to 8 capital letters or digits."),
    "timezone_unknown": _l("This time zone is not known."),
    "last_head_office": _l("This is the last head office. It cannot be closed or become a store."),
    "password_wrong": _l("The present password is wrong."),
    # jobs
    "changed_meanwhile": _l("Somebody changed this meanwhile. What you typed is still here: compare and save again."),
    "unknown_step": _l("This step is not known."),
    "step_out_of_order": _l("This step does not fit the state of the job."),
    "job_cancelled": _l("The job was cancelled."),
    "job_reassigned": _l("The job was given to somebody else."),
    "job_ended": _l("The job has already ended."),
    "job_unknown": _l("There is no such job."),
    "not_lead": _l("Only the lead technician moves the job on."),
    "not_crew": _l("This person is not on the job."),
    "reason_missing": _l("A reason is needed."),
    "reason_too_long": _l("The reason is too long: 500 characters at most."),
    "promise_missing": _l("Say when you come again, or why no time was agreed."),
    "nothing_to_take_back": _l("There is no step to take back."),
    "text_missing": _l("There is no text."),
    "not_a_technician": _l("This person is not a technician of this branch."),
    "unknown_kind": _l("This comes from a newer app than the server knows. It is kept."),
    "late_evidence": _l("Came in after the job had changed hands or was cancelled. It is kept in the history."),
    "bad_args": _l("The entry is incomplete and cannot be applied. It is kept."),
    "not_cancelled": _l("The job is not cancelled."),
    "priority_reason_missing": _l("Say why it is urgent."),
    "window_incomplete": _l("Give both times of the window, or neither."),
    "day_missing": _l("Give a day for this window."),
    "day_unreadable": _l("This day could not be read. Write it like 2026-11-21."),
    "time_unreadable": _l("This time could not be read. Write it like 10:30."),
    "not_decidable": _l("There is nothing to accept or decline here: take note of it."),
    "decided_already": _l("This has been decided already."),
    "window_order": _l("The window must end after it starts."),
    "position_incomplete": _l("Give both latitude and longitude, or neither."),
    "position_outside": _l("This position is outside the map."),
}


def reason_words(code: str, facts: dict[str, Any] | None = None) -> str:
    """The sentence for `code` in the language of this request; an unknown code is shown as it is."""
    message = REASONS.get(code)
    if message is None:
        return code
    text = str(message)
    return text % facts if facts and "%(" in text else text
