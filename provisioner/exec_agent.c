/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input has its window. Sizes have none, so only the newest is kept and goes when a moment has
 * passed since the last. Output that was taken is told in portions, the end once. And
 * a session refuses words about commands while too many bytes wait (session.h).
 */
#include "provisioner/exec_agent.h"

#include <stdio.h>

#include "core/ident.h"
#include "provisioner/flow_private.h"

#define RESIZE_MS 100 /* between two sizes: as smooth as anybody sees */
/* An agent stops at WIRE_EXEC_WINDOW that were not told: it never waits for the rest of this. */
#define TAKEN_MIN (WIRE_EXEC_WINDOW / 8)

static struct session *session_of(const struct exec_agent *agent)
{
	const struct run *run = flow_find(agent->flow, agent->task);

	return run ? run->session : NULL;
}

int exec_agent_start(struct exec_agent *agent, struct run *run, struct wire_exec_start *words,
		     struct err *err)
{
	*agent = (struct exec_agent){.flow = run->flow, .room = WIRE_EXEC_WINDOW};
	(void)snprintf(agent->task, sizeof(agent->task), "%s", run->id);
	ident_random(&agent->id, sizeof(agent->id));
	words->id = agent->id;
	if (session_send_message(run->session, &wire_exec_start_shape, words, FRAME_EXEC_START,
				 err) < 0)
		return err_wrap(err, "start the command");
	return 0;
}

static int send_bytes(struct exec_agent *agent, const uint8_t *bytes, size_t len, struct err *err)
{
	struct wire_exec_bytes input = {
		.id = agent->id, .stream = WIRE_EXEC_IN, .bytes = bytes, .len = len};
	struct session *session = session_of(agent);

	return session ? session_send_bytes(session, &input, err) : 0;
}

int exec_agent_input(struct exec_agent *agent, const uint8_t *bytes, size_t len, struct err *err)
{
	if (agent->input_ended || len == 0)
		return 0;
	agent->room -= len;
	return send_bytes(agent, bytes, len, err);
}

int exec_agent_end_input(struct exec_agent *agent, struct err *err)
{
	if (agent->input_ended)
		return 0;
	agent->input_ended = true;
	return send_bytes(agent, NULL, 0, err);
}

static void on_pace(void *ctx);

static void send_size(struct exec_agent *agent)
{
	struct wire_exec_resize resize = {
		.id = agent->id, .rows = agent->size.rows, .columns = agent->size.columns};
	struct session *session = session_of(agent);
	struct err err = ERR_INIT;

	agent->pace = loop_timer_add(agent->flow->options.loop, RESIZE_MS, on_pace, agent);
	/* While too much waits the newest size waits as well. */
	agent->has_size = session && session_send_message(session, &wire_exec_resize_shape, &resize,
							  FRAME_EXEC_RESIZE, &err) < 0;
}

static void on_pace(void *ctx)
{
	struct exec_agent *agent = ctx;

	agent->pace = NULL;
	if (agent->has_size)
		send_size(agent);
}

void exec_agent_resize(struct exec_agent *agent, struct exec_link_size size)
{
	agent->size = size;
	agent->has_size = true;
	if (!agent->pace)
		send_size(agent);
}

void exec_agent_taken(struct exec_agent *agent, size_t bytes)
{
	struct wire_exec_count message = {.id = agent->id};
	struct session *session = session_of(agent);

	agent->taken += bytes;
	if (agent->taken < TAKEN_MIN)
		return;
	message.bytes = (int64_t)agent->taken;
	agent->taken = 0;
	if (session)
		session_send_count(session, &message, FRAME_EXEC_TAKEN);
}

void exec_agent_has_room(struct exec_agent *agent, size_t bytes)
{
	agent->room += bytes;
	if (agent->room > WIRE_EXEC_WINDOW)
		agent->room = WIRE_EXEC_WINDOW;
}

void exec_agent_end(const struct exec_agent *agent)
{
	struct wire_exec_count message = {.id = agent->id};
	struct session *session = session_of(agent);

	if (session)
		session_send_count(session, &message, FRAME_EXEC_END);
}

void exec_agent_done(struct exec_agent *agent)
{
	if (agent->pace)
		loop_timer_cancel(STEAL(agent->pace, NULL));
}
