# SPDX-License-Identifier: Apache-2.0
"""The gateway by itself, within the other end-to-end tests: see gateway_protocol."""

import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = os.environ.get("SLIPWAY_PROGRAMS", str(ROOT / "build/release/bin"))


class Gateway(unittest.TestCase):
    def test_protocols_and_hostile_peers(self):
        done = subprocess.run([ROOT / "tests/e2e/gateway_protocol", PROGRAMS],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout.splitlines()[-1], r"^\d+ passed, 0 failed$")


if __name__ == "__main__":
    unittest.main()
