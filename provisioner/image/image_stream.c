/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of a few pieces between thread and caller. The thread owns the piece that it
 * fills, the caller the one that it was given last; what lies between is full. Only the
 * counters are shared, under the lock.
 *
 * When unpacking fails or nobody wants the rest, the stored bytes are hashed to
 * their end all the same: if the digest is wrong, that is what went wrong.
 */
#include "provisioner/image/image_stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "provisioner/image/image_unpack.h"

#define PIECE_BYTES  (256 * 1024)
#define PIECES	     8
#define STORED_BYTES (256 * 1024)

struct image_stream {
	struct image_stream_options options;
	int fd;
	int abandon; /* nobody wants anything more; atomic */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;

	/* under the lock */
	uint64_t filled, taken; /* pieces so far */
	size_t lens[PIECES];
	bool lent;	/* the caller has piece number taken */
	bool discard;	/* nobody wants more pieces */
	bool done;	/* the thread has ended, with the rest of this: */
	struct err err; /* ERR_NONE: all was well */
	bool stored_wrong;

	/* the thread's own until it is done */
	uint8_t *pieces;
	uint8_t *stored_bytes;
	int64_t offset; /* stored bytes read */
	struct sha256_stream *stored, *unpacked;
	struct image_unpack *unpack;
};

static uint8_t *piece_at(struct image_stream *stream, uint64_t number)
{
	return stream->pieces + number % PIECES * PIECE_BYTES;
}

/* --- the thread --- */

/* More stored bytes, up to @room; 0 at the end. */
static int read_stored(struct image_stream *stream, uint8_t *to, size_t room, size_t *ret_len,
		       struct err *err)
{
	const struct image_stream_options *options = &stream->options;
	ssize_t got;

	*ret_len = 0;
	if (options->arrival) {
		int64_t there;

		if (stream->offset >= options->size_bytes)
			return 0;
		there = image_arrival_await(options->arrival, options->layer, stream->offset,
					    &stream->abandon) -
			stream->offset;
		if (there == 0)
			return err_set(err, ERR_CONFLICT, "abandoned");
		if ((int64_t)room > there)
			room = (size_t)there;
	}
	do {
		got = read(stream->fd, to, room);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(err, errno, "read a layer");
	if (stream->stored && got > 0)
		sha256_stream_add(stream->stored, to, (size_t)got);
	stream->offset += got;
	*ret_len = (size_t)got;
	return 0;
}

/* Wait for a piece to fill; NULL if nobody wants more. */
static uint8_t *free_piece(struct image_stream *stream)
{
	uint8_t *piece = NULL;

	(void)pthread_mutex_lock(&stream->lock);
	while (!stream->discard && stream->filled - stream->taken == PIECES)
		(void)pthread_cond_wait(&stream->changed, &stream->lock);
	if (!stream->discard)
		piece = piece_at(stream, stream->filled);
	(void)pthread_mutex_unlock(&stream->lock);
	return piece;
}

static void give_piece(struct image_stream *stream, size_t len)
{
	(void)pthread_mutex_lock(&stream->lock);
	stream->lens[stream->filled % PIECES] = len;
	stream->filled++;
	(void)pthread_cond_broadcast(&stream->changed);
	(void)pthread_mutex_unlock(&stream->lock);
}

/* Input for the unpacker: when it has none, and at the very first enough to choose by. */
static int feed(struct image_stream *stream, struct image_unpack_io *io, bool first,
		struct err *err)
{
	size_t have = 0;
	size_t got;

	if (io->in_len > 0 || io->last)
		return 0;
	do {
		if (read_stored(stream, stream->stored_bytes + have, STORED_BYTES - have, &got,
				err) < 0)
			return -1;
		have += got;
		io->last = got == 0;
	} while (first && !io->last && have < IMAGE_UNPACK_FIRST);
	io->in = stream->stored_bytes;
	io->in_len = have;
	return 0;
}

/* Fill one piece; *ret_len is less than its size only at the end. */
static int fill_piece(struct image_stream *stream, uint8_t *piece, struct image_unpack_io *io,
		      bool *ret_end, size_t *ret_len, struct err *err)
{
	io->out = piece;
	io->out_room = PIECE_BYTES;
	*ret_end = false;
	while (io->out_room > 0 && !*ret_end) {
		if (feed(stream, io, stream->offset == 0, err) < 0 ||
		    image_unpack_step(stream->unpack, io, ret_end, err) < 0)
			return -1;
	}
	*ret_len = PIECE_BYTES - io->out_room;
	sha256_stream_add(stream->unpacked, piece, *ret_len);
	return 0;
}

static int make_pieces(struct image_stream *stream, struct err *err)
{
	struct image_unpack_io io = {.in = NULL};
	bool end = false;

	while (!end) {
		uint8_t *piece = free_piece(stream);
		size_t len;

		if (!piece)
			return 0;
		if (fill_piece(stream, piece, &io, &end, &len, err) < 0)
			return -1;
		if (len > 0)
			give_piece(stream, len);
	}
	return 0;
}

/* Hash what is left; 0 if that worked to the end. */
static int hash_rest(struct image_stream *stream, struct err *err)
{
	size_t got;

	do {
		if (__atomic_load_n(&stream->abandon, __ATOMIC_RELAXED))
			return err_set(err, ERR_CONFLICT, "abandoned");
		if (read_stored(stream, stream->stored_bytes, STORED_BYTES, &got, err) < 0)
			return -1;
	} while (got > 0);
	return 0;
}

static void *run_thread(void *ctx)
{
	struct image_stream *stream = ctx;
	struct err err = ERR_INIT;
	struct err rest = ERR_INIT;
	bool wrong = false;

	if (make_pieces(stream, &err) == 0)
		err.code = ERR_NONE;
	if (hash_rest(stream, &rest) == 0 && stream->stored) {
		char hex[SHA256_HEX_SIZE];

		sha256_stream_hex(stream->stored, hex);
		wrong = strcmp(hex, stream->options.digest + strlen("sha256:")) != 0;
	} else if (err.code == ERR_NONE && rest.code != ERR_NONE) {
		err = rest;
	}
	(void)pthread_mutex_lock(&stream->lock);
	stream->err = err;
	stream->stored_wrong = wrong;
	stream->done = true;
	(void)pthread_cond_broadcast(&stream->changed);
	(void)pthread_mutex_unlock(&stream->lock);
	return NULL;
}

/* --- the caller --- */

static void release(struct image_stream *stream)
{
	(void)pthread_cond_destroy(&stream->changed);
	(void)pthread_mutex_destroy(&stream->lock);
	sha256_stream_free(stream->stored);
	sha256_stream_free(stream->unpacked);
	image_unpack_free(stream->unpack);
	free(stream->pieces);
	free(stream->stored_bytes);
	free(stream);
}

int image_stream_open(int fd, const struct image_stream_options *options,
		      struct image_stream **ret_stream, struct err *err)
{
	struct image_stream *stream = xcalloc(1, sizeof(*stream));
	int result;

	stream->options = *options;
	stream->fd = fd;
	stream->pieces = xcalloc(PIECES, PIECE_BYTES);
	stream->stored_bytes = xcalloc(1, STORED_BYTES);
	stream->unpack = image_unpack_new();
	stream->unpacked = sha256_stream_new();
	if (options->digest)
		stream->stored = sha256_stream_new();
	(void)pthread_mutex_init(&stream->lock, NULL);
	(void)pthread_cond_init(&stream->changed, NULL);
	result = pthread_create(&stream->thread, NULL, run_thread, stream);
	if (result != 0) {
		release(stream);
		return err_sys(err, result, "start a thread");
	}
	*ret_stream = stream;
	return 0;
}

int image_stream_next(struct image_stream *stream, const void **ret_bytes, size_t *ret_len,
		      struct err *err)
{
	int result = 0;

	*ret_len = 0;
	(void)pthread_mutex_lock(&stream->lock);
	if (stream->lent) {
		stream->lent = false;
		stream->taken++;
		(void)pthread_cond_broadcast(&stream->changed);
	}
	while (stream->filled == stream->taken && !stream->done)
		(void)pthread_cond_wait(&stream->changed, &stream->lock);
	if (stream->filled > stream->taken) {
		stream->lent = true;
		*ret_bytes = piece_at(stream, stream->taken);
		*ret_len = stream->lens[stream->taken % PIECES];
	} else if (stream->err.code != ERR_NONE) {
		*err = stream->err;
		result = -1;
	}
	(void)pthread_mutex_unlock(&stream->lock);
	return result;
}

bool image_stream_is_wrong(struct image_stream *stream)
{
	bool wrong;

	(void)pthread_mutex_lock(&stream->lock);
	stream->discard = true;
	(void)pthread_cond_broadcast(&stream->changed);
	while (!stream->done)
		(void)pthread_cond_wait(&stream->changed, &stream->lock);
	wrong = stream->stored_wrong;
	(void)pthread_mutex_unlock(&stream->lock);
	return wrong;
}

void image_stream_diff_id(struct image_stream *stream, char ret[IMAGE_DIGEST_SIZE])
{
	char hex[SHA256_HEX_SIZE];

	sha256_stream_hex(stream->unpacked, hex);
	sha256_stream_freep(&stream->unpacked);
	(void)snprintf(ret, IMAGE_DIGEST_SIZE, "sha256:%s", hex);
}

void image_stream_free(struct image_stream *stream)
{
	if (!stream)
		return;
	(void)pthread_mutex_lock(&stream->lock);
	stream->discard = true;
	__atomic_store_n(&stream->abandon, 1, __ATOMIC_RELAXED);
	(void)pthread_cond_broadcast(&stream->changed);
	(void)pthread_mutex_unlock(&stream->lock);
	(void)pthread_join(stream->thread, NULL);
	fd_closep(&stream->fd);
	release(stream);
}
