/* SPDX-License-Identifier: Apache-2.0 */
/*
 * It is what ECS's agent makes: the socket, and a port for those who speak the protocol themselves;
 * patterns of lines that are wanted or not; what the task is called, as members of each
 * record; the user's own file; an output for each sender that names one. Settings are
 * written as they are given, one a line: who writes more than a setting speaks to their own
 * container.
 */
#include "provisioner/router_config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "provisioner/log_router.h"
#include "store/log_option.h"
#include "store/log_router.h"

#define SOCKET LOG_ROUTER_FOLDER "/" LOG_ROUTER_SOCKET

/* Text that grows until something went wrong, which is told at the end. */
struct writer {
	struct buf *out;
	struct err *err;
	bool failed;
};

static void PRINTF_LIKE(2, 3) say(struct writer *writer, const char *fmt, ...)
{
	AUTO(freep) char *text = NULL;
	va_list args;
	int len;

	if (writer->failed)
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		abort();
	writer->failed = buf_append(writer->out, text, (size_t)len, writer->err) < 0;
}

/* How a kind of router writes the parts. */
struct language {
	const char *plugin; /* a sender's option that names its output */
	void (*inputs)(struct writer *writer);
	void (*filter)(struct writer *writer, const char *name, bool wanted, const char *pattern);
	void (*metadata_begin)(struct writer *writer);
	void (*metadata)(struct writer *writer, const char *name, const char *value);
	void (*metadata_end)(struct writer *writer);
	void (*include)(struct writer *writer, const char *path);
	void (*output_begin)(struct writer *writer, const char *name);
	void (*setting)(struct writer *writer, const char *name, const char *value);
	void (*secret)(struct writer *writer, const char *name, size_t sender);
	void (*output_end)(struct writer *writer);
};

/* --- fluent-bit --------------------------------------------------------- */

static void bit_inputs(struct writer *writer)
{
	say(writer, "[INPUT]\n    Name tcp\n    Listen 127.0.0.1\n    Port 8877\n"
		    "    Tag firelens-healthcheck\n\n"
		    "[INPUT]\n    Name forward\n    unix_path " SOCKET "\n\n"
		    "[INPUT]\n    Name forward\n    Listen 127.0.0.1\n    Port 24224\n\n");
}

static void bit_filter(struct writer *writer, const char *name, bool wanted, const char *pattern)
{
	say(writer, "[FILTER]\n    Name grep\n    Match %s-firelens*\n    %s log %s\n\n", name,
	    wanted ? "Regex" : "Exclude", pattern);
}

static void bit_metadata_begin(struct writer *writer)
{
	say(writer, "[FILTER]\n    Name record_modifier\n    Match *\n");
}

static void bit_metadata(struct writer *writer, const char *name, const char *value)
{
	say(writer, "    Record %s %s\n", name, value);
}

static void bit_include(struct writer *writer, const char *path)
{
	say(writer, "@INCLUDE %s\n\n", path);
}

static void bit_output_begin(struct writer *writer, const char *name)
{
	say(writer, "[OUTPUT]\n    Match %s-firelens*\n", name);
}

static void setting(struct writer *writer, const char *name, const char *value)
{
	say(writer, "    %s %s\n", name, value);
}

static void bit_secret(struct writer *writer, const char *name, size_t sender)
{
	say(writer, "    %s ${" LOG_ROUTER_VARIABLE "}\n", name, name, sender);
}

static void bit_end(struct writer *writer)
{
	say(writer, "\n");
}

/* --- fluentd ------------------------------------------------------------ */

static void d_inputs(struct writer *writer)
{
	say(writer, "<source>\n    @type unix\n    path " SOCKET "\n</source>\n\n"
		    "<source>\n    @type forward\n    bind 127.0.0.1\n    port 24224\n"
		    "</source>\n\n");
}

static void d_filter(struct writer *writer, const char *name, bool wanted, const char *pattern)
{
	const char *section = wanted ? "regexp" : "exclude";

	say(writer,
	    "<filter %s-firelens**>\n    @type grep\n    <%s>\n        key log\n"
	    "        pattern %s\n    </%s>\n</filter>\n\n",
	    name, section, pattern, section);
}

static void d_metadata_begin(struct writer *writer)
{
	say(writer, "<filter **>\n    @type record_transformer\n    <record>\n");
}

static void d_metadata(struct writer *writer, const char *name, const char *value)
{
	say(writer, "        %s %s\n", name, value);
}

static void d_metadata_end(struct writer *writer)
{
	say(writer, "    </record>\n</filter>\n\n");
}

static void d_include(struct writer *writer, const char *path)
{
	say(writer, "@include %s\n\n", path);
}

static void d_output_begin(struct writer *writer, const char *name)
{
	say(writer, "<match %s-firelens**>\n", name);
}

static void d_secret(struct writer *writer, const char *name, size_t sender)
{
	say(writer, "    %s \"#{ENV['" LOG_ROUTER_VARIABLE "']}\"\n", name, name, sender);
}

static void d_output_end(struct writer *writer)
{
	say(writer, "</match>\n\n");
}

static const struct language languages[] = {
	[SPEC_FLUENTBIT] = {"Name", bit_inputs, bit_filter, bit_metadata_begin, bit_metadata,
			    bit_end, bit_include, bit_output_begin, setting, bit_secret, bit_end},
	[SPEC_FLUENTD] = {"@type", d_inputs, d_filter, d_metadata_begin, d_metadata, d_metadata_end,
			  d_include, d_output_begin, setting, d_secret, d_output_end},
};

/* --- the whole ---------------------------------------------------------- */

static void write_filters(struct writer *writer, const struct language *language,
			  const struct spec_container *sender)
{
	const char *wanted = log_option(&sender->log.options, LOG_ROUTER_INCLUDE);
	const char *unwanted = log_option(&sender->log.options, LOG_ROUTER_EXCLUDE);

	if (wanted)
		language->filter(writer, sender->name, true, wanted);
	if (unwanted)
		language->filter(writer, sender->name, false, unwanted);
}

static void write_metadata(struct writer *writer, const struct language *language,
			   const struct task_order_input *input)
{
	const struct task *task = input->task;
	AUTO(freep)
	char *arn = xasprintf("arn:aws:ecs:%s:%s:task/%s/%s", input->region, task->account,
			      task->cluster, task->id);
	AUTO(freep) char *definition = xasprintf("%s:%" PRId64, task->family, task->revision);

	language->metadata_begin(writer);
	language->metadata(writer, "ecs_cluster", task->cluster);
	language->metadata(writer, "ecs_task_arn", arn);
	language->metadata(writer, "ecs_task_definition", definition);
	language->metadata_end(writer);
}

/* What is not a setting of an output. */
static bool is_of_the_driver(const char *name)
{
	static const char *const names[] = {LOG_ROUTER_INCLUDE, LOG_ROUTER_EXCLUDE,
					    LOG_ROUTER_BUFFER};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Without a plugin the user's own file says where the records go. */
static void write_output(struct writer *writer, const struct language *language,
			 const struct spec_container *sender, size_t index)
{
	const struct shape_list *options = &sender->log.options;
	const struct spec_secret *secrets = sender->log.secrets.items;
	const struct shape_pair *pairs = options->items;
	const char *plugin = log_option(options, language->plugin);

	if (!plugin)
		return;
	language->output_begin(writer, sender->name);
	language->setting(writer, language->plugin, plugin);
	for (size_t i = 0; i < options->count; i++) {
		if (!is_of_the_driver(pairs[i].key) && strcmp(pairs[i].key, language->plugin) != 0)
			language->setting(writer, pairs[i].key, pairs[i].value);
	}
	for (size_t i = 0; i < sender->log.secrets.count; i++)
		language->secret(writer, secrets[i].name, index);
	language->output_end(writer);
}

int router_config_write(const struct task_order_input *input, const struct spec_firelens *router,
			struct buf *out, struct err *err)
{
	const struct spec_container *containers = input->spec->containers.items;
	const struct language *language = &languages[router->type];
	const char *metadata = log_option(&router->options, LOG_ROUTER_METADATA);
	const char *file = log_option(&router->options, LOG_ROUTER_FILE);
	struct writer writer = {.out = out, .err = err};

	language->inputs(&writer);
	for (size_t i = 0; i < input->spec->containers.count; i++) {
		if (log_router_has_sender(&containers[i]))
			write_filters(&writer, language, &containers[i]);
	}
	if (!metadata || strcmp(metadata, "true") == 0)
		write_metadata(&writer, language, input);
	if (file)
		language->include(&writer, file);
	if (router->type == SPEC_FLUENTBIT)
		say(&writer, "[OUTPUT]\n    Name null\n    Match firelens-healthcheck\n\n");
	for (size_t i = 0; i < input->spec->containers.count; i++) {
		if (log_router_has_sender(&containers[i]))
			write_output(&writer, language, &containers[i], i);
	}
	return writer.failed ? -1 : 0;
}
