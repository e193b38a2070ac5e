/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <inttypes.h>

#include "core/conf.h"

struct settings {
	char *name;
	char *empty;
	int64_t count;
	bool enabled;
	int64_t wait_ms;
	int64_t size_bytes;
	struct conf_map cidrs, zones;
};

static const struct conf_row rows[] = {
	{"name", CONF_TEXT, offsetof(struct settings, name), "a # b", 0, 0, "What it is called"},
	{"empty", CONF_TEXT, offsetof(struct settings, empty), NULL, 0, 0, "Nothing by default"},
	{"count", CONF_INT, offsetof(struct settings, count), "3", 1, 10, "How many"},
	{"enabled", CONF_BOOL, offsetof(struct settings, enabled), "yes", 0, 0, "Whether"},
	{"wait", CONF_DURATION_MS, offsetof(struct settings, wait_ms), "30s", 1000, 3600000,
	 "How long"},
	{"size", CONF_SIZE_BYTES, offsetof(struct settings, size_bytes), "64MiB", 0, INT64_MAX,
	 "How large"},
	{"subnet.*.cidr", CONF_MAP, offsetof(struct settings, cidrs), NULL, 0, 0, "Addresses"},
	{"subnet.*.zone", CONF_MAP, offsetof(struct settings, zones), NULL, 0, 0, "Zones"},
};
static const struct conf_table table = {rows, ARRAY_LEN(rows)};
static const struct conf_row other_rows[] = {
	{"elsewhere", CONF_INT, 0, "1", 0, 0, "Of another program"},
};
static const struct conf_table others = {other_rows, ARRAY_LEN(other_rows)};

static struct err err;
static char folder[64];
static char path[128];

static void settings_done(struct settings *settings)
{
	conf_done(&table, settings);
}

static int read_text(const char *text, struct settings *settings)
{
	int result;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/test.conf", folder);
	suite_write(path, text);
	ASSERT_OK(conf_defaults(&table, settings, &err), &err);
	result = conf_read(&table, &others, path, settings, &err);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	return result;
}

START_TEST(defaults_are_parsed_like_values)
{
	AUTO(settings_done) struct settings s;

	memset(&s, 0xaa, sizeof(s));
	ASSERT_OK(conf_defaults(&table, &s, &err), &err);
	ck_assert_str_eq(s.name, "a # b");
	ck_assert_str_eq(s.empty, "");
	ck_assert_int_eq(s.count, 3);
	ck_assert(s.enabled);
	ck_assert_int_eq(s.wait_ms, 30000);
	ck_assert_int_eq(s.size_bytes, 67108864);
	ck_assert_uint_eq(s.cidrs.count, 0);
}
END_TEST

START_TEST(a_file_is_read_over_the_defaults)
{
	AUTO(settings_done) struct settings s;

	ASSERT_OK(read_text("# a comment\n\n  name =  x y  # why\ncount=10\r\nenabled = false\n"
			    "wait = 5min\nsize = 2GiB\nsubnet.a.cidr = 10.0.0.0/24\n"
			    "subnet.b-1.cidr = 10.0.1.0/24\nsubnet.a.zone = z#1\nelsewhere = what\n"
			    "empty = \" q\\\"\\\\\\n\\t# \"  # comment",
			    &s),
		  &err);
	ck_assert_str_eq(s.name, "x y");
	ck_assert_int_eq(s.count, 10);
	ck_assert(!s.enabled);
	ck_assert_int_eq(s.wait_ms, 300000);
	ck_assert_int_eq(s.size_bytes, INT64_C(2) << 30);
	ck_assert_str_eq(conf_map_get(&s.cidrs, "a"), "10.0.0.0/24");
	ck_assert_str_eq(conf_map_get(&s.cidrs, "b-1"), "10.0.1.0/24");
	ck_assert_ptr_null(conf_map_get(&s.cidrs, "c"));
	ck_assert_str_eq(conf_map_get(&s.zones, "a"), "z#1");
	ck_assert_str_eq(s.empty, " q\"\\\n\t# ");
}
END_TEST

START_TEST(each_mistake_names_file_line_and_key)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *message;
	} cases[] = {
		{"\n# x\nnmae = x\n", 3, "unknown key nmae"},
		{"name\n", 1, "a line must be \"key = value\""},
		{"= 1\n", 1, "unknown key "},
		{"count = 1\ncount = 2\n", 2, "count is set a second time"},
		{"count = 11\n", 1, "count must be from 1 to 10"},
		{"count = 0\n", 1, "count must be from 1 to 10"},
		{"count =\n", 1, "count must be a whole number"},
		{"count = +1\n", 1, "count must be a whole number"},
		{"count = 1x\n", 1, "count must be a whole number"},
		{"count = 1KiB\n", 1, "count must be a whole number"},
		{"count = 99999999999999999999\n", 1, "count must be a whole number"},
		{"enabled = 1\n", 1, "enabled must be yes or no"},
		{"wait = 30\n", 1, "wait must be a duration such as 250ms, 30s, 5min, 1h or 7d"},
		{"wait = 500ms\n", 1, "wait must be from 1s to 1h"},
		{"wait = 61min\n", 1, "wait must be from 1s to 1h"},
		{"size = -1\n", 1, "size must be at least 0"},
		{"size = 1MB\n", 1, "size must be a size such as 512, 64KiB, 64MiB or 20GiB"},
		{"size = 9999999999GiB\n", 1,
		 "size must be a size such as 512, 64KiB, 64MiB or 20GiB"},
		{"subnet..cidr = x\n", 1, "unknown key subnet..cidr"},
		{"subnet.a.b.cidr = x\n", 1,
		 "subnet.a.b.cidr must have 1 to 64 letters, digits, '-' or '_' in place of *"},
		{"name = \"x\n", 1, "name has a value with a broken quote"},
		{"name = \"x\" y\n", 1, "name has a value with a broken quote"},
		{"name = \"\\x\"\n", 1, "name has a value with a broken quote"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(settings_done) struct settings s;
		AUTO(freep) char *wanted = NULL;

		ck_assert_msg(read_text(cases[i].text, &s) == -1, "%s", cases[i].text);
		wanted = xasprintf("%s:%u: %s", path, cases[i].line, cases[i].message);
		ck_assert_str_eq(err.text, wanted);
	}
}
END_TEST

static char *printed(const struct settings *settings)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	conf_print(&table, settings, out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(defaults_are_printed_from_the_table)
{
	AUTO(freep) char *text = printed(NULL);

	ck_assert_str_eq(text, "# What it is called\nname = \"a # b\"\n\n"
			       "# Nothing by default\nempty =\n\n"
			       "# How many\ncount = 3\n\n# Whether\nenabled = yes\n\n"
			       "# How long\nwait = 30s\n\n# How large\nsize = 64MiB\n\n"
			       "# Addresses\n# subnet.NAME.cidr =\n\n"
			       "# Zones\n# subnet.NAME.zone =\n");
}
END_TEST

START_TEST(what_is_printed_is_read_back_the_same)
{
	static const char *const texts[] = {
		"",	"plain", " lead", "trail ", "\"quoted\"", "a\\b", "a # b", "#",
		"a\nb", "\tx",	 "a=b",	  "\\",	    "\"",	  "\\\"", "a\rb",  "a#b",
	};
	static const int64_t numbers[] = {0,	 1,	   999,	    1000,    1024,
					  61000, 86400000, 1 << 20, 12345678};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(settings_done) struct settings s;
		AUTO(settings_done) struct settings back;
		AUTO(freep) char *first = NULL;
		AUTO(freep) char *second = NULL;

		ASSERT_OK(conf_defaults(&table, &s, &err), &err);
		free(s.name);
		s.name = xstrdup(texts[i]);
		s.size_bytes = numbers[i % ARRAY_LEN(numbers)];
		s.enabled = i % 2 == 0;
		s.wait_ms = 1000 + numbers[i % 5];
		ASSERT_OK(conf_set(&table, "subnet.x.cidr", "\" # \"", &s, &err), &err);
		first = printed(&s);
		ck_assert_msg(read_text(first, &back) == 0, "%s: %s", first, err.text);
		ck_assert_str_eq(back.name, s.name);
		ck_assert_int_eq(back.size_bytes, s.size_bytes);
		ck_assert_int_eq(back.wait_ms, s.wait_ms);
		ck_assert_int_eq(back.enabled, s.enabled);
		ck_assert_str_eq(conf_map_get(&back.cidrs, "x"), " # ");
		second = printed(&back);
		ck_assert_str_eq(first, second);
	}
}
END_TEST

START_TEST(a_map_may_begin_with_a_pair)
{
	static const struct conf_row pair_rows[] = {
		{"host.*.uri", CONF_MAP, offsetof(struct settings, cidrs), "local = a://b#c=d e", 0,
		 0, "Hosts"},
	};
	static const struct conf_table pair_table = {pair_rows, 1};
	struct settings s;
	AUTO(freep) char *of_table = NULL;
	AUTO(freep) char *of_struct = NULL;
	size_t len;
	FILE *out;

	ASSERT_OK(conf_defaults(&pair_table, &s, &err), &err);
	ck_assert_str_eq(conf_map_get(&s.cidrs, "local"), "a://b#c=d e");
	out = open_memstream(&of_table, &len);
	conf_print(&pair_table, NULL, out);
	(void)fclose(out);
	out = open_memstream(&of_struct, &len);
	conf_print(&pair_table, &s, out);
	(void)fclose(out);
	ck_assert_str_eq(of_table, "# Hosts\nhost.local.uri = \"a://b#c=d e\"\n");
	ck_assert_str_eq(of_struct, of_table);
	conf_done(&pair_table, &s);
}
END_TEST

START_TEST(a_single_key_can_be_set_and_set_again)
{
	AUTO(settings_done) struct settings s;

	ASSERT_OK(conf_defaults(&table, &s, &err), &err);
	ASSERT_OK(conf_set(&table, "name", "one", &s, &err), &err);
	ASSERT_OK(conf_set(&table, "name", "two", &s, &err), &err);
	ASSERT_OK(conf_set(&table, "subnet.a.cidr", "1", &s, &err), &err);
	ASSERT_OK(conf_set(&table, "subnet.a.cidr", "2", &s, &err), &err);
	ck_assert_str_eq(s.name, "two");
	ck_assert_uint_eq(s.cidrs.count, 1);
	ck_assert_str_eq(conf_map_get(&s.cidrs, "a"), "2");
	ck_assert_int_eq(conf_set(&table, "elsewhere", "1", &s, &err), -1);
	ck_assert_str_eq(err.text, "unknown key elsewhere");
}
END_TEST

START_TEST(a_missing_file_is_not_found)
{
	AUTO(settings_done) struct settings s;

	ASSERT_OK(conf_defaults(&table, &s, &err), &err);
	ck_assert_int_eq(conf_read(&table, NULL, "/nonexistent.conf", &s, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		defaults_are_parsed_like_values,       a_file_is_read_over_the_defaults,
		each_mistake_names_file_line_and_key,  defaults_are_printed_from_the_table,
		what_is_printed_is_read_back_the_same, a_map_may_begin_with_a_pair,
		a_single_key_can_be_set_and_set_again, a_missing_file_is_not_found,
	};

	return suite_run("core/conf", tests, ARRAY_LEN(tests));
}
