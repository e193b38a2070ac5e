/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_load: see load.h. The key comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as
 * clients know it. Prints one JSON object; `client_cpu_s` against `seconds` tells whether the
 * client itself was the limit (each thread can take one second a second).
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "tests/bench/load/load.h"

#define THREADS_MAX 16
#define START_NS    1500000000LL /* for the handshakes of all connections */

struct worker {
	pthread_t thread;
	struct sessions sessions;
	struct err err;
	int result;
};

static void *work(void *ctx)
{
	struct worker *worker = ctx;

	worker->result = sessions_run(&worker->sessions, &worker->err);
	return NULL;
}

static double percentile_ms(const struct tally *tally, double part)
{
	uint64_t total = tally->ok + tally->failed;
	uint64_t below = 0;

	for (unsigned i = 0; i < LATENCY_STEPS; i++) {
		below += tally->latency[i];
		if (total > 0 && (double)below >= part * (double)total)
			return (i + 1) * LATENCY_STEP_US / 1000.0;
	}
	return 0;
}

static void add(struct tally *sum, const struct tally *one)
{
	sum->ok += one->ok;
	sum->failed += one->failed;
	sum->bytes += one->bytes;
	for (unsigned i = 0; i < LATENCY_STEPS; i++)
		sum->latency[i] += one->latency[i];
	if (sum->first_failure[0] == '\0')
		memcpy(sum->first_failure, one->first_failure, sizeof(sum->first_failure));
}

static void print_text(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text < ' ' || *text > '~' ? '?' : *text);
	}
	putchar('"');
}

static int report(const struct worker *workers, unsigned count)
{
	struct tally sum = {0};
	uint64_t answered_ok = 0;
	double cpu_s = 0, seconds = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct sessions *sessions = &workers[i].sessions;
		double took_s = (double)(sessions->last_ns - sessions->measure_from_ns) / 1e9;

		if (workers[i].result < 0 && !sessions->options->may_break) {
			fprintf(stderr, "bench_load: %s\n", workers[i].err.text);
			return EXIT_FAILURE;
		}
		add(&sum, &sessions->tally);
		answered_ok += sessions->answered_ok;
		cpu_s += sessions->cpu_s;
		seconds = took_s > seconds ? took_s : seconds;
	}
	printf("{\"seconds\": %.3f, \"ok\": %" PRIu64 ", \"failed\": %" PRIu64
	       ", \"answered_ok\": %" PRIu64 ", \"rate\": %.1f, \"p50_ms\": %.2f, "
	       "\"p99_ms\": %.2f, \"bytes\": %" PRIu64 ", \"client_cpu_s\": %.2f, "
	       "\"first_failure\": ",
	       seconds, sum.ok, sum.failed, answered_ok, seconds > 0 ? (double)sum.ok / seconds : 0,
	       percentile_ms(&sum, 0.5), percentile_ms(&sum, 0.99), sum.bytes, cpu_s);
	print_text(sum.first_failure);
	printf("}\n");
	return EXIT_SUCCESS;
}

static int run(const struct load_options *options)
{
	struct requests *requests = requests_new(options);
	struct worker *workers = xcalloc(options->threads, sizeof(*workers));
	int64_t from_ns = clock_boot_ns() + START_NS + options->warm_ms * 1000000LL;
	int result;

	for (unsigned i = 0; i < options->threads; i++) {
		workers[i].sessions = (struct sessions){
			.options = options,
			.requests = requests,
			.connections = options->connections / options->threads +
				       (i < options->connections % options->threads),
			.measure_from_ns = from_ns,
			.measure_until_ns = from_ns + options->seconds * 1000000000LL,
			.last_ns = from_ns,
			.step_ns =
				options->rate ? 1000000000LL * options->threads / options->rate : 0,
		};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < options->threads; i++)
		pthread_join(workers[i].thread, NULL);
	result = report(workers, options->threads);
	free(workers);
	requests_free(requests);
	return result;
}

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value ? value : otherwise;
}

struct word {
	const char *name;
	size_t offset; /* in struct load_options */
	bool is_text;
};

#define TEXT(name_, member)                                                                        \
	{                                                                                          \
		name_, offsetof(struct load_options, member), true                                 \
	}
#define NUMBER(name_, member)                                                                      \
	{                                                                                          \
		name_, offsetof(struct load_options, member), false                                \
	}

static const struct word words[] = {
	TEXT("host", host),	    TEXT("port", port),		TEXT("target", target),
	TEXT("service", service),   TEXT("body", body),		NUMBER("connections", connections),
	NUMBER("streams", streams), NUMBER("threads", threads), NUMBER("seconds", seconds),
	NUMBER("warm-ms", warm_ms), NUMBER("rate", rate),	NUMBER("requests", requests),
	NUMBER("ids", ids),	    NUMBER("first", first),	NUMBER("may-break", may_break),
};

static int set(struct load_options *options, const struct word *word, const char *value)
{
	char *room = (char *)options + word->offset;
	unsigned long number;
	char *end;

	if (word->is_text) {
		memcpy(room, &value, sizeof(value));
		return 0;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number > UINT_MAX) {
		fprintf(stderr, "bench_load: --%s %s is no number\n", word->name, value);
		return -1;
	}
	memcpy(room, &(unsigned){(unsigned)number}, sizeof(unsigned));
	return 0;
}

static int parse(struct load_options *options, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		const struct word *word = words;

		while (word < words + ARRAY_LEN(words) &&
		       (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, word->name) != 0))
			word++;
		if (word == words + ARRAY_LEN(words) || i + 1 == argc) {
			fprintf(stderr, "bench_load: %s is unknown or lacks its value\n", argv[i]);
			return -1;
		}
		if (set(options, word, argv[i + 1]) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct load_options options = {
		.host = "127.0.0.1",
		.service = "ecs",
		.key_id = environment("AWS_ACCESS_KEY_ID", "none"),
		.secret = environment("AWS_SECRET_ACCESS_KEY", "none"),
		.region = environment("AWS_REGION", "us-east-1"),
		.connections = 64,
		.streams = 4,
		.threads = 1,
		.seconds = 5,
		.warm_ms = 500,
		.requests = 1000000,
	};

	if (parse(&options, argc, argv) < 0)
		return EXIT_FAILURE;
	if (!options.port || !options.target || !options.body || options.threads < 1 ||
	    options.threads > THREADS_MAX || options.connections < options.threads ||
	    strlen(options.body) > REQUEST_BODY_SIZE - 64) {
		fprintf(stderr, "bench_load: --port, --target and --body are needed; see main.c\n");
		return EXIT_FAILURE;
	}
	return run(&options);
}
