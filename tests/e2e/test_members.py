# SPDX-License-Identifier: Apache-2.0
"""Members of the task definition and of RunTask as a task sees them: MEMBERS.md names
these tests. Two tasks of one definition run beside each other, one with every override."""

import unittest

import shared

# What the shell tells, one word or line each.
LOOK = """
echo word $0
echo variables $A $B $C
echo nofile $(ulimit -S -n) $(ulimit -H -n)
echo platform $(uname -s) $(uname -m)
echo disk $(df -m / | tail -n 1 | awk '{print $2}')
echo memory $(cat /sys/fs/cgroup/memory.max) $(cat /sys/fs/cgroup/memory.low)
echo weight $(cat /sys/fs/cgroup/cpu.weight)
echo total $(awk '/MemTotal/ {print $2}' /proc/meminfo)
echo address $(ip -o -4 addr show scope global | awk '{print $4}')
timeout 1 cat; echo stdin $?
"""
MIB = 1024 * 1024


class Members(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.ecs, cls.logs = cls.server.boto3("ecs"), cls.server.boto3("logs")
        answer = cls.ecs.register_task_definition(
            family="members", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="512",
            memory="1024", ephemeralStorage={"sizeInGiB": 22}, taskRoleArn="role",
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            tags=[{"key": "of", "value": "definition"}], enableFaultInjection=False,
            containerDefinitions=[{
                "name": "main", "image": cls.server.image, "essential": True, "cpu": 128,
                "memory": 512, "memoryReservation": 64, "entryPoint": ["sh", "-c", LOOK],
                "command": ["first"], "interactive": True, "pseudoTerminal": False,
                "linuxParameters": {"initProcessEnabled": False},
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "two words"}],
                "ulimits": [{"name": "nofile", "softLimit": 1000, "hardLimit": 2000}]}])
        cls.registered = answer["taskDefinition"]
        plain = cls.server.run(cls.ecs, "members")
        changed = cls.ecs.run_task(
            taskDefinition="members", startedBy="members", group="of-members", referenceId="x",
            capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            propagateTags="TASK_DEFINITION", enableECSManagedTags=True, platformVersion="1.4.0",
            tags=[{"key": "from", "value": "request"}],
            overrides={
                "cpu": "1024", "memory": "2048", "ephemeralStorage": {"sizeInGiB": 30},
                "containerOverrides": [{
                    "name": "main", "command": ["second"], "cpu": 256, "memory": 768,
                    "memoryReservation": 128,
                    "environment": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]}]})
        cls.plain, cls.changed = cls.server.wait(
            cls.ecs, plain + [changed["tasks"][0]["taskArn"]])

    def seen(self, task):
        text = self.server.task_output(self.logs, task["taskArn"]).decode()
        return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}

    def check_sizes(self, seen, memory, reservation, total_mib, disk_gib):
        self.assertEqual(seen["memory"], [str(memory * MIB), str(reservation * MIB)])
        self.assertGreaterEqual(int(seen["total"][0]), total_mib * 1024)
        self.assertLess(int(seen["total"][0]), total_mib * 1024 * 1.1)
        self.assertGreater(int(seen["disk"][0]), disk_gib * 1024 * 0.9)
        self.assertLess(int(seen["disk"][0]), (disk_gib + 1) * 1024)

    def test_a_definition_seen_from_inside(self):
        seen = self.seen(self.plain)
        self.assertEqual(seen["word"], ["first"])
        self.assertEqual(seen["variables"], ["1", "two", "words"])
        self.assertEqual(seen["nofile"], ["1000", "2000"])
        self.assertEqual(seen["platform"], ["Linux", "x86_64"])
        self.check_sizes(seen, 512, 64, 1024, 22)
        self.assertNotEqual(seen["stdin"], ["0"])  # it was open, and cat waited
        details = {d["name"]: d["value"] for d in self.plain["attachments"][0]["details"]}
        if details["privateIPv4Address"] != "127.0.0.1":
            self.assertEqual(seen["address"][0].split("/")[0], details["privateIPv4Address"])

    def test_overrides_seen_from_inside(self):
        seen = self.seen(self.changed)
        self.assertEqual(seen["word"], ["second"])
        self.assertEqual(seen["variables"], ["1", "2", "3"])
        self.check_sizes(seen, 768, 128, 2048, 30)
        self.assertGreater(int(seen["weight"][0]), int(self.seen(self.plain)["weight"][0]))
        self.assertEqual((self.changed["cpu"], self.changed["memory"]), ("1024", "2048"))

    def test_what_run_task_says_of_the_task_itself(self):
        arn = self.changed["taskArn"]
        self.assertEqual(self.changed["capacityProviderName"], "FARGATE_SPOT")
        self.assertEqual(self.changed["group"], "of-members")
        self.assertEqual(self.changed["startedBy"], "members")
        task = self.ecs.describe_tasks(tasks=[arn], include=["TAGS"])["tasks"][0]
        tags = {tag["key"]: tag["value"] for tag in task["tags"]}
        self.assertEqual(tags, {"of": "definition", "from": "request",
                                "aws:ecs:clusterName": "default"})
        listed = self.ecs.list_tasks(startedBy="members", desiredStatus="STOPPED")["taskArns"]
        self.assertEqual(listed, [arn])

    def test_false_of_what_is_not_done_is_given_back(self):
        container = self.registered["containerDefinitions"][0]
        self.assertIs(self.registered["enableFaultInjection"], False)
        self.assertIs(container["pseudoTerminal"], False)
        self.assertIs(container["linuxParameters"]["initProcessEnabled"], False)
