#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks events/schedule.h (through schedule_times) and code that shares nothing with it
for the next times of random expressions, and ends with 1 where they differ.

Here a cron is a test of days: every day of the years and months that it names is looked at, all
its times of day are tried on the zone's clock, and what the clock never shows is dropped.
Zones are Python's zoneinfo.

    schedule_compare.py PATH-OF-schedule_times [SEED [EXPRESSIONS]]
"""
import calendar
import datetime
import random
import re
import subprocess
import sys
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()
ZONES = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Sao_Paulo", "Africa/Casablanca",
]
OTHER_ZONES = [
    "UTC", "Europe/Dublin", "Asia/Gaza", "America/Santiago", "Pacific/Chatham", "Pacific/Apia",
    "Antarctica/Troll", "America/Nuuk", "Asia/Tehran", "Pacific/Kiritimati", "Etc/GMT+12",
]
COUNT = 10
DAY_MS = 86400000


# What an expression means

def values(text, low, high, names=()):
    """The set of values of a list without L, W, # and ?."""
    found = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        number = lambda word: names.index(word) + low if word in names else int(word)
        if first in ("*", ""):
            a, b = low, high
        else:
            a = number(first)
            b = number(last) if dash else high if step else a
        count = b - a if b >= a else b - a + high - low + 1
        for i in range(0, count + 1, int(step or 1)):
            found.add((a - low + i) % (high - low + 1) + low)
    return found


def nearest_weekday(date):
    """The Monday to Friday nearest to it in its month."""
    month = [date.replace(day=d) for d in range(1, calendar.monthrange(date.year, date.month)[1] + 1)]
    work = [day for day in month if day.weekday() < 5]
    return min(work, key=lambda day: abs((day - date).days))


def days_in(year, month, dom, dow):
    """The days of the month that the two day fields mean, tried one by one."""
    length = calendar.monthrange(year, month)[1]
    dates = [datetime.date(year, month, d) for d in range(1, length + 1)]
    weekday = lambda date: (date.weekday() + 1) % 7 + 1
    if dow == "?":
        if dom.startswith("L"):
            back = int(re.match(r"L-?(\d*)", dom)[1] or 0)
            if length - back < 1:
                return []
            date = dates[length - back - 1]
            return [nearest_weekday(date) if dom.endswith("W") else date]
        near = {nearest_weekday(dates[int(w[:-1]) - 1])
                for w in dom.split(",") if w.endswith("W") and int(w[:-1]) <= length}
        plain = ",".join(w for w in dom.split(",") if not w.endswith("W"))
        listed = values(plain, 1, 31) if plain else set()
        return [date for date in dates if date.day in listed or date in near]
    if dow == "L":
        return [date for date in dates if weekday(date) == 7]
    if dow.endswith("L"):
        wanted = min(values(dow[:-1], 1, 7, DAYS))
        return [date for date in dates if weekday(date) == wanted][-1:]
    if "#" in dow:
        day, nth = dow.split("#")
        wanted = min(values(day, 1, 7, DAYS))
        return [date for date in dates if weekday(date) == wanted][int(nth) - 1:int(nth)]
    wanted = values(dow, 1, 7, DAYS)
    return [date for date in dates if weekday(date) in wanted]


def days_of(fields, first):
    for year in sorted(values(fields[5], 1970, 2199)):
        if year < first.year:
            continue
        for month in sorted(values(fields[3], 1, 12, MONTHS)):
            if (year, month) < (first.year, first.month):
                continue
            for date in days_in(year, month, fields[2], fields[4]):
                if date >= first:
                    yield date


def to_utc_ms(local, zone):
    """When the zone's clock first shows it; None if it never does."""
    seen = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if seen.astimezone(zone).replace(tzinfo=None) != local:
        return None
    return int((seen.replace(tzinfo=None) - EPOCH) / datetime.timedelta(milliseconds=1))


def cron_times(text, zone, after_ms, start_ms, end_ms):
    fields = text[5:-1].split()
    minutes = sorted(values(fields[0], 0, 59))
    hours = sorted(values(fields[1], 0, 23))
    after_ms = max(after_ms, start_ms - 1)
    at = EPOCH + datetime.timedelta(milliseconds=after_ms)
    # Wherever the clock stands then, it has not shown these yet, or shows them again.
    earliest = at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) - datetime.timedelta(hours=2)
    times = []
    for date in days_of(fields, earliest.date()):
        for hour in hours:
            for minute in minutes:
                local = datetime.datetime(date.year, date.month, date.day, hour, minute)
                if local < earliest:
                    continue
                ms = to_utc_ms(local, zone)
                if ms is None or ms <= after_ms:
                    continue
                if ms > end_ms:
                    return times
                times.append(ms)
                if len(times) == COUNT:
                    return times
    return times


def rate_times(text, service, created_ms, after_ms, start_ms, end_ms):
    number, unit = text[5:-1].split(" ")
    period = int(number) * {"m": 60000, "h": 3600000, "d": DAY_MS}[unit[0]]
    if service == "rule":
        at = created_ms + period
    else:
        at = start_ms or created_ms
    times = []
    if at < after_ms - 1000 * period:
        at += (after_ms - at) // period * period
    while len(times) < COUNT and at <= end_ms and at < 253402300800000:
        if at > after_ms and at >= start_ms:
            times.append(at)
        at += period
    return times


# Random expressions

def some_list(random_, low, high, names=(), year=False):
    def value():
        n = random_.randint(low, high)
        return names[n - low] if names and random_.random() < 0.5 else str(n)

    def item():
        kind = random_.random()
        if kind < 0.5:
            return value()
        if kind < 0.8:
            a, b = random_.randint(low, high), random_.randint(low, high)
            if year or random_.random() < 0.7:
                a, b = min(a, b), max(a, b)
            if names and random_.random() < 0.5:
                span = f"{names[a - low]}-{names[b - low]}"
            else:
                span = f"{a}-{b}"
            return span + (f"/{random_.randint(1, high)}" if random_.random() < 0.3 else "")
        step = random_.randint(1, max(1, min(high, high - low) // random_.choice([1, 4])))
        return f"{random_.choice(['*', '', str(random_.randint(low, high))])}/{step}"

    if random_.random() < 0.3:
        return "*"
    return ",".join(item() for _ in range(random_.choice([1, 1, 1, 2, 3])))


def some_days(random_):
    if random_.random() < 0.5:
        dow = "?"
        kind = random_.random()
        if kind < 0.4:
            dom = some_list(random_, 1, 31)
        elif kind < 0.6:
            dom = "L" + random_.choice(["", f"-{random_.randint(0, 30)}"]) + random_.choice(["", "W"])
        else:
            parts = [f"{random_.choice([1, 1, 30, 31, random_.randint(1, 31)])}"
                     f"{random_.choice(['W', 'W', ''])}" for _ in range(random_.randint(1, 3))]
            dom = ",".join(parts)
    else:
        dom = "?"
        kind = random_.random()
        day = random_.choice(DAYS + list("1234567"))
        if kind < 0.5:
            dow = some_list(random_, 1, 7, DAYS)
        elif kind < 0.6:
            dow = "L"
        elif kind < 0.8:
            dow = day + "L"
        else:
            dow = f"{day}#{random_.randint(1, 5)}"
    return dom, dow


def some_cron(random_):
    dom, dow = some_days(random_)
    year = "*"
    if random_.random() < 0.3:
        year = some_list(random_, 1970, 2199, year=True)
    minute, hour = some_list(random_, 0, 59), some_list(random_, 0, 23)
    month = some_list(random_, 1, 12, MONTHS)
    return f"cron({minute} {hour} {dom} {month} {dow} {year})"


def some_rate(random_):
    count = random_.choice([1, random_.randint(2, 100), random_.randint(1, 10 ** 6)])
    unit = random_.choice(["minute", "hour", "day"])
    return f"rate({count} {unit}{'' if count == 1 else 's'})"


def random_questions(random_, count):
    for _ in range(count):
        service = random_.choice(["rule", "scheduler"])
        zone = "UTC" if service == "rule" else random_.choice(ZONES + OTHER_ZONES)
        year_ms = 365 * DAY_MS
        created = random_.randint(5 * year_ms, 150 * year_ms)
        start = created + random_.randint(-year_ms, year_ms) if random_.random() < 0.2 else 0
        end = created + random_.randint(0, 3 * year_ms) if random_.random() < 0.1 else -1
        after = created + random_.choice([0, random_.randint(-year_ms, year_ms)])
        if random_.random() < 0.5:
            after = after // 60000 * 60000
        if service == "rule":
            start, end = 0, -1
        if random_.random() < 0.1:
            text = some_rate(random_)
            if random_.random() < 0.5: # beside one of its times
                after = rate_times(text, service, created, created, start, 1 << 62)[-1]
                after += random_.choice([-1, 0, 1])
        else:
            text = some_cron(random_)
        yield service, zone, created, start, end, after, text


# Changes of clocks

def changes(zone, first_year, last_year):
    """The UTC minutes at which the zone's offset changes."""
    at = datetime.datetime(first_year, 1, 1, tzinfo=UTC)
    offset = at.astimezone(zone).utcoffset()
    while at.year <= last_year:
        later = at + datetime.timedelta(days=1)
        if later.astimezone(zone).utcoffset() != offset:
            low, high = 0, 1440
            while high - low > 1:
                middle = (low + high) // 2
                moved = at + datetime.timedelta(minutes=middle)
                if moved.astimezone(zone).utcoffset() == offset:
                    low = middle
                else:
                    high = middle
            yield at + datetime.timedelta(minutes=high)
            offset = later.astimezone(zone).utcoffset()
        at = later


def change_questions():
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        for years in ((1985, 1986), (2016, 2027), (2086, 2089), (2198, 2199)):
            for change in changes(zone, *years):
                ms = int((change.replace(tzinfo=None) - EPOCH).total_seconds()) * 1000
                before = (change - datetime.timedelta(minutes=1)).astimezone(zone)
                hour = (before.hour + 1) % 24
                for text in (f"cron(0/10 {before.hour}-{hour} * * ? *)",
                             f"cron({before.minute} {before.hour} * * ? *)",
                             f"cron(15 {hour} * * ? *)", f"cron(0,45 {hour} * * ? *)",
                             "cron(0/20 * * * ? *)"):
                    for shift in (-3600000, -1800000, -1, 0, 900000, 3600000):
                        yield "scheduler", name, ms, 0, -1, ms + shift, text


def expected(question):
    service, zone, created, start, end, after, text = question
    end = end if end >= 0 else 1 << 62
    if text.startswith("rate"):
        return rate_times(text, service, created, after, start, end)
    return cron_times(text, zoneinfo.ZoneInfo(zone), after, start, end)


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    random_ = random.Random(seed)
    questions = list(random_questions(random_, count))
    by_change = list(change_questions())
    questions += by_change
    lines = "".join(f"{s} {z} {c} {b} {e} {a} {COUNT} {t}\n" for s, z, c, b, e, a, t in questions)
    answers = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True,
                             check=True).stdout.splitlines()
    if len(answers) != len(questions):
        sys.exit(f"{len(answers)} answers to {len(questions)} questions")
    differ = never = 0
    for question, answer in zip(questions, answers):
        wanted = " ".join(map(str, expected(question)))
        never += wanted == ""
        if answer != wanted:
            differ += 1
            print(f"{question}\n  here   {wanted}\n  there  {answer}")
    print(f"{count} random expressions (seed {seed}) and {len(by_change)} questions around changes "
          f"of clocks, {never} never due: {differ} differ")
    return differ > 0


if __name__ == "__main__":
    sys.exit(main())
