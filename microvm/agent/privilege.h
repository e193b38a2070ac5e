/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's processes may do: the usual container default of
 * capabilities and system calls, limits, identity. The microVM is the boundary;
 * this keeps a container in the place that programs expect to be in.
 */
#ifndef SLIPWAY_MICROVM_AGENT_PRIVILEGE_H
#define SLIPWAY_MICROVM_AGENT_PRIVILEGE_H

#include "microvm/agent/identity.h"
#include "microvm/wire/message.h"

struct sock_fprog;

/* The filter of system calls, made by microvm/filter when we were built. */
extern const struct sock_fprog privilege_filter;

/* Refuse all devices to the task's containers but the usual harmless ones. */
int privilege_limit_devices(const char *cgroup, struct err *err) MUST_CHECK;
/* The same container by container, if one of them is privileged: once for the task, and for
 * each container whose group was made. */
int privilege_split_devices(const struct wire_task *task, struct err *err) MUST_CHECK;
int privilege_limit_container(const struct wire_task *task, unsigned index, struct err *err)
	MUST_CHECK;

/* ERR_INVALID for a name that there is not. */
int privilege_check_ulimits(const struct shape_list *ulimits, struct err *err) MUST_CHECK;

/* In the container's first process, in this order. */
int privilege_set_ulimits(const struct shape_list *ulimits, struct err *err) MUST_CHECK;
/* @kept: of privilege_capabilities(). @filter NULL: every system call. */
int privilege_drop(const struct identity *identity, uint64_t kept, const struct sock_fprog *filter,
		   struct err *err) MUST_CHECK;

/* A bit each: the usual ones without those dropped, then with those added; all, if privileged. */
uint64_t privilege_capabilities(const struct wire_container *container);

#endif
