/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in which the size of a Fargate task is written ("256", ".25 vCPU", "1 GB"); which ones
 * there are stands in store/task_size.h.
 */
#ifndef SLIPWAY_GATEWAY_ECS_FARGATE_SIZE_H
#define SLIPWAY_GATEWAY_ECS_FARGATE_SIZE_H

#include "core/common.h"

/* What a task's storage may be asked to be; without asking it is the default. */
#define FARGATE_STORAGE_DEFAULT_GIB 20
#define FARGATE_STORAGE_MIN_GIB	    21
#define FARGATE_STORAGE_MAX_GIB	    200

/* 1024 units are one vCPU. -1 for text that is no whole, positive number of units. */
int fargate_parse_cpu(const char *text, int64_t *ret_units) MUST_CHECK;
int fargate_parse_memory(const char *text, int64_t *ret_mib) MUST_CHECK;

#endif
