/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/file.h"
#include "gateway/options.h"
#include "store/option_names.h"

struct both {
	struct shared_options shared;
	struct gateway_options own;
};

static int read_both(struct both *both, const char *text, struct err *err)
{
	char folder[64];
	char path[96];
	int result;

	memset(both, 0, sizeof(*both));
	if (!text)
		return shared_options_read(NULL, &both->shared, &gateway_options_table, &both->own,
					   err);
	(void)snprintf(path, sizeof(path), "%s/x.conf", suite_folder(folder, sizeof(folder)));
	suite_write(path, text);
	result = shared_options_read(path, &both->shared, &gateway_options_table, &both->own, err);
	(void)unlink(path);
	(void)rmdir(folder);
	return result;
}

static void both_done(struct both *both)
{
	conf_done(&shared_options_table, &both->shared);
	conf_done(&gateway_options_table, &both->own);
}

START_TEST(the_shipped_file_is_what_the_table_prints)
{
	char *printed = NULL;
	size_t printed_len = 0;
	FILE *out = open_memstream(&printed, &printed_len);
	struct both both;
	struct buf shipped;
	struct err err = ERR_INIT;

	ASSERT_OK(read_both(&both, NULL, &err), &err);
	gateway_options_print(&both.shared, &both.own, out);
	(void)fclose(out);
	buf_init(&shipped, 1 << 20);
	ASSERT_OK(file_read("conf/gateway.conf", &shipped, &err), &err);
	ck_assert_str_eq(buf_text(&shipped), printed);
	buf_done(&shipped);
	both_done(&both);
	/* And it can be read. */
	ASSERT_OK(read_both(&both, printed, &err), &err);
	ASSERT_OK(gateway_options_check(&both.own, &err), &err);
	ASSERT_OK(shared_options_check(&both.shared, &err), &err);
	both_done(&both);
	free(printed);
}
END_TEST

START_TEST(other_programs_know_every_key_of_this_one)
{
	ck_assert_uint_eq(gateway_options_table.count, gateway_option_names.count);
	for (size_t i = 0; i < gateway_options_table.count; i++)
		ck_assert_str_eq(gateway_options_table.rows[i].key,
				 gateway_option_names.rows[i].key);
}
END_TEST

START_TEST(one_file_serves_several_programs)
{
	struct both both;
	struct err err = ERR_INIT;

	ASSERT_OK(read_both(&both,
			    "state_dir = /tmp/s\nlisten = [::1]:443\nkernel = /k\n"
			    "registry.hub-example.user = u\nworkers = 2\nbody_timeout = 5s\n"
			    "subnet.blue = 10.9.0.0/16\n",
			    &err),
		  &err);
	ck_assert_str_eq(both.shared.state_dir, "/tmp/s");
	ck_assert_str_eq(both.own.listen, "[::1]:443");
	ck_assert_int_eq(both.own.workers, 2);
	ck_assert_int_eq(both.own.limits.protocol.body_ms, 5000);
	ck_assert_str_eq(conf_map_get(&both.shared.subnets, "blue"), "10.9.0.0/16");
	ck_assert_ptr_nonnull(conf_map_get(&both.shared.subnets, "default"));
	both_done(&both);
}
END_TEST

/* Files that must not be read, and what the message names. */
static const struct {
	const char *text, *word;
} bad[] = {
	{"listn = 127.0.0.1:1\n", "listn"},
	{"workers = 0\n", "workers"},
	{"workers = many\n", "workers"},
	{"workers = 65\n", "workers"},
	{"\n\nidle_timeout = 1\n", ":3"},
	{"stream_limit = 100\nstream_limit = 100\n", "stream_limit"},
};

START_TEST(mistakes_are_named)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct both both;
		struct err err = ERR_INIT;

		ck_assert_msg(read_both(&both, bad[i].text, &err) == -1, "%s", bad[i].text);
		ck_assert_msg(strstr(err.text, bad[i].word), "%s", err.text);
		both_done(&both);
	}
}
END_TEST

START_TEST(words_are_checked)
{
	struct both both;
	struct err err = ERR_INIT;

	ASSERT_OK(read_both(&both, "metrics = everybody\n", &err), &err);
	ck_assert_int_eq(gateway_options_check(&both.own, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "metrics"));
	both_done(&both);
	ASSERT_OK(read_both(&both, "group = g\n", &err), &err);
	ck_assert_int_eq(gateway_options_check(&both.own, &err), -1);
	both_done(&both);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_shipped_file_is_what_the_table_prints,
		other_programs_know_every_key_of_this_one,
		one_file_serves_several_programs,
		mistakes_are_named,
		words_are_checked,
	};

	return suite_run("gateway/options", tests, ARRAY_LEN(tests));
}
