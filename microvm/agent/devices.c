/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices containers may open. cgroup 2 asks a small BPF program at each
 * open and mknod; ours is made from a table, a few compares a row. Without it a
 * container's root could make a node for the agent's port or a raw disk.
 *
 * Making nodes is allowed (archives hold them); opening others is not.
 *
 * The program stands at the group of all containers. Since all groups above a process are
 * asked, it moves to the containers that are not privileged when one is.
 */
#include <assert.h>
#include <stdio.h>

#include "microvm/agent/bpf.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/privilege.h"

#define ANY UINT32_MAX

static const struct {
	uint32_t major, minor;
} character_devices[] = {
	{1, 3},	    /* null */
	{1, 5},	    /* zero */
	{1, 7},	    /* full */
	{1, 8},	    /* random */
	{1, 9},	    /* urandom */
	{5, 0},	    /* tty */
	{5, 2},	    /* ptmx */
	{136, ANY}, /* pts */
};

/* Instructions: a row has at most four, and there are fourteen around them. */
static_assert(4 * ARRAY_LEN(character_devices) + 14 <= BPF_CODE_MAX, "room for the table");

/* r2: type, r3: access, r4: major, r5: minor; the word holds access << 16 | type. */
static void build(struct bpf_program *program)
{
	bpf_emit(program, bpf_load(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type)));
	bpf_emit(program, bpf_load(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major)));
	bpf_emit(program, bpf_load(BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor)));
	bpf_emit(program, (struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X,
					    .dst_reg = BPF_REG_3,
					    .src_reg = BPF_REG_2});
	bpf_emit(program, bpf_operate(BPF_RSH, BPF_REG_3, 16));
	bpf_emit(program, bpf_operate(BPF_AND, BPF_REG_2, 0xffff));
	bpf_emit(program, bpf_jump(BPF_JNE, BPF_REG_3, BPF_DEVCG_ACC_MKNOD, 2));
	bpf_answer(program, 1);
	bpf_emit(program, bpf_jump(BPF_JEQ, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 2));
	bpf_answer(program, 0);
	for (size_t i = 0; i < ARRAY_LEN(character_devices); i++) {
		bool any = character_devices[i].minor == ANY;

		bpf_emit(program,
			 bpf_jump(BPF_JNE, BPF_REG_4, character_devices[i].major, any ? 2 : 3));
		if (!any)
			bpf_emit(program,
				 bpf_jump(BPF_JNE, BPF_REG_5, character_devices[i].minor, 2));
		bpf_answer(program, 1);
	}
	bpf_answer(program, 0);
}

int privilege_limit_devices(const char *cgroup, struct err *err)
{
	struct bpf_program program = {.len = 0};

	build(&program);
	if (bpf_attach(&program, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, cgroup, err) < 0)
		return err_wrap(err, "device rules");
	return 0;
}

static bool has_privileged(const struct wire_task *task)
{
	const struct wire_container *containers = task->containers.items;

	for (size_t i = 0; i < task->containers.count; i++) {
		if (containers[i].privileged)
			return true;
	}
	return false;
}

int privilege_split_devices(const struct wire_task *task, struct err *err)
{
	if (has_privileged(task) && bpf_detach(BPF_CGROUP_DEVICE, CGROUP_TASK, err) < 0)
		return err_wrap(err, "device rules");
	return 0;
}

int privilege_limit_container(const struct wire_task *task, unsigned index, struct err *err)
{
	const struct wire_container *containers = task->containers.items;
	char path[sizeof(CGROUP_TASK) + 16];

	if (!has_privileged(task) || containers[index].privileged)
		return 0;
	(void)snprintf(path, sizeof(path), CGROUP_TASK "/%u", index);
	return privilege_limit_devices(path, err);
}
