// SPDX-License-Identifier: Apache-2.0
// The stock JavaScript SDK against a running server: over HTTP/1.1 and HTTP/2, one
// task each from RunTask to its end by the SDK's own waiter.
//     node client.mjs http1|http2 IMAGE
import { readFileSync } from "node:fs";
import https from "node:https";
import {
  ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand, DescribeTasksCommand,
  ListTasksCommand, waitUntilTasksStopped,
} from "@aws-sdk/client-ecs";
import { NodeHttpHandler, NodeHttp2Handler } from "@smithy/node-http-handler";

const [mode, image] = process.argv.slice(2);
const ca = readFileSync(process.env.AWS_CA_BUNDLE);
const requestHandler = mode === "http2"
  ? new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca } })
  : new NodeHttpHandler({ httpsAgent: new https.Agent({ ca }) });
const client = new ECSClient({
  endpoint: process.env.SLIPWAY_ENDPOINT, region: process.env.AWS_REGION, requestHandler,
});

// The SDK's HTTP/2 sessions do not keep the process alive while a call is open.
const alive = setInterval(() => {}, 1000);
const fail = (text) => { console.error(text); process.exit(1); };

const family = `js-${mode}`;
const registered = await client.send(new RegisterTaskDefinitionCommand({
  family, networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512",
  containerDefinitions: [{ name: "main", image, essential: true, command: ["sh", "-c", "exit 3"] }],
}));
if (registered.taskDefinition.status !== "ACTIVE") fail("definition is not ACTIVE");
const run = await client.send(new RunTaskCommand({
  taskDefinition: family, launchType: "FARGATE", count: 1,
  tags: [{ key: "client", value: mode }],
}));
if (run.tasks.length !== 1 || run.failures.length !== 0) fail("RunTask started no task");
const tasks = [run.tasks[0].taskArn];
if (!(run.tasks[0].createdAt instanceof Date)) fail("createdAt is no time");
const ended = await waitUntilTasksStopped(
  { client, maxWaitTime: 240, minDelay: 1, maxDelay: 2 }, { tasks });
if (ended.state !== "SUCCESS") fail(`waiter: ${ended.state}`);
const described = await client.send(new DescribeTasksCommand({ tasks, include: ["TAGS"] }));
const task = described.tasks[0];
if (task.containers[0].exitCode !== 3) fail(`exit code ${task.containers[0].exitCode}`);
if (task.stopCode !== "EssentialContainerExited") fail(`stop code ${task.stopCode}`);
const listed = await client.send(new ListTasksCommand({ desiredStatus: "STOPPED", family }));
if (!listed.taskArns.includes(tasks[0])) fail("ListTasks does not have it");
try {
  await client.send(new DescribeTasksCommand({ cluster: "no-such", tasks }));
  fail("an unknown cluster was accepted");
} catch (error) {
  if (error.name !== "ClusterNotFoundException") fail(`error name ${error.name}`);
}
console.log(`${mode} ok ${task.taskArn}`);
client.destroy();
clearInterval(alive);
