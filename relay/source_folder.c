/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watched folder: each file that is closed after writing, or moved in, is an event. The kernel's
 * watch says the names; where it lost some (its queue is bounded), and at each begin, the folder is
 * read as a whole. What was accepted before is known by its mark: name, inode, size and time of
 * the last change. A file that is written anew is another event.
 *
 * While the folder is read as a whole nobody says whether a file is still being written, so one
 * that changed less than SETTLE_MS ago is looked at again a little later. Names that begin with a
 * dot are left alone, so a writer may use one until the file is whole. Only regular files count:
 * links are not followed, folders not entered. With `done` an accepted file is moved to the folder
 * .done.
 *
 * In marks, names are percent-encoded where they are not plain ASCII: a name may be any bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/json_write.h"
#include "core/log.h"
#include "relay/source.h"

#define SETTLE_MS    1000
#define DIGEST_MAX   (1 << 20) /* bytes of a file whose sha256 is told */
#define DETAIL_MAX   (1 << 20)
#define CONTENT_ROOM (DETAIL_MAX - (64 << 10)) /* path and name may take the rest */
#define EVENTS_ROOM  16384		       /* of the kernel's watch, a read */
#define DONE_FOLDER  ".done"
#define DONE_TRIES   1000 /* names for a file whose own is taken there */
#define ENCODED_SIZE (3 * NAME_MAX + 1)
#define VALUE_SIZE   96
#define NS_PER_MS    1000000
#define WATCHED	     (IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR | IN_DELETE_SELF | IN_MOVE_SELF)

struct folder {
	const struct source_options *options;
	int fd, watch_fd, wake_fd;
	DIR *scan;	    /* the folder is being read as a whole; NULL: it is not */
	bool scan_wanted;   /* from its beginning, as soon as may be */
	int64_t scan_at_ms; /* boot time; 0: not */
	bool scanned;	    /* to its end, and not told yet */
	_Alignas(struct inotify_event) char events[EVENTS_ROOM];
	size_t event_len, event_at;
};

/* --- names and values --- */

static void encode_name(const char *name, char ret[ENCODED_SIZE])
{
	char *to = ret;

	for (const char *at = name; *at; at++) {
		if (*at > ' ' && *at < 0x7f && *at != '%') {
			*to++ = *at;
		} else {
			(void)snprintf(to, 4, "%%%02x", (unsigned)(unsigned char)*at);
			to += 3;
		}
	}
	*to = '\0';
}

/* false: it is no name that encode_name() made. */
static bool decode_name(const char *text, char ret[NAME_MAX + 1])
{
	size_t len = 0;
	struct err ignored = ERR_INIT;

	for (const char *at = text; *at && len < NAME_MAX; at++, len++) {
		if (*at != '%') {
			ret[len] = *at;
			continue;
		}
		if (!at[1] || !at[2] || hex_decode(at + 1, 2, (uint8_t *)&ret[len], &ignored) < 0)
			return false;
		at += 2;
	}
	ret[len] = '\0';
	return true;
}

static int64_t ms_of(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / NS_PER_MS;
}

static void value_of(const struct stat *info, char ret[VALUE_SIZE])
{
	(void)snprintf(ret, VALUE_SIZE, "%ju:%jd:%jd.%09ld", (uintmax_t)info->st_ino,
		       (intmax_t)info->st_size, (intmax_t)info->st_mtim.tv_sec,
		       info->st_mtim.tv_nsec);
}

/* --- what there is --- */

static int out_of_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "a batch of files needs too much memory");
}

static int add(const char *name, const struct stat *info, struct source_batch *batch,
	       struct err *err)
{
	struct source_item *item = &batch->items[batch->count];
	char encoded[ENCODED_SIZE];
	char value[VALUE_SIZE];

	encode_name(name, encoded);
	value_of(info, value);
	*item = (struct source_item){
		.name = arena_strdup(batch->arena, encoded),
		.value = arena_strdup(batch->arena, value),
		.time_ms = ms_of(info->st_mtim),
		.is_detail = true,
		.own = arena_strdup(batch->arena, name),
	};
	if (!item->name || !item->value || !item->own)
		return out_of_room(err);
	batch->count++;
	return 0;
}

/* A name that the folder has, or had. */
static int look(struct folder *folder, const char *name, bool scanning, struct source_batch *batch,
		struct err *err)
{
	struct stat info;

	if (name[0] == '.' || fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(info.st_mode))
		return 0;
	if (scanning && clock_wall_ms() - ms_of(info.st_mtim) < SETTLE_MS &&
	    clock_wall_ms() >= ms_of(info.st_mtim)) {
		folder->scan_at_ms = clock_boot_ms() + SETTLE_MS;
		return 0;
	}
	return add(name, &info, batch, err);
}

static void end_scan(struct folder *folder)
{
	DIR *scan = STEAL(folder->scan, NULL);

	if (scan)
		(void)closedir(scan);
}

static int begin_scan(struct folder *folder, struct err *err)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open %s", folder->options->folder);
	end_scan(folder);
	folder->scan = fdopendir(fd);
	if (!folder->scan) {
		(void)close(fd);
		return err_sys(err, errno, "read %s", folder->options->folder);
	}
	folder->scan_wanted = false;
	folder->scan_at_ms = 0;
	return 0;
}

static int scan(struct folder *folder, struct source_batch *batch, struct err *err)
{
	while (batch->count < SOURCE_BATCH_MAX) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(folder->scan);
		if (!entry) {
			int errnum = errno;

			end_scan(folder);
			folder->scanned = true;
			return errnum == 0
				       ? 0
				       : err_sys(err, errnum, "read %s", folder->options->folder);
		}
		if (look(folder, entry->d_name, true, batch, err) < 0)
			return -1;
	}
	return 0;
}

static int is_gone(const struct folder *folder, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "%s was removed or moved", folder->options->folder);
}

static int take_event(struct folder *folder, const struct inotify_event *event,
		      struct source_batch *batch, struct err *err)
{
	if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
		return is_gone(folder, err);
	if (event->mask & IN_Q_OVERFLOW) {
		log_warn("watch lost names source=%s: the folder is read as a whole",
			 folder->options->name);
		folder->scan_wanted = true;
		return 0;
	}
	if (event->len == 0 || (event->mask & IN_ISDIR))
		return 0;
	return look(folder, event->name, false, batch, err);
}

static int take_events(struct folder *folder, struct source_batch *batch, struct err *err)
{
	while (folder->event_at < folder->event_len && batch->count < SOURCE_BATCH_MAX) {
		const struct inotify_event *event =
			(const void *)(folder->events + folder->event_at);

		folder->event_at += sizeof(*event) + event->len;
		if (take_event(folder, event, batch, err) < 0)
			return -1;
	}
	return 0;
}

/* The kernel does not tell of a removed folder while we hold it. */
static int check_folder(const struct folder *folder, struct err *err)
{
	struct stat info;

	if (fstat(folder->fd, &info) < 0)
		return err_sys(err, errno, "look at %s", folder->options->folder);
	return info.st_nlink > 0 ? 0 : is_gone(folder, err);
}

/* Until the watch, the next scan or who stops us says something. */
static int wait_for(struct folder *folder, struct err *err)
{
	struct pollfd fds[] = {{.fd = folder->watch_fd, .events = POLLIN},
			       {.fd = folder->wake_fd, .events = POLLIN}};
	int64_t wait_ms = SOURCE_WAIT_MS;
	ssize_t len;

	if (folder->scan_at_ms > 0 && folder->scan_at_ms - clock_boot_ms() < wait_ms)
		wait_ms = folder->scan_at_ms - clock_boot_ms();
	if (poll(fds, ARRAY_LEN(fds), wait_ms > 0 ? (int)wait_ms : 0) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for files");
	len = read(folder->watch_fd, folder->events, sizeof(folder->events));
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		return err_sys(err, errno, "read the watch of %s", folder->options->folder);
	folder->event_at = 0;
	folder->event_len = len > 0 ? (size_t)len : 0;
	return len > 0 ? 0 : check_folder(folder, err);
}

static int folder_take(void *source, struct source_batch *batch, struct err *err)
{
	struct folder *folder = source;

	if (folder->scan_wanted ||
	    (folder->scan_at_ms > 0 && !folder->scan && clock_boot_ms() >= folder->scan_at_ms)) {
		if (begin_scan(folder, err) < 0)
			return -1;
	}
	if (folder->scan)
		return scan(folder, batch, err);
	if (folder->event_at >= folder->event_len && wait_for(folder, err) < 0)
		return -1;
	if (take_events(folder, batch, err) < 0)
		return -1;
	batch->all = folder->scanned && folder->scan_at_ms == 0 && batch->count == 0;
	return 0;
}

/* --- what an event says of a file --- */

/* Whether it has room as JSON has it: a control character takes six bytes there. */
static bool has_room(const char *text, size_t len)
{
	size_t escaped = len;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ')
			escaped += 5;
		else
			escaped += text[i] == '"' || text[i] == '\\';
	}
	return escaped <= CONTENT_ROOM;
}

static bool put_text(json_t *detail, const char *key, const char *text, size_t len)
{
	AUTO(freep) char *encoded = NULL;
	AUTO(freep) char *other_key = NULL;

	if (has_room(text, len) && json_object_set_new(detail, key, json_stringn(text, len)) == 0)
		return true;
	/* It is no UTF-8, or has too little of it that is written as it is. */
	encoded = xcalloc(1, BASE64_SIZE(len));
	other_key = xasprintf("%s_base64", key);
	base64_encode(text, len, encoded);
	return json_object_set_new(detail, other_key, json_string(encoded)) == 0;
}

static bool put_bytes(const struct folder *folder, json_t *detail, struct buf *bytes)
{
	char etag[SHA256_HEX_SIZE];

	sha256_hex(bytes->data, bytes->len, etag);
	if (json_object_set_new(detail, "etag", json_string(etag)) < 0)
		return false;
	if ((int64_t)bytes->len > folder->options->content_bytes ||
	    folder->options->content_bytes == 0)
		return true;
	return put_text(detail, "content", bytes->len ? (const char *)bytes->data : "", bytes->len);
}

static int write_detail(const struct folder *folder, const char *name, const struct stat *info,
			struct buf *bytes, struct buf *out, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/%s", folder->options->folder, name);
	AUTO(json_decrefp) json_t *detail = json_object();
	char time[CLOCK_ISO_SIZE];
	bool put;

	clock_iso(ms_of(info->st_mtim), time);
	put = put_text(detail, "path", path, strlen(path)) &&
	      put_text(detail, "name", name, strlen(name)) &&
	      json_object_set_new(detail, "size", json_integer(info->st_size)) == 0 &&
	      json_object_set_new(detail, "mtime", json_string(time)) == 0 &&
	      (!bytes || put_bytes(folder, detail, bytes));
	if (!put)
		return err_set(err, ERR_NO_SPACE, "no memory for an event");
	return json_write(out, detail, err);
}

static int read_all(int fd, size_t size, struct buf *bytes, struct err *err)
{
	while (bytes->len < size) {
		uint8_t *room;
		ssize_t len;

		if (buf_reserve(bytes, size - bytes->len, &room, err) < 0)
			return -1;
		len = read(fd, room, size - bytes->len);
		if (len < 0)
			return err_sys(err, errno, "read");
		if (len == 0)
			break; /* it was cut: its identity says so */
		buf_added(bytes, (size_t)len);
	}
	return 0;
}

/* false: it is not the file any more that it was when it was found. */
static bool is_same(int fd, const struct source_item *item, struct stat *ret_info)
{
	char value[VALUE_SIZE];

	if (fstat(fd, ret_info) < 0)
		return false;
	value_of(ret_info, value);
	return strcmp(value, item->value) == 0;
}

static int folder_fill(void *source, struct source_batch *batch, struct source_item *item,
		       struct err *err)
{
	struct folder *folder = source;
	const char *name = item->own;
	AUTO(fd_closep)
	int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO(buf_done) struct buf bytes;
	AUTO(buf_done) struct buf detail;
	struct stat info;
	bool small;

	buf_init(&bytes, DIGEST_MAX);
	buf_init(&detail, DETAIL_MAX);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		log_warn("file cannot be read source=%s item=%s", folder->options->name,
			 item->name);
	item->left_out = fd < 0 || !is_same(fd, item, &info) || !S_ISREG(info.st_mode);
	if (item->left_out)
		return 0;
	small = info.st_size <= DIGEST_MAX;
	if (small && read_all(fd, (size_t)info.st_size, &bytes, err) < 0)
		return -1;
	item->left_out = !is_same(fd, item, &info);
	if (item->left_out) {
		/* Who writes to it will close it; who only set its times will not. */
		folder->scan_at_ms = clock_boot_ms() + SETTLE_MS;
		return 0;
	}
	if (write_detail(folder, name, &info, small ? &bytes : NULL, &detail, err) < 0)
		return -1;
	item->data = arena_strndup(batch->arena, (const char *)detail.data, detail.len);
	item->len = detail.len;
	return item->data ? 0 : out_of_room(err);
}

/* --- what is done --- */

static int move_done(const struct folder *folder, const struct source_item *item, struct err *err)
{
	const char *name = item->own;
	struct stat info;
	char value[VALUE_SIZE];

	if (fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "look at %s", item->name);
	value_of(&info, value);
	if (strcmp(value, item->value) != 0)
		return 0; /* a newer one, which is an event of its own */
	for (unsigned i = 0; i < DONE_TRIES; i++) {
		AUTO(freep)
		char *to = i == 0 ? xasprintf(DONE_FOLDER "/%s", name)
				  : xasprintf(DONE_FOLDER "/%s.%u", name, i);

		if (renameat2(folder->fd, name, folder->fd, to, RENAME_NOREPLACE) == 0 ||
		    errno == ENOENT)
			return 0;
		if (errno != EEXIST)
			return err_sys(err, errno, "move %s to " DONE_FOLDER, item->name);
	}
	return err_set(err, ERR_LIMIT, DONE_FOLDER " has %d files of the name %s", DONE_TRIES,
		       item->name);
}

static int folder_acknowledge(void *source, struct source_batch *batch, struct err *err)
{
	const struct folder *folder = source;

	for (size_t i = 0; folder->options->move_done && i < batch->count; i++) {
		if (!batch->items[i].left_out && move_done(folder, &batch->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int folder_may_return(void *source, const char *item_name, bool *ret_may, struct err *err)
{
	const struct folder *folder = source;
	char name[NAME_MAX + 1];
	struct stat info;

	*ret_may = decode_name(item_name, name) &&
		   fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
	(void)err;
	return 0;
}

/* --- life --- */

static int folder_begin(void *source, struct err *err)
{
	struct folder *folder = source;

	(void)err;
	folder->scan_wanted = true;
	folder->scanned = false;
	folder->event_at = folder->event_len = 0;
	return 0;
}

static void folder_end(void *source)
{
	struct folder *folder = source;

	end_scan(folder);
}

static void folder_close(void *source)
{
	struct folder *folder = source;

	if (!folder)
		return;
	folder_end(folder);
	fd_closep(&folder->fd);
	fd_closep(&folder->watch_fd);
	free(folder);
}

static int open_all(struct folder *folder, struct err *err)
{
	const char *path = folder->options->folder;

	folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return err_sys(err, errno, "open %s", path);
	folder->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (folder->watch_fd < 0)
		return err_sys(err, errno, "make a watch");
	if (inotify_add_watch(folder->watch_fd, path, WATCHED) < 0)
		return err_sys(err, errno, "watch %s", path);
	if (folder->options->move_done && mkdirat(folder->fd, DONE_FOLDER, 0755) < 0 &&
	    errno != EEXIST)
		return err_sys(err, errno, "make %s/" DONE_FOLDER, path);
	return 0;
}

static int folder_open(const struct source_options *options, int wake_fd, void **ret_source,
		       struct err *err)
{
	struct folder *folder = xcalloc(1, sizeof(*folder));

	folder->options = options;
	folder->fd = folder->watch_fd = -1;
	folder->wake_fd = wake_fd;
	if (open_all(folder, err) < 0) {
		folder_close(folder);
		return -1;
	}
	*ret_source = folder;
	return 0;
}

const struct source_kind source_folder = {
	.name = "folder",
	.type = "File Created",
	.advice =
		"make the folder, and let the user of slipway-relay read it (and write, with done)",
	.open = folder_open,
	.begin = folder_begin,
	.take = folder_take,
	.fill = folder_fill,
	.acknowledge = folder_acknowledge,
	.may_return = folder_may_return,
	.end = folder_end,
	.close = folder_close,
};
