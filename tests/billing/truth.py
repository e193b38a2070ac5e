# SPDX-License-Identifier: Apache-2.0
"""What a ledger costs, worked out apart: another language, exact fractions, no line in common
with billing/. It reads the ledger's rows and price lists itself.

A task's meter costs, in each month, the sum over its seconds of quantity x the price of that
second's day; rounded once, half to even, to a billionth. What falls into a shorter window is
the difference of two such numbers, counted from the month's begin."""

import sqlite3
from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

METERS = {1: "VCPU", 2: "MEMORY", 3: "STORAGE"}
UNITS = {1: 1000, 2: 1024, 3: 1}
NANO = 10 ** 9


def day_of(text):
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp())


class Prices:
    def __init__(self, path):
        self.own = {}
        self.days = defaultdict(dict)
        for text in Path(path).read_text().splitlines():
            if not text.strip() or text.lstrip().startswith("#"):
                continue
            key, value = (part.strip() for part in text.split("=", 1))
            name, _, day = key.partition(".")
            if name == "account":
                self.own[day] = Prices(Path(path).parent / value)
            elif name != "currency":
                self.days[day_of(day)][name] = value
        self.begins = sorted(self.days)

    def of(self, account):
        return self.own.get(account, self)

    def at(self, second):
        return self.days[self.begins[bisect_right(self.begins, second) - 1]]

    def until(self, second):
        index = bisect_right(self.begins, second)
        return self.begins[index] if index < len(self.begins) else 1 << 60

    def rate(self, second, meter, architecture, spot):
        """Of one unit and hour."""
        day = self.at(second)
        name = {1: "vcpu_hour", 2: "gb_hour", 3: "storage_gb_hour"}[meter]
        price = Fraction(day[name])
        if architecture == "ARM64":
            price = Fraction(day.get("arm_" + name, price))
            price *= 1 - Fraction(day.get("arm_discount", "0%").rstrip("%")) / 100
        if spot:
            price *= 1 - Fraction(day.get("spot_discount", "0%").rstrip("%")) / 100
        return price

    def minimum(self, second):
        return int(self.at(second)["minimum_seconds"])


def month_of(second):
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m")


def month_begin(second):
    date = datetime.fromtimestamp(second, timezone.utc)
    return int(date.replace(day=1, hour=0, minute=0, second=0).timestamp())


def month_end(second):
    date = datetime.fromtimestamp(month_begin(second), timezone.utc) + timedelta(days=32)
    return int(date.replace(day=1).timestamp())


def half_even(fraction):
    """To whole billionths."""
    return round(fraction * NANO)  # Python rounds fractions half to even


class Charge:
    """One task's meter: seconds of the ledger, and what they cost."""

    def __init__(self, row, prices):
        self.__dict__.update(row)
        self.prices = prices.of(self.account)
        self.begin = self.started_ms // 1000
        billed = max(self.seconds, self.prices.minimum(self.begin)) if self.seconds else 0
        self.end = self.begin + billed

    def exact(self, begin, end):
        total = Fraction(0)
        while begin < end:
            step = min(end, self.prices.until(begin))
            total += (step - begin) * self.prices.rate(begin, self.meter, self.architecture,
                                                       self.spot)
            begin = step
        return total * self.quantity / (3600 * UNITS[self.meter])

    def cost(self, begin, end):
        """In billionths, of what lies in [begin, end)."""
        begin, end = max(begin, self.begin), min(end, self.end)
        total = 0
        while begin < end:
            base = max(month_begin(begin), self.begin)
            step = min(end, month_end(begin))
            total += half_even(self.exact(base, step)) - half_even(self.exact(base, begin))
            begin = step
        return total

    def pieces(self, length):
        """(begin, end, cost) cut at multiples of @length seconds and at months."""
        begin = self.begin
        while begin < self.end:
            end = min(self.end, (begin // length + 1) * length, month_end(begin))
            yield begin, end, self.cost(begin, end)
            begin = end


def charges(database, prices):
    """All that is closed, with the last word of its corrections."""
    state = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    state.row_factory = sqlite3.Row
    rows = state.execute("""
        SELECT t.task, account, cluster, family, group_name, started_by, architecture, spot,
               COALESCE(l.tags_json, t.tags_json) AS tags_json, meter, quantity, started_ms,
               estimated, reason, (SELECT seconds FROM ledger n WHERE n.task = l.task AND
                                   n.meter = l.meter ORDER BY sequence DESC LIMIT 1) AS seconds
        FROM ledger l JOIN ledger_task t ON number = l.task WHERE kind = 2 ORDER BY position""")
    for row in rows:
        yield Charge(dict(row), prices)
    state.close()
