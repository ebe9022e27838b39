"""The small forms of the day page, checked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.datastructures import MultiDict

from fieldservice.core.errors import AppError, RuleBroken
from fieldservice.jobs.rules import FIRST_YEAR, LAST_YEAR

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Id = Annotated[str, StringConstraints(max_length=36)]


class Form(BaseModel):
    """What every form carries: the version of the job the person looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Annotated[int, Field(ge=0, le=2**63 - 1)]
    #: what speaks against it and is to be done all the same: codes with blanks between
    anyway: Text = ""


class AssignmentForm(Form):
    """Who goes; `lead` '' takes the job back into the tray."""

    lead: Id = ""
    helpers: Annotated[list[Id], Field(max_length=20)] = []


class WindowForm(Form):
    """When; everything as typed, so that it can be shown again."""

    day: Text = ""
    start: Text = ""
    end: Text = ""

    def values(self, timezone: str) -> tuple[date | None, datetime | None, datetime | None]:
        """Day in the branch's zone, start and end as moments. Raises RuleBroken."""
        if not self.day:
            if self.start or self.end:
                raise RuleBroken("day_missing")
            return None, None, None
        day = _day(self.day)
        if not self.start and not self.end:
            return day, None, None
        if not self.start or not self.end:
            raise RuleBroken("window_incomplete")
        zone = ZoneInfo(timezone)
        return day, datetime.combine(day, _time(self.start), zone), datetime.combine(day, _time(self.end), zone)


class PlacementForm(Form):
    """Where a visit was dropped on the board: who goes ('' nobody), which day, from when."""

    lead: Id = ""
    day: Text = ""
    start: Text = ""

    def values(self, timezone: str, minutes: int) -> tuple[date, datetime, datetime]:
        """Day, start and end; the visit is as long as before. Raises RuleBroken."""
        if not self.day:
            raise RuleBroken("day_missing")
        if not self.start:
            raise RuleBroken("window_incomplete")
        day, zone = _day(self.day), ZoneInfo(timezone)
        start = datetime.combine(day, _time(self.start), zone)
        end = start.astimezone(UTC) + timedelta(minutes=minutes)
        return day, start, end


class CancellationForm(Form):
    """Why the visit is called off."""

    reason: Text = ""


class RestorationForm(Form):
    """Nothing but the version."""


AnyForm = TypeVar("AnyForm", bound=Form)


def read_form(model: type[AnyForm], given: MultiDict[str, str]) -> AnyForm:
    """The posted form. Raises AppError 'bad_request'."""
    texts = {name: text.replace("\0", "") for name, text in given.to_dict().items()}
    values: dict[str, object] = {**texts, "helpers": [one for one in given.getlist("helpers") if one]}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise AppError("bad_request") from error


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken("day_unreadable") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise RuleBroken("day_unreadable")  # the first and last days of all have no moment in every zone
    return day


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise RuleBroken("time_unreadable") from error
