"""Make up taxi trips: ``python generate_trips.py [FILE] [--rows N] [--seed N]``.

The columns are those of the Chicago taxi tutorial of TFX; every value is invented. Categories
are skewed, places and companies are often missing, some meters did not run, and whether a
passenger tips more than a fifth of the fare depends on how they pay, on the hour, the length of
the trip and the company: enough for a model to learn, and not too much.

Only the standard library is used, and of its random numbers only ``random()``, which Python
keeps the same in all versions, so a seed stands for a file.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

T = TypeVar("T")

COLUMNS = (
    "pickup_community_area",
    "fare",
    "trip_start_month",
    "trip_start_hour",
    "trip_start_day",
    "trip_start_timestamp",
    "pickup_latitude",
    "pickup_longitude",
    "dropoff_latitude",
    "dropoff_longitude",
    "trip_miles",
    "pickup_census_tract",
    "dropoff_census_tract",
    "payment_type",
    "company",
    "trip_seconds",
    "dropoff_community_area",
    "tips",
)

PAYMENTS = ("Cash", "Credit Card", "No Charge", "Unknown", "Dispute", "Pcard", "Prcard")
PAYMENT_WEIGHTS = (5500, 4300, 80, 60, 30, 20, 10)

COMPANIES = (
    "Blue Heron Cab",
    "Lakeshore Taxi Affiliation",
    "Prairie Wheels",
    "North Branch Dispatch",
    "Green Line Cab Co.",
    "Windward Taxi Service",
    "5117 - Meridian Cab",
    "Harbor Light Taxi",
    "Two Bridges Cab Corp.",
    "3201 - Saltbox Taxi",
    "Old Mill Cab",
    "Juniper Transport",
)
GENEROUS = frozenset(COMPANIES[1::3])

AREAS = 77
AIRPORTS = (56, 76)
FIRST_START = 1356998400  # 2013-01-01 00:00 UTC
LAST_START = 1483228800  # 2017-01-01 00:00 UTC
QUARTER = 900  # seconds: starts are recorded to the quarter of an hour


@dataclass(frozen=True)
class Place:
    """An area of the city: number, centre, and its census tracts."""

    area: int
    latitude: float
    longitude: float
    tracts: tuple[int, ...]


class City:
    """Areas of different popularity, at invented places.

    Parameters
    ----------
    random : Random
        Where the places come from.
    """

    def __init__(self, random: Random) -> None:
        self.places = [self._place(area, random) for area in range(1, AREAS + 1)]
        order = sorted(self.places, key=lambda place: random.random())
        weights = [1 / (rank + 1) ** 1.1 for rank in range(AREAS)]
        by_area = {place.area: weight for place, weight in zip(order, weights, strict=True)}
        for airport in AIRPORTS:
            by_area[airport] = 0.3
        self.weights = [by_area[place.area] for place in self.places]

    def draw(self, random: Random) -> Place:
        """Return a place, the popular ones more often."""
        return pick(random, self.places, self.weights)

    def near(self, pickup: Place, random: Random) -> Place:
        """Return where a trip goes: mostly not far, now and then to an airport."""
        while True:
            place = self.draw(random)
            chance = 0.3 if place.area in AIRPORTS else math.exp(-distance(pickup, place) / 3)
            if random.random() < chance:
                return place

    @staticmethod
    def _place(area: int, random: Random) -> Place:
        latitude = round(41.66 + 0.35 * random.random(), 9)
        longitude = round(-87.91 + 0.36 * random.random(), 9)
        tracts = tuple(17031000000 + area * 10000 + 100 * number for number in range(1, 5))
        return Place(area, latitude, longitude, tracts)


def pick(random: Random, values: Sequence[T], weights: Sequence[float]) -> T:
    """Return one of ``values``, each with the chance of its weight."""
    left = random.random() * sum(weights)
    for value, weight in zip(values, weights, strict=True):
        left -= weight
        if left < 0:
            return value
    return values[-1]


def normal(random: Random) -> float:
    """Return a number from the standard normal distribution."""
    radius = math.sqrt(-2 * math.log(1 - random.random()))
    return radius * math.cos(2 * math.pi * random.random())


def distance(pickup: Place, dropoff: Place) -> float:
    """Return the length of the way between two places, in miles."""
    north = (pickup.latitude - dropoff.latitude) * 69.0
    east = (pickup.longitude - dropoff.longitude) * 51.5
    return 1.25 * math.hypot(north, east)


def start(random: Random) -> time.struct_time:
    """Return when a trip starts: evenings and days at work are busier than nights."""
    while True:
        moment = FIRST_START + int(random.random() * (LAST_START - FIRST_START))
        moment -= moment % QUARTER
        when = time.gmtime(moment)
        busy = 0.35 + 0.3 * math.exp(-(((when.tm_hour - 9) / 3) ** 2))
        busy += 0.6 * math.exp(-(((when.tm_hour - 18.5) / 4) ** 2))
        if random.random() < busy:
            return when


def tip(
    random: Random, payment: str, fare: float, hour: int, company: str | None, to_airport: bool
) -> float:
    """Return the tip in dollars: a share of the fare that depends on all of these."""
    if payment not in ("Credit Card", "Pcard", "Prcard"):
        return round(fare * 0.3, 2) if random.random() < 0.01 else 0.0
    share = 0.18 + 0.03 * normal(random)
    share += 0.03 if 6 <= hour < 10 else 0.0
    share -= 0.025 if hour >= 22 or hour < 4 else 0.0
    share += 0.03 if company in GENEROUS else 0.0
    share += 0.03 if to_airport else 0.0
    share += max(0.0, 0.01 * (9 - fare))
    if random.random() < 0.07:
        return 0.0
    return round(max(0.0, share) * fare, 2)


def trip(random: Random, city: City) -> dict[str, object]:
    """Return one row, by column; a missing cell is None."""
    when, pickup = start(random), city.draw(random)
    dropoff = city.near(pickup, random)
    miles = distance(pickup, dropoff) * math.exp(0.25 * normal(random))
    miles = 0.6 + 1.5 * random.random() if pickup is dropoff else miles
    rush = 0.55 if when.tm_hour in (7, 8, 16, 17, 18) else 1.0
    seconds = 60 * max(1, round(miles / (24 * rush * math.exp(0.2 * normal(random))) * 60))
    fare = round((3.25 + 1.8 * miles + 0.002 * seconds) * 4) / 4
    if random.random() < 0.002:
        fare = round(fare * 10 * random.random(), 2)
    company = pick(random, COMPANIES, [1 / (rank + 1) for rank in range(len(COMPANIES))])
    said = company if random.random() < 0.66 else None
    payment = pick(random, PAYMENTS, PAYMENT_WEIGHTS)
    tips = tip(random, payment, fare, when.tm_hour, said, dropoff.area in AIRPORTS)
    meter_ran, pickup_known = random.random() > 0.12, random.random() > 0.13
    dropoff_known, tract_known = random.random() > 0.16, random.random() > 0.3
    row = dict.fromkeys(COLUMNS)
    row |= {
        "fare": f"{fare:.2f}".rstrip("0").rstrip("."),
        "trip_start_month": when.tm_mon,
        "trip_start_hour": when.tm_hour,
        "trip_start_day": (when.tm_wday + 1) % 7 + 1,
        "trip_start_timestamp": calendar.timegm(when),
        "trip_miles": round(miles, 1) if meter_ran else 0,
        "payment_type": payment,
        "company": said,
        "trip_seconds": seconds if random.random() > 0.003 else None,
        "tips": tips if tips else 0,
    }
    if pickup_known:
        row |= where("pickup", pickup)
    if dropoff_known:
        row |= where("dropoff", dropoff)
        tract = dropoff.tracts[int(random.random() * len(dropoff.tracts))]
        row["dropoff_census_tract"] = tract if tract_known else None
    return row


def where(end: str, place: Place) -> dict[str, object]:
    """Return the columns of one end of a trip."""
    return {
        f"{end}_community_area": place.area,
        f"{end}_latitude": place.latitude,
        f"{end}_longitude": place.longitude,
    }


def trips(rows: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield rows, the same ones for the same seed."""
    random = Random(seed)
    city = City(random)
    for _ in range(rows):
        yield trip(random, city)


def write_trips(path: Path, rows: int = 15_000, seed: int = 2016) -> None:
    """Write a CSV file of trips.

    Parameters
    ----------
    path : Path
        The file; its folder is made if it is not there.
    rows : int
        How many trips.
    seed : int
        Stands for the trips: the first rows do not depend on how many follow.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(trips(rows, seed))


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description="Make up taxi trips.")
    default = Path(__file__).parent / "data" / "trips.csv"
    parser.add_argument("file", nargs="?", type=Path, default=default)
    parser.add_argument("--rows", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=2016)
    given = parser.parse_args()
    write_trips(given.file, given.rows, given.seed)


if __name__ == "__main__":
    main()
