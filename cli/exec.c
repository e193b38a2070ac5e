/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway exec TASK [--container NAME] [--] COMMAND...: runs a command in a container
 * of a task. Where standard input and output are both terminals the command gets one
 * of the same size and everything typed goes to it, Ctrl-C as well; else it gets pipes, its
 * output arrives byte by byte as it wrote it, standard error apart. The exit
 * status is the command's.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "cli/client_stream.h"
#include "cli/options.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "core/shell_words.h"
#include "store/exec_link.h"

#define EXIT_LOST 255 /* as ssh has it */

struct exec {
	struct client_stream *stream;
	bool terminal;
	struct termios before; /* of standard input, if terminal */
	int signal_fd;	       /* its size changed, or we are to end; -1 */
	int ended_by;	       /* that signal; 0: none */
	bool input_ended;
	int status; /* of the command; -1: it runs */
};

/* --- the terminal ------------------------------------------------------------ */

static struct exec_link_size window_size(void)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &size); /* else what terminals were for decades */
	return (struct exec_link_size){size.ws_row, size.ws_col};
}

static int begin_terminal(struct exec *exec, struct err *err)
{
	/* Whoever ends us finds the terminal as it was. Keys make no signals meanwhile. */
	static const int signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT};
	struct termios raw;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, errno, "block signals");
	exec->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (exec->signal_fd < 0 || tcgetattr(STDIN_FILENO, &exec->before) < 0)
		return err_sys(err, errno, "look at the terminal");
	raw = exec->before;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return err_sys(err, errno, "set the terminal");
	return 0;
}

static void end_terminal(struct exec *exec)
{
	if (exec->signal_fd < 0)
		return;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &exec->before); /* nothing can be done */
	fd_closep(&exec->signal_fd);
}

/* --- both ways --------------------------------------------------------------- */

static int take_signals(struct exec *exec, struct err *err)
{
	uint8_t message[EXEC_LINK_RESIZE_SIZE];
	struct signalfd_siginfo info;

	while (read(exec->signal_fd, &info, sizeof(info)) > 0) {
		if (info.ssi_signo != SIGWINCH)
			exec->ended_by = (int)info.ssi_signo;
	}
	if (exec->ended_by != 0)
		return 0;
	/* Only the last size matters. */
	exec_link_write_resize(message, window_size());
	return client_stream_send(exec->stream, WEBSOCKET_BINARY, message, sizeof(message), err);
}

static int send_input(struct exec *exec, struct err *err)
{
	uint8_t message[EXEC_LINK_MAX] = {EXEC_LINK_INPUT};
	ssize_t got = read(STDIN_FILENO, message + 1, EXEC_LINK_PIECE);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got <= 0) {
		exec->input_ended = true;
		message[0] = EXEC_LINK_END_INPUT;
		got = 0;
	}
	return client_stream_send(exec->stream, WEBSOCKET_BINARY, message, 1 + (size_t)got, err);
}

static int write_all(int fd, const uint8_t *bytes, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, errno, "write the command's output");
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static int take_message(struct exec *exec, const struct websocket_message *message, struct err *err)
{
	const uint8_t *bytes = message->bytes;

	if (message->opcode != WEBSOCKET_BINARY || message->len == 0)
		return 0;
	if (bytes[0] == EXEC_LINK_OUTPUT || bytes[0] == EXEC_LINK_ERRORS)
		return write_all(bytes[0] == EXEC_LINK_OUTPUT ? STDOUT_FILENO : STDERR_FILENO,
				 bytes + 1, message->len - 1, err);
	if (bytes[0] != EXEC_LINK_EXIT || message->len < 2)
		return 0;
	exec->status = bytes[1];
	end_terminal(exec);
	if (message->len > 2)
		fprintf(stderr, "slipway exec: %.*s\n", (int)(message->len - 2),
			(const char *)bytes + 2);
	return 0;
}

static int take_messages(struct exec *exec, struct err *err)
{
	struct websocket_message message;
	int result = 1;

	while (exec->status < 0 && result == 1) {
		result = client_stream_next(exec->stream, &message, err);
		if (result == 1 && take_message(exec, &message, err) < 0)
			return -1;
	}
	return result < 0 ? -1 : 0;
}

/* Wait for something and do it. Input is read only when the last of it is on its way. */
static int turn(struct exec *exec, struct err *err)
{
	bool full = client_stream_waits(exec->stream);
	struct pollfd wait[] = {
		{.fd = client_stream_fd(exec->stream), .events = POLLIN | (full ? POLLOUT : 0)},
		{.fd = exec->input_ended || full ? -1 : STDIN_FILENO, .events = POLLIN},
		{.fd = exec->signal_fd, .events = POLLIN},
	};

	if (poll(wait, ARRAY_LEN(wait), -1) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait");
	if (full && client_stream_flush(exec->stream, err) < 0)
		return -1;
	if (wait[2].revents != 0 && take_signals(exec, err) < 0)
		return -1;
	if (exec->ended_by != 0)
		return 0;
	if (wait[1].revents != 0 && send_input(exec, err) < 0)
		return -1;
	return take_messages(exec, err);
}

/* --- the session ------------------------------------------------------------- */

static int open_session(struct exec *exec, struct client *client, const json_t *answer,
			struct err *err)
{
	const json_t *session = json_object_get(answer, "session");
	struct exec_link_open open = {.terminal = exec->terminal, .size = window_size()};
	uint8_t start[EXEC_LINK_START_SIZE];
	AUTO(json_decrefp)
	json_t *first = json_pack("{s:s, s:s}", "MessageSchemaVersion", "1.0", "TokenValue",
				  client_text(session, "tokenValue"));
	AUTO(freep) char *text = first != NULL ? json_dumps(first, JSON_COMPACT) : NULL;

	if (text == NULL)
		return err_set(err, ERR_CORRUPT, "the answer holds no token");
	exec_link_write_start(start, &open);
	if (client_stream_open(client, client_text(session, "streamUrl"), EXEC_LINK_PROTOCOL,
			       &exec->stream, err) < 0 ||
	    client_stream_send(exec->stream, WEBSOCKET_TEXT, text, strlen(text), err) < 0 ||
	    client_stream_send(exec->stream, WEBSOCKET_BINARY, start, sizeof(start), err) < 0)
		return -1;
	return 0;
}

static int converse(struct exec *exec, struct err *err)
{
	int result = exec->terminal ? begin_terminal(exec, err) : 0;

	while (result == 0 && exec->status < 0 && exec->ended_by == 0)
		result = turn(exec, err);
	end_terminal(exec);
	return result;
}

struct words {
	const char *state, *cluster, *container, *task;
	const char *const *command;
	size_t command_count;
};

static int run(const struct words *words, int *ret_status, struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;
	AUTO(json_decrefp) json_t *answer = NULL;
	AUTO(freep) char *command = shell_words_join(words->command, words->command_count);
	struct exec exec = {
		.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
		.signal_fd = -1,
		.status = -1,
	};
	int result;

	if (client_open(words->state, &client, err) < 0 ||
	    client_call(client, "ecs", "ExecuteCommand",
			json_pack("{s:s, s:s, s:b, s:s*, s:s*}", "task", words->task, "command",
				  command, "interactive", 1, "cluster", words->cluster, "container",
				  words->container),
			&answer, err) < 0)
		return -1;
	result = open_session(&exec, client, answer, err);
	if (result == 0)
		result = converse(&exec, err);
	client_stream_free(exec.stream);
	*ret_status = exec.ended_by != 0 ? 128 + exec.ended_by : exec.status;
	return result;
}

int cli_exec(int argc, char **argv)
{
	struct words words = {.state = NULL};
	const struct option_row rows[] = {
		{"container", OPTION_TEXT, &words.container, "NAME",
		 "which container (the only one)"},
		{"cluster", OPTION_TEXT, &words.cluster, "NAME", "cluster (default)"},
		{"state", OPTION_TEXT, &words.state, "DIR", "state folder"},
	};
	static const char usage[] = "exec TASK [OPTIONS] [--] COMMAND...";
	int next = options_read(usage, rows, ARRAY_LEN(rows), argc, argv);
	struct err err = ERR_INIT;
	int status;

	if (next >= 0 && next < argc) {
		words.task = argv[next];
		argc -= next;
		argv += next;
		next = options_read(usage, rows, ARRAY_LEN(rows), argc, argv);
	}
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (words.task == NULL || next >= argc) {
		options_usage(usage, stderr);
		return 2;
	}
	words.command = (const char *const *)argv + next;
	words.command_count = (size_t)(argc - next);
	if (run(&words, &status, &err) == 0)
		return status;
	(void)state_complain("exec", &err);
	return EXIT_LOST;
}
