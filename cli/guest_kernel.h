/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel machines boot: Debian's, which `./up` has made ready, or one's own, which
 * `slipway kernel build` has put into STATE/kernel. A file there holds the choice; the
 * next `slipway up` reads it.
 */
#ifndef SLIPWAY_CLI_GUEST_KERNEL_H
#define SLIPWAY_CLI_GUEST_KERNEL_H

#include "cli/installation.h"

#define GUEST_KERNELS(X) /* X(enum, the word for it) */                                            \
	X(DEBIAN, "debian")                                                                        \
	X(OWN, "own")
#define GUEST_KERNEL_AS_ENUM(name, word) GUEST_KERNEL_##name,
enum guest_kernel { GUEST_KERNELS(GUEST_KERNEL_AS_ENUM) GUEST_KERNEL_COUNT };

const char *guest_kernel_word(enum guest_kernel kernel);
/* ERR_INVALID if no kernel has this word. */
int guest_kernel_from_word(const char *word, enum guest_kernel *ret_kernel, struct err *err)
	MUST_CHECK;

/* What the next start uses: Debian's if nothing was ever chosen. */
int guest_kernel_chosen(const char *state, enum guest_kernel *ret_kernel, struct err *err)
	MUST_CHECK;
/* ERR_NOT_FOUND if it was not built. */
int guest_kernel_choose(const char *state, enum guest_kernel kernel, struct err *err) MUST_CHECK;

/* Put one's own kernel and an initramfs with today's agent into STATE/guest. */
int guest_kernel_lay_own(const struct installation *installation, struct err *err) MUST_CHECK;

#endif
