/* SPDX-License-Identifier: Apache-2.0 */
/* See exec_record.h. */
#include "provisioner/exec_record.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/shell_words.h"
#include "provisioner/flow_private.h"

#define LOOK_ARENA   (1024u * 1024)
#define ALL_ENDED    "the provisioner ended"
#define EXIT_UNKNOWN 255 /* of a command that did not end by itself */

struct look {
	struct flow *flow;
	exec_looked_fn *done;
	char token[EXEC_TOKEN_SIZE];
	struct arena *arena;
	struct exec_look answer;
};

/* What the store is to be told of the end. */
struct record {
	struct flow *flow;
	char id[EXEC_ID_SIZE];
	int64_t exit_code, ended_ms;
	char reason[256];
};

/* --- the beginning ----------------------------------------------------------- */

static int find_command(struct look *look)
{
	struct exec_look *answer = &look->answer;
	struct err *err = &answer->err;

	if (exec_session_begin(look->flow->options.state, answer->id, look->token, clock_wall_ms(),
			       look->arena, &answer->session, err) < 0 ||
	    shell_words_split(answer->session.command, look->arena, &answer->words,
			      &answer->word_count, err) < 0)
		return -1;
	if (answer->word_count == 0)
		return err_set(err, ERR_INVALID, "the command is empty");
	return 0;
}

static void do_look(void *ctx, unsigned worker)
{
	struct look *look = ctx;

	(void)worker;
	look->answer.result = find_command(look);
}

static void on_looked(void *ctx)
{
	struct look *look = ctx;

	look->done(look->flow, &look->answer);
	arena_free(look->arena);
	free(look);
}

int exec_look_begin(struct flow *flow, const struct exec_link_open *open, const void *asker,
		    exec_looked_fn *done, struct err *err)
{
	struct look *look = xcalloc(1, sizeof(*look));

	look->flow = flow;
	look->done = done;
	look->arena = arena_new(LOOK_ARENA);
	look->answer.asker = asker;
	look->answer.result = -1;
	memcpy(look->answer.id, open->id, sizeof(look->answer.id));
	memcpy(look->token, open->token, sizeof(look->token));
	if (jobs_submit(flow->sql, do_look, on_looked, look, err) == 0)
		return 0;
	arena_free(look->arena);
	free(look);
	return -1;
}

/* --- the end ----------------------------------------------------------------- */

static void do_record(void *ctx, unsigned worker)
{
	const struct record *record = ctx;
	struct err err = ERR_INIT;

	(void)worker;
	/* Who did what stands there already; only how it ended is lost, and the log has it. */
	if (exec_session_end(record->flow->options.state, record->id, record->exit_code,
			     record->reason, record->ended_ms, &err) < 0)
		log_warn("exec=%s its end is not recorded: %s", record->id, err.text);
}

static void on_recorded(void *ctx)
{
	free(ctx);
}

void exec_record_end(struct flow *flow, const char *id, int64_t exit_code, const char *reason)
{
	struct record *record = xcalloc(1, sizeof(*record));
	struct err err = ERR_INIT;

	record->flow = flow;
	record->exit_code = exit_code;
	record->ended_ms = clock_wall_ms();
	(void)snprintf(record->id, sizeof(record->id), "%s", id);
	(void)snprintf(record->reason, sizeof(record->reason), "%s", reason);
	record->reason[utf8_cut(record->reason, strlen(record->reason))] = '\0';
	if (jobs_submit(flow->sql, do_record, on_recorded, record, &err) < 0) {
		log_warn("exec=%s its end is not recorded: %s", record->id, err.text);
		free(record);
	}
}

/* --- the end of all ---------------------------------------------------------- */

static void say_ended(void *ctx, const char *id, const char *task)
{
	(void)ctx;
	log_info("exec=%s task=%s ended exit_code=%d why=\"%s\"", id, task, EXIT_UNKNOWN,
		 ALL_ENDED);
}

void exec_record_end_now(struct flow *flow)
{
	struct err err = ERR_INIT;

	if (exec_session_end_all(flow->options.state, EXIT_UNKNOWN, ALL_ENDED, clock_wall_ms(),
				 say_ended, NULL, &err) < 0)
		log_warn("the ends of commands are not recorded: %s", err.text);
}

static void do_end_all(void *ctx, unsigned worker)
{
	(void)worker;
	exec_record_end_now(ctx);
}

static void on_all_ended(void *ctx)
{
	(void)ctx; /* the flow, which goes on */
}

int exec_record_end_open(struct flow *flow, struct err *err)
{
	return jobs_submit(flow->sql, do_end_all, on_all_ended, flow, err);
}
