/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key comes from a client, and the folder is the operator's: what is opened lies below the
 * folder, whatever links are in it, and is a file (a pipe would wait for its writer).
 *
 * Of several files the first that has a variable counts, as with the service. An execution role
 * that the configuration has must allow s3:GetObject; others are names of AWS and allow it.
 */
#include "provisioner/task_env_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/shape.h"
#include "store/host_folder.h"
#include "store/object_reference.h"
#include "store/role_policy.h"

#define READ_AT_ONCE 4096
#define REASON                                                                                     \
	"ResourceInitializationError: failed to download env files: file download command: "       \
	"non empty error stream: "

bool task_env_files_needed(const struct task_spec *spec)
{
	const struct spec_container *containers = spec->containers.items;

	for (size_t i = 0; i < spec->containers.count; i++) {
		if (containers[i].env_files.count > 0)
			return true;
	}
	return false;
}

static int fail_open(const char *arn, int error, struct err *err)
{
	if (error == ENOENT || error == ENOTDIR || error == EXDEV || error == ELOOP ||
	    error == ENAMETOOLONG)
		return err_set(err, ERR_NOT_FOUND,
			       REASON "NoSuchKey: The specified key does not exist. status code: "
				      "404: %.512s",
			       arn);
	return err_set(err, ERR_NOT_FOUND, REASON "InternalError: %s: %.512s", strerror(error),
		       arn);
}

/* Closed by the caller. */
static int open_object(const char *folder, const char *key, int *ret_fd)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	struct open_how whole = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	AUTO(fd_closep)
	int root = (int)syscall(SYS_openat2, AT_FDCWD, folder, &whole, sizeof(whole));
	AUTO(fd_closep) int fd = -1;
	struct stat about;

	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, key, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &about) < 0)
		return -1;
	if (!S_ISREG(about.st_mode)) {
		errno = ENOENT;
		return -1;
	}
	*ret_fd = STEAL(fd, -1);
	return 0;
}

static int read_all(int fd, struct buf *text, struct err *err)
{
	for (;;) {
		uint8_t *room;
		ssize_t got;

		if (buf_reserve(text, READ_AT_ONCE, &room, err) < 0)
			return -1;
		got = read(fd, room, READ_AT_ONCE);
		if (got < 0)
			return err_sys(err, errno, "read");
		if (got == 0)
			return 0;
		buf_added(text, (size_t)got);
		if (text->len > ENV_FILE_MAX)
			return err_set(err, ERR_LIMIT, "it has more than %u bytes", ENV_FILE_MAX);
	}
}

static int read_file(const struct env_file_source *source, const char *arn, struct arena *arena,
		     struct env_file *ret_file, struct err *err)
{
	AUTO(buf_done) struct buf text;
	AUTO(fd_closep) int fd = -1;
	struct object_reference object;
	struct err why = ERR_INIT;
	const char *folder;

	buf_init_secret(&text, ENV_FILE_MAX + READ_AT_ONCE);
	if (object_reference_parse(arn, arena, &object, &why) < 0)
		return err_set(err, ERR_NOT_FOUND, REASON "invalid arn syntax: %.512s", arn);
	folder = host_folder_find(source->buckets, object.bucket, source->account, arena);
	if (!folder)
		return err_set(err, ERR_NOT_FOUND,
			       REASON "NoSuchBucket: The specified bucket does not exist. status "
				      "code: 404: %.512s",
			       arn);
	if (open_object(folder, object.key, &fd) < 0)
		return fail_open(arn, errno, err);
	if (read_all(fd, &text, &why) < 0 ||
	    env_file_parse((const char *)text.data, text.len, arena, ret_file, &why) < 0)
		return err_set(err, ERR_NOT_FOUND, REASON "%.512s: %.256s", arn, why.text);
	return 0;
}

static int read_container(const struct env_file_source *source,
			  const struct spec_container *container, struct arena *arena,
			  struct container_secrets *to, struct err *err)
{
	const struct spec_env_file *files = container->env_files.items;
	size_t count = container->env_files.count;
	size_t variables = 0;

	to->files = arena_alloc(arena, (count + 1) * sizeof(*to->files));
	if (!to->files)
		return err_set(err, ERR_NOT_FOUND, REASON "too many files");
	/* Whoever puts them into an environment lets the last one win. */
	for (to->file_count = 0; to->file_count < count; to->file_count++) {
		if (read_file(source, files[count - 1 - to->file_count].value, arena,
			      &to->files[to->file_count], err) < 0)
			return -1;
		variables += to->files[to->file_count].count;
		if (variables > ENV_FILE_LINES_MAX)
			return err_set(err, ERR_NOT_FOUND,
				       REASON "the files of container %.255s have more than %d "
					      "variables",
				       container->name, ENV_FILE_LINES_MAX);
	}
	return 0;
}

int task_env_files_read(const struct env_file_source *source, const struct task_spec *spec,
			struct task_secrets *secrets, struct err *err)
{
	const struct spec_container *containers = spec->containers.items;
	const char *policy =
		source->roles ? conf_map_get(source->roles, role_name(spec->execution_role)) : NULL;

	if (policy && task_env_files_needed(spec) && !role_policy_allows(policy, "s3", "GetObject"))
		return err_set(err, ERR_NOT_FOUND,
			       REASON "AccessDenied: Access Denied status code: 403: role %.64s "
				      "does not allow s3:GetObject",
			       role_name(spec->execution_role));
	for (size_t i = 0; i < spec->containers.count && i < TASK_CONTAINERS_MAX; i++) {
		if (read_container(source, &containers[i], task_secrets_arena(secrets),
				   task_secrets_at(secrets, i), err) < 0)
			return -1;
	}
	return 0;
}
