/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection is one request and one answer:
 *
 *     READING -> ANSWERING -> PARTING -> closed
 *
 * PARTING waits until the other side has closed, too, since a socket that is closed with
 * bytes unread takes the answer back. Each connection has CONNECTION_MS in all, there are
 * CONNECTIONS_MAX of them, and REQUESTS_A_SECOND are answered, as the real endpoint does:
 * containers may be hostile, and the loop has other work. While all places are taken,
 * others wait in the kernel.
 *
 * A path holds the container's token, which only its own variables tell; a wrong one is
 * no other answer than a wrong path.
 */
#include "microvm/agent/metadata.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/acceptor.h"
#include "core/clock.h"
#include "core/log.h"
#include "microvm/agent/container_stats.h"
#include "microvm/agent/metadata_door.h"
#include "microvm/agent/metadata_http.h"

#define CONNECTIONS_MAX	  32
#define CONNECTION_MS	  5000
#define REQUESTS_A_SECOND 40
#define REQUESTS_AT_ONCE  60
#define ANSWER_MAX	  (1024 * 1024) /* ten containers with all their labels are far below */
#define READ_SIZE	  1024

struct connection {
	struct metadata *metadata; /* NULL: the place is free */
	int fd;
	struct loop_fd *watch;
	struct loop_timer *deadline;
	struct metadata_http http;
	bool answering, parting; /* neither: READING */
	struct buf out;
	size_t sent;
};

struct metadata {
	struct loop *loop;
	struct acceptor *acceptor;
	struct metadata_source source; /* .task NULL: none yet */
	struct connection connections[CONNECTIONS_MAX];
	size_t connection_count;
	int64_t credit_ms; /* of requests, each costs 1000 / REQUESTS_A_SECOND */
	int64_t credit_at_ms;
	struct container_stats stats[WIRE_CONTAINERS_MAX];
};

/* --- what is asked for --------------------------------------------------- */

static json_t *stats_of(struct metadata *metadata, const struct metadata_facts *facts,
			unsigned index)
{
	const struct wire_task *task = metadata->source.task;

	if (facts->containers[index].state != CONTAINER_RUNNING)
		return json_null();
	return container_stats_look(&metadata->stats[index], index,
				    metadata_json_text(task, index, "DockerId"),
				    metadata_json_text(task, index, "Name"));
}

static json_t *answer_container(struct metadata *metadata, const struct metadata_facts *facts,
				unsigned index)
{
	return metadata_json_container(metadata->source.task, facts, index);
}

static json_t *answer_task(struct metadata *metadata, const struct metadata_facts *facts,
			   unsigned index)
{
	(void)index; /* it is the same for all of them */
	return metadata_json_task(metadata->source.task, facts);
}

static json_t *answer_task_stats(struct metadata *metadata, const struct metadata_facts *facts,
				 unsigned index)
{
	const struct wire_task *task = metadata->source.task;
	json_t *object = json_object();

	(void)index; /* it is the same for all of them */
	for (unsigned i = 0; i < task->containers.count; i++)
		(void)json_object_set_new(object, metadata_json_text(task, i, "DockerId"),
					  stats_of(metadata, facts, i));
	return object;
}

/* Behind the token. */
static const struct {
	const char *path;
	json_t *(*answer)(struct metadata *metadata, const struct metadata_facts *facts,
			  unsigned index);
} leaves[] = {
	{"", answer_container},
	{"/task", answer_task},
	{"/stats", stats_of},
	{"/task/stats", answer_task_stats},
};

static const char *const versions[] = {"/v4/", "/v3/"};

/* Takes the same time for every wrong token of that length. */
static bool is_token(const char *token, const char *text, size_t len)
{
	unsigned other = 0;

	if (!token || strlen(token) != len || len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		other |= (unsigned char)(token[i] ^ text[i]);
	return other == 0;
}

static int find_container(const struct wire_task *task, const char *text, size_t len)
{
	const struct wire_container *containers = task ? task->containers.items : NULL;

	for (size_t i = 0; task && i < task->containers.count; i++) {
		if (is_token(containers[i].token, text, len))
			return (int)i;
	}
	return -1;
}

/* The keys of the task's role at "/v2/credentials/ID"; NULL: not at @path. */
static json_t *find_credentials(const struct metadata *metadata, const char *path)
{
	static const char place[] = "/v2/credentials/";
	const struct wire_task *task = metadata->source.task;

	if (!task || strncmp(path, place, strlen(place)) != 0)
		return NULL;
	path += strlen(place);
	if (!is_token(task->credentials_id, path, strlen(path)))
		return NULL;
	return metadata_json_credentials(task);
}

/* The document at @path; NULL: there is none. */
static json_t *find(struct metadata *metadata, const char *path)
{
	struct metadata_facts facts = {.stopping = false};
	const char *token = NULL;
	size_t token_len, leaf_len;
	int index;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		if (strncmp(path, versions[i], strlen(versions[i])) == 0)
			token = path + strlen(versions[i]);
	}
	if (!token)
		return find_credentials(metadata, path);
	token_len = strcspn(token, "/");
	index = find_container(metadata->source.task, token, token_len);
	if (index < 0)
		return NULL;
	path = token + token_len;
	leaf_len = strlen(path);
	if (leaf_len > 0 && path[leaf_len - 1] == '/')
		leaf_len--;
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
		if (strlen(leaves[i].path) != leaf_len ||
		    strncmp(path, leaves[i].path, leaf_len) != 0)
			continue;
		metadata->source.look(metadata->source.ctx, &facts);
		/* cppcheck-suppress[returnDanglingLifetime]: documents keep nothing of it */
		return leaves[i].answer(metadata, &facts, (unsigned)index);
	}
	return NULL;
}

static bool may_ask(struct metadata *metadata)
{
	int64_t now_ms = clock_boot_ms();
	int64_t most_ms = REQUESTS_AT_ONCE * 1000 / REQUESTS_A_SECOND;

	metadata->credit_ms += now_ms - metadata->credit_at_ms;
	metadata->credit_at_ms = now_ms;
	if (metadata->credit_ms > most_ms)
		metadata->credit_ms = most_ms;
	if (metadata->credit_ms < 1000 / REQUESTS_A_SECOND)
		return false;
	metadata->credit_ms -= 1000 / REQUESTS_A_SECOND;
	return true;
}

static int write_error(struct buf *out, int status, struct err *err)
{
	return metadata_http_answer(out, status, "text/plain; charset=utf-8",
				    status == 404 ? "404 page not found\n" : "", err);
}

/* @path NULL: @status is what was wrong with the request. */
static int write_answer(struct connection *connection, int status, const char *path,
			struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(freep) char *text = NULL;

	if (path && !may_ask(connection->metadata))
		return write_error(&connection->out, 429, err);
	if (!path)
		return write_error(&connection->out, status, err);
	json = find(connection->metadata, path);
	if (!json)
		return write_error(&connection->out, 404, err);
	text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		return write_error(&connection->out, 500, err);
	return metadata_http_answer(&connection->out, 200, "application/json", text, err);
}

/* --- connections --------------------------------------------------------- */

static void close_connection(struct connection *connection)
{
	struct metadata *metadata = connection->metadata;

	loop_fd_remove(connection->watch);
	loop_timer_cancel(connection->deadline);
	fd_closep(&connection->fd);
	buf_done(&connection->out);
	connection->metadata = NULL;
	if (metadata->connection_count-- == CONNECTIONS_MAX)
		acceptor_pause(metadata->acceptor, false);
}

static void on_deadline(void *ctx)
{
	struct connection *connection = ctx;

	connection->deadline = NULL;
	close_connection(connection);
}

static void part(struct connection *connection)
{
	connection->parting = true;
	(void)shutdown(connection->fd, SHUT_WR); /* one that is closed already is as good */
	loop_fd_want(connection->watch, LOOP_READ);
}

static void send_more(struct connection *connection)
{
	while (connection->sent < connection->out.len) {
		ssize_t sent =
			send(connection->fd, connection->out.data + connection->sent,
			     connection->out.len - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			loop_fd_want(connection->watch, LOOP_WRITE);
			return;
		}
		if (sent < 0) {
			close_connection(connection);
			return;
		}
		connection->sent += (size_t)sent;
	}
	part(connection);
}

static void answer(struct connection *connection, int status, const char *path)
{
	struct err err = ERR_INIT;

	connection->answering = true;
	if (write_answer(connection, status, path, &err) < 0) {
		log_warn("metadata: %s", err.text);
		close_connection(connection);
		return;
	}
	send_more(connection);
}

/* One piece a turn: others shall have theirs. */
static void receive(struct connection *connection)
{
	const char *path = NULL;
	uint8_t bytes[READ_SIZE];
	ssize_t got = recv(connection->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	int status;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close_connection(connection);
		return;
	}
	if (connection->parting)
		return; /* what comes behind the request is not looked at */
	status = metadata_http_feed(&connection->http, bytes, (size_t)got, &path);
	if (status != 0)
		answer(connection, status, path);
}

static void on_connection(void *ctx, unsigned events)
{
	struct connection *connection = ctx;

	(void)events; /* reading and writing tell */
	if (connection->answering && !connection->parting)
		send_more(connection);
	else
		receive(connection);
}

static struct connection *free_place(struct metadata *metadata)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (!metadata->connections[i].metadata)
			return &metadata->connections[i];
	}
	return NULL;
}

/* It is not called while all places are taken. */
static void on_accepted(void *ctx, int accepted)
{
	struct metadata *metadata = ctx;
	struct connection *connection = free_place(metadata);
	AUTO(fd_closep) int fd = accepted;
	struct err err = ERR_INIT;

	assert(connection);
	memset(connection, 0, sizeof(*connection));
	buf_init(&connection->out, ANSWER_MAX);
	if (loop_fd_add(metadata->loop, fd, LOOP_READ, on_connection, connection,
			&connection->watch, &err) < 0)
		return;
	connection->metadata = metadata;
	connection->fd = STEAL(fd, -1);
	connection->deadline =
		loop_timer_add(metadata->loop, CONNECTION_MS, on_deadline, connection);
	if (++metadata->connection_count == CONNECTIONS_MAX)
		acceptor_pause(metadata->acceptor, true);
}

int metadata_open(struct loop *loop, struct metadata **ret_metadata, struct err *err)
{
	AUTO(freep) struct metadata *metadata = xcalloc(1, sizeof(*metadata));
	AUTO(fd_closep) int fd = -1;

	metadata->loop = loop;
	if (metadata_door_listen(&fd, err) < 0 ||
	    acceptor_new(loop, fd, on_accepted, metadata, &metadata->acceptor, err) < 0)
		return -1;
	(void)STEAL(fd, -1); /* the acceptor has it */
	*ret_metadata = STEAL(metadata, NULL);
	return 0;
}

void metadata_serve(struct metadata *metadata, const struct metadata_source *source)
{
	metadata->source = *source;
}
