/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source is what several maps say of one name. Which keys a kind takes stands in one table:
 * a key that means nothing to the kind is an error, as is one without source.NAME.kind.
 */
#include "relay/options.h"

#include <errno.h>
#include <string.h>

#include "core/file.h"

#define ROW(...)	       CONF_ROW(struct relay_options, __VA_ARGS__)
#define MAP(key, member, help) ROW("source.*." key, CONF_MAP, member, NULL, help)
#define FILE_MAX	       1048576
#define CONTENT_MAX	       (512 * 1024) /* in base 64 it has to fit into an event */
#define SOURCE_NAME_MAX	       256

static const struct conf_row rows[] = {
	ROW("user", CONF_TEXT, user, "", "whom to become after the start; empty: stay the same"),
	ROW("group", CONF_TEXT, group, "", "empty: the group of the user"),
	ROW("webhook_ca_file", CONF_TEXT, webhook_ca_file, "",
	    "authorities of API destinations' servers, PEM; empty: the system's"),
	ROW("webhook_private_addresses", CONF_BOOL, webhook_private_addresses, "no",
	    "yes lets API destinations lead to this machine and into its networks"),
	MAP("kind", kind, "folder, postgresql or nats: where events of source NAME come from"),
	MAP("account", account, "id or name of the account that they are for; default"),
	MAP("bus", bus, "bus that they go to; default"),
	MAP("source", source, "source in the events; NAME"),
	MAP("type", type, "detail-type in the events; File Created, Row Added, Message Received"),
	MAP("folder", folder, "folder: each file that is written or moved there is an event"),
	MAP("done", done, "folder: yes moves what was accepted to FOLDER/.done; no"),
	MAP("content", content, "folder: largest file whose content is in its event, in bytes; 0"),
	MAP("connection", connection, "postgresql: a connection string of libpq"),
	MAP("table", table, "postgresql: an outbox with the columns id, payload and created"),
	MAP("channel", channel, "postgresql: of NOTIFY, which says that there are rows; the table"),
	MAP("url", url, "nats: nats://HOST:PORT or tls://HOST:PORT"),
	MAP("stream", stream, "nats: the JetStream stream"),
	MAP("subject", subject, "nats: of the messages, if it is not all of the stream's"),
	MAP("credentials", credentials, "nats: file of credentials"),
};

const struct conf_table relay_options_table = {rows, ARRAY_LEN(rows)};

static const struct source_kind *const kinds[] = {
	&source_folder,
	&source_postgresql,
	&source_nats,
};

/* Each key but those of all kinds: whose it is, and whether a source must have it. */
static const struct own_key {
	const char *key;
	size_t map;
	const struct source_kind *kind;
	bool required;
} own_keys[] = {
#define OWN(name, of, needed)                                                                      \
	{                                                                                          \
#name, offsetof(struct relay_options, name), &(of), needed                         \
	}
	OWN(folder, source_folder, true),    OWN(done, source_folder, false),
	OWN(content, source_folder, false),  OWN(connection, source_postgresql, true),
	OWN(table, source_postgresql, true), OWN(channel, source_postgresql, false),
	OWN(url, source_nats, true),	     OWN(stream, source_nats, true),
	OWN(subject, source_nats, false),    OWN(credentials, source_nats, false),
};

static const struct {
	const char *key;
	size_t map;
} common_keys[] = {
	{"account", offsetof(struct relay_options, account)},
	{"bus", offsetof(struct relay_options, bus)},
	{"source", offsetof(struct relay_options, source)},
	{"type", offsetof(struct relay_options, type)},
};

static const struct conf_map *map_at(const struct relay_options *options, size_t offset)
{
	return (const struct conf_map *)((const uint8_t *)options + offset);
}

void relay_options_print(const struct shared_options *shared, const struct relay_options *options,
			 FILE *out)
{
	(void)fputs("# SPDX-License-Identifier: Apache-2.0\n"
		    "# What slipway-relay reads, as slipway-relay --print-config prints it.\n\n",
		    out);
	conf_print(&shared_options_table, shared, out);
	(void)fputc('\n', out);
	conf_print(&relay_options_table, options, out);
}

/* 0: it does not stand there. */
static unsigned line_of(const char *text, const char *key)
{
	size_t len = strlen(key);
	unsigned line = 1;

	for (const char *at = text; at; line++) {
		const char *word = at + strspn(at, " \t");

		if (strncmp(word, key, len) == 0 && word[len + strspn(word + len, " \t")] == '=')
			return line;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return 0;
}

void relay_file_read(const char *path, struct relay_file *ret_file)
{
	AUTO(buf_done) struct buf text;
	struct err ignored = ERR_INIT;

	buf_init(&text, FILE_MAX);
	*ret_file = (struct relay_file){.path = path};
	if (path && file_read(path, &text, &ignored) == 0 && buf_text(&text))
		ret_file->text = xstrdup(buf_text(&text));
}

int relay_file_wrap(const struct relay_file *file, const char *key, struct err *err)
{
	unsigned line = file->text ? line_of(file->text, key) : 0;

	return line > 0 ? err_wrap(err, "%s:%u", file->path, line) : -1;
}

/* An error of @key of source @name. */
static int refuse(const struct relay_file *file, const char *name, const char *key, struct err *err)
{
	AUTO(freep) char *whole = xasprintf("source.%s.%s", name, key);

	(void)err_wrap(err, "%s", whole);
	return relay_file_wrap(file, whole, err);
}

static const char *get(const struct conf_map *map, const char *name, const char *fallback)
{
	const char *value = conf_map_get(map, name);

	return value ? value : fallback;
}

static int find_kind(const char *word, const struct source_kind **ret_kind, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i]->name, word) == 0) {
			*ret_kind = kinds[i];
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "must be folder, postgresql or nats, not '%s'", word);
}

/* What a kind needs is there, and nothing that it does not know. */
static int check_keys(const struct relay_options *options, const struct source_options *source,
		      const struct relay_file *file, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(own_keys); i++) {
		const struct own_key *own = &own_keys[i];
		const char *value = conf_map_get(map_at(options, own->map), source->name);

		if (value && own->kind != source->kind) {
			(void)err_set(err, ERR_INVALID, "a source of kind %s has none",
				      source->kind->name);
			return refuse(file, source->name, own->key, err);
		}
		if (own->kind == source->kind && own->required && (!value || !value[0])) {
			(void)err_set(err, ERR_INVALID, "kind %s needs source.%s.%s",
				      own->kind->name, source->name, own->key);
			return refuse(file, source->name, "kind", err);
		}
	}
	return 0;
}

static int read_folder(const struct relay_options *options, struct source_options *source,
		       const struct relay_file *file, struct err *err)
{
	const char *done = get(&options->done, source->name, "no");
	const char *content = get(&options->content, source->name, "0");
	char *end;

	source->move_done = strcmp(done, "yes") == 0;
	if (!source->move_done && strcmp(done, "no") != 0) {
		(void)err_set(err, ERR_INVALID, "must be yes or no");
		return refuse(file, source->name, "done", err);
	}
	errno = 0;
	source->content_bytes = strtoll(content, &end, 10);
	if (errno != 0 || end == content || *end || source->content_bytes < 0 ||
	    source->content_bytes > CONTENT_MAX) {
		(void)err_set(err, ERR_INVALID, "must be from 0 to %d", CONTENT_MAX);
		return refuse(file, source->name, "content", err);
	}
	if (source->folder[0] && source->folder[0] != '/') {
		(void)err_set(err, ERR_INVALID, "must be an absolute path");
		return refuse(file, source->name, "folder", err);
	}
	return 0;
}

/* What is in all of its events. */
static int check_event(const struct source_options *source, const struct relay_file *file,
		       struct err *err)
{
	const struct {
		const char *key, *value;
	} texts[] = {{"bus", source->bus}, {"source", source->source}, {"type", source->type}};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t len = strlen(texts[i].value);

		if (len == 0 || len > SOURCE_NAME_MAX) {
			(void)err_set(err, ERR_INVALID, "must have 1 to %d characters",
				      SOURCE_NAME_MAX);
			return refuse(file, source->name, texts[i].key, err);
		}
	}
	if (strncmp(source->source, "aws.", 4) == 0) {
		(void)err_set(err, ERR_INVALID, "names that begin with aws. are the services' own");
		return refuse(file, source->name, "source", err);
	}
	return 0;
}

static int read_source(const struct shared_options *shared, const struct relay_options *options,
		       const struct conf_pair *pair, const struct relay_file *file,
		       struct source_options *ret_source, struct err *err)
{
	const char *name = pair->name;

	if (find_kind(pair->value, &ret_source->kind, err) < 0)
		return refuse(file, name, "kind", err);
	ret_source->name = name;
	ret_source->region = shared->region;
	ret_source->account_name = get(&options->account, name, "default");
	ret_source->bus = get(&options->bus, name, "default");
	ret_source->source = get(&options->source, name, name);
	ret_source->type = get(&options->type, name, ret_source->kind->type);
	ret_source->folder = get(&options->folder, name, "");
	ret_source->connection = get(&options->connection, name, "");
	ret_source->table = get(&options->table, name, "");
	ret_source->channel = get(&options->channel, name, ret_source->table);
	ret_source->url = get(&options->url, name, "");
	ret_source->stream = get(&options->stream, name, "");
	ret_source->subject = get(&options->subject, name, "");
	ret_source->credentials = get(&options->credentials, name, "");
	if (check_keys(options, ret_source, file, err) < 0 ||
	    read_folder(options, ret_source, file, err) < 0 ||
	    check_event(ret_source, file, err) < 0)
		return -1;
	return 0;
}

/* Names that some key has and no kind. */
static int check_orphans(const struct relay_options *options, const struct conf_map *map,
			 const char *key, const struct relay_file *file, struct err *err)
{
	for (size_t i = 0; i < map->count; i++) {
		if (conf_map_get(&options->kind, map->pairs[i].name))
			continue;
		(void)err_set(err, ERR_INVALID, "there is no source.%s.kind", map->pairs[i].name);
		return refuse(file, map->pairs[i].name, key, err);
	}
	return 0;
}

int relay_sources_read(const struct shared_options *shared, const struct relay_options *options,
		       const struct relay_file *file, struct source_options **ret_sources,
		       size_t *ret_count, struct err *err)
{
	const struct conf_map *named = &options->kind;
	AUTO(freep) struct source_options *sources = xcalloc(named->count + 1, sizeof(*sources));

	if (named->count > SOURCES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d sources", SOURCES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(own_keys); i++) {
		if (check_orphans(options, map_at(options, own_keys[i].map), own_keys[i].key, file,
				  err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(common_keys); i++) {
		if (check_orphans(options, map_at(options, common_keys[i].map), common_keys[i].key,
				  file, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < named->count; i++) {
		if (read_source(shared, options, &named->pairs[i], file, &sources[i], err) < 0)
			return -1;
	}
	*ret_count = named->count;
	*ret_sources = STEAL(sources, NULL);
	return 0;
}
