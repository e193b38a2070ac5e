# SPDX-License-Identifier: Apache-2.0
"""The rules of FOCUS 1.2, read as data from the FinOps foundation's model (model-1.2.json), against
every row of a file. Strict: each row by itself, decimals as exact decimals.

Rules that are no checks (Dynamic, or made of nothing but such), that only allow (MAY), or that are of
a construct that is not claimed, are counted apart. What only SHOULD be is reported and is no
failure."""

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal, localcontext
from math import isfinite

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
TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z")
SIZE = "[KMGTPE]?i?[bB]"
PERIOD = "(Year|Month|Day|Hour|Minute|Second)"
COUNT = "[A-Za-z]+( [A-Za-z]+)*"
UNIT = re.compile(f"([1-9][0-9]* )?(({SIZE}|{COUNT})-{PERIOD}s|"
                  f"({SIZE}|{COUNT}s?)(/([1-9][0-9]* )?{PERIOD}s?)?)")
STRING = re.compile(r"\S(.*\S)?", re.S)
CURRENCIES = set("""AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD
BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV
WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split())  # ISO 4217


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


def is_time(text):
    try:
        return bool(TIME.fullmatch(text)) and datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") is not None
    except ValueError:
        return False


def key_value(text):
    """A flat JSON object in which no key stands twice."""
    try:
        found = json.loads(text, object_pairs_hook=list, parse_constant=float)
    except ValueError:
        return False
    return text.lstrip().startswith("{") and len(dict(found)) == len(found) and all(
        not isinstance(value, (list, float)) or isinstance(value, float) and isfinite(value)
        for _, value in found)


class Checker:
    def __init__(self, model):
        with open(model, encoding="utf-8") as file:
            self.rules = json.load(file)["ModelRules"]
        # What a column asks for, all of its rules ask for.
        self.column_needs = defaultdict(set)
        for rule in self.rules.values():
            if rule["Function"] in ("Composite", "Presence") and rule["EntityType"] != "Attribute":
                self.column_needs[rule["Reference"]] |= set(rule["ApplicabilityCriteria"])
        self.kinds, self.rows, self.columns, self.distinct = {}, [], [], {}

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
            return field == "" or (decimal(field) is not None and
                                   decimal(field) >= Decimal(str(request["Value"])))
        if name == "CheckDistinctCount":
            return self.distinct_count(request, row)
        if name == "ColumnByColumnEqualsColumnValue":
            return self.product(request, row)
        if name in ("TypeDecimal", "FormatNumeric", "CheckDecimalValue"):
            return field == "" or decimal(field) is not None
        if name in ("TypeDateTime", "FormatDateTime"):
            return field == "" or is_time(field)
        if name in ("CheckNationalCurrency", "FormatCurrency"):
            return field == "" or field in CURRENCIES
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

    def asks(self, request):
        """Is there anything in it that a row may fail?"""
        if request.get("CheckFunction") == "CheckModelRule":
            return self.kind(request["ModelRuleId"]) == "check"
        return "Items" not in request or any(self.asks(part) for part in request["Items"])

    def kind(self, rule_id):
        if rule_id not in self.kinds:
            rule = self.rules[rule_id]
            criteria = rule["ValidationCriteria"]
            self.kinds[rule_id] = (
                "no check" if rule["Type"] != "Static" else
                "not claimed" if not self.applies(rule) else
                "allowed" if criteria["Keyword"] == "MAY" else
                "check" if self.asks(criteria["Requirement"]) else "no check")
        return self.kinds[rule_id]

    def holds(self, rule_id, row):
        """As part of another: what is not asked for holds."""
        criteria = self.rules[rule_id]["ValidationCriteria"]
        if self.kind(rule_id) != "check":
            return True
        if criteria.get("Condition") and not self.check(criteria["Condition"], row):
            return True
        return self.check(criteria["Requirement"], row)

    def read(self, file):
        """Rows of a file that is open. ValueError where it is no table: not every row has a field a
        column, or a column stands twice."""
        lines = csv.reader(file, strict=True)
        self.columns = next(lines)
        self.rows, self.distinct = [], {}
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("a column stands twice")
        for number, line in enumerate(lines, 2):
            if len(line) != len(self.columns):
                raise ValueError(f"row {number} has {len(line)} fields")
            self.rows.append(dict(zip(self.columns, line)))
        if not self.rows:
            raise ValueError("there are no rows")

    def first_bad(self, rule_id):
        """The number of the first row that breaks a rule."""
        return next((number for number, row in enumerate(self.rows, 2)
                     if not self.holds(rule_id, row)), None)

    def judge(self):
        """Counts, and a list of (rule, row number, text) that failed."""
        counts, failures = Counter(), []
        for rule_id, rule in self.rules.items():
            criteria = rule["ValidationCriteria"]
            if self.kind(rule_id) != "check":
                counts[self.kind(rule_id)] += 1
            elif (bad := self.first_bad(rule_id)) is None:
                counts["passed"] += 1
            elif rule_id in IMPOSSIBLE:
                counts["impossible"] += 1
            elif criteria["Keyword"] in ("SHOULD", "SHOULD NOT", "RECOMMENDED"):
                counts["advice not taken"] += 1
            else:
                counts["failed"] += 1
                failures.append((rule_id, bad, criteria["MustSatisfy"]))
        return counts, failures

    def run(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            self.read(file)
        return self.judge()
