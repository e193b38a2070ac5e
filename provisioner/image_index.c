/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lock over two small lists, held for comparing texts and counting holders, never
 * over a system call that could wait: the loop's thread takes it, too.
 *
 * An image that several have is one whole (the worker's answer, parsed) with a count of
 * holders, and for each holder a struct image that borrows from it.
 *
 * A flight is a pull that is going on. When it lands it leaves the list at once, so that
 * who comes later does not get yesterday's result, and its memory goes with the last one
 * that waited for it.
 */
#include "provisioner/image_index.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

#define ENTRIES_MAX 256	      /* an answer has some kilobytes; the oldest goes first */
#define LOOK_NS	    100000000 /* how often one that waits looks whether it was cancelled */

struct entry {
	struct image_key key;
	struct image *whole;
	int64_t checked_ms; /* boot-time clock */
};

struct flight {
	struct flight *next;
	struct image_key key;
	unsigned waiting;
	bool landed, given_up;
	struct image *whole; /* NULL: it failed, with err */
	struct err err;
};

struct image_index {
	pthread_mutex_t lock;
	pthread_cond_t landed;
	int64_t fresh_ms;
	struct entry entries[ENTRIES_MAX];
	size_t count;
	struct flight *flights;
};

struct image_index *image_index_new(int64_t fresh_ms)
{
	struct image_index *index = xcalloc(1, sizeof(*index));
	pthread_condattr_t attributes;

	index->fresh_ms = fresh_ms;
	/* None of these can fail with these arguments. */
	(void)pthread_mutex_init(&index->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&index->landed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return index;
}

void image_index_free(struct image_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->count; i++)
		image_free(index->entries[i].whole);
	(void)pthread_cond_destroy(&index->landed);
	(void)pthread_mutex_destroy(&index->lock);
	free(index);
}

/* One more holder of @whole. */
static struct image *hold(struct image *whole)
{
	__atomic_fetch_add(&whole->holders, 1, __ATOMIC_RELAXED);
	return whole;
}

/* A struct image of its own that borrows from @whole and holds it. */
static struct image *view_of(struct image *whole)
{
	struct image *view = xcalloc(1, sizeof(*view));

	view->whole = hold(whole);
	view->answer = whole->answer;
	return view;
}

static struct entry *find_entry(struct image_index *index, const char *reference)
{
	for (size_t i = 0; i < index->count; i++) {
		if (strcmp(index->entries[i].key.reference, reference) == 0)
			return &index->entries[i];
	}
	return NULL;
}

static void remove_entry(struct image_index *index, struct entry *entry)
{
	image_free(entry->whole);
	*entry = index->entries[--index->count];
}

struct image *image_index_find(struct image_index *index, const struct image_key *key)
{
	int64_t now_ms = clock_boot_ms();
	struct image *view = NULL;
	struct entry *entry;

	(void)pthread_mutex_lock(&index->lock);
	entry = find_entry(index, key->reference);
	/* What another password opened is not for this one. */
	if (entry && strcmp(entry->key.credentials, key->credentials) != 0) {
		remove_entry(index, entry);
		entry = NULL;
	}
	if (entry && (key->exact || now_ms - entry->checked_ms < index->fresh_ms)) {
		view = view_of(entry->whole);
		view->answer.cached = true;
		view->answer.phases = (struct image_phases){0};
	}
	(void)pthread_mutex_unlock(&index->lock);
	return view;
}

void image_index_drop(struct image_index *index, const struct image_key *key)
{
	struct entry *entry;

	(void)pthread_mutex_lock(&index->lock);
	entry = find_entry(index, key->reference);
	if (entry)
		remove_entry(index, entry);
	(void)pthread_mutex_unlock(&index->lock);
}

/* Under the lock. */
static void keep_entry(struct image_index *index, const struct image_key *key, struct image *whole,
		       int64_t checked_ms)
{
	struct entry *entry = find_entry(index, key->reference);

	if (entry) {
		remove_entry(index, entry);
	} else if (index->count == ENTRIES_MAX) {
		entry = &index->entries[0];
		for (size_t i = 1; i < ENTRIES_MAX; i++) {
			if (index->entries[i].checked_ms < entry->checked_ms)
				entry = &index->entries[i];
		}
		remove_entry(index, entry);
	}
	index->entries[index->count++] =
		(struct entry){.key = *key, .whole = hold(whole), .checked_ms = checked_ms};
}

/* --- flights --- */

static struct flight **find_flight(struct image_index *index, const struct image_key *key)
{
	struct flight **at = &index->flights;

	while (*at && (strcmp((*at)->key.reference, key->reference) != 0 ||
		       strcmp((*at)->key.credentials, key->credentials) != 0))
		at = &(*at)->next;
	return at;
}

static void flight_free(struct flight *flight)
{
	image_free(flight->whole);
	free(flight);
}

/* Under the lock, which is given away meanwhile: until @flight lands or @cancel. */
static void wait_for(struct image_index *index, struct flight *flight, const volatile int *cancel)
{
	while (!flight->landed && !__atomic_load_n(cancel, __ATOMIC_RELAXED)) {
		struct timespec until;

		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		(void)pthread_cond_timedwait(&index->landed, &index->lock, &until);
	}
}

/* Under the lock: wait for @flight. True if that settles it, with *ret_result. */
static bool share(struct image_index *index, struct flight *flight, const volatile int *cancel,
		  struct image **ret_image, int *ret_result, struct err *err)
{
	bool settled = true;

	flight->waiting++;
	wait_for(index, flight, cancel);
	flight->waiting--;
	if (!flight->landed) {
		*ret_result = err_set(err, ERR_CONFLICT, "cancelled");
		return true; /* the flight goes on, and is in the list */
	}
	if (flight->given_up) {
		settled = false;
	} else if (flight->whole) {
		*ret_image = view_of(flight->whole);
		*ret_result = 0;
	} else {
		*err = flight->err;
		*ret_result = -1;
	}
	if (flight->waiting == 0)
		flight_free(flight);
	return settled;
}

int image_index_enter(struct image_index *index, const struct image_key *key,
		      const volatile int *cancel, struct image **ret_image, struct err *err)
{
	int result = 0;

	(void)pthread_mutex_lock(&index->lock);
	for (;;) {
		struct flight **at = find_flight(index, key);

		if (!*at) {
			*at = xcalloc(1, sizeof(**at));
			(*at)->key = *key;
			break;
		}
		if (share(index, *at, cancel, ret_image, &result, err))
			break;
	}
	(void)pthread_mutex_unlock(&index->lock);
	return result;
}

struct image *image_index_leave(struct image_index *index, const struct image_key *key,
				struct image *image, bool keep, int64_t start_ms,
				const struct err *err)
{
	struct image *view = image ? view_of(image) : NULL;
	struct flight **at;
	struct flight *flight;

	(void)pthread_mutex_lock(&index->lock);
	at = find_flight(index, key);
	flight = *at;
	assert(flight); /* who leaves has entered */
	*at = flight->next;
	flight->landed = true;
	flight->whole = image;
	if (!image) {
		flight->err = *err;
		flight->given_up = err->code == ERR_CONFLICT;
	} else if (keep) {
		keep_entry(index, key, image, start_ms);
	}
	if (flight->waiting == 0)
		flight_free(flight);
	else
		(void)pthread_cond_broadcast(&index->landed);
	(void)pthread_mutex_unlock(&index->lock);
	return view;
}
