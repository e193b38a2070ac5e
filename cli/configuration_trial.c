/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each program knows keys that the others do not look at closely, so all are asked. They answer as
 * they log: time, level and name stand before the words.
 */
#include "cli/configuration_trial.h"

#include <string.h>

#include "core/proc.h"

#define TRIAL_MS  10000
#define WORDS_MAX 4096

/* Behind "TIME error NAME ", up to the end of the line. */
static char *words_of(const char *logged)
{
	static const char level[] = " error ";
	const char *words = strstr(logged, level);
	const char *behind = words != NULL ? strchr(words + strlen(level), ' ') : NULL;

	if (behind != NULL)
		logged = behind + 1;
	return xstrndup(logged, strcspn(logged, "\n"));
}

static int ask(const struct installation *in, const char *name, struct err *err)
{
	AUTO(freep) char *program = xasprintf("%s/%s", in->programs, name);
	AUTO(buf_done) struct buf errors;
	const char *const argv[] = {program, "--config", in->configuration, "--check-config", NULL};
	struct proc_call call = {.argv = argv, .errors = &errors, .deadline_ms = TRIAL_MS};
	int status = 1;

	buf_init(&errors, WORDS_MAX);
	if (proc_run(&call, &status, err) < 0)
		return err_wrap(err, "ask %s about the configuration", name);
	if (status == 0)
		return 0;
	AUTO(freep) char *words = words_of(buf_text(&errors));

	return err_set(err, ERR_INVALID, "%s (your own lines are in %s/local.conf)", words,
		       in->state);
}

int configuration_trial(const struct installation *in, struct err *err)
{
	static const char *const programs[] = {"slipway-gateway", "slipway-provisioner",
					       "slipway-relay"};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		if (ask(in, programs[i], err) < 0)
			return -1;
	}
	return 0;
}
