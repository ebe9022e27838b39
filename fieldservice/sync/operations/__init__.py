"""The operations a phone may send: one explicit list, one file each, named for ever."""

from fieldservice.sync.operations import add_note, record_contact, take_back_step, take_step
from fieldservice.sync.operations.base import Operation

OPERATIONS: dict[str, Operation] = {
    operation.kind: operation
    for operation in (
        take_step.OPERATION,
        take_back_step.OPERATION,
        add_note.OPERATION,
        record_contact.OPERATION,
    )
}
