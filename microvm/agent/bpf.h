/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small BPF programs that the kernel asks about what a cgroup's processes do: they are
 * put together here, instruction by instruction, and need no compiler and no library.
 */
#ifndef SLIPWAY_MICROVM_AGENT_BPF_H
#define SLIPWAY_MICROVM_AGENT_BPF_H

#include <linux/bpf.h>

#include "core/err.h"

#define BPF_CODE_MAX 64 /* instructions of the longest of ours, with some to spare */

struct bpf_program {
	struct bpf_insn code[BPF_CODE_MAX];
	size_t len;
};

void bpf_emit(struct bpf_program *program, struct bpf_insn instruction);

/* The word at @offset of the context, which is in r1. */
struct bpf_insn bpf_load(uint8_t to, int16_t offset);
struct bpf_insn bpf_store(uint8_t from, int16_t offset);
/* Skip @steps instructions if the lower half of @what compares so. */
struct bpf_insn bpf_jump(uint8_t how, uint8_t what, uint32_t value, int16_t steps);
struct bpf_insn bpf_operate(uint8_t how, uint8_t what, uint32_t value);
/* The program's end: two instructions. */
void bpf_answer(struct bpf_program *program, uint32_t value);

/* Load it, and ask it at @where from now on for all processes in the group. */
int bpf_attach(const struct bpf_program *program, enum bpf_prog_type type,
	       enum bpf_attach_type where, const char *cgroup, struct err *err) MUST_CHECK;
/* No longer. */
int bpf_detach(enum bpf_attach_type where, const char *cgroup, struct err *err) MUST_CHECK;

#endif
