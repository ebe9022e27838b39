"""evidence.json as it comes out of a file: strictly read, for whoever made the file may have made that too."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from fieldservice.core import canonical, json

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Short = Annotated[str, StringConstraints(max_length=500)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=200_000)]
Moment = Annotated[int, Field(ge=0, le=253_370_764_799_999)]
Count = Annotated[int, Field(ge=0, le=canonical.MAX_WHOLE)]


class _Part(BaseModel):
    """What checks need of it; later versions of the product may say more."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ReportSaid(_Part):
    id: Id
    code: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    revision: Annotated[int, Field(ge=1, le=100_000)]
    language: Annotated[str, StringConstraints(min_length=2, max_length=8)]
    made_at_ms: Moment


class JobSaid(_Part):
    id: Id
    number: Short


class LinkSignatureSaid(_Part):
    id: Id
    payload: Text
    payload_sha256: Hash


class SheetSaid(_Part):
    id: Id
    kind: Short
    outcome: Short
    presented: Text
    presented_sha256: Hash
    payload: Text
    signature: Short
    key_id: Short
    #: None: the key was never registered
    key_spki: Short | None
    link_signature: LinkSignatureSaid | None


class PhotoSaid(_Part):
    id: Id
    sha256: Hash
    size: Count | None


class EntrySaid(_Part):
    source_table: Id
    source_id: Id
    seq: Annotated[int, Field(ge=1, le=canonical.MAX_WHOLE)]
    entry_hash: Hash


class HeadSaid(_Part):
    size: Count
    entry_hash: Hash
    root: Hash


class Attachment(_Part):
    """The whole of it."""

    version: int
    report: ReportSaid
    job: JobSaid
    sign_off: SheetSaid | None
    photos: Annotated[list[PhotoSaid], Field(max_length=500)]
    chain: Annotated[list[EntrySaid], Field(max_length=2000)]
    head: HeadSaid | None


def read_attachment(text: str) -> Attachment | None:
    """What it says; None when it is not canonical JSON of this shape."""
    try:
        value: Any = json.loads(text)
        if not canonical.is_canonical(text, value):
            return None
        return Attachment.model_validate(value)
    except (json.BadJson, ValidationError, ValueError, RecursionError):
        return None
