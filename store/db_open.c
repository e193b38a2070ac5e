/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: find the backend by the URL, make the file with the right owner, bring
 * the schema up to date.
 *
 * Two programs share a database: the gateway, which has no privilege, and the
 * provisioner, which is root. Whoever comes first makes the file, so it is made
 * with mode 0660 whatever the umask is, and by root with the owner and group of its
 * folder; root gives the folder's owner also what was there before. SQLite gives the
 * files beside it (-wal, -shm) the same mode and, as root, the same owner; the file by which
 * writers take turns (-turn, store/write_turn.h) is made here.
 *
 * Migrations run in one transaction that holds the write lock, so of two programs
 * that start together one migrates and the other finds it done.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/db_private.h"
#include "store/migrations.h"

#define DB_FILE_MODE 0660

/* What "PRAGMA application_id" says of the files: "SwSt" and "SwLg". */
#define DB_MARK_STATE 0x53775374
#define DB_MARK_LOGS  0x53774c67

/* Make the entry in @path's folder durable, and learn whom the folder belongs to. */
static int folder_open(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep)
	char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	AUTO(fd_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return err_sys(err, errno, "open folder %s", folder);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

/* As root: the file and those beside it belong to whom the folder belongs to. */
static int files_own(const char *path, const struct stat *folder, struct err *err)
{
	static const char *const ends[] = {"", "-wal", "-shm", DB_TURN_END};

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO(freep) char *file = xasprintf("%s%s", path, ends[i]);

		if (lchown(file, folder->st_uid, folder->st_gid) < 0 && errno != ENOENT)
			return err_sys(err, errno, "set the owner of %s", file);
	}
	return 0;
}

static int file_make(const char *path, struct err *err)
{
	AUTO(fd_closep) int folder = -1;
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (folder_open(path, &folder, &st, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, DB_FILE_MODE);
	if (fd < 0 && errno == EEXIST)
		return files_own(path, &st, err);
	if (fd < 0)
		return err_sys(err, errno, "make %s", path);
	/* Owner first: a change of owner may clear bits of the mode. */
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		return err_sys(err, errno, "set the owner of %s", path);
	if (fchmod(fd, DB_FILE_MODE) < 0)
		return err_sys(err, errno, "set the mode of %s", path);
	if (fsync(folder) < 0)
		return err_sys(err, errno, "sync the folder of %s", path);
	return 0;
}

static int migrate_rows(struct db *db, const struct migrations *migrations, struct err *err)
{
	int64_t version;

	if (db_version(db, &version, err) < 0)
		return -1;
	for (size_t i = (size_t)version; i < migrations->count; i++) {
		if (db_script(db, migrations->rows[i].sql, err) < 0)
			return err_wrap(err, "migration %s", migrations->rows[i].name);
	}
	return db_set_version(db, (int64_t)migrations->count, err);
}

static int migrate(struct db *db, const struct migrations *migrations, struct err *err)
{
	int64_t version;

	if (db_version(db, &version, err) < 0)
		return -1;
	if (version < 0 || version > (int64_t)migrations->count)
		return err_set(err, ERR_UNSUPPORTED,
			       "the database has schema version %lld, this program knows up to %zu",
			       (long long)version, migrations->count);
	if (version == (int64_t)migrations->count)
		return 0;
	if (db_begin(db, err) < 0)
		return -1;
	/* Another program may have migrated between our look and our lock. */
	if (migrate_rows(db, migrations, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

static int open_kind(const char *url, int32_t mark, bool durable,
		     const struct migrations *migrations, struct db **ret_db, struct err *err)
{
	static const char prefix[] = "sqlite:";
	AUTO(db_freep) struct db *db = NULL;
	AUTO(freep) char *turn = NULL;
	const char *path = url;

	if (strncmp(url, prefix, sizeof(prefix) - 1) == 0)
		path = url + sizeof(prefix) - 1;
	else if (strstr(url, "://"))
		return err_set(err, ERR_UNSUPPORTED, "no backend for database %.32s", url);
	if (path[0] == '\0' || path[0] == ':')
		return err_set(err, ERR_INVALID, "\"%s\" is not a path of a database", url);
	turn = xasprintf("%s" DB_TURN_END, path);
	if (file_make(path, err) < 0 || file_make(turn, err) < 0 ||
	    db_connect(path, mark, durable, &db, err) < 0 || migrate(db, migrations, err) < 0)
		return err_wrap(err, "open database %s", path);
	*ret_db = STEAL(db, NULL);
	return 0;
}

int db_open_state(const char *url, struct db **ret_db, struct err *err)
{
	return open_kind(url, DB_MARK_STATE, true, &migrations_state, ret_db, err);
}

int db_open_logs(const char *url, struct db **ret_db, struct err *err)
{
	return open_kind(url, DB_MARK_LOGS, false, &migrations_logs, ret_db, err);
}
