# SPDX-License-Identifier: Apache-2.0
"""Parts of the whole by themselves, each a command of its own with its own report: the
agent under bare QEMU, the image worker against registries that lie, the network
packet by packet."""

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

    def test_agent_under_bare_qemu(self):
        self.run_part("agent_boot", "--guest", ROOT / "build/guest")

    def test_image_worker(self):
        text = self.run_part("image_worker", ROOT / "build/release/bin/slipway-image")
        self.assertRegex(text, r"(?m)^\d+ passed, 0 failed")

    @unittest.skipUnless(os.geteuid() == 0, "bridges and namespaces need root")
    @unittest.skipUnless((ROOT / "build/dev/bin/network_tool").exists(),
                         "build/dev has no network_tool: build the preset dev first")
    def test_network_packet_by_packet(self):
        text = self.run_part("network_isolation", ROOT / "build/dev")
        self.assertRegex(text, r"(?m)^\d+ passed, 0 failed")
