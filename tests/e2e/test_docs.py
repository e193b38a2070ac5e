# SPDX-License-Identifier: Apache-2.0
"""docs/events.md does what it says: its commands run as one script, by an account of their own, and
its configuration is one."""

import re
import subprocess
import tempfile
import unittest

import shared
from slipway_server import PROGRAMS, ROOT

PAGE = ROOT / "docs/events.md"


def blocks():
    """What is indented: (commands, configuration)."""
    found = re.findall(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", PAGE.read_text(), re.M)
    texts = [re.sub(r"^    ", "", block, flags=re.M).strip("\n") for block in found]
    commands = [text for text in texts if not text.startswith("source.")]
    return "\n".join(commands), "\n".join(text for text in texts if text.startswith("source."))


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()

    def remove(self, keys):
        """What would start tasks beside other tests, and names that they may use."""
        scheduler, events = (self.server.boto3(service, **keys)
                             for service in ("scheduler", "events"))
        for schedule in scheduler.list_schedules()["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"])
        for rule in events.list_rules()["Rules"]:
            targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            if targets:
                events.remove_targets(Rule=rule["Name"], Ids=[target["Id"] for target in targets])
            events.delete_rule(Name=rule["Name"])
        for name in ("ci", "sensors"):
            self.server.slipway("webhook", "delete", name, check=False)

    def test_the_commands_of_the_page(self):
        self.server.slipway("account", "create", "docs")
        made = self.server.slipway("key", "create", "--account", "docs").stdout
        keys = dict(re.findall(r"^(?:export )?(AWS_\w+)=(.*)$", made, re.M))
        own = {name.lower(): keys[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.server.boto3("ecs", **own).create_cluster(clusterName="default")
        self.addCleanup(self.remove, own)
        commands = blocks()[0].replace("127.0.0.1:8444", self.server.registry)
        # The environment is there already; numbers of letters are anybody's.
        commands = re.sub(r"^(\. /|PATH=|slipway events dead (show|redrive|delete)).*$", ":",
                          commands, flags=re.M)
        self.assertGreater(commands.count("\naws "), 10)
        commands += ("\nslipway logs --follow $(slipway ps --all | "
                     "awk '/show-event/ {print $1; exit}'); slipway bill --by rule")
        done = subprocess.run(
            ["bash", "-euc", commands], cwd=ROOT, capture_output=True, text=True, timeout=300,
            env=dict(self.server.env, **keys, PATH=f"{PROGRAMS}:/usr/bin:/bin"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('"detail":{"total":250}', done.stdout)
        self.assertRegex(done.stdout, r"\norders +1[+ ]")

    def test_the_configuration_of_the_page(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
            conf.write(f"state_dir = {self.server.state}\n{blocks()[1]}\n")
            conf.flush()
            done = subprocess.run([PROGRAMS / "slipway-relay", "--config", conf.name,
                                   "--check-config"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
