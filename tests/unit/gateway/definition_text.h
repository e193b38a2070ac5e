/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of RegisterTaskDefinition for tests, in single quotes.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_DEFINITION_TEXT_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_DEFINITION_TEXT_H

/* A good Fargate definition; @1: further members of the container, @2: of the task. */
#define CONTAINER(more) "{'name':'web','image':'nginx'" more "}"
#define DEFINITION(container, task)                                                                \
	"{'family':'f','containerDefinitions':[" CONTAINER(                                        \
		container) "],'requiresCompatibilities':['FARGATE'],'networkMode':'awsvpc','cpu':" \
			   "'256',"                                                                \
			   "'memory':'512'" task "}"
#define FARGATE	      ",'requiresCompatibilities':['FARGATE'],'networkMode':'awsvpc'"
#define MOUNTED(path) ",'mountPoints':[{'sourceVolume':'v','containerPath':'" path "'}]"

#endif
