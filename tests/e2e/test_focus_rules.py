# SPDX-License-Identifier: Apache-2.0
"""Can the checker of FOCUS files (tests/billing/focus_rules.py) fail? A bill that Slipway wrote, with
spot, ARM, storage and a correction of a closed month in it, is changed in one field of one row, or
loses a column; and each rule that the bill keeps has to be broken by one of the changes."""

import csv
import io
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/billing"))
import cases  # noqa: E402
import focus_rules  # noqa: E402

SHARED = Path(os.environ.get("SLIPWAY_SHARED_DATA", ROOT / "../shared/data"))
MODEL = SHARED / "focus/model-1.2.json"
PROGRAMS = Path(os.environ.get("SLIPWAY_PROGRAMS", ROOT / "build/release/bin"))
ACCOUNT = "123456789012"
USUAL, SPOT, CORRECTION = "usual", "spot", "correction"

# In the row of a kind, a column gets a value; the rule that must notice.
MUTANTS = [
    (USUAL, "ChargeCategory", "Usages", "ChargeCategory-C-003-M"),
    (USUAL, "ChargeClass", "correction", "ChargeClass-C-005-C"),
    (USUAL, "ChargeFrequency", "Hourly", "ChargeFrequency-C-003-M"),
    (USUAL, "PricingCategory", "Spot", "PricingCategory-C-007-M"),
    (SPOT, "PricingCategory", "", "PricingCategory-C-004-C"),
    (USUAL, "ServiceCategory", "compute", "ServiceCategory-C-003-M"),
    (USUAL, "ServiceCategory", "Storage", "ServiceSubcategory-C-004-M"),
    (USUAL, "ServiceCategory", "Storage", "ServiceName-C-005-C"),
    (USUAL, "ServiceSubcategory", "Tasks", "ServiceSubcategory-C-003-M"),
    (USUAL, "BilledCost", "", "BilledCost-C-003-M"),
    (USUAL, "BilledCost", "1e5", "BilledCost-C-002-M"),
    (USUAL, "BilledCost", "+1", "BilledCost-C-002-M"),
    (USUAL, "EffectiveCost", "1,5", "EffectiveCost-C-002-M"),
    (USUAL, "ListCost", "NaN", "ListCost-C-002-M"),
    (USUAL, "ContractedCost", "3 USD", "ContractedCost-C-002-M"),
    (USUAL, "ListUnitPrice", "-0.1", "ListUnitPrice-C-008-M"),
    (USUAL, "ListUnitPrice", "", "ListUnitPrice-C-005-C"),
    (USUAL, "ContractedUnitPrice", "-0.1", "ContractedUnitPrice-C-009-C"),
    (USUAL, "PricingQuantity", "", "PricingQuantity-C-005-C"),
    (USUAL, "PricingUnit", "", "PricingUnit-C-006-C"),
    (USUAL, "PricingQuantity", "", "PricingUnit-C-005-C"),
    (USUAL, "PricingUnit", "vCPU-hours", "PricingUnit-C-003-O"),
    (USUAL, "ConsumedUnit", "GB hours!", "ConsumedUnit-C-003-O"),
    (USUAL, "ConsumedUnit", "", "ConsumedUnit-C-006-C"),
    (CORRECTION, "ConsumedQuantity", "", "ConsumedQuantity-C-006-C"),
    (USUAL, "BillingPeriodStart", "2026-13-01T00:00:00Z", "BillingPeriodStart-C-002-M"),
    (USUAL, "ChargePeriodEnd", "2026-01-01T01:00:00+00:00", "ChargePeriodEnd-C-002-M"),
    (USUAL, "ChargePeriodStart", "2026-01-01 00:00:00", "ChargePeriodStart-C-002-M"),
    (USUAL, "BillingCurrency", "usd", "BillingCurrency-C-006-M"),
    (USUAL, "BillingCurrency", "ZZZ", "BillingCurrency-C-006-M"),
    (USUAL, "InvoiceIssuerName", "Another", "BilledCost-C-005-C"),
    (USUAL, "InvoiceId", "", "InvoiceId-C-005-C"),
    (USUAL, "RegionName", "", "RegionName-C-005-C"),
    (USUAL, "RegionId", "", "RegionName-C-004-C"),
    (USUAL, "ResourceId", "", "ResourceType-C-004-C"),
    (USUAL, "ResourceType", "", "ResourceType-C-005-C"),
    (USUAL, "SkuId", "Another", "SkuPriceId-C-008-M"),
    (USUAL, "SkuPriceId", "", "SkuPriceId-C-005-C"),
    (USUAL, "SkuPriceDetails", "{\"a\":{}}", "SkuPriceDetails-C-001-M"),
    (USUAL, "Tags", "team=blue", "Tags-C-001-M"),
    (USUAL, "Tags", "{\"a\":\"b\",\"a\":\"c\"}", "Tags-C-001-M"),
    (USUAL, "Tags", "[\"a\"]", "Tags-C-001-M"),
    (USUAL, "ChargeDescription", " padded", "ChargeDescription-C-002-M"),
    (USUAL, "BillingAccountType", "", "BillingAccountType-C-005-C"),
]

# What any field is changed to when a rule is looked for that nothing above breaks.
VALUES = ["", " padded ", "1,5", "-1", "ZZZ", "Tax", "Purchase", "Credit", "Correction", "Another"]

# Rules that nothing can break: either of two that exclude each other; not to be null where it is not.
ALL_THERE = "CostAndUsage-D-001-M"  # made of nothing but presence: a missing column breaks it
UNBREAKABLE = {"InvoiceId-C-003-C", "PricingQuantity-C-007-C"}


class FocusRules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MODEL.exists():
            raise unittest.SkipTest(f"{MODEL} is not there")
        folder = tempfile.TemporaryDirectory(prefix="slipway-focus-")
        cls.addClassCleanup(folder.cleanup)
        cls.state = Path(folder.name)
        cls.checker = focus_rules.Checker(MODEL)
        cls.checker.read(io.StringIO(cls.a_bill(), newline=""))
        cls.rows, cls.columns = cls.checker.rows, cls.checker.columns
        cls.index = {
            USUAL: cls.find(lambda row: row["PricingCategory"] == "Standard"),
            SPOT: cls.find(lambda row: row["PricingCategory"] == "Dynamic"),
            CORRECTION: cls.find(lambda row: row["ChargeClass"] == "Correction")}

    @classmethod
    def find(cls, wanted):
        return next(index for index, row in enumerate(cls.rows) if wanted(row))

    @classmethod
    def slipway(cls, *words):
        return subprocess.run([PROGRAMS / "slipway", "bill", *words, "--state", cls.state,
                               "--prices", cls.state / "prices.conf"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    @classmethod
    def a_bill(cls):
        database = cls.state / "db/state.db"
        database.parent.mkdir()
        (cls.state / "prices.conf").write_text(cases.PRICES)
        tasks = cases.make(12, 7, [ACCOUNT], (cases.at("2025-02-01T00:00:00"),
                                              cases.at("2025-02-28T00:00:00")))
        for number, task in enumerate(tasks):
            task.update(spot=number % 2, corrected=None, duration_ns=(60 + number) * 10 ** 9,
                        architecture="ARM64" if number % 3 == 0 else "X86_64")
        cases.write(database, tasks)
        state = sqlite3.connect(database)
        with state:
            state.execute("INSERT INTO account VALUES (?, 'name', 0)", [ACCOUNT])
        state.close()
        cls.slipway("close", "2025-02")
        cls.slipway("correct", tasks[0]["task"], "--seconds", "30", "--reason", "it hung")
        return cls.slipway("--since", "2025-01-01", "--format", "focus")

    def setUp(self):
        self.checker.rows, self.checker.columns = [dict(row) for row in self.rows], self.columns
        self.checker.distinct = {}

    def first_bad(self, rule, kind, column, value):
        """The row that breaks a rule when a field is changed; all is as it was behind it."""
        row = self.checker.rows[self.index[kind]]
        kept, row[column] = row[column], value
        self.checker.distinct = {}
        try:
            return self.checker.first_bad(rule)
        finally:
            row[column] = kept
            self.checker.distinct = {}

    def kept_rules(self):
        return {name for name in self.checker.rules if self.checker.kind(name) == "check"} - \
            focus_rules.IMPOSSIBLE

    def test_the_bill_keeps_all_rules(self):
        counts, failures = self.checker.judge()
        self.assertEqual(failures, [])
        self.assertEqual(counts["advice not taken"], 0)
        self.assertEqual(counts["passed"], len(self.kept_rules()))

    def test_each_of_these_changes_is_noticed_by_its_rule(self):
        for kind, column, value, rule in MUTANTS:
            with self.subTest(kind=kind, column=column, value=value):
                self.assertIsNone(self.checker.first_bad(rule))
                self.assertIsNotNone(self.first_bad(rule, kind, column, value))

    def test_one_unit_of_the_last_decimal_is_noticed(self):
        for cost, rule in (("ListCost", "ListCost-C-009-C"),
                           ("ContractedCost", "ContractedUnitPrice-C-011-C")):
            for kind in (USUAL, SPOT):
                text = self.rows[self.index[kind]][cost]
                other = text[:-1] + str((int(text[-1]) + 1) % 10)
                self.assertEqual(self.first_bad(rule, kind, cost, other), self.index[kind] + 2)
                self.assertIsNotNone(self.first_bad(rule, kind, cost, text + "0000001"))

    def presence_rules(self):
        return {rule["ValidationCriteria"]["Requirement"]["ColumnName"]: name
                for name, rule in self.checker.rules.items()
                if rule["Function"] == "Presence" and self.checker.kind(name) == "check"}

    def test_a_column_that_is_missing_is_noticed(self):
        self.assertGreater(len(self.presence_rules()), 40)
        for column, rule in self.presence_rules().items():
            self.checker.columns = [name for name in self.columns if name != column]
            self.assertIsNotNone(self.checker.first_bad(rule), column)
        self.checker.columns = [name for name in self.columns if name != "BilledCost"]
        self.assertIsNotNone(self.checker.first_bad(ALL_THERE))

    def test_a_file_that_is_no_table_is_refused(self):
        out = io.StringIO()
        csv.writer(out).writerows([self.columns, *(row.values() for row in self.rows)])
        text = out.getvalue()
        for bad in (text + "one,field\r\n", text.replace("BilledCost", "ListCost", 1),
                    text.split("\n", 1)[0] + "\n", text + ',"open'):
            with self.assertRaises((ValueError, csv.Error)):
                self.checker.read(io.StringIO(bad, newline=""))

    def broken(self, rules, column):
        """Those that a change of a column breaks."""
        return {rule for rule in rules for kind in self.index for value in VALUES
                if self.first_bad(rule, kind, column, value) is not None}

    def test_every_rule_can_be_broken(self):
        left = self.kept_rules() - {rule for _, _, _, rule in MUTANTS} - \
            set(self.presence_rules().values()) - {ALL_THERE}
        self.assertLess(UNBREAKABLE, left)
        left -= UNBREAKABLE
        for column in self.columns:
            left -= self.broken(left, column)
        self.assertEqual(left, set())


if __name__ == "__main__":
    unittest.main()
