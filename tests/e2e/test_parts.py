# SPDX-License-Identifier: Apache-2.0
"""A part of the whole by itself: the network, packet by packet. Others are commands of their
own, since they take minutes: agent_boot, image_worker, machine."""

import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Parts(unittest.TestCase):
    def run_part(self, name, *words):
        done = subprocess.run([ROOT / "tests/e2e" / name, *words], capture_output=True, text=True,
                              timeout=900, cwd=ROOT)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, text[-20000:])
        return text

    @unittest.skipUnless(os.geteuid() == 0, "bridges and namespaces need root")
    @unittest.skipUnless((ROOT / "build/dev/bin/network_tool").exists(),
                         "build/dev has no network_tool: build the preset dev first")
    def test_network_packet_by_packet(self):
        text = self.run_part("network_isolation", ROOT / "build/dev")
        self.assertRegex(text, r"(?m)^\d+ passed, 0 failed")
