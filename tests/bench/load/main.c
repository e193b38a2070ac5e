/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_load: see load.h. The key comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as
 * clients know it. Prints one JSON object; `client_cpu_s` against `seconds` tells whether the
 * client itself was the limit (each thread can take one second a second).
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
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

		if (workers[i].result < 0) {
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

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{"host", required_argument, NULL, 'h'},
		{"port", required_argument, NULL, 'p'},
		{"target", required_argument, NULL, 't'},
		{"body", required_argument, NULL, 'b'},
		{"connections", required_argument, NULL, 'c'},
		{"streams", required_argument, NULL, 's'},
		{"threads", required_argument, NULL, 'j'},
		{"seconds", required_argument, NULL, 'd'},
		{"warm-ms", required_argument, NULL, 'w'},
		{"requests", required_argument, NULL, 'n'},
		{"ids", required_argument, NULL, 'i'},
		{"first", required_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	struct load_options options = {
		.host = "127.0.0.1",
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
	int word;

	while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (word) {
		case 'h':
			options.host = optarg;
			break;
		case 'p':
			options.port = optarg;
			break;
		case 't':
			options.target = optarg;
			break;
		case 'b':
			options.body = optarg;
			break;
		case 'c':
			options.connections = number(optarg);
			break;
		case 's':
			options.streams = number(optarg);
			break;
		case 'j':
			options.threads = number(optarg);
			break;
		case 'd':
			options.seconds = number(optarg);
			break;
		case 'w':
			options.warm_ms = number(optarg);
			break;
		case 'n':
			options.requests = number(optarg);
			break;
		case 'f':
			options.first = number(optarg);
			break;
		case 'i':
			options.ids = number(optarg);
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	if (!options.port || !options.target || !options.body || options.threads < 1 ||
	    options.threads > THREADS_MAX || options.connections < options.threads ||
	    strlen(options.body) > REQUEST_BODY_SIZE - 64) {
		fprintf(stderr, "bench_load: --port, --target and --body are needed; see main.c\n");
		return EXIT_FAILURE;
	}
	return run(&options);
}
