/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each kind of rule has the number in what it looks at, so that no two are the same, and events
 * meet a few of each kind.
 */
#include "tests/bench/match/rules.h"

#include <stdio.h>

#define ARN    "arn:aws:ecs:us-east-1:123456789012:"
#define SOURCE "\"source\":[\"aws.ecs\"],"
#define TYPE   "\"detail-type\":[\"ECS Task State Change\"],"

static const char FIRST[] = "{" SOURCE TYPE "\"detail\":{\"lastStatus\":[\"STOPPED\"]}}";

/* Each takes the rule's number twice. */
static const char *const KINDS[] = {
	"{" SOURCE TYPE "\"detail\":{\"group\":[\"service:web-%u\",\"service:api-%u\"]}}",
	"{" SOURCE TYPE "\"detail\":{\"clusterArn\":[\"" ARN "cluster/c-%u\"],"
	"\"lastStatus\":[\"STOPPED\",\"RUNNING\"],\"desiredStatus\":[\"STOPPED\"],"
	"\"launchType\":[{\"anything-but\":\"EXTERNAL-%u\"}]}}",
	"{" SOURCE "\"detail\":{\"taskArn\":[{\"prefix\":\"" ARN "task/c-%u/\"}],"
	"\"cpu\":[\"256\",\"%u\"]}}",
	"{" TYPE "\"detail\":{\"taskDefinitionArn\":[{\"suffix\":\"/app-%u:%u\"}]}}",
	"{" SOURCE TYPE "\"detail\":{\"taskDefinitionArn\":[{\"wildcard\":\"arn:*/app-%u:*\"},"
	"{\"wildcard\":\"arn:*/job-%u:*\"}]}}",
	"{" SOURCE "\"detail\":{\"group\":[{\"anything-but\":[\"service:web-%u\"]}],"
	"\"clusterArn\":[\"" ARN "cluster/c-%u\"]}}",
	"{" SOURCE TYPE "\"detail\":{\"version\":[{\"numeric\":[\">\",%u,\"<=\",1%u]}],"
	"\"stopCode\":[\"EssentialContainerExited\"]}}",
	"{" SOURCE "\"detail\":{\"containers\":{\"name\":[\"main-%u\"],"
	"\"exitCode\":[{\"anything-but\":%u}]}}}",
	"{\"$or\":[{\"detail\":{\"startedBy\":[\"deploy-%u\"]}},"
	"{\"detail\":{\"group\":[{\"equals-ignore-case\":\"SERVICE:Web-%u\"}]}}]}",
	"{" SOURCE TYPE "\"account\":[\"1234%08u\"],\"detail\":{\"health\":[{\"exists\":false}],"
	"\"platformVersion\":[{\"prefix\":\"1.%u\"}]}}",
};

void bench_rule(unsigned int number, char ret[BENCH_TEXT_MAX])
{
	if (number == 0) {
		(void)snprintf(ret, BENCH_TEXT_MAX, "%s", FIRST);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(ret, BENCH_TEXT_MAX, KINDS[number % ARRAY_LEN(KINDS)], number, number);
#pragma GCC diagnostic pop
}

void bench_event(unsigned int number, char ret[BENCH_TEXT_MAX])
{
	unsigned int one = 37 * number + 1;

	(void)snprintf(
		ret, BENCH_TEXT_MAX,
		"{\"version\":\"0\",\"id\":\"3317b2af-7005-947d-b652-f55e762e5%03x\","
		"\"detail-type\":\"ECS Task State Change\",\"source\":\"aws.ecs\","
		"\"account\":\"123456789012\",\"time\":\"2026-01-23T17:57:58Z\","
		"\"region\":\"us-east-1\",\"resources\":[\"" ARN "task/c-%u/c13b4cb4%04x\"],"
		"\"detail\":{\"clusterArn\":\"" ARN "cluster/c-%u\",\"containers\":[{\"name\":"
		"\"main-%u\",\"exitCode\":0,\"lastStatus\":\"STOPPED\"}],\"cpu\":\"256\","
		"\"desiredStatus\":\"STOPPED\",\"group\":\"service:web-%u\",\"lastStatus\":"
		"\"STOPPED\",\"launchType\":\"FARGATE\",\"stopCode\":\"EssentialContainerExited\","
		"\"taskArn\":\"" ARN "task/c-%u/c13b4cb4%04x\",\"taskDefinitionArn\":\"" ARN
		"task-definition/app-%u:7\",\"version\":%u}}",
		number, one, number, one, one, one, one, number, one, one);
}
