/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fork of the agent that turns into a container's program. The order is that of
 * what each step needs: mounts need all privilege, users need the image's files,
 * the search for the program must see what its user may see.
 *
 * An execve() that fails after the program was found is the container's own
 * misfortune (a script whose interpreter is missing, another processor's binary):
 * it is told on its stderr and ends it with 255, as container runtimes do.
 */
#include "microvm/agent/child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "microvm/agent/controls.h"
#include "microvm/agent/fresh.h"
#include "microvm/agent/init_program.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/program.h"
#include "microvm/agent/rootfs.h"
#include "microvm/agent/sysfile.h"
#include "microvm/agent/terminal.h"

#define EXIT_CANNOT_EXECUTE 255
#define READ_SIZE	    4096
#define ADDED_VARIABLES	    4 /* HOME, PATH, HOSTNAME, TERM */

int child_reset_signals(struct err *err)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		(void)signal(signo, SIG_DFL); /* some cannot be set, and need not be */
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_sys(err, errno, "unblock signals");
	return 0;
}

static int take_descriptors(const struct child *child, struct err *err)
{
	if (dup2(child->in, 0) < 0 || dup2(child->out, 1) < 0 || dup2(child->errors, 2) < 0)
		return err_sys(err, errno, "set up the standard descriptors");
	return 0;
}

/* Memory belongs to the group of who asks for it first. So the buffer for output,
 * which the agent uses, is the container's: the agent's own memory is not the task's. */
static int fill_buffer(const struct child *child, struct err *err)
{
	int64_t size = child->spec->output_buffer_bytes;

	if (child->buffer >= 0 && fallocate(child->buffer, 0, 0, size) < 0)
		return err_sys(err, errno, "make the buffer for output (max-buffer-size)");
	return 0;
}

/* A file of the image; nothing when there is none. Never more than the limit. */
static int read_text(const char *path, struct buf *text, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	while (fd >= 0 && text->len < IDENTITY_FILE_MAX) {
		size_t left = IDENTITY_FILE_MAX - text->len;
		uint8_t *room;
		ssize_t got;

		if (buf_reserve(text, left < READ_SIZE ? left : READ_SIZE, &room, err) < 0)
			return -1;
		got = read(fd, room, left < READ_SIZE ? left : READ_SIZE);
		if (got < 0)
			return err_sys(err, errno, "read %s", path);
		if (got == 0)
			break;
		buf_added(text, (size_t)got);
	}
	return 0;
}

static int find_identity(const char *user, struct identity *ret_identity, struct err *err)
{
	AUTO(buf_done) struct buf passwd;
	AUTO(buf_done) struct buf group;

	buf_init(&passwd, IDENTITY_FILE_MAX);
	buf_init(&group, IDENTITY_FILE_MAX);
	if (read_text("/etc/passwd", &passwd, err) < 0 || read_text("/etc/group", &group, err) < 0)
		return -1;
	return identity_resolve(user, buf_text(&passwd), buf_text(&group), ret_identity, err);
}

/* The container's user may open /dev/stdout and the like anew. */
static int own_descriptors(const struct identity *identity, struct err *err)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat info;

		if (fstat(fd, &info) < 0)
			return err_sys(err, errno, "look at descriptor %d", fd);
		if (S_ISFIFO(info.st_mode) && fchown(fd, identity->uid, identity->gid) < 0)
			return err_sys(err, errno, "hand over descriptor %d", fd);
		/* A terminal's group is that of all terminals. */
		if (isatty(fd) && fchown(fd, identity->uid, (gid_t)-1) < 0)
			return err_sys(err, errno, "hand over the terminal");
	}
	return 0;
}

static char *variable(const char *key, const char *value)
{
	return xasprintf("%s=%s", key, value);
}

/* The given variables, and those that every container has. */
static const char **make_environment(const char *hostname, const struct wire_container *spec,
				     const struct identity *identity)
{
	size_t count = spec->env.count;
	const char **env = xcalloc(count + ADDED_VARIABLES + 1, sizeof(*env));

	if (count > 0)
		memcpy(env, spec->env.items, count * sizeof(*env));
	if (!program_variable(env, count, "PATH"))
		env[count++] = variable("PATH", PROGRAM_PATH_DEFAULT);
	if (!program_variable(env, count, "HOSTNAME") && *hostname)
		env[count++] = variable("HOSTNAME", hostname);
	if (!program_variable(env, count, "HOME"))
		env[count++] = variable("HOME", identity->home);
	if (isatty(0) && !program_variable(env, count, "TERM"))
		env[count++] = variable("TERM", "xterm");
	return env;
}

static int enter_directory(const char *directory, struct err *err)
{
	if (*directory == '\0')
		directory = "/";
	if (chdir(directory) < 0) {
		char text[128];

		(void)snprintf(text, sizeof(text), "%s", strerror(errno));
		text[0] = (char)tolower((unsigned char)text[0]);
		return err_set(err, ERR_SYSTEM,
			       "chdir to cwd (\"%s\") set in config.json failed: %s", directory,
			       text);
	}
	return 0;
}

int child_become(const struct child *child, const struct shape_list *args, const char ***ret_env,
		 char ret_file[PROGRAM_PATH_SIZE], struct err *err)
{
	const struct wire_container *spec = child->spec;
	struct identity identity;

	if (find_identity(spec->user, &identity, err) < 0 ||
	    privilege_set_ulimits(&spec->ulimits, err) < 0 || own_descriptors(&identity, err) < 0 ||
	    privilege_drop(&identity, privilege_capabilities(spec),
			   spec->privileged ? NULL : child->filter, err) < 0 ||
	    enter_directory(spec->directory, err) < 0)
		return -1;
	*ret_env = make_environment(child->hostname, spec, &identity);
	return program_find(((const char **)args->items)[0],
			    program_variable(*ret_env, spec->env.count + ADDED_VARIABLES, "PATH"),
			    ret_file, err);
}

/* Everything up to the program; *ret_env and @ret_file are what to execute. */
static int prepare(const struct child *child, const char ***ret_env,
		   char ret_file[PROGRAM_PATH_SIZE], struct err *err)
{
	/* The agent's own protection is not for its children. */
	if (child_reset_signals(err) < 0 || take_descriptors(child, err) < 0 ||
	    sysfile_write("/proc/self/oom_score_adj", "0", err) < 0 || fill_buffer(child, err) < 0)
		return -1;
	if (unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, errno, "make a cgroup namespace");
	if (controls_set(&child->spec->controls, err) < 0 ||
	    rootfs_enter(child->spec, child->index, err) < 0)
		return -1;
	if (setsid() < 0)
		return err_sys(err, errno, "make a session");
	if (child->terminal >= 0 &&
	    (terminal_make(child->terminal, TERMINAL_OF_CONTAINER, err) < 0 ||
	     terminal_own(err) < 0))
		return -1;
	return child_become(child, &child->spec->args, ret_env, ret_file, err);
}

/* execve() changes nothing of what it is given; its type is older than const. */
void child_execute(const struct shape_list *args, const char *file, const char **env)
{
	const char **words = xcalloc(args->count + 1, sizeof(*words));
	char text[128];

	memcpy(words, args->items, args->count * sizeof(*words));
	(void)execve(file, (char **)(uintptr_t)words, (char **)(uintptr_t)env);
	(void)snprintf(text, sizeof(text), "%s", strerror(errno));
	text[0] = (char)tolower((unsigned char)text[0]);
	(void)dprintf(2, "exec %s: %s\n", file, text);
}

static void execute(const struct wire_container *spec, const char *file, const char **env)
{
	if (!spec->init) {
		child_execute(&spec->args, file, env);
		return;
	}
	init_program_become(file, spec->args.items, spec->args.count, env);
	(void)dprintf(2, "exec slipway-init: %s\n", strerror(errno));
}

static _Noreturn void give_up(const struct child *child, const struct err *err)
{
	(void)!write(child->setup, err->text, strlen(err->text));
	_exit(EXIT_CANNOT_EXECUTE);
}

_Noreturn void child_run_fresh(const struct child *child)
{
	struct err err = ERR_INIT;

	fresh_child(child, &err);
	give_up(child, &err);
}

_Noreturn void child_run(const struct child *child)
{
	struct err err = ERR_INIT;
	char file[PROGRAM_PATH_SIZE];
	const char **env = NULL;

	if (prepare(child, &env, file, &err) < 0)
		give_up(child, &err);
	/* The pipe closes when the program is in place: that is the moment of STARTED. */
	(void)!write(child->setup, &(char){CHILD_READY}, 1);
	execute(child->spec, file, env);
	_exit(EXIT_CANNOT_EXECUTE);
}
