/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: one epoll descriptor, whose turns go
 *
 *     wait -> descriptors (among them signals and posts) -> due timers -> free
 *
 * Callbacks may remove any watch, also one whose event waits in the batch that
 * is just being delivered. A removed watch is therefore only marked and taken out
 * of epoll; its memory goes at the end of the turn, so the rest of the batch can
 * still see the mark, and no new watch can take the same address meanwhile.
 *
 * Timers lie in a binary heap by (due time, order of adding). A turn fires only
 * what was added before it began: a timer that starts itself again with no delay
 * cannot keep descriptors from being served. Posts are taken as a whole list for
 * the same reason.
 *
 * Everything but loop_post() and loop_stop() belongs to the loop's thread.
 */
#include "core/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "core/clock.h"

#define EVENTS_A_TURN 64 /* more wait in the kernel for the next turn */
#define SIGNAL_COUNT  65 /* 1..64 */
#define HEAP_FIRST    16

/* Waits are cut to this: the boot-time clock goes on in suspend, epoll's does not. */
#define WAIT_MAX_MS 60000

struct loop_fd {
	struct loop *loop;
	struct loop_fd *prev, *next; /* in the loop's list of the living or the removed */
	int fd;
	unsigned wanted;
	bool removed;
	loop_fd_fn *fn;
	void *ctx;
};

struct loop_timer {
	struct loop *loop;
	int64_t due_ns;
	uint64_t order;
	size_t at; /* in the heap */
	loop_fn *fn;
	void *ctx;
};

struct post {
	struct post *next;
	loop_fn *fn;
	void *ctx;
};

struct signal_handler {
	loop_signal_fn *fn;
	void *ctx;
};

struct loop {
	int epoll_fd, event_fd, signal_fd;
	struct loop_fd *living, *removed;
	atomic_bool stopping;

	struct loop_timer **heap;
	size_t heap_len, heap_cap;
	uint64_t next_order;

	sigset_t signals;
	struct signal_handler handlers[SIGNAL_COUNT];

	pthread_mutex_t lock; /* guards the two ends of the list of posts */
	struct post *first_post, **last_post;
};

static uint32_t epoll_events(unsigned wanted)
{
	uint32_t events = 0;

	if (wanted & LOOP_READ)
		events |= EPOLLIN;
	if (wanted & LOOP_WRITE)
		events |= EPOLLOUT;
	return events;
}

static void list_add(struct loop_fd **list, struct loop_fd *watch)
{
	watch->prev = NULL;
	watch->next = *list;
	if (watch->next)
		watch->next->prev = watch;
	*list = watch;
}

static void list_remove(struct loop_fd **list, struct loop_fd *watch)
{
	if (watch->prev)
		watch->prev->next = watch->next;
	else
		*list = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
}

static void list_free(struct loop_fd **list)
{
	while (*list) {
		struct loop_fd *watch = *list;

		*list = watch->next;
		free(watch);
	}
}

int loop_fd_add(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn, void *ctx,
		struct loop_fd **ret_fd, struct err *err)
{
	AUTO(freep) struct loop_fd *watch = xcalloc(1, sizeof(*watch));
	struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_sys(err, errno, "watch descriptor %d", fd);
	watch->loop = loop;
	watch->fd = fd;
	watch->wanted = events;
	watch->fn = fn;
	watch->ctx = ctx;
	list_add(&loop->living, watch);
	if (ret_fd)
		*ret_fd = watch;
	watch = NULL; /* the list has it */
	return 0;
}

void loop_fd_want(struct loop_fd *watch, unsigned events)
{
	struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

	if (watch->removed || watch->wanted == events)
		return;
	/* It fails only for a descriptor that was closed while watched: our mistake. */
	if (epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) < 0)
		abort();
	watch->wanted = events;
}

void loop_fd_remove(struct loop_fd *watch)
{
	if (!watch || watch->removed)
		return;
	watch->removed = true;
	/* A descriptor that is closed already has left epoll by itself. */
	(void)epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	list_remove(&watch->loop->living, watch);
	list_add(&watch->loop->removed, watch);
}

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	return a->order < b->order;
}

static void heap_put(struct loop *loop, size_t at, struct loop_timer *timer)
{
	loop->heap[at] = timer;
	timer->at = at;
}

/* Put @timer where the hole at @at is, moving the hole up or down as needed. */
static void heap_settle(struct loop *loop, size_t at, struct loop_timer *timer)
{
	while (at > 0 && is_before(timer, loop->heap[(at - 1) / 2])) {
		heap_put(loop, at, loop->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= loop->heap_len)
			break;
		if (child + 1 < loop->heap_len &&
		    is_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (!is_before(loop->heap[child], timer))
			break;
		heap_put(loop, at, loop->heap[child]);
		at = child;
	}
	heap_put(loop, at, timer);
}

static void heap_remove(struct loop *loop, size_t at)
{
	struct loop_timer *last = loop->heap[--loop->heap_len];

	if (at < loop->heap_len)
		heap_settle(loop, at, last);
}

struct loop_timer *loop_timer_add(struct loop *loop, int64_t delay_ms, loop_fn *fn, void *ctx)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));
	int64_t delay_ns;
	int64_t due_ns;

	if (delay_ms < 0)
		delay_ms = 0;
	if (__builtin_mul_overflow(delay_ms, INT64_C(1000000), &delay_ns) ||
	    __builtin_add_overflow(clock_boot_ns(), delay_ns, &due_ns))
		due_ns = INT64_MAX;
	*timer = (struct loop_timer){
		.loop = loop,
		.due_ns = due_ns,
		.order = loop->next_order++,
		.fn = fn,
		.ctx = ctx,
	};
	if (loop->heap_len == loop->heap_cap) {
		loop->heap_cap = loop->heap_cap ? loop->heap_cap * 2 : HEAP_FIRST;
		loop->heap = reallocarray(loop->heap, loop->heap_cap, sizeof(struct loop_timer *));
		if (!loop->heap)
			abort(); /* timers are few and fixed for each thing that has one */
	}
	heap_settle(loop, loop->heap_len++, timer);
	return timer;
}

void loop_timer_cancel(struct loop_timer *timer)
{
	if (!timer)
		return;
	heap_remove(timer->loop, timer->at);
	free(timer);
}

static void fire_timers(struct loop *loop)
{
	int64_t now_ns = clock_boot_ns();
	uint64_t first_new = loop->next_order;

	while (loop->heap_len > 0 && !loop->stopping) {
		struct loop_timer *timer = loop->heap[0];
		loop_fn *fn = timer->fn;
		void *ctx = timer->ctx;

		/* What this turn added is never before what was there and is due. */
		if (timer->due_ns > now_ns || timer->order >= first_new)
			return;
		heap_remove(loop, 0);
		free(timer);
		fn(ctx);
	}
}

static int wait_ms(const struct loop *loop)
{
	int64_t left_ns;

	if (loop->stopping)
		return 0;
	if (loop->heap_len == 0)
		return WAIT_MAX_MS;
	left_ns = loop->heap[0]->due_ns - clock_boot_ns();
	if (left_ns <= 0)
		return 0;
	if (left_ns >= WAIT_MAX_MS * INT64_C(1000000))
		return WAIT_MAX_MS;
	/* Up, so that the timer is due when the wait ends. */
	return (int)((left_ns + 999999) / 1000000);
}

static void deliver(const struct epoll_event *event)
{
	struct loop_fd *watch = event->data.ptr;
	unsigned events = 0;

	if (watch->removed)
		return;
	/* An earlier callback of this turn may have changed what is wanted. */
	if ((event->events & EPOLLIN) && (watch->wanted & LOOP_READ))
		events |= LOOP_READ;
	if ((event->events & EPOLLOUT) && (watch->wanted & LOOP_WRITE))
		events |= LOOP_WRITE;
	if (event->events & (EPOLLERR | EPOLLHUP))
		events |= LOOP_ERROR;
	if (events)
		watch->fn(watch->ctx, events);
}

int loop_run(struct loop *loop, struct err *err)
{
	struct epoll_event events[EVENTS_A_TURN];

	while (!loop->stopping) {
		int count = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, wait_ms(loop));

		if (count < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for events");
		for (int i = 0; i < count && !loop->stopping; i++)
			deliver(&events[i]);
		fire_timers(loop);
		list_free(&loop->removed);
	}
	loop->stopping = false;
	return 0;
}

static void wake(struct loop *loop)
{
	/* It fails only when the counter is full, and then the loop is awake. */
	(void)!write(loop->event_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
	wake(loop);
}

void loop_post(struct loop *loop, loop_fn *fn, void *ctx)
{
	struct post *post = xcalloc(1, sizeof(*post));

	post->fn = fn;
	post->ctx = ctx;
	pthread_mutex_lock(&loop->lock);
	*loop->last_post = post;
	loop->last_post = &post->next;
	pthread_mutex_unlock(&loop->lock);
	wake(loop);
}

static struct post *take_posts(struct loop *loop)
{
	struct post *posts;

	pthread_mutex_lock(&loop->lock);
	posts = loop->first_post;
	loop->first_post = NULL;
	loop->last_post = &loop->first_post;
	pthread_mutex_unlock(&loop->lock);
	return posts;
}

static void on_posts(void *ctx, unsigned events)
{
	struct loop *loop = ctx;
	struct post *posts;
	uint64_t count;

	(void)events; /* only ever readable */
	/* The counter first: a post behind this point wakes the loop once more. */
	(void)!read(loop->event_fd, &count, sizeof(count));
	posts = take_posts(loop);
	while (posts) {
		struct post *post = posts;

		posts = post->next;
		post->fn(post->ctx);
		free(post);
	}
}

static void on_signals(void *ctx, unsigned events)
{
	struct loop *loop = ctx;
	struct signalfd_siginfo info;

	(void)events; /* only ever readable */
	while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		const struct signal_handler *handler;

		if (info.ssi_signo >= SIGNAL_COUNT)
			continue;
		handler = &loop->handlers[info.ssi_signo];
		if (handler->fn)
			handler->fn(handler->ctx, (int)info.ssi_signo);
	}
}

int loop_signal_add(struct loop *loop, int signo, loop_signal_fn *fn, void *ctx, struct err *err)
{
	sigset_t wanted = loop->signals;
	int signal_fd;

	if (signo <= 0 || signo >= SIGNAL_COUNT || sigaddset(&wanted, signo) < 0)
		return err_set(err, ERR_INVALID, "there is no signal %d", signo);
	errno = pthread_sigmask(SIG_BLOCK, &wanted, NULL);
	if (errno != 0)
		return err_sys(err, errno, "block signal %d", signo);
	signal_fd = signalfd(loop->signal_fd, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return err_sys(err, errno, "receive signal %d", signo);
	if (loop->signal_fd < 0) {
		if (loop_fd_add(loop, signal_fd, LOOP_READ, on_signals, loop, NULL, err) < 0) {
			close(signal_fd);
			return -1;
		}
		loop->signal_fd = signal_fd;
	}
	loop->signals = wanted;
	loop->handlers[signo] = (struct signal_handler){.fn = fn, .ctx = ctx};
	return 0;
}

int loop_new(struct loop **ret_loop, struct err *err)
{
	AUTO(loop_freep) struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->signal_fd = -1;
	loop->event_fd = -1;
	loop->last_post = &loop->first_post;
	sigemptyset(&loop->signals);
	if (pthread_mutex_init(&loop->lock, NULL) != 0)
		abort(); /* cannot fail for a plain mutex */
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return err_sys(err, errno, "create an epoll descriptor");
	loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->event_fd < 0)
		return err_sys(err, errno, "create an event descriptor");
	if (loop_fd_add(loop, loop->event_fd, LOOP_READ, on_posts, loop, NULL, err) < 0)
		return -1;
	*ret_loop = STEAL(loop, NULL);
	return 0;
}

void loop_free(struct loop *loop)
{
	struct post *posts;

	if (!loop)
		return;
	posts = take_posts(loop);
	while (posts) {
		struct post *post = posts;

		posts = post->next;
		free(post);
	}
	for (size_t i = 0; i < loop->heap_len; i++)
		free(loop->heap[i]);
	free(loop->heap);
	list_free(&loop->living);
	list_free(&loop->removed);
	fd_closep(&loop->signal_fd);
	fd_closep(&loop->event_fd);
	fd_closep(&loop->epoll_fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void loop_freep(struct loop **loop)
{
	loop_free(*loop);
	*loop = NULL;
}
