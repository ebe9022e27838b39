"""The operations a phone may send: one explicit list, one file each, named for ever."""

from fieldservice.sync.operations import (
    add_note,
    add_photo,
    answer_item,
    caption_photo,
    order_day,
    record_contact,
    report_incident,
    sign_sheet,
    state_charges,
    take_back_step,
    take_step,
    void_photo,
)
from fieldservice.sync.operations.base import Operation

OPERATIONS: dict[str, Operation] = {
    operation.kind: operation
    for operation in (
        take_step.OPERATION,
        take_back_step.OPERATION,
        add_note.OPERATION,
        record_contact.OPERATION,
        answer_item.OPERATION,
        add_photo.OPERATION,
        caption_photo.OPERATION,
        void_photo.OPERATION,
        state_charges.OPERATION,
        report_incident.OPERATION,
        sign_sheet.OPERATION,
        order_day.OPERATION,
    )
}
