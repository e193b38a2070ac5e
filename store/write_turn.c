/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lines. Within the program a thread that ends its turn gives it to the one that has waited
 * longest, without a moment in which it is free. Between programs there is a turnstile, a lock of
 * a file: only who holds it tries SQLite's lock, and gives it back when it has that.
 * So while a program waits inside the turnstile, the one that writes cannot come round again, as
 * long as others are faster. The turnstile is looked at each millisecond; nobody waits there unless
 * two programs want to write at once.
 *
 * The kernel drops the lock of a program that is killed. It is an open file description's, which
 * knows nothing of the POSIX locks that SQLite has on its own files.
 */
#include "store/write_turn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

#define LOOK_MS	      1
#define NS_PER_MS     (1000 * 1000LL)
#define NS_PER_SECOND (1000 * NS_PER_MS)

struct waiter {
	struct waiter *next;
	pthread_cond_t granted;
	bool is_granted;
};

struct write_turn {
	struct write_turn *next; /* of the list below */
	char *path;
	unsigned users;
	int fd;
	bool taken, passed;
	struct waiter *first, **last;
};

/* Guards the list and all that is in it but the locks of files. Held for some instructions. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct write_turn *turns;

static void lock_guard(void)
{
	if (pthread_mutex_lock(&guard) != 0)
		abort();
}

static void unlock_guard(void)
{
	if (pthread_mutex_unlock(&guard) != 0)
		abort();
}

static struct write_turn *find(const char *path)
{
	struct write_turn *turn = turns;

	while (turn && strcmp(turn->path, path) != 0)
		turn = turn->next;
	return turn;
}

int write_turn_open(const char *path, struct write_turn **ret_turn, struct err *err)
{
	struct write_turn *turn;
	int result = 0;

	lock_guard();
	turn = find(path);
	if (!turn) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0) {
			result = err_sys(err, errno, "open %s", path);
		} else {
			turn = xcalloc(1, sizeof(*turn));
			turn->path = xstrdup(path);
			turn->fd = fd;
			turn->last = &turn->first;
			turn->next = turns;
			turns = turn;
		}
	}
	if (turn) {
		turn->users++;
		*ret_turn = turn;
	}
	unlock_guard();
	return result;
}

void write_turn_close(struct write_turn *turn)
{
	struct write_turn **at = &turns;

	if (!turn)
		return;
	lock_guard();
	if (--turn->users == 0) {
		while (*at != turn)
			at = &(*at)->next;
		*at = turn->next;
		(void)close(turn->fd);
		free(turn->path);
		free(turn);
	}
	unlock_guard();
}

/* --- the line within the program --- */

static void join_line(struct write_turn *turn, struct waiter *waiter)
{
	*turn->last = waiter;
	turn->last = &waiter->next;
}

static void leave_line(struct write_turn *turn, const struct waiter *waiter)
{
	struct waiter **at = &turn->first;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	if (!*at)
		turn->last = at;
}

static struct timespec time_after_ms(int64_t ms)
{
	struct timespec until;
	int64_t ns;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	ns = until.tv_nsec + ms % 1000 * NS_PER_MS;
	until.tv_sec += ms / 1000 + ns / NS_PER_SECOND;
	until.tv_nsec = ns % NS_PER_SECOND;
	return until;
}

/* With the guard held. Whether it was granted. */
static bool stand_in_line(struct write_turn *turn, int64_t wait_ms)
{
	struct waiter waiter = {.granted = PTHREAD_COND_INITIALIZER};
	struct timespec until = time_after_ms(wait_ms);
	int rc = 0;

	join_line(turn, &waiter);
	while (!waiter.is_granted && rc == 0)
		rc = pthread_cond_clockwait(&waiter.granted, &guard, CLOCK_MONOTONIC, &until);
	if (!waiter.is_granted)
		leave_line(turn, &waiter);
	(void)pthread_cond_destroy(&waiter.granted);
	return waiter.is_granted;
}

static bool take_own(struct write_turn *turn, int64_t wait_ms)
{
	bool taken = true;

	lock_guard();
	if (turn->taken)
		taken = stand_in_line(turn, wait_ms);
	turn->taken |= taken;
	unlock_guard();
	return taken;
}

static void give_own(struct write_turn *turn)
{
	struct waiter *waiter;

	lock_guard();
	waiter = turn->first;
	if (waiter) {
		leave_line(turn, waiter);
		waiter->is_granted = true;
		(void)pthread_cond_signal(&waiter->granted);
	} else {
		turn->taken = false;
	}
	unlock_guard();
}

/* --- the turnstile between programs --- */

static int set_lock(const struct write_turn *turn, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(turn->fd, F_OFD_SETLK, &lock);
}

static int enter_turnstile(struct write_turn *turn, int64_t wait_ms, struct err *err)
{
	int64_t looks = wait_ms / LOOK_MS;

	while (set_lock(turn, F_WRLCK) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return err_sys(err, errno, "lock %s", turn->path);
		if (looks-- <= 0)
			return err_set(err, ERR_UNAVAILABLE,
				       "another program has waited too long to write the database");
		clock_pause_ms(LOOK_MS);
	}
	turn->passed = false;
	return 0;
}

int write_turn_take(struct write_turn *turn, int64_t wait_ms, struct err *err)
{
	if (!take_own(turn, wait_ms))
		return err_set(err, ERR_UNAVAILABLE,
			       "another thread writes the database for too long");
	if (enter_turnstile(turn, wait_ms, err) < 0) {
		give_own(turn);
		return -1;
	}
	return 0;
}

void write_turn_pass(struct write_turn *turn)
{
	turn->passed = true;
	(void)set_lock(turn, F_UNLCK); /* fails for no file that could be locked */
}

void write_turn_end(struct write_turn *turn)
{
	if (!turn->passed)
		write_turn_pass(turn);
	give_own(turn);
}
