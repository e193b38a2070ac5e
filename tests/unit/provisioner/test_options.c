/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/file.h"
#include "provisioner/options.h"
#include "store/option_names.h"

static char folder[64];
static struct shared_options shared;
static struct provisioner_options options;
static struct err err;

static void begin(void)
{
	suite_folder(folder, sizeof(folder));
	memset(&shared, 0, sizeof(shared));
	memset(&options, 0, sizeof(options));
}

static void end(void)
{
	conf_done(&shared_options_table, &shared);
	conf_done(&provisioner_options_table, &options);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static int read_text(const char *text)
{
	AUTO(freep) char *path = xasprintf("%s/slipway.conf", folder);

	suite_write(path, text);
	if (provisioner_options_read(path, &shared, &options, &err) < 0)
		return -1;
	return provisioner_options_check(&options, &err);
}

START_TEST(the_defaults_are_in_order)
{
	ASSERT_OK(provisioner_options_read(NULL, &shared, &options, &err), &err);
	ASSERT_OK(provisioner_options_check(&options, &err), &err);
	ck_assert_int_eq(options.boot_ms, 60000);
	ck_assert(options.allow_tcg);
}
END_TEST

START_TEST(one_file_serves_all_programs)
{
	ASSERT_OK(read_text("state_dir = /x\nlisten = 127.0.0.1:1\naccel = tcg\n"
			    "registry.ghcr.io.user = u\nregistry.ghcr.io.password = p\n"),
		  &err);
	ck_assert_str_eq(shared.state_dir, "/x");
	ck_assert_str_eq(conf_map_get(&options.registry_users, "ghcr.io"), "u");
	ck_assert_str_eq(conf_map_get(&options.registry_passwords, "ghcr.io"), "p");
}
END_TEST

START_TEST(a_registry_with_a_port_has_credentials_too)
{
	ASSERT_OK(read_text("registry.127.0.0.1:5000.user = u\n"
			    "registry.127.0.0.1:5000.password = p = q\n"),
		  &err);
	ck_assert_str_eq(conf_map_get(&options.registry_passwords, "127.0.0.1:5000"), "p = q");
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{"acel = kvm\n", "acel"},
	{"registry.a.example.mirror = somewhere/x\n", "registry.a.example.mirror"},
	{"registry.a.example.mirror = http://b.example\n", "registry.a.example.mirror"},
	{"registry.a.example.mirror = B.example/UP\n", "registry.a.example.mirror"},
	{"accel = fast\n", "accel"},
	{"network_mode = none\n", "network_mode"},
	{"accel = tcg\nallow_tcg = no\n", "allow_tcg"},
	{"ping_interval = 60s\nsilence_timeout = 30s\n", "ping_interval"},
	{"image_uid = 64100\n", "image_uid"},
	{"network_uid = 65000\n", "network_uid"},
	{"registry.r.user = u\n", "no password"},
	{"registry.r.password = u\n", "no user"},
	{"pull_limit = 0\n", "pull_limit"},
};

START_TEST(what_contradicts_itself_is_refused_by_name)
{
	ck_assert_int_eq(read_text(bad[_i].text), -1);
	ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s", err.text);
}
END_TEST

/* The other programs know our keys by a list of names. */
START_TEST(the_list_of_names_is_the_table)
{
	ck_assert_uint_eq(provisioner_option_names.count, provisioner_options_table.count);
	for (size_t i = 0; i < provisioner_options_table.count; i++)
		ck_assert_str_eq(provisioner_option_names.rows[i].key,
				 provisioner_options_table.rows[i].key);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/options");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, the_defaults_are_in_order);
	tcase_add_test(all, one_file_serves_all_programs);
	tcase_add_test(all, a_registry_with_a_port_has_credentials_too);
	tcase_add_loop_test(all, what_contradicts_itself_is_refused_by_name, 0, ARRAY_LEN(bad));
	tcase_add_test(all, the_list_of_names_is_the_table);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
