# SPDX-License-Identifier: Apache-2.0
"""Tasks that are hard to bill, for tests/billing/ledger_writer.c: around the minimum, at the
edges of hours, days, months and leap days, of both architectures, with storage, spot, tags,
corrections, and several price lists. And how they are written into a ledger."""

import json
import random
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 1_000_000_000

PRICES = """\
currency = USD
vcpu_hour.2023-01-01 = 0.04048
gb_hour.2023-01-01 = 0.004445
storage_gb_hour.2023-01-01 = 0.000111
minimum_seconds.2023-01-01 = 60
arm_vcpu_hour.2023-01-01 = 0.03238
arm_gb_hour.2023-01-01 = 0.00356
spot_discount.2023-01-01 = 70%
vcpu_hour.2024-02-29 = 0.041000001
gb_hour.2024-02-29 = 0.0045
storage_gb_hour.2024-02-29 = 0.000113
minimum_seconds.2024-02-29 = 1
arm_discount.2024-02-29 = 19.99%
spot_discount.2024-02-29 = 66.67%
vcpu_hour.2025-01-01 = 0.039
gb_hour.2025-01-01 = 0.0043
storage_gb_hour.2025-01-01 = 0.00011
minimum_seconds.2025-01-01 = 10
"""
PARTNER_PRICES = """\
currency = USD
vcpu_hour.2022-01-01 = 0.03
gb_hour.2022-01-01 = 0.003333333
storage_gb_hour.2022-01-01 = 0.0001
minimum_seconds.2022-01-01 = 1
spot_discount.2022-01-01 = 33.33%
"""


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()) * 1000


EDGES = [at(text) for text in (
    "2023-06-01T00:00:00", "2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-02-28T23:59:30",
    "2024-02-29T00:00:00", "2024-02-29T23:59:59", "2024-03-01T00:00:00", "2024-03-31T01:00:00",
    "2024-06-30T23:59:59", "2024-10-27T01:00:00", "2024-12-31T23:00:00", "2025-01-01T00:00:00",
    "2025-02-28T23:59:59", "2025-06-15T11:59:59", "2025-06-15T12:00:00")]
DURATIONS_MS = [0, 1, 999, 1000, 1001, 59_999, 60_000, 60_001, 61_000, 3_599_999, 3_600_000,
                3_600_001, 86_399_999, 86_400_000, 86_400_001]
SIZES = [(250, 512), (500, 1024), (1000, 2048), (2000, 16384), (4000, 30720), (16000, 122880),
         (1075, 300), (63, 128)]
FAMILIES = ["web", "etl", "nightly", "träumer", "a,b\"c"]


def make(count, seed, accounts, months=None):
    """Dictionaries, one a task. @months: (first_ms, last_ms) instead of the edges."""
    lot = random.Random(seed)
    tasks = []
    for number in range(count):
        vcpu, memory = lot.choice(SIZES)
        duration_ns = lot.choice(DURATIONS_MS) * 1_000_000 + lot.choice([0, 0, 1, 999_999])
        if lot.random() < 0.3:
            duration_ns = lot.randrange(7_200 * SECOND_NS)
        if lot.random() < 0.003:
            duration_ns = lot.randrange(100 * 86_400) * SECOND_NS
        if months:
            started_ms = lot.randrange(*months)
            duration_ns = lot.randrange(900 * SECOND_NS)
        else:
            started_ms = lot.choice(EDGES) + lot.choice(
                [-60_001, -60_000, -59_999, -1000, -1, 0, 1, 999, lot.randrange(86_400_000)])
        seconds = -(-duration_ns // SECOND_NS)
        tags = {"team": lot.choice(["blue", "red", "grün"])} if lot.random() < 0.7 else {}
        if lot.random() < 0.2:
            tags["stage"] = lot.choice(["test", "prod", "a \"b\", c"])
        tasks.append({
            "task": f"{lot.getrandbits(128):032x}",
            "account": lot.choice(accounts),
            "cluster": lot.choice(["default", "batch"]),
            "family": lot.choice(FAMILIES),
            "revision": lot.randrange(1, 20),
            "group": lot.choice(["family:web", "service:shop"]),
            "started_by": lot.choice(["", "ci", "events-rule/hourly"]),
            "architecture": lot.choice(["X86_64", "X86_64", "ARM64"]),
            "spot": int(lot.random() < 0.25),
            "tags": tags,
            "vcpu": vcpu, "memory": memory,
            "storage": lot.choice([0, 0, 0, 1, 30, 180]),
            "started_ms": started_ms, "duration_ns": duration_ns,
            "estimated": int(lot.random() < 0.02),
            "reason": lot.choice(["EssentialContainerExited", "UserInitiated", ""]),
            "corrected": lot.randrange(seconds + 1) if lot.random() < 0.02 else None,
        })
    return tasks


def line(task):
    tags = json.dumps(task["tags"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    corrected = "" if task["corrected"] is None else str(task["corrected"])
    return "\t".join(str(field) for field in (
        task["task"], task["account"], task["cluster"], task["family"], task["revision"],
        task["group"], task["started_by"], task["architecture"], task["spot"], tags, task["vcpu"],
        task["memory"], task["storage"], task["started_ms"], task["duration_ns"],
        task["estimated"], task["reason"], corrected)) + "\n"


def writer():
    """The program that writes ledgers, built if it is not there."""
    build = ROOT / "build/release"
    subprocess.run(["cmake", "--build", build, "--target", "ledger-writer"], check=True,
                   stdout=subprocess.DEVNULL)
    return build / "bin/ledger-writer"


def write(database, tasks):
    feed = subprocess.Popen([writer(), database], stdin=subprocess.PIPE, text=True)
    for task in tasks:
        feed.stdin.write(line(task))
    feed.stdin.close()
    if feed.wait() != 0:
        raise RuntimeError("ledger-writer failed")
