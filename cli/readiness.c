/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See readiness.h. The gateway answers /healthz; provisioner and relay write a
 * file. The last line of a program's log says best what keeps it from starting, and
 * where it runs and cannot be reached the log has nothing to say, but the attempt has.
 * Without the supervisor nobody starts them again, so its end is the end of the wait.
 */
#include "cli/readiness.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/log_tail.h"
#include "cli/supervisor.h"
#include "core/clock.h"
#include "core/file.h"

#define POLL_MS	   100
#define WORDS_SIZE 1024

static char *log_of(const struct installation *in, const char *program)
{
	return xasprintf("%s/log/%s.log", in->state, program);
}

void readiness_begin(struct readiness *readiness, const struct installation *in,
		     const volatile sig_atomic_t *stop)
{
	AUTO(freep) char *gateway = log_of(in, "gateway");
	AUTO(freep) char *provisioner = log_of(in, "provisioner");
	AUTO(freep) char *relay = log_of(in, "relay");
	*readiness = (struct readiness){
		.installation = in,
		.stop = stop,
		.since_ms = clock_wall_ms(),
		.gateway_log = log_tail_here(gateway),
		.provisioner_log = log_tail_here(provisioner),
		.relay_log = log_tail_here(relay),
	};
}

/* @asked: what came when it was asked, or "". */
static int give_up(const struct readiness *readiness, const char *program, off_t from,
		   const char *asked, struct err *err)
{
	AUTO(freep) char *path = log_of(readiness->installation, program);
	bool alone = supervisor_has_ended(readiness->supervisor);
	char words[WORDS_SIZE];
	log_tail(path, from, words, sizeof(words));
	return err_set(err, ERR_UNAVAILABLE, "the %s %s%s%s%s%s", program,
		       alone ? "has ended, for its supervisor has" : "does not start",
		       words[0] != '\0' ? "; it says: " : "", words,
		       asked[0] != '\0' ? "; asking it: " : "", asked);
}

/* Whether to look once more; waits first. */
static bool wait_a_moment(const struct readiness *readiness, int64_t *waited, int64_t most)
{
	if (*waited >= most || supervisor_has_ended(readiness->supervisor))
		return false;
	clock_pause_ms(POLL_MS);
	*waited += POLL_MS;
	return true;
}

static int interrupted(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "interrupted");
}

int readiness_gateway(const struct readiness *readiness, struct client *client, struct err *err)
{
	int64_t waited = 0;
	struct err unready = ERR_INIT;
	do {
		if (client_health(client, &unready) == 0)
			return 0;
		if (*readiness->stop != 0)
			return interrupted(err);
	} while (wait_a_moment(readiness, &waited, READINESS_GATEWAY_MS));
	return give_up(readiness, "gateway", readiness->gateway_log, unready.text, err);
}

/* Its file was written since the start. */
static bool has_reported(const struct readiness *readiness, const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 &&
	       (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000 >=
		       readiness->since_ms;
}

/* Which one writes what, and how long it may take. */
struct reporter {
	const char *program, *file;
	off_t log;
	int64_t most_ms;
};

static int wait_for(const struct readiness *readiness, const struct reporter *reporter,
		    struct err *err)
{
	AUTO(freep)
	char *path = xasprintf("%s/%s", readiness->installation->state, reporter->file);
	int64_t waited = 0;
	do {
		if (has_reported(readiness, path))
			return 0;
		if (*readiness->stop != 0)
			return interrupted(err);
	} while (wait_a_moment(readiness, &waited, reporter->most_ms));
	return give_up(readiness, reporter->program, reporter->log, "", err);
}

int readiness_provisioner(const struct readiness *readiness, struct err *err)
{
	const struct reporter provisioner = {"provisioner", "provisioner.status",
					     readiness->provisioner_log, READINESS_PROVISIONER_MS};
	return wait_for(readiness, &provisioner, err);
}

int readiness_relay(const struct readiness *readiness, struct err *err)
{
	const struct reporter relay = {"relay", "db/relay.ready", readiness->relay_log,
				       READINESS_RELAY_MS};
	return wait_for(readiness, &relay, err);
}
