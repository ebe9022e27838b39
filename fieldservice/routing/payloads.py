"""The form of a branch's travel numbers."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from fieldservice.routing.travel import TravelModel
from fieldservice.web.forms import Form, problem


def _between(least: float, most: float, *, is_whole: bool = False) -> BeforeValidator:
    def read(value: Any) -> float | int:
        text = str(value).strip().replace("，", ".").replace(",", ".").replace("．", ".")
        try:
            number = float(text)
        except ValueError as error:
            raise problem("travel_number", least=least, most=most) from error
        if not least <= number <= most or (is_whole and number != int(number)):
            raise problem("travel_number", least=least, most=most)
        return int(number) if is_whole else round(number, 3)

    return BeforeValidator(read)


def _factors(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(values) != 24:
        raise problem("travel_number", least=50, most=300)
    return tuple(value * 10 for value in values)


class TravelForm(Form):
    """As typed; factors in hundredths."""

    detour_far: Annotated[float, _between(1, 3)]
    detour_near: Annotated[float, _between(0, 2)]
    detour_km: Annotated[float, _between(0.1, 50)]
    speed_slow: Annotated[float, _between(5, 80)]
    speed_gain: Annotated[float, _between(0, 100)]
    speed_km: Annotated[float, _between(0.5, 100)]
    parking_minutes: Annotated[float, _between(0, 30)]
    factors: Annotated[tuple[Annotated[int, _between(50, 300, is_whole=True)], ...], AfterValidator(_factors)]

    def model(self) -> TravelModel:
        """The numbers it asks for."""
        values = self.model_dump(exclude={"parking_minutes", "factors"})
        return TravelModel(**values, parking_seconds=round(self.parking_minutes * 60), factor_per_mille=self.factors)
