/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bell is a counter: who waits notes it, looks at what it waits for, and sleeps
 * only while the counter still is what it was. So no ring is lost between look and sleep.
 */
#include "provisioner/image/image_arrival.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define LOOK_NS 100000000 /* how often one that waits looks whether it shall stop */

struct image_arrival *image_arrival_new(void)
{
	void *memory = mmap(NULL, sizeof(struct image_arrival), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void image_arrival_free(struct image_arrival *arrival)
{
	if (arrival)
		(void)munmap(arrival, sizeof(*arrival));
}

static void ring(struct image_arrival *arrival)
{
	__atomic_fetch_add(&arrival->bell, 1, __ATOMIC_SEQ_CST);
	(void)syscall(SYS_futex, &arrival->bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void image_arrival_release(struct image_arrival *arrival)
{
	__atomic_store_n(&arrival->ready, 1, __ATOMIC_RELEASE);
	ring(arrival);
}

void image_arrival_judge(struct image_arrival *arrival)
{
	__atomic_store_n(&arrival->judged, 1, __ATOMIC_RELEASE);
	ring(arrival);
}

void image_arrival_add(struct image_arrival *arrival, size_t layer, int64_t bytes)
{
	__atomic_fetch_add(&arrival->arrived[layer], bytes, __ATOMIC_RELEASE);
	ring(arrival);
}

static uint32_t look(const struct image_arrival *arrival)
{
	return __atomic_load_n(&arrival->bell, __ATOMIC_SEQ_CST);
}

static void sleep_on(const struct image_arrival *arrival, uint32_t bell)
{
	const struct timespec most = {.tv_nsec = LOOK_NS};

	/* However it ends, the caller looks again. */
	(void)syscall(SYS_futex, &arrival->bell, FUTEX_WAIT, bell, &most, NULL, 0);
}

static void await_flag(const struct image_arrival *arrival, const int32_t *flag)
{
	for (;;) {
		uint32_t bell = look(arrival);

		if (__atomic_load_n(flag, __ATOMIC_ACQUIRE))
			return;
		sleep_on(arrival, bell);
	}
}

void image_arrival_await_order(const struct image_arrival *arrival)
{
	await_flag(arrival, &arrival->ready);
}

void image_arrival_await_judge(const struct image_arrival *arrival)
{
	await_flag(arrival, &arrival->judged);
}

int64_t image_arrival_await(const struct image_arrival *arrival, size_t layer, int64_t offset,
			    const int *stop)
{
	for (;;) {
		uint32_t bell = look(arrival);
		int64_t arrived = __atomic_load_n(&arrival->arrived[layer], __ATOMIC_ACQUIRE);

		if (arrived > offset)
			return arrived;
		if (__atomic_load_n(stop, __ATOMIC_RELAXED))
			return offset;
		sleep_on(arrival, bell);
	}
}
