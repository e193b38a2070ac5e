/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two ends of a command's session say to each other: a person's client, the
 * gateway and the provisioner. Between gateway and provisioner each message is one of a
 * sequenced-packet socket in the run folder, between `slipway exec` and the gateway one
 * binary message of a WebSocket (EXEC_LINK_PROTOCOL).
 *
 * A message is its type, one byte, and what the table says. Numbers are big endian.
 * EXIT is the last one; who closes before means that the command shall end.
 */
#ifndef SLIPWAY_STORE_EXEC_LINK_H
#define SLIPWAY_STORE_EXEC_LINK_H

#include "core/err.h"

#define EXEC_LINK_TYPES(X)                                                                         \
	/* to the provisioner */                                                                   \
	X(OPEN, 'A')	  /* gateway only: session's id, token, then as START has it */            \
	X(START, 'S')	  /* client only: terminal u8 (0, 1), rows u16, columns u16 */             \
	X(INPUT, 'I')	  /* bytes */                                                              \
	X(END_INPUT, 'E') /* nothing */                                                            \
	X(RESIZE, 'R')	  /* rows u16, columns u16 */                                              \
	/* from the provisioner */                                                                 \
	X(OUTPUT, 'O') /* bytes */                                                                 \
	X(ERRORS, 'X') /* bytes of standard error */                                               \
	X(EXIT, 'Q')   /* exit code u8, then why in words; none if it ended by itself */
#define EXEC_LINK_AS_ENUM(name, letter) EXEC_LINK_##name = (letter),
enum exec_link_type { EXEC_LINK_TYPES(EXEC_LINK_AS_ENUM) };

#define EXEC_LINK_PROTOCOL    "slipway-exec-1"
#define EXEC_LINK_PIECE	      8192 /* bytes of one INPUT, OUTPUT or ERRORS at most */
#define EXEC_LINK_MAX	      (1 + EXEC_LINK_PIECE)
#define EXEC_LINK_START_SIZE  6
#define EXEC_LINK_OPEN_SIZE   (EXEC_LINK_START_SIZE + 32 + 64)
#define EXEC_LINK_RESIZE_SIZE 5
#define EXEC_LINK_SIDE_MAX    1000 /* most rows and columns */

struct exec_link_size {
	unsigned rows, columns; /* read: never 0, at most EXEC_LINK_SIDE_MAX */
};

/* @message has the type's size, or ERR_INVALID. */
int exec_link_read_resize(const uint8_t *message, size_t len, struct exec_link_size *ret_size,
			  struct err *err) MUST_CHECK;
void exec_link_write_resize(uint8_t ret[EXEC_LINK_RESIZE_SIZE], struct exec_link_size size);

struct exec_link_open {
	char id[33], token[65]; /* of OPEN only; hex digits, else the message is refused */
	bool terminal;
	struct exec_link_size size;
};
/* OPEN or START, by its type. */
int exec_link_read_open(const uint8_t *message, size_t len, struct exec_link_open *ret_open,
			struct err *err) MUST_CHECK;
void exec_link_write_open(uint8_t ret[EXEC_LINK_OPEN_SIZE], const struct exec_link_open *open);
void exec_link_write_start(uint8_t ret[EXEC_LINK_START_SIZE], const struct exec_link_open *open);

/* Whether @text is @len lower-case hex digits. */
bool exec_link_is_hex(const char *text, size_t len);

#endif
