# SPDX-License-Identifier: Apache-2.0
"""Bills against a calculator of another language: two thousand tasks that are hard to bill are
written into the ledger of a server, and the ledger, the table, CSV, JSON, usage types, FOCUS and Cost
Explorer all have to say what tests/billing/truth.py works out with exact fractions, to the
last digit."""

import csv
import io
import json
import os
import re
import sys
import tempfile
import unittest
from collections import defaultdict
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from slipway_server import ROOT, Server

sys.path.insert(0, str(ROOT / "tests/billing"))
import cases  # noqa: E402
import focus_rules  # noqa: E402
import truth  # noqa: E402

SHARED = Path(os.environ.get("SLIPWAY_SHARED_DATA", ROOT / "../shared/data"))
MODEL = SHARED / "focus/model-1.2.json"
TASKS = 2000
NANO = 10 ** 9
ALL = ("--since", "2022-01-01", "--until", "2026-01-01")  # and not the server's own task


def nano(text):
    """Billionths of an exact decimal."""
    value = Fraction(text) * NANO
    assert value.denominator == 1, text
    return value.numerator


def iso(second):
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class BillProof(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("pool_machines = 0\n")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        account = cls.server.aws("sts", "get-caller-identity")["Account"]
        cls.account, cls.partner = account, "444455556666"
        cls.server.stop()
        (cls.server.state / "prices.conf").write_text(
            cases.PRICES + f"account.{cls.partner} = partner.conf\n")
        (cls.server.state / "partner.conf").write_text(cases.PARTNER_PRICES)
        cls.given = cases.make(TASKS, 20261123, [account, account, cls.partner])
        cls.database = cls.server.state / "db/state.db"
        cases.write(cls.database, cls.given)
        cls.server.start()
        given = {task["task"] for task in cls.given}
        prices = truth.Prices(cls.server.state / "prices.conf")
        cls.charges = [charge for charge in truth.charges(cls.database, prices)
                       if charge.task in given]
        cls.total = sum(charge.cost(0, 1 << 40) for charge in cls.charges)

    def bill(self, *words):
        return self.server.slipway("bill", *words).stdout

    def rows(self, *words):
        return list(csv.DictReader(io.StringIO(self.bill(*ALL, *words), newline="")))

    def truth_by(self, length, *keys):
        """Costs by the begin of a bucket of @length seconds (0: months) and keys."""
        sums = defaultdict(int)
        for charge in self.charges:
            for begin, _, cost in charge.pieces(length or 1 << 40):
                bucket = truth.month_begin(begin) if not length else begin // length * length
                sums[(iso(bucket), *(key(charge) for key in keys))] += cost
        return dict(sums)

    def test_the_ledger_holds_what_the_tasks_held(self):
        by_task = {task["task"]: task for task in self.given}
        seen = set()
        for charge in self.charges:
            task = by_task[charge.task]
            quantity = {1: task["vcpu"], 2: task["memory"], 3: task["storage"]}[charge.meter]
            seconds = -(-task["duration_ns"] // NANO)
            self.assertEqual(charge.quantity, quantity)
            self.assertEqual(charge.seconds,
                             seconds if task["corrected"] is None else task["corrected"])
            seen.add((charge.task, charge.meter))
        expected = {(task["task"], meter) for task in self.given for meter, quantity in
                    ((1, task["vcpu"]), (2, task["memory"]), (3, task["storage"])) if quantity}
        self.assertEqual(seen, expected)
        found = self.server.slipway("bill", "verify", "--json", check=False)
        self.assertEqual(json.loads(found.stdout)["findings"], [])

    def test_json_csv_and_table_say_each_task_to_the_last_digit(self):
        by_task = defaultdict(int)
        for charge in self.charges:
            by_task[charge.task] += charge.cost(0, 1 << 40)
        said = json.loads(self.bill(*ALL, "--format", "json"))
        self.assertEqual(nano(said["total"]), self.total)
        self.assertEqual({task["task"]: nano(task["cost"]) for task in said["tasks"]}, by_task)
        rows = self.rows("--format", "csv")
        self.assertEqual({row["task"]: nano(row["cost"]) for row in rows}, by_task)
        self.assertEqual(sum(nano(row[f"{meter}_cost"]) for row in rows
                             for meter in ("vcpu", "memory", "storage")), self.total)
        tasks = {task["task"]: task for task in self.given}
        for row in rows:
            self.assertEqual(json.loads(row["tags"]), tasks[row["task"]]["tags"])
            self.assertEqual(row["family"], tasks[row["task"]]["family"])
        table = self.bill(*ALL)
        found = dict(re.findall(r"^([0-9a-f]{32}) .* (-?\d+\.\d{9})$", table, re.M))
        self.assertEqual({task: nano(cost) for task, cost in found.items()}, by_task)
        self.assertIn(f"{TASKS} tasks, total {self.total // NANO}.{self.total % NANO:09d} USD",
                      table)

    def test_sums_by_keys_and_time_are_those_of_the_pieces(self):
        months = self.rows("--format", "csv", "--by", "family,account", "--grain", "month")
        self.assertEqual(
            {(row["from"], row["family"], row["account"]): nano(row["cost"]) for row in months},
            self.truth_by(0, lambda charge: charge.family, lambda charge: charge.account))
        days = json.loads(self.bill(*ALL, "--format", "json", "--by", "tag:team", "--grain",
                                    "day"))
        expected = self.truth_by(86400, lambda charge: json.loads(charge.tags_json).get("team",
                                                                                        ""))
        self.assertEqual(nano(days["total"]), sum(expected.values()))
        self.assertEqual(len(days["rows"]), len(expected))
        partner = self.rows("--format", "csv", "--by", "usage-type")
        self.assertEqual(sum(nano(row["cost"]) for row in partner), self.total)

    def test_a_period_has_what_falls_into_it(self):
        for since, until in (("2024-02-29", "2024-03-01"), ("2023-12-31", "2024-01-01"),
                             ("2024-12-31T23:30:00Z", "2025-01-01T00:10:00Z")):
            begin, end = (int(datetime.fromisoformat(text.rstrip("Z")).replace(
                tzinfo=timezone.utc).timestamp()) for text in (since, until))
            said = json.loads(self.bill("--since", since, "--until", until, "--format", "json"))
            self.assertEqual(nano(said["total"]),
                             sum(charge.cost(begin, end) for charge in self.charges))

    def test_usage_types_by_the_hour(self):
        rows = self.rows("--format", "usage-types")
        sums = defaultdict(int)
        for row in rows:
            sums[row["lineItem/UsageStartDate"]] += nano(row["lineItem/UnblendedCost"])
        expected = defaultdict(int)
        for (hour,), cost in self.truth_by(3600).items():
            expected[hour] += cost
        self.assertEqual(dict(sums), dict(expected))
        self.assertIn("SpotUsage-Fargate-ARM-vCPU-Hours:perCPU",
                      {row["lineItem/UsageType"] for row in rows})

    def test_focus_is_the_same_bill(self):
        sums = defaultdict(int)
        for row in self.rows("--format", "focus"):
            task = row["ResourceId"].rsplit("/", 1)[1]
            sums[task, row["ChargePeriodStart"]] += nano(row["BilledCost"])
        expected = defaultdict(int)
        for charge in self.charges:
            for begin, _, cost in charge.pieces(3600):
                expected[charge.task, iso(begin // 3600 * 3600)] += cost
        self.assertEqual(dict(sums), dict(expected))

    def test_focus_keeps_the_rules_of_the_specification(self):
        if not MODEL.exists():
            self.skipTest(f"{MODEL} is not there")
        checker = focus_rules.Checker(MODEL)
        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
            file.write(self.bill("--since", "2024-02-28", "--until", "2024-02-29", "--format",
                                 "focus"))
            file.flush()
            counts, failures = checker.run(file.name)
        self.assertEqual(failures, [])
        self.assertGreater(counts["passed"], 250)
        self.assertEqual(len(checker.columns), 57)
        self.assertEqual(counts["advice not taken"], 0)

    def test_cost_explorer_says_the_same(self):
        answer = self.server.aws(
            "ce", "get-cost-and-usage", "--time-period", "Start=2023-01-01,End=2026-01-01",
            "--granularity", "MONTHLY", "--metrics", "UnblendedCost", "--group-by",
            "Type=DIMENSION,Key=USAGE_TYPE")
        found = {(period["TimePeriod"]["Start"][:7], group["Keys"][0]):
                 nano(group["Metrics"]["UnblendedCost"]["Amount"])
                 for period in answer["ResultsByTime"] for group in period["Groups"]}
        expected = defaultdict(int)
        kinds = {1: "vCPU-Hours:perCPU", 2: "GB-Hours", 3: "EphemeralStorage-GB-Hours"}
        for charge in self.charges:
            if charge.account != self.account:
                continue
            arm = "ARM-" if charge.architecture == "ARM64" and charge.meter != 3 else ""
            name = f"{'SpotUsage-' if charge.spot else ''}Fargate-{arm}{kinds[charge.meter]}"
            for begin, _, cost in charge.pieces(1 << 40):
                expected[truth.month_of(begin), name] += cost
        expected = {key: cost for key, cost in expected.items() if cost or key in found}
        self.assertEqual(found, expected)


if __name__ == "__main__":
    unittest.main()
