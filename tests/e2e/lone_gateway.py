# SPDX-License-Identifier: Apache-2.0
"""A gateway by itself, in a state folder of its own, for tests of what it reads from the store: nothing
runs, all that is there was put there.

    with LoneGateway(files={"prices.conf": TEXT}) as gateway:
        gateway.boto3("ce", account)"""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import api_model
from slipway_server import PROGRAMS

START_S = 60
SECRET = "0123456789abcdefghijABCDEFGHIJ0123456789"


class LoneGateway:
    def __init__(self, files=None, accounts=("123456789012",)):
        self.files, self.accounts = files or {}, accounts
        self.process = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="slipway-gateway-")
        self.state = Path(self.folder.name)
        for name in ("db", "tls", "run"):
            (self.state / name).mkdir()
        for name, text in self.files.items():
            (self.state / name).write_text(text)
        self.certificate = self.state / "tls/server.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.state / "tls/server.key", "-out", self.certificate],
            check=True, capture_output=True)
        self.doorbell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.doorbell.bind(str(self.state / "run/doorbell"))
        try:
            self.start()
            self.add_accounts()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self.doorbell.close()
        self.folder.cleanup()

    def command(self):
        settings = {"state_dir": self.state, "run_dir": self.state / "run",
                    "listen": "127.0.0.1:0"}
        argv = [PROGRAMS / "slipway-gateway"]
        for name, value in settings.items():
            argv += ["--set", f"{name}={value}"]
        return argv

    def text(self):
        return (self.state / "log").read_text()

    def start(self):
        with open(self.state / "log", "w") as log:
            self.process = subprocess.Popen(self.command(), stderr=log, stdout=log)
        deadline = time.monotonic() + START_S
        while " ready address=127.0.0.1:" not in self.text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the gateway did not start:\n" + self.text())
            time.sleep(0.05)
        self.port = int(self.text().split("ready address=127.0.0.1:")[1].split()[0])
        self.endpoint = f"https://localhost:{self.port}"

    @property
    def database(self):
        return self.state / "db/state.db"

    @staticmethod
    def key_of(account):
        return "AKIATEST" + account

    def add_accounts(self):
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as db, db:
            for account in self.accounts:
                db.execute("INSERT INTO account VALUES (?, ?, 1)", (account, "name-" + account))
                db.execute("INSERT INTO access_key VALUES (?, ?, ?, 'root', 1, 1)",
                           (self.key_of(account), SECRET, account))

    # --- clients ---

    def environment(self, account):
        env = {name: value for name, value in os.environ.items()
               if name.lower() not in ("http_proxy", "https_proxy")}
        return dict(env, AWS_ACCESS_KEY_ID=self.key_of(account), AWS_SECRET_ACCESS_KEY=SECRET,
                    AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
                    AWS_CA_BUNDLE=str(self.certificate), AWS_PAGER="")

    def aws_raw(self, account, *words):
        return subprocess.run(["/usr/bin/aws", *words, "--endpoint-url", self.endpoint,
                               "--output", "json"], env=self.environment(account),
                              capture_output=True, text=True, timeout=120)

    def aws(self, account, *words):
        done = self.aws_raw(account, *words)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout)

    def boto3(self, service, account):
        client = api_model.session().client(
            service, endpoint_url=self.endpoint, verify=str(self.certificate),
            region_name="us-east-1", aws_access_key_id=self.key_of(account),
            aws_secret_access_key=SECRET)
        return api_model.judge.watch(client)
