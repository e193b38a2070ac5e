/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sizes that a Fargate task may have: 74 pairs of CPU units and MiB, and the
 * ways in which they are written ("256", ".25 vCPU", "1 GB").
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

bool fargate_size_exists(int64_t cpu_units, int64_t memory_mib);

#endif
