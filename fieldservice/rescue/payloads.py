"""What `POST /api/rescue` answers."""

from pydantic import BaseModel, Field

#: a sealed file; what is not sealed is JSON
SEALED = "application/vnd.fieldservice.unsent"


class Rescued(BaseModel):
    """What became of a file."""

    id: str
    state: str = Field(description="taken, or kept: nothing of it was taken, and an administrator has the whole")
    reason: str = Field(description="why it was only kept; empty when it was taken")
    #: operations that have a result now, whoever brought them first
    acks: list[str]
    photos: dict[str, str] = Field(description="id → new, known, differs, gone or orphan")
