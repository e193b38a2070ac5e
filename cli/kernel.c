/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway kernel: a smaller kernel for machines, for those who want the last
 * milliseconds of a boot. The work is done by the script microvm/guest/kernel, whose
 * words the user sees as they come.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/guest_kernel.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/common.h"
#include "core/file.h"

#define USAGE	     "kernel build [--jobs N] | kernel use debian|own | kernel show"
#define MANIFEST_MAX (64u * 1024)
#define JOBS_MAX     9999 /* what the script takes */
#define PORT	     8443 /* of no concern here */

static int run_script(const char *const *argv, struct err *err)
{
	pid_t child;
	int status;
	int error = posix_spawn(&child, argv[0], NULL, NULL, (char *const *)argv, environ);

	if (error != 0)
		return err_sys(err, error, "run %s", argv[0]);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(err, errno, "wait for %s", argv[0]);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_UNAVAILABLE, "no kernel was built; nothing has changed");
	return 0;
}

static int build(const struct installation *in, int64_t jobs, struct err *err)
{
	AUTO(freep) char *script = xasprintf("%s/microvm/guest/kernel", in->share);
	AUTO(freep) char *agent = xasprintf("%s/slipway-agent", in->programs);
	AUTO(freep) char *target = xasprintf("%s/kernel", in->state);
	char number[16];
	const char *argv[] = {script, "--out", target, "--agent", agent, NULL, number, NULL};

	snprintf(number, sizeof(number), "%lld", (long long)jobs);
	if (jobs > 0)
		argv[5] = "--jobs";
	if (file_make_dir(target, 0755, err) < 0 || run_script(argv, err) < 0 ||
	    guest_kernel_choose(in->state, GUEST_KERNEL_OWN, err) < 0)
		return -1;
	printf("The next `slipway up` boots it. `slipway kernel use debian` goes back.\n");
	return 0;
}

static int use(const struct installation *in, const char *word, struct err *err)
{
	enum guest_kernel kernel;

	if (guest_kernel_from_word(word, &kernel, err) < 0 ||
	    guest_kernel_choose(in->state, kernel, err) < 0)
		return -1;
	printf("The next `slipway up` boots the kernel '%s'.\n", word);
	return 0;
}

/* The lines of a manifest that begin with one of @keys, or a word that there are none. */
static void print_manifest(const struct installation *in, const char *path, const char *title,
			   const char *const *keys, size_t count)
{
	AUTO(freep) char *full = xasprintf("%s/%s", in->state, path);
	AUTO(buf_done) struct buf text;
	struct err missing = ERR_INIT;

	buf_init(&text, MANIFEST_MAX);
	printf("%s:", title);
	if (file_read(full, &text, &missing) < 0 || buf_text(&text) == NULL) {
		printf(" none\n");
		return;
	}
	printf("\n");
	for (const char *line = buf_text(&text); *line != '\0'; line += strcspn(line, "\n")) {
		line += *line == '\n';
		for (size_t i = 0; i < count; i++) {
			if (strncmp(line, keys[i], strlen(keys[i])) == 0)
				printf("  %.*s\n", (int)strcspn(line, "\n"), line);
		}
	}
}

static int show(const struct installation *in, struct err *err)
{
	static const char *const own_keys[] = {"release ", "source "};
	static const char *const laid_keys[] = {"kernel "};
	enum guest_kernel kernel;

	if (guest_kernel_chosen(in->state, &kernel, err) < 0)
		return -1;
	printf("next start: %s\n", guest_kernel_word(kernel));
	print_manifest(in, "guest/manifest", "last start", laid_keys, ARRAY_LEN(laid_keys));
	print_manifest(in, "kernel/manifest", "own", own_keys, ARRAY_LEN(own_keys));
	return 0;
}

/* For words that is_command() took. */
static int run(const struct installation *in, const struct words *words, int64_t jobs,
	       struct err *err)
{
	if (words_are(words, "build", 0))
		return build(in, jobs, err);
	if (words_are(words, "use", 1))
		return use(in, words->items[1], err);
	return show(in, err);
}

static bool is_command(const struct words *words)
{
	return words_are(words, "build", 0) || words_are(words, "use", 1) ||
	       words_are(words, "show", 0);
}

int cli_kernel(int argc, char **argv)
{
	const char *share = NULL, *state = NULL;
	int64_t jobs = 0;
	const struct option_row rows[] = {
		{"jobs", OPTION_INT, &jobs, "N", "compile so many files at once (one a processor)"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
		{"share", OPTION_TEXT, &share, "DIR", "where Slipway's sources lie"},
	};
	struct installation in = {0};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!is_command(&words) || jobs < 0 || jobs > JOBS_MAX) {
		options_usage(USAGE, stderr);
		return 2;
	}
	rc = installation_init(&in, share, state, PORT, &err);
	if (rc == 0)
		rc = run(&in, &words, jobs, &err);
	installation_done(&in);
	return rc < 0 ? state_complain("kernel", &err) : 0;
}
