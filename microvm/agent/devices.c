/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices containers may open. cgroup 2 asks a small BPF program at each
 * open and mknod; ours is made from a table, a few compares a row. Without it a
 * container's root could make a node for the agent's port or a raw disk.
 *
 * Making nodes is allowed (archives hold them); opening others is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>

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
#define PROGRAM_MAX (4 * ARRAY_LEN(character_devices) + 14)

struct program {
	struct bpf_insn code[PROGRAM_MAX];
	size_t len;
};

static void emit(struct program *program, struct bpf_insn instruction)
{
	program->code[program->len++] = instruction;
}

static struct bpf_insn load(uint8_t to, int16_t offset)
{
	return (struct bpf_insn){.code = BPF_LDX | BPF_W | BPF_MEM,
				 .dst_reg = to,
				 .src_reg = BPF_REG_1,
				 .off = offset};
}

static struct bpf_insn jump(uint8_t how, uint8_t what, uint32_t value, int16_t steps)
{
	return (struct bpf_insn){.code = BPF_JMP32 | how | BPF_K,
				 .dst_reg = what,
				 .off = steps,
				 .imm = (int32_t)value};
}

static struct bpf_insn operate(uint8_t how, uint8_t what, uint32_t value)
{
	return (struct bpf_insn){
		.code = BPF_ALU | how | BPF_K, .dst_reg = what, .imm = (int32_t)value};
}

static void answer(struct program *program, uint32_t value)
{
	emit(program, operate(BPF_MOV, BPF_REG_0, value));
	emit(program, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* r2: type, r3: access, r4: major, r5: minor; the word holds access << 16 | type. */
static void build(struct program *program)
{
	emit(program, load(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type)));
	emit(program, load(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major)));
	emit(program, load(BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor)));
	emit(program, (struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X,
					.dst_reg = BPF_REG_3,
					.src_reg = BPF_REG_2});
	emit(program, operate(BPF_RSH, BPF_REG_3, 16));
	emit(program, operate(BPF_AND, BPF_REG_2, 0xffff));
	emit(program, jump(BPF_JNE, BPF_REG_3, BPF_DEVCG_ACC_MKNOD, 2));
	answer(program, 1);
	emit(program, jump(BPF_JEQ, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 2));
	answer(program, 0);
	for (size_t i = 0; i < ARRAY_LEN(character_devices); i++) {
		bool any = character_devices[i].minor == ANY;

		emit(program, jump(BPF_JNE, BPF_REG_4, character_devices[i].major, any ? 2 : 3));
		if (!any)
			emit(program, jump(BPF_JNE, BPF_REG_5, character_devices[i].minor, 2));
		answer(program, 1);
	}
	answer(program, 0);
}

static int call(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

int privilege_limit_devices(const char *cgroup, struct err *err)
{
	AUTO(fd_closep) int group = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd_closep) int fd = -1;
	struct program program = {0};
	union bpf_attr attributes;

	if (group < 0)
		return err_sys(err, errno, "open %s", cgroup);
	build(&program);
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attributes.insns = (uint64_t)(uintptr_t)program.code;
	attributes.insn_cnt = (uint32_t)program.len;
	attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
	fd = call(BPF_PROG_LOAD, &attributes);
	if (fd < 0)
		return err_sys(err, errno, "load the device rules");
	memset(&attributes, 0, sizeof(attributes));
	attributes.target_fd = (uint32_t)group;
	attributes.attach_bpf_fd = (uint32_t)fd;
	attributes.attach_type = BPF_CGROUP_DEVICE;
	if (call(BPF_PROG_ATTACH, &attributes) < 0)
		return err_sys(err, errno, "attach the device rules");
	return 0;
}
