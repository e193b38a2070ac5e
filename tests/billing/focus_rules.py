# SPDX-License-Identifier: Apache-2.0
"""The rules of FOCUS 1.2, read as data from the FinOps foundation's model (model-1.2.json), against
every row of a file. Strict: each row by itself, decimals as exact decimals.

Rules that are no checks (Dynamic), that only allow (MAY), or that are of a construct that is not
claimed, are counted apart. What only SHOULD be is reported and is no failure."""

import csv
import json
import re
from collections import Counter, defaultdict
from decimal import Decimal, localcontext

# The model wants InvoiceId to be null and not to be null, without a condition on either
# (the parent rule takes one of the two): one of them fails for every file.
IMPOSSIBLE = {"InvoiceId-C-004-C"}

# What Slipway has. Neither discounts for commitment nor reservations of capacity, one currency, and
# accounts without accounts below them.
CLAIMED = {
    "ACCOUNT_NAMING_SUPPORTED", "AVAILABILITY_ZONE_SUPPORTED",
    "MULTIPLE_PRICING_CATEGORIES_SUPPORTED", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
    "NEGOTIATED_PRICING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED", "USAGE_MEASUREMENT_SUPPORTED",
    "UNIT_PRICING_SUPPORTED", "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED",
    "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED", "REGION_SUPPORTED", "TAGGING_SUPPORTED"}

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(E-?[0-9]+)?")
TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z")
UNIT = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*(-[A-Za-z]+)?")
STRING = re.compile(r"\S(.*\S)?", re.S)


def decimal(text):
    return Decimal(text) if text and NUMBER.fullmatch(text) else None


def same(text, value):
    """Is a field this value of the model? None: null."""
    if value is None:
        return text == ""
    if isinstance(value, (int, float)) or (decimal(text) is not None
                                           and NUMBER.fullmatch(str(value))):
        return decimal(text) is not None and decimal(text) == Decimal(str(value))
    return text == value


def key_value(text):
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and all(
        not isinstance(value, (dict, list)) for value in found.values())


class Checker:
    def __init__(self, model):
        with open(model, encoding="utf-8") as file:
            self.rules = json.load(file)["ModelRules"]
        # What a column asks for, all of its rules ask for.
        self.column_needs = defaultdict(set)
        for rule in self.rules.values():
            if rule["Function"] in ("Composite", "Presence") and rule["EntityType"] != "Attribute":
                self.column_needs[rule["Reference"]] |= set(rule["ApplicabilityCriteria"])
        self.rows, self.columns, self.distinct = [], [], {}

    # --- the functions of the model ---

    def check(self, request, row):
        name = request.get("CheckFunction")
        if name is None:  # a condition without a function: {} or {"AND": ...}
            parts = request.get("AND", [])
            return all(self.check(part, row) for part in
                       (parts if isinstance(parts, list) else [parts]))
        column = request.get("ColumnName") or request.get("CheckCondition")
        field = row.get(column, "") if row is not None and column else ""
        if name in ("AND", "OR"):
            return (all if name == "AND" else any)(
                self.check(part, row) for part in request["Items"])
        if name == "CheckModelRule":
            return self.holds(request["ModelRuleId"], row)
        if name == "ColumnPresent":
            return column in self.columns
        if name == "CheckValue":
            return same(field, request["Value"])
        if name == "CheckNotValue":
            return not same(field, request["Value"])
        if name in ("CheckSameValue", "CheckNotSameValue"):
            equal = row.get(request["ColumnAName"], "") == row.get(request["ColumnBName"], "")
            return equal == (name == "CheckSameValue")
        if name == "CheckGreaterOrEqualThanValue":
            return field == "" or decimal(field) >= Decimal(str(request["Value"]))
        if name == "CheckDistinctCount":
            return self.distinct_count(request, row)
        if name == "ColumnByColumnEqualsColumnValue":
            return self.product(request, row)
        if name in ("TypeDecimal", "FormatNumeric", "CheckDecimalValue"):
            return field == "" or decimal(field) is not None
        if name in ("TypeDateTime", "FormatDateTime"):
            return field == "" or bool(TIME.fullmatch(field))
        if name in ("CheckNationalCurrency", "FormatCurrency"):
            return field == "" or bool(re.fullmatch("[A-Z]{3}", field))
        if name == "FormatUnit":
            return field == "" or bool(UNIT.fullmatch(field))
        if name == "FormatKeyValue":
            return field == "" or key_value(field)
        if name in ("TypeString", "FormatString"):
            return field == "" or bool(STRING.fullmatch(field))
        raise KeyError(f"the model has a function that is not known here: {name}")

    def distinct_count(self, request, row):
        one, other = request["ColumnAName"], request["ColumnBName"]
        if (one, other) not in self.distinct:
            values = self.distinct[one, other] = defaultdict(set)
            for any_row in self.rows:
                values[any_row[one]].add(any_row[other])
        return len(self.distinct[one, other][row[one]]) == request["ExpectedCount"]

    def product(self, request, row):
        parts = [decimal(row.get(request[name], "")) for name in
                 ("ColumnAName", "ColumnBName", "ResultColumnName")]
        if None in parts:
            return False
        with localcontext() as context:
            context.prec = 100
            return parts[0] * parts[1] == parts[2]

    # --- rules ---

    def applies(self, rule):
        needs = set(rule["ApplicabilityCriteria"])
        if rule["EntityType"] == "Column":
            needs |= self.column_needs[rule["Reference"]]
        return needs <= CLAIMED

    def holds(self, rule_id, row):
        """As part of another: what is not asked for holds."""
        rule = self.rules[rule_id]
        criteria = rule["ValidationCriteria"]
        if rule["Type"] != "Static" or not self.applies(rule) or criteria["Keyword"] == "MAY":
            return True
        if criteria.get("Condition") and not self.check(criteria["Condition"], row):
            return True
        return self.check(criteria["Requirement"], row)

    def run(self, path):
        """Counts, and a list of (rule, row number, text) that failed."""
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            self.columns = reader.fieldnames
            self.rows = list(reader)
        self.distinct = {}
        counts, failures = Counter(), []
        for rule_id, rule in self.rules.items():
            criteria = rule["ValidationCriteria"]
            if rule["Type"] != "Static":
                counts["no check"] += 1
            elif not self.applies(rule):
                counts["not claimed"] += 1
            elif criteria["Keyword"] == "MAY":
                counts["allowed"] += 1
            else:
                bad = next((number for number, row in enumerate(self.rows, 2)
                            if not self.holds(rule_id, row)), None)
                if bad is None:
                    counts["passed"] += 1
                elif rule_id in IMPOSSIBLE:
                    counts["impossible"] += 1
                elif criteria["Keyword"] in ("SHOULD", "SHOULD NOT", "RECOMMENDED"):
                    counts["advice not taken"] += 1
                else:
                    counts["failed"] += 1
                    failures.append((rule_id, bad, criteria["MustSatisfy"]))
        return counts, failures
