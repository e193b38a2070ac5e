/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fork of the agent has all of its memory: every container's variables and secrets, the
 * keys of the task's role. Where a container could see that process, and look into it,
 * before it has become its program, the fork first executes the agent's program
 * anew. What it needs to know is in a memory file that goes along, with the descriptors that
 * the words name; everything else of the agent's closes by itself.
 */
#include "microvm/agent/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/wipe.h"
#include "microvm/agent/privilege.h"

#define NAME	  "slipway-container"
#define OWN_PATH  "/proc/self/exe"
#define ARENA_MAX (4u * 1024 * 1024) /* lists of one container */
#define ARGS_MAX  4096

#define EXIT_CANNOT_EXECUTE 255

struct words {
	bool enters; /* a container that runs, else it is the container's first process */
	int64_t index;
	const char *hostname;
	struct wire_container spec;
	struct shape_list args; /* of what enters */
	int64_t in, out, errors, setup, terminal, buffer, target;
};

#define DESCRIPTOR(f) INT(struct words, f, #f, -1, INT32_MAX, SHAPE_REQUIRED)

static const struct shape_field fields[] = {
	BOOL(struct words, enters, "enters", SHAPE_REQUIRED),
	INT(struct words, index, "index", 0, WIRE_CONTAINERS_MAX - 1, SHAPE_REQUIRED),
	TEXT(struct words, hostname, "hostname", 0, 64, SHAPE_REQUIRED),
	OBJECT(struct words, spec, "spec", &wire_container_shape, SHAPE_REQUIRED),
	TEXTS(struct words, args, "args", 0, ARGS_MAX, SHAPE_REQUIRED),
	DESCRIPTOR(in),
	DESCRIPTOR(out),
	DESCRIPTOR(errors),
	DESCRIPTOR(setup),
	DESCRIPTOR(terminal),
	DESCRIPTOR(buffer),
	DESCRIPTOR(target),
};
static const struct shape words_shape = SHAPE_OF(struct words, fields);

/* --- in the fork ----------------------------------------------------------- */

static int keep_open(const struct words *words, struct err *err)
{
	const int64_t fds[] = {words->in,	words->out,    words->errors, words->setup,
			       words->terminal, words->buffer, words->target};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] >= 0 && fcntl((int)fds[i], F_SETFD, 0) < 0)
			return err_sys(err, errno, "keep descriptor %d", (int)fds[i]);
	}
	return 0;
}

static int put_words(const struct words *words, int *ret_fd, struct err *err)
{
	AUTO(wipe_freep) char *text = NULL;
	AUTO(fd_closep) int fd = memfd_create("words", 0);
	size_t len;

	if (fd < 0)
		return err_sys(err, errno, "make a memory file");
	if (wire_text(&words_shape, words, &text, err) < 0)
		return -1;
	len = strlen(text);
	if (write(fd, text, len) != (ssize_t)len)
		return err_sys(err, errno, "write a memory file");
	*ret_fd = STEAL(fd, -1);
	return 0;
}

static void become(const struct words *words, struct err *err)
{
	char number[16], setup[16];
	char name[] = NAME;
	char *argv[] = {name, number, setup, NULL};
	char *env[] = {NULL};
	int fd;

	if (put_words(words, &fd, err) < 0 || keep_open(words, err) < 0)
		return;
	(void)snprintf(number, sizeof(number), "%d", fd);
	(void)snprintf(setup, sizeof(setup), "%d", (int)words->setup);
	(void)execve(OWN_PATH, argv, env);
	(void)err_sys(err, errno, "execute " OWN_PATH);
}

void fresh_child(const struct child *child, struct err *err)
{
	struct words words = {
		.index = child->index,
		.hostname = child->hostname,
		.spec = *child->spec,
		.in = child->in,
		.out = child->out,
		.errors = child->errors,
		.setup = child->setup,
		.terminal = child->terminal,
		.buffer = child->buffer,
		.target = -1,
	};

	become(&words, err);
}

void fresh_enter(const struct enter *enter, struct err *err)
{
	struct words words = {
		.enters = true,
		.index = enter->child.index,
		.hostname = enter->child.hostname,
		.spec = *enter->child.spec,
		.args = *enter->args,
		.in = enter->ends.in,
		.out = enter->ends.out,
		.errors = enter->ends.errors,
		.setup = enter->ends.setup,
		.terminal = enter->ends.terminal,
		.buffer = -1,
		.target = enter->target,
	};

	become(&words, err);
}

/* --- in the new process ---------------------------------------------------- */

bool fresh_is_asked(char *const *argv)
{
	return argv[0] && argv[1] && argv[2] && strcmp(argv[0], NAME) == 0;
}

/* They live as long as the process. */
static int take_words(int fd, struct words *ret_words, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	struct arena *arena = arena_new(ARENA_MAX);
	struct stat info;
	void *text;

	if (fstat(fd, &info) < 0)
		return err_sys(err, errno, "look at a memory file");
	text = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return err_sys(err, errno, "read a memory file");
	close(fd);
	if (shape_parse(text, (size_t)info.st_size, &json, err) < 0 ||
	    shape_fill(&words_shape, json, arena, ret_words, err) < 0)
		return -1;
	(void)munmap(text, (size_t)info.st_size); /* cannot fail: it is mapped */
	(void)STEAL(json, NULL);		  /* the words' texts are in it */
	return 0;
}

/* What is kept open is kept for this process only. */
static void close_on_execute(const struct words *words)
{
	const int64_t fds[] = {words->in,	words->out,    words->errors, words->setup,
			       words->terminal, words->buffer, words->target};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] >= 0)
			(void)fcntl((int)fds[i], F_SETFD, FD_CLOEXEC); /* cannot fail: it is open */
	}
}

static _Noreturn void go_on(const struct words *words)
{
	const struct child child = {
		.spec = &words->spec,
		.hostname = words->hostname,
		.index = (unsigned)words->index,
		.filter = &privilege_filter,
		.in = (int)words->in,
		.out = (int)words->out,
		.errors = (int)words->errors,
		.setup = (int)words->setup,
		.terminal = (int)words->terminal,
		.buffer = (int)words->buffer,
	};
	const struct enter enter = {
		.child = child,
		.args = &words->args,
		.target = (int)words->target,
		.ends = {child.in, child.out, child.errors, child.terminal, child.setup},
	};

	if (words->enters)
		enter_go_on(&enter);
	child_run(&child);
}

/* Where the agent reads why a child cannot go on: the words that would say so are not there. */
static _Noreturn void give_up(const char *setup, const struct err *err)
{
	(void)!write((int)strtol(setup, NULL, 10), err->text, strlen(err->text)); /* it may be -1 */
	_exit(EXIT_CANNOT_EXECUTE);
}

_Noreturn void fresh_run(char *const *argv)
{
	struct err err = ERR_INIT;
	static struct words words;

	/* Nobody without the right to trace all processes looks into this one, or takes its
	 * descriptors, until it is its program. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		(void)err_sys(&err, errno, "keep others from looking in");
		give_up(argv[2], &err);
	}
	if (take_words((int)strtol(argv[1], NULL, 10), &words, &err) < 0)
		give_up(argv[2], &err);
	close_on_execute(&words);
	go_on(&words);
}
