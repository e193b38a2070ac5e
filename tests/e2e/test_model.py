# SPDX-License-Identifier: Apache-2.0
"""Every operation against the published service model: its answer is as the model says,
and what the model calls invalid is refused. (The answers of all other tests' clients
are looked at in the same way.)"""

import contextlib
import json
import re
import time
import unittest
import uuid
from pathlib import Path

import api_model
import shared
from signed_calls import RestCalls, SignedCalls

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("ce", "ecs", "events", "logs", "scheduler", "sts", "ssm", "secretsmanager")
PREFIXES = {"ce": "AWSInsightsIndexService",
            "ecs": "AmazonEC2ContainerServiceV20141113", "events": "AWSEvents",
            "logs": "Logs_20140328", "ssm": "AmazonSSM", "secretsmanager": "secretsmanager"}
NOBODY = "0123456789abcdef0123456789abcdef"


def operations():
    """(service, operation) for each row of the gateway's table."""
    rows = re.findall(r"X\((\w+?)_(\w+)\)", (ROOT / "gateway/api_table.h").read_text())
    return {(service, "".join(word.capitalize() for word in name.split("_")))
            for service, name in rows if service in SERVICES}


SCHEDULE = {
    "Name": "model", "GroupName": "model", "Description": "d", "State": "DISABLED",
    "ScheduleExpression": "cron(0 9 ? * MON-FRI *)", "StartDate": 1800000000,
    "ScheduleExpressionTimezone": "America/New_York", "EndDate": 1900000000,
    "ActionAfterCompletion": "DELETE",
    "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
    "Target": {
        "Arn": "CLUSTER", "RoleArn": "arn:aws:iam::111122223333:role/r",
        "Input": '{"containerOverrides": []}',
        "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 60},
        "EcsParameters": {
            "TaskDefinitionArn": "model", "TaskCount": 1, "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": {
                "Subnets": ["default"], "SecurityGroups": ["default"],
                "AssignPublicIp": "DISABLED"}},
            "PlatformVersion": "LATEST", "Group": "model", "EnableECSManagedTags": True,
            "EnableExecuteCommand": False, "PropagateTags": "TASK_DEFINITION",
            "ReferenceId": "r", "Tags": [{"key": "k", "value": "v"}],
            "CapacityProviderStrategy": []}}}

# Valid requests, in an order in which each finds what it needs; GROUP and the like are made
# by setUpClass. What the API refuses in any case (there are no container instances) names the error.
REQUESTS = [
    ("ecs", "CreateCluster", {
        "clusterName": "model", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "tags": [{"key": "k", "value": "v"}],
        "configuration": {"executeCommandConfiguration": {"logging": "NONE"}},
        "defaultCapacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 1}]}, None),
    ("ecs", "UpdateCluster", {
        "cluster": "model", "settings": [{"name": "containerInsights", "value": "disabled"}],
        "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}}}, None),
    ("ecs", "UpdateClusterSettings", {
        "cluster": "model", "settings": [{"name": "containerInsights", "value": "disabled"}]},
     None),
    ("ecs", "PutClusterCapacityProviders", {
        "cluster": "model", "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]}, None),
    ("ecs", "DescribeClusters", {
        "clusters": ["model", "nowhere"],
        "include": ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]}, None),
    ("ecs", "ListClusters", {"maxResults": 1}, None),
    ("ecs", "DescribeCapacityProviders", {
        "capacityProviders": ["FARGATE", "mine"], "include": ["TAGS"], "cluster": "model"}, None),
    ("ecs", "RegisterTaskDefinition", {
        "family": "model", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512", "taskRoleArn": "role", "executionRoleArn": "role",
        "ephemeralStorage": {"sizeInGiB": 21}, "enableFaultInjection": False, "volumes": [],
        "placementConstraints": [], "inferenceAccelerators": [],
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "tags": [{"key": "k", "value": "v"}],
        "containerDefinitions": [{
            "name": "main", "image": "IMAGE", "cpu": 1, "memory": 256, "memoryReservation": 128,
            "essential": True, "entryPoint": ["sh"], "command": ["-c", "sleep 600"],
            "environment": [{"name": "A", "value": "1"}], "workingDirectory": "/", "user": "0",
            "readonlyRootFilesystem": False, "interactive": False, "pseudoTerminal": False,
            "privileged": False, "disableNetworking": False, "links": [], "dnsServers": [],
            "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp",
                              "name": "web", "appProtocol": "http"}],
            "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
            "dockerLabels": {"a": "b"}, "startTimeout": 10, "stopTimeout": 2,
            "linuxParameters": {"initProcessEnabled": False},
            "versionConsistency": "enabled",
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/slipway/tasks", "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "model"}}}]}, None),
    ("ecs", "DescribeTaskDefinition", {"taskDefinition": "model", "include": ["TAGS"]}, None),
    ("ecs", "ListTaskDefinitions", {
        "familyPrefix": "model", "status": "ACTIVE", "sort": "DESC", "maxResults": 1}, None),
    ("ecs", "ListTaskDefinitionFamilies", {"familyPrefix": "mod", "status": "ALL"}, None),
    ("ecs", "RunTask", {
        "cluster": "model", "taskDefinition": "model", "count": 1, "startedBy": "model",
        "group": "model", "enableECSManagedTags": True, "propagateTags": "TASK_DEFINITION",
        "enableExecuteCommand": False, "platformVersion": "LATEST", "referenceId": "r",
        "tags": [{"key": "k", "value": "w"}], "placementConstraints": [], "placementStrategy": [],
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["default"], "securityGroups": ["default"], "assignPublicIp": "DISABLED"}},
        "overrides": {
            "cpu": "512", "memory": "1024", "taskRoleArn": "r", "executionRoleArn": "r",
            "ephemeralStorage": {"sizeInGiB": 22}, "inferenceAcceleratorOverrides": [],
            "containerOverrides": [{
                "name": "main", "command": ["-c", "sleep 60"], "cpu": 2, "memory": 512,
                "memoryReservation": 64, "environment": [{"name": "A", "value": "2"}]}]}}, None),
    ("ecs", "DescribeTasks", {"cluster": "model", "tasks": ["TASK", NOBODY], "include": ["TAGS"]},
     None),
    ("ecs", "ListTasks", {
        "cluster": "model", "desiredStatus": "RUNNING", "launchType": "FARGATE", "maxResults": 5,
        "family": "model"}, None),
    ("ecs", "ExecuteCommand", {
        "cluster": "model", "task": "TASK", "container": "main", "command": "sh",
        "interactive": True}, "InvalidParameterException"),  # it was run without
    ("ecs", "UpdateTaskProtection", {
        "cluster": "model", "tasks": ["TASK", NOBODY], "protectionEnabled": True,
        "expiresInMinutes": 5}, None),
    ("ecs", "GetTaskProtection", {"cluster": "model", "tasks": [NOBODY]}, None),
    ("ecs", "TagResource", {"resourceArn": "CLUSTER", "tags": [{"key": "l", "value": "w"}]}, None),
    ("ecs", "ListTagsForResource", {"resourceArn": "CLUSTER"}, None),
    ("ecs", "UntagResource", {"resourceArn": "CLUSTER", "tagKeys": ["l"]}, None),
    ("ecs", "StopTask", {"cluster": "model", "task": "TASK", "reason": "enough"}, None),
    ("ecs", "DeregisterTaskDefinition", {"taskDefinition": "REVISION"}, None),
    ("ecs", "DeleteTaskDefinitions", {"taskDefinitions": ["REVISION", "model:99"]}, None),
    ("ecs", "PutAccountSetting", {"name": "containerInsights", "value": "disabled"}, None),
    ("ecs", "PutAccountSettingDefault", {"name": "containerInsights", "value": "disabled"}, None),
    ("ecs", "ListAccountSettings", {
        "name": "containerInsights", "value": "disabled", "effectiveSettings": True,
        "maxResults": 10}, None),
    ("ecs", "DeleteAccountSetting", {"name": "containerInsights"}, None),
    ("ecs", "ListServices", {"cluster": "model", "launchType": "FARGATE", "maxResults": 10}, None),
    ("ecs", "DescribeServices", {"cluster": "model", "services": ["s"], "include": ["TAGS"]},
     None),
    ("ecs", "ListContainerInstances", {"cluster": "model", "status": "ACTIVE"}, None),
    ("ecs", "DescribeContainerInstances", {
        "cluster": "model", "containerInstances": ["x"], "include": ["TAGS"]}, None),
    ("ecs", "ListAttributes", {"cluster": "model", "targetType": "container-instance"}, None),
    ("ecs", "PutAttributes", {
        "cluster": "model", "attributes": [{"name": "a", "value": "b", "targetId": "x",
                                            "targetType": "container-instance"}]},
     "TargetNotFoundException"),
    ("ecs", "DeleteAttributes", {"cluster": "model", "attributes": [{"name": "a"}]},
     "TargetNotFoundException"),
    ("ecs", "StartTask", {"cluster": "model", "taskDefinition": "model",
                          "containerInstances": ["x"]}, "InvalidParameterException"),
    ("ecs", "RegisterContainerInstance", {"cluster": "model"}, "InvalidParameterException"),
    ("ecs", "DeleteCluster", {"cluster": "empty"}, None),
    ("logs", "CreateLogGroup", {"logGroupName": "GROUP"}, None),
    ("logs", "CreateLogStream", {"logGroupName": "GROUP", "logStreamName": "s"}, None),
    ("logs", "PutLogEvents", {
        "logGroupName": "GROUP", "logStreamName": "s",
        "logEvents": [{"timestamp": "NOW", "message": "hello"}]}, None),
    ("logs", "GetLogEvents", {
        "logGroupName": "GROUP", "logStreamName": "s", "startTime": 1, "limit": 10,
        "startFromHead": True}, None),
    ("logs", "FilterLogEvents", {
        "logGroupName": "GROUP", "logStreamNames": ["s"], "startTime": 1, "filterPattern": "hello",
        "limit": 10}, None),
    ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/model", "limit": 10}, None),
    ("logs", "DescribeLogStreams", {
        "logGroupName": "GROUP", "orderBy": "LogStreamName", "descending": False, "limit": 10},
     None),
    ("logs", "PutRetentionPolicy", {"logGroupName": "GROUP", "retentionInDays": 7}, None),
    ("logs", "DeleteRetentionPolicy", {"logGroupName": "GROUP"}, None),
    ("logs", "DeleteLogGroup", {"logGroupName": "GROUP"}, None),
    ("ssm", "PutParameter", {
        "Name": "PARAMETER", "Value": "v", "Type": "SecureString", "Description": "d",
        "KeyId": "alias/aws/ssm", "Overwrite": True, "Tier": "Standard", "DataType": "text"}, None),
    ("ssm", "GetParameter", {"Name": "PARAMETER", "WithDecryption": True}, None),
    ("ssm", "GetParameters", {"Names": ["PARAMETER", "/none"], "WithDecryption": True}, None),
    ("ssm", "GetParametersByPath", {
        "Path": "/model", "Recursive": True, "WithDecryption": True, "MaxResults": 5}, None),
    ("ssm", "DescribeParameters", {
        "ParameterFilters": [{"Key": "Name", "Option": "BeginsWith", "Values": ["/model"]}],
        "MaxResults": 5}, None),
    ("ssm", "DeleteParameters", {"Names": ["PARAMETER", "/none"]}, None),
    ("ssm", "DeleteParameter", {"Name": "/none"}, "ParameterNotFound"),
    ("secretsmanager", "CreateSecret", {
        "Name": "SECRET", "Description": "d", "KmsKeyId": "alias/aws/secretsmanager",
        "SecretString": "s", "ClientRequestToken": "CREATE"}, None),
    ("secretsmanager", "PutSecretValue", {
        "SecretId": "SECRET", "SecretBinary": b"b", "VersionStages": ["AWSCURRENT"],
        "ClientRequestToken": "PUT"}, None),
    ("secretsmanager", "UpdateSecret", {
        "SecretId": "SECRET", "Description": "e", "SecretString": "t",
        "ClientRequestToken": "UPDATE"}, None),
    ("secretsmanager", "GetSecretValue", {
        "SecretId": "SECRET", "VersionId": "UPDATE", "VersionStage": "AWSCURRENT"}, None),
    ("secretsmanager", "DescribeSecret", {"SecretId": "SECRET"}, None),
    ("secretsmanager", "ListSecrets", {
        "MaxResults": 5, "IncludePlannedDeletion": True, "SortOrder": "asc"}, None),
    ("secretsmanager", "DeleteSecret", {"SecretId": "SECRET", "RecoveryWindowInDays": 7}, None),
    ("secretsmanager", "RestoreSecret", {"SecretId": "SECRET"}, None),
    ("ce", "GetCostAndUsage", {
        "TimePeriod": {"Start": "TODAY", "End": "TOMORROW"}, "Granularity": "DAILY",
        "Metrics": ["UnblendedCost", "UsageQuantity"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"},
                    {"Type": "TAG", "Key": "aws:ecs:clusterName"}],
        "Filter": {"Not": {"Tags": {"Key": "aws:ecs:clusterName", "Values": ["none"],
                                    "MatchOptions": ["EQUALS"]}}}}, None),
    ("ce", "GetCostAndUsageWithResources", {
        "TimePeriod": {"Start": "TODAY", "End": "TOMORROW"}, "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"], "GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
        "Filter": {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}}, None),
    ("ce", "GetDimensionValues", {
        "TimePeriod": {"Start": "TODAY", "End": "TOMORROW"}, "Dimension": "USAGE_TYPE",
        "SearchString": "vCPU", "Context": "COST_AND_USAGE", "MaxResults": 5}, None),
    ("ce", "GetTags", {
        "TimePeriod": {"Start": "TODAY", "End": "TOMORROW"}, "TagKey": "slipway:taskFamily",
        "SortBy": [{"Key": "BlendedCost", "SortOrder": "DESCENDING"}], "MaxResults": 5}, None),
    ("ce", "GetCostForecast", {
        "TimePeriod": {"Start": "TODAY", "End": "TOMORROW"}, "Granularity": "DAILY",
        "Metric": "UNBLENDED_COST", "PredictionIntervalLevel": 80},
     "DataUnavailableException"),  # no day has been finished
    ("events", "CreateEventBus", {
        "Name": "model", "Description": "d", "Tags": [{"Key": "k", "Value": "v"}]}, None),
    ("events", "DescribeEventBus", {"Name": "model"}, None),
    ("events", "ListEventBuses", {"NamePrefix": "m", "Limit": 5}, None),
    ("events", "CreateArchive", {
        "ArchiveName": "model", "EventSourceArn": "BUS", "Description": "d",
        "EventPattern": '{"source":["model"]}', "RetentionDays": 3}, None),
    ("events", "UpdateArchive", {
        "ArchiveName": "model", "Description": "e", "EventPattern": '{"source":["s"]}',
        "RetentionDays": 4}, None),
    ("events", "DescribeArchive", {"ArchiveName": "model"}, None),
    ("events", "ListArchives", {"NamePrefix": "m", "Limit": 5}, None),
    ("events", "StartReplay", {
        "ReplayName": "REPLAY", "Description": "d", "EventSourceArn": "ARCHIVE",
        "EventStartTime": 1764000000, "EventEndTime": 1764000001,
        "Destination": {"Arn": "BUS", "FilterArns": []}}, None),
    ("events", "DescribeReplay", {"ReplayName": "REPLAY"}, None),
    ("events", "ListReplays", {"NamePrefix": "m", "Limit": 5}, None),
    ("events", "CancelReplay", {"ReplayName": "none"}, "ResourceNotFoundException"),
    ("events", "DeleteArchive", {"ArchiveName": "model"}, None),
    ("events", "CreateConnection", {
        "Name": "model", "Description": "d", "AuthorizationType": "BASIC", "AuthParameters": {
            "BasicAuthParameters": {"Username": "u", "Password": "p"},
            "InvocationHttpParameters": {
                "HeaderParameters": [{"Key": "k", "Value": "v", "IsValueSecret": True}],
                "QueryStringParameters": [{"Key": "k", "Value": "v", "IsValueSecret": False}],
                "BodyParameters": [{"Key": "k", "Value": "v", "IsValueSecret": True}]}}}, None),
    ("events", "UpdateConnection", {
        "Name": "model", "Description": "e", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
        "AuthParameters": {"OAuthParameters": {
            "ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, "HttpMethod": "POST",
            "AuthorizationEndpoint": "https://model.invalid/token",
            "OAuthHttpParameters": {
                "HeaderParameters": [{"Key": "k", "Value": "v", "IsValueSecret": True}],
                "QueryStringParameters": [{"Key": "k", "Value": "v", "IsValueSecret": True}],
                "BodyParameters": [{"Key": "k", "Value": "v", "IsValueSecret": False}]}}}}, None),
    ("events", "DescribeConnection", {"Name": "model"}, None),
    ("events", "ListConnections", {
        "NamePrefix": "m", "ConnectionState": "AUTHORIZING", "Limit": 5}, None),
    ("events", "CreateApiDestination", {
        "Name": "model", "Description": "d", "ConnectionArn": "CONNECTION",
        "InvocationEndpoint": "https://model.invalid/a", "HttpMethod": "POST",
        "InvocationRateLimitPerSecond": 5}, None),
    ("events", "UpdateApiDestination", {
        "Name": "model", "Description": "e", "ConnectionArn": "CONNECTION",
        "InvocationEndpoint": "https://model.invalid/b", "HttpMethod": "PATCH",
        "InvocationRateLimitPerSecond": 6}, None),
    ("events", "DescribeApiDestination", {"Name": "model"}, None),
    ("events", "ListApiDestinations", {
        "NamePrefix": "m", "ConnectionArn": "CONNECTION", "Limit": 5}, None),
    ("events", "DeleteApiDestination", {"Name": "model"}, None),
    ("events", "DeauthorizeConnection", {"Name": "model"}, None),
    ("events", "DeleteConnection", {"Name": "model"}, None),
    ("events", "PutRule", {
        "Name": "model", "EventPattern": '{"source":["model"]}', "State": "DISABLED",
        "ScheduleExpression": "rate(5 minutes)", "Description": "d", "RoleArn": "role",
        "Tags": [{"Key": "k", "Value": "v"}], "EventBusName": "default"}, None),
    ("events", "EnableRule", {"Name": "model", "EventBusName": "default"}, None),
    ("events", "DescribeRule", {"Name": "model", "EventBusName": "default"}, None),
    ("events", "ListRules", {"NamePrefix": "m", "EventBusName": "default", "Limit": 5}, None),
    ("events", "PutTargets", {
        "Rule": "model", "EventBusName": "default", "Targets": [{
            "Id": "t", "Arn": "CLUSTER", "RoleArn": "role",
            "InputTransformer": {"InputPathsMap": {"s": "$.source"}, "InputTemplate": '{"a":<s>}'},
            "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 60},
            "EcsParameters": {
                "TaskDefinitionArn": "model", "TaskCount": 1, "LaunchType": "FARGATE",
                "NetworkConfiguration": {"awsvpcConfiguration": {
                    "Subnets": ["default"], "SecurityGroups": ["default"],
                    "AssignPublicIp": "DISABLED"}},
                "PlatformVersion": "LATEST", "Group": "model", "EnableECSManagedTags": True,
                "EnableExecuteCommand": False, "PropagateTags": "TASK_DEFINITION",
                "ReferenceId": "r", "Tags": [{"Key": "k", "Value": "v"}],
                "CapacityProviderStrategy": []}}]}, None),
    ("events", "ListTargetsByRule", {"Rule": "model", "EventBusName": "default", "Limit": 5},
     None),
    ("events", "ListRuleNamesByTarget", {
        "TargetArn": "CLUSTER", "EventBusName": "default", "Limit": 5}, None),
    ("events", "TestEventPattern", {"EventPattern": '{"source":["model"]}', "Event": json.dumps({
        "id": "1", "account": "1", "source": "model", "time": "t", "region": "r",
        "resources": [], "detail-type": "d"})}, None),
    ("events", "PutEvents", {"Entries": [
        {"Time": 1764000000, "Source": "s", "Resources": ["r"], "DetailType": "t", "Detail": "{}",
         "EventBusName": "default"}, {"Source": "s"}]}, None),
    ("events", "TagResource", {"ResourceARN": "RULE", "Tags": [{"Key": "l", "Value": "v"}]}, None),
    ("events", "ListTagsForResource", {"ResourceARN": "RULE"}, None),
    ("events", "UntagResource", {"ResourceARN": "RULE", "TagKeys": ["l"]}, None),
    ("events", "DisableRule", {"Name": "model", "EventBusName": "default"}, None),
    ("events", "RemoveTargets", {
        "Rule": "model", "EventBusName": "default", "Ids": ["t", "none"], "Force": True}, None),
    ("events", "DeleteRule", {"Name": "model", "EventBusName": "default", "Force": True}, None),
    ("events", "DeleteEventBus", {"Name": "model"}, None),
    ("scheduler", "CreateScheduleGroup", {
        "Name": "model", "Tags": [{"Key": "k", "Value": "v"}], "ClientToken": "CREATE"}, None),
    ("scheduler", "GetScheduleGroup", {"Name": "model"}, None),
    ("scheduler", "ListScheduleGroups", {"NamePrefix": "m", "MaxResults": 5}, None),
    ("scheduler", "TagResource", {"ResourceArn": "SCHEDULES", "Tags": [{"Key": "l", "Value": "v"}]},
     None),
    ("scheduler", "ListTagsForResource", {"ResourceArn": "SCHEDULES"}, None),
    ("scheduler", "UntagResource", {"ResourceArn": "SCHEDULES", "TagKeys": ["l", "m"]}, None),
    ("scheduler", "CreateSchedule", {**SCHEDULE, "ClientToken": "PUT"}, None),
    ("scheduler", "UpdateSchedule", {**SCHEDULE, "ClientToken": "UPDATE"}, None),
    ("scheduler", "GetSchedule", {"Name": "model", "GroupName": "model"}, None),
    ("scheduler", "ListSchedules", {
        "GroupName": "model", "NamePrefix": "m", "State": "DISABLED", "MaxResults": 5}, None),
    ("scheduler", "DeleteSchedule", {"Name": "model", "GroupName": "model"}, None),
    ("scheduler", "DeleteScheduleGroup", {"Name": "model"}, None),
    ("sts", "GetCallerIdentity", {}, None),
]


def python_name(operation):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


# How the API calls a member in its messages where it does not write its name.
OTHER_WORDS = {"propagateTags": "tags", "containerDefinitions": "containerlist",
               "placementConstraints": "constraints",
               "placementStrategy": "placementstrategies",
               "volumeConfigurations": "volumeconfiguration",
               "SecretBinary": "binarysecretvalue"}


def names_member(body, where):
    """Does the error speak of the member, or of one around it?"""
    error = json.loads(body)
    message = re.sub(r"[^a-z]", "", error.get("message", error.get("Message")).lower())
    names = [name for name in where.split(" ")[0].split(".") if not name.isdigit()]
    return any(word.lower() in message for name in names
               for word in (name, OTHER_WORDS.get(name, name)))


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = shared.server()
        cls.clients = {name: cls.server.boto3(name) for name in SERVICES}
        cls.words = {"GROUP": f"/model/{time.time_ns()}", "IMAGE": cls.server.image,
                     "NOW": int(time.time() * 1000),
                     "TODAY": time.strftime("%Y-%m-%d", time.gmtime()),
                     "TOMORROW": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))}
        account = cls.clients["sts"].get_caller_identity()["Account"]
        place = f"arn:aws:events:{cls.server.env['AWS_REGION']}:{account}"
        cls.words.update(BUS=f"{place}:event-bus/default", ARCHIVE=f"{place}:archive/model")
        ecs = cls.clients["ecs"]
        ecs.create_cluster(clusterName="empty")
        cls.name_secrets()
        cls.calls = {name: SignedCalls(cls.server, name, prefix)
                     for name, prefix in PREFIXES.items()}
        cls.calls["scheduler"] = RestCalls(cls.server, "scheduler")

    @classmethod
    def name_secrets(cls):
        """Names that nothing has yet, of a parameter, a secret and its versions, a replay."""
        cls.words["PARAMETER"] = f"/model/{time.time_ns()}"
        cls.words["SECRET"] = f"model/{time.time_ns()}"
        cls.words["REPLAY"] = f"model-{time.time_ns()}"
        cls.words.update((word, str(uuid.uuid4())) for word in ("CREATE", "PUT", "UPDATE"))

    @classmethod
    def tearDownClass(cls):
        for connection in cls.calls.values():
            connection.close()

    def fill(self, value):
        """@value with what only the server knows."""
        if isinstance(value, dict):
            return {name: self.fill(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return self.words.get(value, value) if isinstance(value, str) else value

    def learn(self, operation, answer):
        if operation == "CreateCluster":
            self.words["CLUSTER"] = answer["cluster"]["clusterArn"]
        elif operation == "RegisterTaskDefinition":
            self.words["REVISION"] = answer["taskDefinition"]["taskDefinitionArn"]
        elif operation == "CreateConnection":
            self.words["CONNECTION"] = answer["ConnectionArn"]
        elif operation == "PutRule":
            self.words["RULE"] = answer["RuleArn"]
        elif operation == "CreateScheduleGroup":
            self.words["SCHEDULES"] = answer["ScheduleGroupArn"]
        elif operation == "RunTask":
            self.words["TASK"] = answer["tasks"][0]["taskArn"]

    def test_every_operation_answers_as_the_model_says(self):
        for service, operation, request, error in REQUESTS:
            call = getattr(self.clients[service], python_name(operation))
            with self.subTest(operation):
                if error:
                    with self.assertRaises(Exception) as raised:
                        call(**self.fill(request))
                    self.assertEqual(raised.exception.response["Error"]["Code"], error)
                    api_model.judge.seen.add((service, operation))
                else:
                    self.learn(operation, call(**self.fill(request)))
        self.assertEqual(operations() - api_model.judge.seen, set())

    def prepare(self):
        """What the requests speak of, so that each is valid by itself."""
        ecs, logs, manager = (self.clients[name] for name in ("ecs", "logs", "secretsmanager"))
        self.learn("CreateCluster", ecs.create_cluster(clusterName="model"))
        self.learn("RegisterTaskDefinition",
                   {"taskDefinition": self.server.define(ecs, "model", ["true"])})
        self.words.update(TASK=NOBODY, GROUP="/model/invalid")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName="/model/invalid")
            logs.create_log_stream(logGroupName="/model/invalid", logStreamName="s")
        self.learn("PutRule", self.clients["events"].put_rule(
            Name="model", EventPattern='{"source":["model"]}'))
        with contextlib.suppress(self.clients["scheduler"].exceptions.ConflictException):
            self.clients["scheduler"].create_schedule_group(Name="model")
        self.words["SCHEDULES"] = self.clients["scheduler"].get_schedule_group(Name="model")["Arn"]
        with contextlib.suppress(self.clients["events"].exceptions.ResourceNotFoundException):
            self.clients["events"].delete_connection(Name="model")
        self.learn("CreateConnection", self.clients["events"].create_connection(
            Name="model", AuthorizationType="API_KEY", AuthParameters={
                "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}))
        self.name_secrets()
        manager.create_secret(Name=self.words["SECRET"], SecretString="s")

    def test_null_is_absent_and_what_nobody_knows_is_ignored(self):
        ecs = self.clients["ecs"]
        for service, operation, request, error in REQUESTS:
            if service == "ecs" and operation not in ("CreateCluster", "DeleteCluster"):
                self.check_noise(operation, request, error)
        rich = next(row[2] for row in REQUESTS if row[1] == "RegisterTaskDefinition")
        ecs.register_task_definition(**self.fill(rich))
        described = ecs.describe_task_definition(taskDefinition="model")["taskDefinition"]
        # With all that only answers have: ARN, status, revision, times, attributes.
        status, text = self.calls["ecs"].call("RegisterTaskDefinition", json.loads(
            json.dumps(described, default=lambda time: time.timestamp())))
        self.assertEqual(status, 200, text)
        again = ecs.describe_task_definition(taskDefinition="model")["taskDefinition"]
        self.assertEqual(again["revision"], described["revision"] + 1)
        for name in ("taskDefinitionArn", "revision", "registeredAt"):
            again[name] = described[name]
        self.assertEqual(again, described)

    def check_noise(self, operation, request, error):
        self.prepare()
        shape = api_model.operation_model("ecs", operation).input_shape
        noisy = api_model.with_noise(shape, self.fill(request))
        status, text = self.calls["ecs"].call(operation, noisy)
        with self.subTest(operation):
            if error:
                self.assertEqual(json.loads(text)["__type"], error)
            elif "'TASK'" not in str(request):  # there is none
                self.assertEqual(status, 200, text)

    def test_what_the_model_calls_invalid_is_refused(self):
        self.prepare()
        accepted, sent = [], 0
        for service, operation, request, error in REQUESTS:
            if service not in self.calls:
                continue
            shape = api_model.operation_model(service, operation).input_shape
            for where, invalid in api_model.invalid_requests(shape, self.fill(request)):
                answer = self.calls[service].call(operation, invalid)
                if answer is None:
                    continue
                status, body = answer
                sent += 1
                if status != 400:
                    accepted.append(f"{operation}: {where}: {status} {body[:200]}")
                    continue
                if not error and not names_member(body, where):
                    accepted.append(f"{operation}: {where}: for another reason: {body[:200]}")
        self.assertGreater(sent, 1000)
        self.assertEqual(accepted, [], "\n".join(accepted))
