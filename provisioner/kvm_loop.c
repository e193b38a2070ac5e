/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cheap question to /dev/kvm: how long do a million rounds of `dec; jnz` take? There are
 * hosts where the device opens, a machine is created, QEMU says that KVM is on, and every
 * instruction of a guest's kernel is emulated a thousand times too slow. There the loop
 * takes two seconds, on hardware about one millisecond.
 *
 * The virtual processor starts in long mode, as kernels use it, on one page of 2 MiB:
 *
 *     0x1000 page tables (three levels)      0x4000 the loop, then hlt
 *
 * It runs in a child that is killed at the limit, because KVM_RUN does not return
 * before the guest stops. Between fork() and its end the child makes system calls only.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "provisioner/kvm_probe_private.h"

#define MEMORY_SIZE  (2u * 1024 * 1024)
#define TABLE_TOP    0x1000u
#define TABLE_MIDDLE 0x2000u
#define TABLE_LAST   0x3000u
#define CODE	     0x4000u
#define PRESENT	     0x3u  /* and writable */
#define LARGE	     0x80u /* a page of 2 MiB */
#define CR0_PE_ET_PG 0x80000011u
#define CR4_PAE	     0x20u
#define EFER_LME_LMA 0x500u
#define RUNS_MAX     16 /* a signal may interrupt KVM_RUN */

struct answer {
	int errnum; /* 0: ran is valid */
	int step;
	int64_t ran_ns;
};

enum { STEP_OPEN, STEP_MACHINE, STEP_MEMORY, STEP_PROCESSOR, STEP_STATE, STEP_RUN };
static const char *const step_names[] = {
	"open /dev/kvm",     "make a machine", "give it memory", "make a virtual processor",
	"set its registers", "run it",
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fill_memory(uint8_t *memory)
{
	/* mov $1000000, %ecx; 1: dec %ecx; jnz 1b; hlt */
	static const uint8_t code[] = {0xb9, 0x40, 0x42, 0x0f, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xf4};

	*(uint64_t *)(memory + TABLE_TOP) = TABLE_MIDDLE | PRESENT;
	*(uint64_t *)(memory + TABLE_MIDDLE) = TABLE_LAST | PRESENT;
	*(uint64_t *)(memory + TABLE_LAST) = 0 | PRESENT | LARGE;
	memcpy(memory + CODE, code, sizeof(code));
}

static int set_registers(int processor)
{
	struct kvm_segment code = {.limit = 0xffffffff,
				   .selector = 8,
				   .present = 1,
				   .type = 11,
				   .s = 1,
				   .l = 1,
				   .g = 1};
	struct kvm_segment data = {.limit = 0xffffffff,
				   .selector = 16,
				   .present = 1,
				   .type = 3,
				   .s = 1,
				   .db = 1,
				   .g = 1};
	struct kvm_regs registers = {.rip = CODE, .rflags = 2};
	struct kvm_sregs special;

	if (ioctl(processor, KVM_GET_SREGS, &special) < 0)
		return -1;
	special.cs = code;
	special.ds = special.es = special.fs = special.gs = special.ss = data;
	special.cr0 = CR0_PE_ET_PG;
	special.cr3 = TABLE_TOP;
	special.cr4 = CR4_PAE;
	special.efer = EFER_LME_LMA;
	if (ioctl(processor, KVM_SET_SREGS, &special) < 0)
		return -1;
	return ioctl(processor, KVM_SET_REGS, &registers);
}

/* In the child. */
static int run_loop(struct answer *answer)
{
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY_SIZE};
	int device, machine, processor, size;
	struct kvm_run *run;
	uint8_t *memory;
	int64_t from_ns;

	answer->step = STEP_OPEN;
	device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	answer->step = STEP_MACHINE;
	machine = ioctl(device, KVM_CREATE_VM, 0);
	if (machine < 0)
		return -1;
	answer->step = STEP_MEMORY;
	memory =
		mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	fill_memory(memory);
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return -1;
	answer->step = STEP_PROCESSOR;
	processor = ioctl(machine, KVM_CREATE_VCPU, 0);
	size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (processor < 0 || size < (int)sizeof(*run))
		return -1;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, processor, 0);
	if (run == MAP_FAILED)
		return -1;
	answer->step = STEP_STATE;
	if (set_registers(processor) < 0)
		return -1;
	answer->step = STEP_RUN;
	from_ns = now_ns();
	for (int i = 0; i < RUNS_MAX; i++) {
		if (ioctl(processor, KVM_RUN, 0) < 0 && errno != EINTR)
			return -1;
		if (run->exit_reason == KVM_EXIT_HLT) {
			answer->ran_ns = now_ns() - from_ns;
			return 0;
		}
	}
	errno = EIO; /* it stopped for another reason than hlt */
	return -1;
}

int kvm_loop(int64_t limit_ms, int64_t *ret_ns, struct err *err)
{
	struct answer answer = {.errnum = 0};
	AUTO(fd_closep) int reader = -1;
	struct pollfd wait = {.events = POLLIN};
	bool answered;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	reader = ends[0];
	child = fork();
	if (child == 0) {
		if (run_loop(&answer) < 0)
			answer.errnum = errno ? errno : EIO;
		_exit(write(ends[1], &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
	}
	close(ends[1]);
	if (child < 0)
		return err_sys(err, errno, "fork");
	wait.fd = reader;
	answered = poll(&wait, 1, (int)limit_ms) == 1 &&
		   read(reader, &answer, sizeof(answer)) == sizeof(answer);
	(void)kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (!answered)
		return err_set(err, ERR_TIMEOUT, "a loop of a millisecond did not end within %d ms",
			       (int)limit_ms);
	if (answer.errnum)
		return err_sys(err, answer.errnum, "%s", step_names[answer.step]);
	*ret_ns = answer.ran_ns;
	return 0;
}
