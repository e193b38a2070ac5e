/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process has one set of histograms, so they stand here and are not passed
 * around. Phases run beside each other (an image is fetched while a machine
 * boots), so each is measured from the one begin that all share.
 */
#include "provisioner/launch_times.h"

#include <inttypes.h>
#include <string.h>

#define NAME	    "slipway_launch_phase_seconds"
#define US_A_SECOND INT64_C(1000000)

/* Upper bounds of the buckets: 1 ms to 60 s. */
#define BOUNDS(X) /* X(us, "seconds") */                                                           \
	X(1000, "0.001")                                                                           \
	X(2500, "0.0025")                                                                          \
	X(5000, "0.005")                                                                           \
	X(10000, "0.01")                                                                           \
	X(25000, "0.025")                                                                          \
	X(50000, "0.05")                                                                           \
	X(100000, "0.1")                                                                           \
	X(250000, "0.25")                                                                          \
	X(500000, "0.5")                                                                           \
	X(1000000, "1")                                                                            \
	X(2500000, "2.5")                                                                          \
	X(5000000, "5")                                                                            \
	X(10000000, "10")                                                                          \
	X(20000000, "20")                                                                          \
	X(30000000, "30")                                                                          \
	X(60000000, "60")

#define BOUND_AS_ROW(us, seconds) {us, seconds},
static const struct {
	int64_t us;
	const char *seconds;
} bounds[] = {BOUNDS(BOUND_AS_ROW)};

#define PHASE_AS_ENUM(name) PHASE_##name,
#define PHASE_AS_NAME(name) #name,
enum { LAUNCH_PHASES(PHASE_AS_ENUM) PHASE_COUNT };
static const char *const names[] = {LAUNCH_PHASES(PHASE_AS_NAME)};

static struct {
	uint64_t counts[ARRAY_LEN(bounds) + 1]; /* the last is above all bounds */
	int64_t sum_us;
} histograms[PHASE_COUNT];

void launch_times_add(const char *phase, int64_t after_us)
{
	size_t number = 0;
	size_t bucket = 0;

	while (number < PHASE_COUNT && strcmp(names[number], phase) != 0)
		number++;
	if (number == PHASE_COUNT)
		return;
	if (after_us < 0)
		after_us = 0; /* the acceptance is known to the millisecond only */
	while (bucket < ARRAY_LEN(bounds) && after_us > bounds[bucket].us)
		bucket++;
	histograms[number].counts[bucket]++;
	histograms[number].sum_us += after_us;
}

static int print_phase(struct buf *out, size_t number, struct err *err)
{
	const char *phase = names[number];
	int64_t sum_us = histograms[number].sum_us;
	uint64_t count = 0;

	for (size_t i = 0; i <= ARRAY_LEN(bounds); i++) {
		count += histograms[number].counts[i];
		if (buf_printf(out, err, NAME "_bucket{phase=\"%s\",le=\"%s\"} %" PRIu64 "\n",
			       phase, i < ARRAY_LEN(bounds) ? bounds[i].seconds : "+Inf",
			       count) < 0)
			return -1;
	}
	return buf_printf(out, err,
			  NAME "_sum{phase=\"%s\"} %" PRId64 ".%06" PRId64 "\n" NAME
			       "_count{phase=\"%s\"} %" PRIu64 "\n",
			  phase, sum_us / US_A_SECOND, sum_us % US_A_SECOND, phase, count);
}

int launch_times_print(struct buf *out, struct err *err)
{
	if (buf_printf(out, err,
		       "# HELP " NAME " time from the acceptance of a task until its launch "
		       "reached the phase\n# TYPE " NAME " histogram\n") < 0)
		return -1;
	for (size_t i = 0; i < PHASE_COUNT; i++) {
		if (print_phase(out, i, err) < 0)
			return -1;
	}
	return 0;
}
