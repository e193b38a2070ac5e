# SPDX-License-Identifier: Apache-2.0
"""What a task may know about itself: the metadata endpoint, asked from inside."""

import json
import re
import unittest

import shared

ASK = """
ask() { echo "$1 $(wget -q -O - "$2" 2>/dev/null || echo null)"; }
"""
# A web server on port 80 of all addresses, so that the endpoint is in nobody's way.
MAIN = ASK + """
httpd -p 0.0.0.0:80 -h /etc && wget -q -O /dev/null http://127.0.0.1/passwd && echo 'web "up"'
base=$ECS_CONTAINER_METADATA_URI_V4
while wget -q -O - $base/task | grep -q '"CREATED"\\|"PULLED"'; do sleep 0.1; done
sleep 2 # the other one has ended
ask container $base
own=$(wget -q -O - $base | sed 's/.*"IPv4Addresses":\\["\\([0-9.]*\\)".*/\\1/')
echo "own \\"$own\\""
ask slash $base/
ask query "$base?x=1"
ask task $base/task
ask first $base/stats
sleep 1.1
ask stats $base/stats
ask tasks $base/task/stats
ask old $ECS_CONTAINER_METADATA_URI/task
ask nowhere $base/nowhere
ask nobody http://169.254.170.2/v4/00000000000000000000000000000000
ask instance http://169.254.169.254/latest/meta-data/
ask neighbour http://169.254.170.1/
echo "hidden $(nc -w 2 $own 51679 </dev/null 2>/dev/null && echo 1 || echo null)"
echo "status $(printf 'GET /v4/x HTTP/1.1\\r\\n\\r\\n' | nc 169.254.170.2 80 | head -1 |
               sed 's/.* \\(4..\\) .*/\\1/')"
echo "mapped $(wget -q -O - "http://[::ffff:169.254.170.2]/v4/${base##*/}" || echo null)"
for i in $(seq 40); do sleep 30 | nc 169.254.170.2 80 & done 2>/dev/null
sleep 1
ask crowd $base
env | grep '^AWS_\\|^ECS_' | sort | sed 's/\\(.*\\)=\\(.*\\)/env_\\1 "\\2"/'
"""


class Metadata(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        cls.ecs.register_task_definition(
            family="curious", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
            cpu="512", memory="1024", containerDefinitions=[
                {"name": "main", "image": cls.server.image, "essential": True, "cpu": 200,
                 "memory": 256, "command": ["sh", "-c", MAIN], "dockerLabels": {"team": "blue"},
                 "portMappings": [{"containerPort": 80}],
                 "environment": [{"name": "ECS_CONTAINER_METADATA_URI_V4", "value": "mine"}]},
                {"name": "side", "image": cls.server.image, "essential": False,
                 "command": ["sh", "-c", "echo token $ECS_CONTAINER_METADATA_URI_V4; exit 7"],
                 "logConfiguration": {"logDriver": "awslogs", "options": {
                     "awslogs-group": "/curious", "awslogs-create-group": "true",
                     "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}}}])
        arn = cls.server.run(cls.ecs, "curious")[0]
        cls.task = cls.server.wait(cls.ecs, [arn], timeout=400)[0]
        cls.task_id = arn.rsplit("/", 1)[1]
        text = cls.server.task_output(cls.logs, arn).decode()
        cls.told = {}
        for line in text.splitlines():
            name, value = line.split(" ", 1)
            try:
                cls.told[name] = json.loads(value)
            except ValueError:
                raise AssertionError(f"not JSON: {line}\n{text}") from None

    def described(self, name):
        return next(c for c in self.task["containers"] if c["name"] == name)

    def test_the_container(self):
        told, described = self.told["container"], self.described("main")
        self.assertEqual(told["DockerId"], described["runtimeId"])
        self.assertEqual(told["ContainerARN"], described["containerArn"])
        self.assertEqual(told["ImageID"], described["imageDigest"])
        self.assertEqual((told["Name"], told["DockerName"], told["Image"]),
                         ("main", "main", self.server.image))
        self.assertEqual((told["DesiredStatus"], told["KnownStatus"], told["Type"]),
                         ("RUNNING", "RUNNING", "NORMAL"))
        self.assertEqual(told["Limits"], {"CPU": 200, "Memory": 256})
        self.assertEqual(told["Ports"], [
            {"ContainerPort": 80, "Protocol": "tcp", "HostPort": 80}])
        self.assertEqual(told["Labels"], {
            "team": "blue", "com.amazonaws.ecs.cluster": self.task["clusterArn"],
            "com.amazonaws.ecs.container-name": "main",
            "com.amazonaws.ecs.task-arn": self.task["taskArn"],
            "com.amazonaws.ecs.task-definition-family": "curious",
            "com.amazonaws.ecs.task-definition-version":
                self.task["taskDefinitionArn"].rsplit(":", 1)[1]})
        self.assertLessEqual(told["CreatedAt"], told["StartedAt"])
        self.assertNotIn("FinishedAt", told)
        self.assertNotIn("LogDriver", told)
        details = {d["name"]: d["value"] for d in self.task["attachments"][0]["details"]}
        network = told["Networks"][0]
        self.assertEqual(network["IPv4Addresses"], [details["privateIPv4Address"]])
        self.assertEqual(self.told["own"], details["privateIPv4Address"])
        self.assertEqual(network["MACAddress"], details["macAddress"])
        self.assertEqual(network["NetworkMode"], "awsvpc")
        self.assertTrue(network["DomainNameServers"])
        for same in ("slash", "query"):
            self.assertEqual(self.told[same], told)

    def test_the_task(self):
        told = self.told["task"]
        self.assertEqual(told["Cluster"], self.task["clusterArn"])
        self.assertEqual(told["TaskARN"], self.task["taskArn"])
        self.assertEqual(told["Family"], "curious")
        self.assertEqual(told["Revision"], self.task["taskDefinitionArn"].rsplit(":", 1)[1])
        self.assertEqual(told["Limits"], {"CPU": 0.5, "Memory": 1024})
        self.assertEqual((told["DesiredStatus"], told["KnownStatus"], told["LaunchType"]),
                         ("RUNNING", "RUNNING", "FARGATE"))
        self.assertEqual(told["AvailabilityZone"], self.task["availabilityZone"])
        self.assertEqual(told["EphemeralStorageMetrics"]["Reserved"], 20496)
        self.assertLess(told["EphemeralStorageMetrics"]["Utilized"], 1024)
        started = self.task["pullStartedAt"].timestamp()
        self.assertRegex(told["PullStartedAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertIn(f"{int(started) % 60:02d}.{round(started % 1 * 1000):03d}Z",
                      told["PullStartedAt"])
        self.assertLessEqual(told["PullStartedAt"], told["PullStoppedAt"])
        main, side = told["Containers"]
        self.assertEqual(main["DockerId"], self.told["container"]["DockerId"])
        self.assertEqual((side["KnownStatus"], side["DesiredStatus"], side["ExitCode"]),
                         ("STOPPED", "STOPPED", 7))
        self.assertLessEqual(side["StartedAt"], side["FinishedAt"])
        self.assertEqual(side["LogDriver"], "awslogs")
        self.assertEqual(side["LogOptions"], {
            "awslogs-group": "/curious", "awslogs-region": "us-east-1",
            "awslogs-stream": f"p/side/{self.task_id}"})
        self.assertEqual(self.told["old"]["TaskARN"], told["TaskARN"])

    def test_what_is_used(self):
        first, stats = self.told["first"], self.told["stats"]
        self.assertEqual(first["preread"], "0001-01-01T00:00:00Z")
        self.assertEqual(stats["preread"], first["read"])
        cpu, before = stats["cpu_stats"], stats["precpu_stats"]
        self.assertEqual(before, first["cpu_stats"])
        used = cpu["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
        system = cpu["system_cpu_usage"] - before["system_cpu_usage"]
        self.assertGreater(used, 0)
        self.assertGreater(system, 900_000_000 * cpu["online_cpus"])
        self.assertLess(used, system)
        memory = stats["memory_stats"]
        self.assertGreater(memory["usage"], 4096)
        self.assertEqual(memory["limit"], 256 << 20)
        self.assertIn("anon", memory["stats"])
        self.assertGreaterEqual(stats["pids_stats"]["current"], 2)
        self.assertEqual({row["op"] for row in stats["blkio_stats"]["io_service_bytes_recursive"]},
                         {"read", "write"})
        (network,) = stats["networks"].values()
        self.assertGreater(network["rx_bytes"] + network["tx_bytes"], 0)
        ids = {name: self.described(name)["runtimeId"] for name in ("main", "side")}
        self.assertEqual(set(self.told["tasks"]), set(ids.values()))
        self.assertIsNone(self.told["tasks"][ids["side"]])
        self.assertEqual(self.told["tasks"][ids["main"]]["id"], ids["main"])
        self.assertEqual((stats["id"], stats["name"]), (ids["main"], "main"))

    def test_what_is_not_there(self):
        for path in ("nowhere", "nobody", "instance", "neighbour", "hidden"):
            self.assertIsNone(self.told[path], path)
        self.assertEqual(self.told["status"], 400)  # no Host
        self.assertEqual(self.described("main")["exitCode"], 0)

    def test_it_is_in_nobodys_way(self):
        self.assertEqual(self.told["web"], "up")
        self.assertEqual(self.told["mapped"], self.told["container"])
        self.assertEqual(self.told["crowd"], self.told["container"])

    def test_variables(self):
        base = self.told["env_ECS_CONTAINER_METADATA_URI_V4"]
        self.assertRegex(base, r"^http://169\.254\.170\.2/v4/[0-9a-f]{32}$")
        self.assertEqual(self.told["env_ECS_CONTAINER_METADATA_URI"], base.replace("/v4/", "/v3/"))
        self.assertEqual(self.told["env_AWS_EXECUTION_ENV"], "AWS_ECS_FARGATE")
        self.assertEqual(self.told["env_AWS_REGION"], "us-east-1")
        self.assertEqual(self.told["env_AWS_DEFAULT_REGION"], "us-east-1")
        stream = self.logs.get_log_events(logGroupName="/curious", startFromHead=True,
                                          logStreamName=f"p/side/{self.task_id}")
        (other,) = re.findall(r"/v4/(\w+)", stream["events"][0]["message"])
        self.assertNotIn(other, base)
        self.assertNotIn(other, json.dumps(self.told))


if __name__ == "__main__":
    unittest.main()
