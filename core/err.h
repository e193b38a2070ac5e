/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error: a code to decide by and a text for people. It lives in the caller's
 * frame, so that reporting an error cannot fail. Functions that may fail return
 * 0 or -1 and fill the struct on failure only; context is put in front on the way up
 * with err_wrap(), so a message reads from the outer step to the inner cause.
 */
#ifndef SLIPWAY_CORE_ERR_H
#define SLIPWAY_CORE_ERR_H

#include "core/common.h"

#define ERR_CODES(X)                                                                               \
	X(NONE)	       /* no error */                                                              \
	X(INVALID)     /* input breaks a rule; the text names the member */                        \
	X(NOT_FOUND)   /* there is no such thing */                                                \
	X(EXISTS)      /* the thing is there already */                                            \
	X(CONFLICT)    /* somebody else changed it, or it contradicts what is there */             \
	X(DENIED)      /* not permitted, wrong password */                                         \
	X(LIMIT)       /* a named limit was reached */                                             \
	X(TIMEOUT)     /* a deadline passed */                                                     \
	X(UNAVAILABLE) /* a peer is not there now; trying again may help */                        \
	X(NO_SPACE)    /* disk or memory is full */                                                \
	X(CORRUPT)     /* stored or received bytes are damaged */                                  \
	X(UNSUPPORTED) /* known, but not done here */                                              \
	X(SYSTEM)      /* a system call or library failed */
#define ERR_AS_ENUM(name) ERR_##name,
enum err_code { ERR_CODES(ERR_AS_ENUM) ERR_CODE_COUNT };

#define ERR_TEXT_MAX 2048 /* longer texts are cut */

struct err {
	enum err_code code;
	char text[ERR_TEXT_MAX]; /* lower case, no full stop, unless it is an API's own message */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		.code = ERR_NONE, .text = ""                                                       \
	}

/* Fill @err and return -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same for a failed system call: "text: strerror(errnum)". ENOSPC, EDQUOT
 * and ENOMEM become ERR_NO_SPACE, ENOENT ERR_NOT_FOUND, EEXIST ERR_EXISTS,
 * EACCES and EPERM ERR_DENIED, all others ERR_SYSTEM. */
int err_sys(struct err *err, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "context: " in front of the text; the code stays. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The -1 in the open: compilers and analyzers see that what follows a failure is
 * not reached, without knowing err.c. */
#define err_set(...)  ERR_FAILED((err_set)(__VA_ARGS__))
#define err_sys(...)  ERR_FAILED((err_sys)(__VA_ARGS__))
#define err_wrap(...) ERR_FAILED((err_wrap)(__VA_ARGS__))
#define ERR_FAILED(call)                                                                           \
	({                                                                                         \
		(void)(call);                                                                      \
		-1;                                                                                \
	})

void err_clear(struct err *err);

/* "INVALID", ... for logs. */
const char *err_code_name(enum err_code code);

#endif
