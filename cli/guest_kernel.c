/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See guest_kernel.h. The kernel is built seldom, the agent changes with every version of
 * Slipway: so STATE/kernel keeps the kernel alone, and what boots is put together at
 * each start by the script that does it for Debian's kernel, too. That takes a moment,
 * and nothing where nothing has changed.
 */
#include "cli/guest_kernel.h"

#include <stdio.h>
#include <string.h>

#include "core/common.h"
#include "core/file.h"
#include "core/proc.h"

#define WORD_MAX   64
#define OUTPUT_MAX 4096
#define LAY_MS	   120000 /* under a second on an idle machine */

#define AS_WORD(name, word) word,
static const char *const kernel_words[] = {GUEST_KERNELS(AS_WORD)};

const char *guest_kernel_word(enum guest_kernel kernel)
{
	return kernel_words[kernel];
}

int guest_kernel_from_word(const char *word, enum guest_kernel *ret_kernel, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kernel_words); i++) {
		if (strcmp(word, kernel_words[i]) == 0) {
			*ret_kernel = (enum guest_kernel)i;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "'%.32s' is no kernel: say debian or own", word);
}

int guest_kernel_chosen(const char *state, enum guest_kernel *ret_kernel, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/kernel/chosen", state);
	AUTO(buf_done) struct buf text;

	buf_init(&text, WORD_MAX);
	if (access(path, F_OK) < 0) {
		*ret_kernel = GUEST_KERNEL_DEBIAN;
		return 0;
	}
	if (file_read(path, &text, err) < 0)
		return -1;
	char word[WORD_MAX + 1] = "";
	snprintf(word, sizeof(word), "%.*s", (int)text.len, (const char *)text.data);
	word[strcspn(word, "\n")] = '\0';
	if (guest_kernel_from_word(word, ret_kernel, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

int guest_kernel_choose(const char *state, enum guest_kernel kernel, struct err *err)
{
	AUTO(freep) char *folder = xasprintf("%s/kernel", state);
	AUTO(freep) char *path = xasprintf("%s/chosen", folder);
	AUTO(freep) char *image = xasprintf("%s/vmlinux", folder);
	AUTO(freep) char *line = xasprintf("%s\n", guest_kernel_word(kernel));

	if (kernel == GUEST_KERNEL_OWN && access(image, R_OK) < 0)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no kernel at %s: `slipway kernel build` makes it", image);
	if (file_make_dir(folder, 0755, err) < 0)
		return -1;
	return file_write(path, line, strlen(line), 0644, err);
}

/* What the script said, without the end of its last line. */
static int refused(struct buf *output, struct err *err)
{
	const char *text = buf_text(output);
	size_t len = text != NULL ? strlen(text) : 0;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	return err_set(err, ERR_UNAVAILABLE,
		       "put the guest's own kernel together: %.*s (`slipway kernel use debian` "
		       "goes back to Debian's)",
		       (int)len, len > 0 ? text : "");
}

int guest_kernel_lay_own(const struct installation *installation, struct err *err)
{
	AUTO(freep) char *script = xasprintf("%s/microvm/guest/build", installation->share);
	AUTO(freep) char *agent = xasprintf("%s/slipway-agent", installation->programs);
	AUTO(freep) char *kernel = xasprintf("%s/kernel/vmlinux", installation->state);
	AUTO(freep) char *target = xasprintf("%s/guest", installation->state);
	AUTO(buf_done) struct buf output;
	const char *argv[] = {script, "--kernel", kernel, "--agent", agent, "--out", target, NULL};
	struct proc_call call = {.argv = argv, .errors = &output, .deadline_ms = LAY_MS};
	int status = 1;

	buf_init(&output, OUTPUT_MAX);
	if (proc_run(&call, &status, err) < 0)
		return err_wrap(err, "put the guest's own kernel together");
	if (status != 0)
		return refused(&output, err);
	return 0;
}
