/* SPDX-License-Identifier: Apache-2.0 */
/* See export_target.h. */
#include "cli/export_target.h"

#include <stdio.h>
#include <string.h>

#include "cli/export_file.h"
#include "cli/export_webhook.h"

struct export_target {
	struct export_target_options options;
	struct client_webhook *webhook; /* NULL: it is none */
	char *file;			/* NULL: it is none */
};

/* The same file has the same name whichever folder it is called from. */
static char *whole_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep) char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : NULL;
	AUTO(freep) char *real = realpath(folder ? folder : ".", NULL);

	if (!real)
		return xstrdup(path); /* there is no such folder: it cannot be written either */
	return xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : path);
}

static int open_webhook(struct export_target *target, struct err *err)
{
	const struct client_webhook_options options = {.url = target->options.to,
						       .path = target->options.shape->path,
						       .token_file = target->options.token_file,
						       .ca_file = target->options.ca_file};

	return client_webhook_open(&options, &target->webhook, err);
}

static int open_place(struct export_target *target, struct err *err)
{
	const struct export_target_options *options = &target->options;

	if (!options->to || !options->to[0])
		return err_set(err, ERR_INVALID, "--to says where: a FILE, - or an https:// URL");
	if (strstr(options->to, "://"))
		return open_webhook(target, err);
	if (options->token_file || options->ca_file)
		return err_set(err, ERR_INVALID, "--%s is for an https:// URL",
			       options->token_file ? "token-file" : "ca-file");
	if (strcmp(options->to, "-") != 0)
		target->file = whole_path(options->to);
	return 0;
}

int export_target_open(const struct export_target_options *options,
		       struct export_target **ret_target, struct err *err)
{
	struct export_target *target = xcalloc(1, sizeof(*target));

	target->options = *options;
	if (open_place(target, err) < 0) {
		export_target_free(target);
		return -1;
	}
	*ret_target = target;
	return 0;
}

void export_target_free(struct export_target *target)
{
	if (!target)
		return;
	client_webhook_free(target->webhook);
	free(target->file);
	free(target);
}

const char *export_target_name(const struct export_target *target)
{
	return target->webhook ? client_webhook_url(target->webhook) : target->file;
}

size_t export_target_batch_max(const struct export_target *target)
{
	return target->webhook ? target->options.shape->batch_max : SIZE_MAX;
}

static int print(const struct buf *lines, struct err *err)
{
	if (fwrite(lines->data, 1, lines->len, stdout) != lines->len || fflush(stdout) == EOF)
		return err_set(err, ERR_SYSTEM, "cannot write to standard output");
	return 0;
}

int export_target_deliver(struct export_target *target, const struct buf *lines, struct err *err)
{
	const struct export_target_options *options = &target->options;

	if (target->webhook)
		return export_webhook_deliver(target->webhook, options->shape, options->patient,
					      lines, err);
	if (target->file)
		return export_file_append(target->file, options->shape->begin, lines, err);
	return print(lines, err);
}
