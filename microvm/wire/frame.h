/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between the host and the agent in a microVM, over any byte stream.
 *
 * A frame is a header of FRAME_HEADER_SIZE bytes, little endian, then its payload:
 *     magic u32 | type u16 | flags u16 (0) | length u32 | crc32 of the payload u32 | seq u64
 *     | crc32 of the 24 bytes before u32
 *
 * The stream may break in the middle of a frame when the host's program dies and
 * another takes over (the microVM lives on). So a decoder that meets a bad header
 * or a bad checksum does not give up: it slides on by one byte until a whole frame
 * fits. The host sends FRAME_RESYNC_SIZE zero bytes before its first frame on an
 * adopted stream, which completes and breaks any frame that was cut; the agent does
 * the same before it answers. A frame whose header is whole and whose payload is
 * damaged is passed over as a whole, so the work that bytes can cause is bounded,
 * and what stands inside a cut frame's payload is not searched for frames.
 *
 * Everything that the agent reports carries a sequence number, 1, 2, 3, ...; the
 * agent keeps it until the host has acknowledged it (ACK, RESUME) and sends it
 * again after a RESUME. The host drops what it has seen and what leaves a gap. So each report is
 * taken exactly once, whoever is killed when. Frames with seq 0 are not kept.
 *
 * Limits: FRAME_PAYLOAD_MAX; the decoder holds one frame at most. The guest is
 * not trusted: a decoder never believes a length before header checks.
 */
#ifndef SLIPWAY_MICROVM_WIRE_FRAME_H
#define SLIPWAY_MICROVM_WIRE_FRAME_H

#include "core/buf.h"

#define FRAME_HEADER_SIZE 28
/* A whole task description: 64 KiB of definition, image configs, overrides. */
#define FRAME_PAYLOAD_MAX (256u * 1024)
#define FRAME_RESYNC_SIZE (FRAME_PAYLOAD_MAX + FRAME_HEADER_SIZE)
#define FRAME_MAGIC	  0x31574c53u	/* "SLW1" */
#define FRAME_FEED_MAX	  (256u * 1024) /* this much always fits once frame_next() has said false */

#define FRAME_TYPES(X)                                                                             \
	/* from the host */                                                                        \
	X(RESUME, 1)   /* JSON wire_resume: I am your host now, I have your reports up to ... */   \
	X(TASK, 2)     /* JSON wire_task: run this (a second one is ignored) */                    \
	X(STOP, 3)     /* empty: stop all containers, gracefully */                                \
	X(ACK, 4)      /* JSON wire_resume: reports up to this are durable */                      \
	X(PING, 5)     /* empty: answer PONG */                                                    \
	X(POWEROFF, 6) /* empty: all is said, power off */                                         \
	X(PREPARE, 7)  /* empty: do beforehand what needs no task; answer PREPARED */              \
	/* about commands in containers, see exec.h; all with seq 0 */                             \
	X(EXEC_START, 8)                                                                           \
	X(EXEC_INPUT, 9)                                                                           \
	X(EXEC_RESIZE, 10)                                                                         \
	X(EXEC_TAKEN, 11)                                                                          \
	X(EXEC_END, 12)                                                                            \
	X(CREDENTIALS, 13) /* JSON wire_credentials: new keys of the task's role */                \
	X(EVENT_PART, 14)  /* binary, see event_part.h: a piece of the task's event; seq 0 */      \
	/* from the agent */                                                                       \
	X(HELLO, 16)	 /* JSON wire_hello; at start-up and as the answer to RESUME; seq 0 */     \
	X(PONG, 17)	 /* empty; seq 0 */                                                        \
	X(PHASE, 18)	 /* JSON wire_phase */                                                     \
	X(STARTED, 19)	 /* JSON wire_started */                                                   \
	X(OUTPUT, 20)	 /* binary, see wire_output */                                             \
	X(EXITED, 21)	 /* JSON wire_exited; after the last OUTPUT of that container */           \
	X(STATS, 22)	 /* JSON wire_stats; seq 0: the next one replaces it */                    \
	X(FAILED, 23)	 /* JSON wire_failed: the task as a whole cannot go on */                  \
	X(PREPARED, 24)	 /* empty: all of it went well, else the machine ends; seq 0 */            \
	X(HEALTH, 25)	 /* JSON wire_health: what a container's health checks found changed */    \
	X(RESTARTED, 26) /* JSON wire_restarted: by its restart policy */                          \
	X(EXEC_OUTPUT, 32)                                                                         \
	X(EXEC_ROOM, 33)                                                                           \
	X(EXEC_EXIT, 34)
#define FRAME_AS_ENUM(name, number) FRAME_##name = number,
enum frame_type { FRAME_TYPES(FRAME_AS_ENUM) };

struct frame {
	enum frame_type type;
	uint64_t seq;
	const uint8_t *payload; /* borrowed from the decoder until the next call */
	size_t len;
};

/* Append one frame to @out. */
int frame_encode(struct buf *out, enum frame_type type, uint64_t seq, const void *payload,
		 size_t len, struct err *err) MUST_CHECK;

struct frame_decoder {
	struct buf in;	  /* bytes that came; the front is dropped when more are fed */
	size_t taken;	  /* of them the ones that are done with */
	uint64_t skipped; /* bytes slid over, in all: damage, or a resync */
};

void frame_decoder_init(struct frame_decoder *decoder);
void frame_decoder_done(struct frame_decoder *decoder);
void frame_decoder_reset(struct frame_decoder *decoder); /* forget half frames */
/* Give it bytes; ERR_LIMIT if frame_next() was not called often enough. */
int frame_feed(struct frame_decoder *decoder, const void *bytes, size_t len, struct err *err)
	MUST_CHECK;
/* true and a frame, or false when more bytes are needed. Never fails: what is
 * not a frame of a known type is skipped and counted. */
bool frame_next(struct frame_decoder *decoder, struct frame *ret_frame);

/* How many bytes the frame takes that begins at @header, which must be one that
 * frame_encode() wrote. For walking over frames that are kept. */
size_t frame_size(const uint8_t header[FRAME_HEADER_SIZE]);
uint64_t frame_seq(const uint8_t header[FRAME_HEADER_SIZE]);

const char *frame_type_name(enum frame_type type);

#endif
