/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources in the configuration: each mistake is named with its file, line and key.
 */
#include "tests/support/suite.h"

#include "relay/options.h"
#include "store/option_names.h"

struct both {
	char folder[64], path[96];
	struct shared_options shared;
	struct relay_options own;
	struct relay_file file;
	struct source_options *sources;
	size_t count;
};

static int read_all(struct both *both, const char *text, struct err *err)
{
	*both = (struct both){0};
	(void)snprintf(both->path, sizeof(both->path), "%s/x.conf",
		       suite_folder(both->folder, sizeof(both->folder)));
	suite_write(both->path, text);
	if (shared_options_read(both->path, &both->shared, &relay_options_table, &both->own, err) <
	    0)
		return -1;
	relay_file_read(both->path, &both->file);
	return relay_sources_read(&both->shared, &both->own, &both->file, &both->sources,
				  &both->count, err);
}

static void both_done(struct both *both)
{
	free(both->sources);
	free(both->file.text);
	conf_done(&shared_options_table, &both->shared);
	conf_done(&relay_options_table, &both->own);
	(void)unlink(both->path);
	(void)rmdir(both->folder);
}

START_TEST(other_programs_know_every_key_of_this_one)
{
	ck_assert_uint_eq(relay_options_table.count, relay_option_names.count);
	for (size_t i = 0; i < relay_options_table.count; i++)
		ck_assert_str_eq(relay_options_table.rows[i].key, relay_option_names.rows[i].key);
}
END_TEST

START_TEST(sources_are_read_with_their_defaults)
{
	struct err err = ERR_INIT;
	struct both both;

	ASSERT_OK(read_all(&both,
			   "source.in.kind = folder\nsource.in.folder = /srv/in\n"
			   "source.in.done = yes\nsource.in.content = 4096\n"
			   "source.db.kind = postgresql\nsource.db.connection = dbname=x\n"
			   "source.db.table = public.outbox\nsource.db.bus = orders\n"
			   "source.db.source = shop\nsource.db.type = order\n"
			   "source.q.kind = nats\nsource.q.url = nats://h:4222\n"
			   "source.q.stream = S\nsource.q.account = 111122223333\n",
			   &err),
		  &err);
	ck_assert_uint_eq(both.count, 3);
	ck_assert_str_eq(both.sources[0].name, "in");
	ck_assert(both.sources[0].move_done);
	ck_assert_int_eq(both.sources[0].content_bytes, 4096);
	ck_assert_str_eq(both.sources[0].source, "in");
	ck_assert_str_eq(both.sources[0].type, "File Created");
	ck_assert_str_eq(both.sources[0].bus, "default");
	ck_assert_str_eq(both.sources[1].channel, "public.outbox");
	ck_assert_str_eq(both.sources[1].type, "order");
	ck_assert_str_eq(both.sources[2].type, "Message Received");
	ck_assert_str_eq(both.sources[2].account_name, "111122223333");
	ck_assert_str_eq(both.sources[0].account_name, "default");
	both_done(&both);
}
END_TEST

static const struct {
	const char *text, *why;
} mistakes[] = {
	{"\nsource.a.kind = kafka\n",
	 ":2: source.a.kind: must be folder, postgresql or nats, not 'kafka'"},
	{"source.a.kind = folder\n", ":1: source.a.kind: kind folder needs source.a.folder"},
	{"source.a.kind = folder\nsource.a.folder = in\n",
	 ":2: source.a.folder: must be an absolute path"},
	{"source.a.kind = folder\nsource.a.folder = /in\nsource.a.done = maybe\n",
	 ":3: source.a.done: must be yes or no"},
	{"source.a.kind = folder\nsource.a.folder = /in\n  source.a.content = 1MiB\n",
	 ":3: source.a.content: must be from 0 to 524288"},
	{"source.a.kind = folder\nsource.a.folder = /in\nsource.a.url = x\n",
	 ":3: source.a.url: a source of kind folder has none"},
	{"source.b.bus = x\n", ":1: source.b.bus: there is no source.b.kind"},
	{"source.b.table = x\n", ":1: source.b.table: there is no source.b.kind"},
	{"source.a.kind = nats\nsource.a.url = nats://h\n",
	 ":1: source.a.kind: kind nats needs source.a.stream"},
	{"source.a.kind = folder\nsource.a.folder = /in\nsource.a.source = aws.mine\n",
	 ":3: source.a.source: names that begin with aws. are the services' own"},
	{"source.a.kind = folder\nsource.a.folder = /in\nsource.a.type = \n",
	 ":3: source.a.type: must have 1 to 256 characters"},
	{"source.a.kind = folder\nsource.a.colour = red\n", ":2: "},
};

START_TEST(a_mistake_is_named_with_file_line_and_key)
{
	struct err err = ERR_INIT;
	struct both both;

	ck_assert_int_eq(read_all(&both, mistakes[_i].text, &err), -1);
	ck_assert_msg(strncmp(err.text, both.path, strlen(both.path)) == 0, "%s", err.text);
	ck_assert_msg(strncmp(err.text + strlen(both.path), mistakes[_i].why,
			      strlen(mistakes[_i].why)) == 0,
		      "%s", err.text);
	both_done(&both);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/options");
	TCase *all = tcase_create("all");

	tcase_add_test(all, other_programs_know_every_key_of_this_one);
	tcase_add_test(all, sources_are_read_with_their_defaults);
	tcase_add_loop_test(all, a_mistake_is_named_with_file_line_and_key, 0, ARRAY_LEN(mistakes));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
