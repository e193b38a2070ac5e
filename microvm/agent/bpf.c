/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program outlives our descriptor of it: the cgroup holds it.
 */
#include "microvm/agent/bpf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

void bpf_emit(struct bpf_program *program, struct bpf_insn instruction)
{
	assert(program->len < BPF_CODE_MAX);
	program->code[program->len++] = instruction;
}

struct bpf_insn bpf_load(uint8_t to, int16_t offset)
{
	return (struct bpf_insn){.code = BPF_LDX | BPF_W | BPF_MEM,
				 .dst_reg = to,
				 .src_reg = BPF_REG_1,
				 .off = offset};
}

struct bpf_insn bpf_store(uint8_t from, int16_t offset)
{
	return (struct bpf_insn){.code = BPF_STX | BPF_W | BPF_MEM,
				 .dst_reg = BPF_REG_1,
				 .src_reg = from,
				 .off = offset};
}

struct bpf_insn bpf_jump(uint8_t how, uint8_t what, uint32_t value, int16_t steps)
{
	return (struct bpf_insn){.code = BPF_JMP32 | how | BPF_K,
				 .dst_reg = what,
				 .off = steps,
				 .imm = (int32_t)value};
}

struct bpf_insn bpf_operate(uint8_t how, uint8_t what, uint32_t value)
{
	return (struct bpf_insn){
		.code = BPF_ALU | how | BPF_K, .dst_reg = what, .imm = (int32_t)value};
}

void bpf_answer(struct bpf_program *program, uint32_t value)
{
	bpf_emit(program, bpf_operate(BPF_MOV, BPF_REG_0, value));
	bpf_emit(program, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

static int call(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

int bpf_attach(const struct bpf_program *program, enum bpf_prog_type type,
	       enum bpf_attach_type where, const char *cgroup, struct err *err)
{
	AUTO(fd_closep) int group = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd_closep) int fd = -1;
	union bpf_attr attributes;

	if (group < 0)
		return err_sys(err, errno, "open %s", cgroup);
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = type;
	attributes.expected_attach_type = where;
	attributes.insns = (uint64_t)(uintptr_t)program->code;
	attributes.insn_cnt = (uint32_t)program->len;
	attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
	fd = call(BPF_PROG_LOAD, &attributes);
	if (fd < 0)
		return err_sys(err, errno, "load a program for %s", cgroup);
	memset(&attributes, 0, sizeof(attributes));
	attributes.target_fd = (uint32_t)group;
	attributes.attach_bpf_fd = (uint32_t)fd;
	attributes.attach_type = where;
	if (call(BPF_PROG_ATTACH, &attributes) < 0)
		return err_sys(err, errno, "attach a program to %s", cgroup);
	return 0;
}

int bpf_detach(enum bpf_attach_type where, const char *cgroup, struct err *err)
{
	AUTO(fd_closep) int group = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union bpf_attr attributes;

	if (group < 0)
		return err_sys(err, errno, "open %s", cgroup);
	memset(&attributes, 0, sizeof(attributes));
	attributes.target_fd = (uint32_t)group;
	attributes.attach_type = where;
	if (call(BPF_PROG_DETACH, &attributes) < 0)
		return err_sys(err, errno, "detach a program from %s", cgroup);
	return 0;
}
