/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "events/zone_set.h"
#include "tests/support/zone_bytes.h"

static char folder[64];

static void put_file(const char *name, const void *bytes, size_t len)
{
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	struct err err = ERR_INIT;

	ASSERT_OK(file_write(path, bytes, len, 0644, &err), &err);
}

static void begin(void)
{
	AUTO(freep) char *sub = NULL;
	uint8_t bytes[ZONE_BYTES_MAX];
	size_t len = zone_bytes_make(bytes, 0, NULL, 0, "<+01>-1");

	suite_folder(folder, sizeof(folder));
	sub = xasprintf("%s/Area", folder);
	ck_assert_int_eq(mkdir(sub, 0755), 0);
	put_file("Area/Place", bytes, len);
	put_file("localtime", bytes, len);
	put_file("Dot.name", bytes, len);
	put_file("Damaged", bytes, 60);
}

static void end(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

START_TEST(a_zone_is_read_once_and_kept)
{
	AUTO(zone_set_freep) struct zone_set *set = zone_set_new(folder);
	const struct zone *zone = NULL, *again = NULL;
	struct err err = ERR_INIT;
	struct zone_span span;

	ASSERT_OK(zone_set_get(set, "Area/Place", &zone, &err), &err);
	zone_span(zone, 0, &span);
	ck_assert_int_eq(span.offset_s, 3600);
	end();
	ASSERT_OK(zone_set_get(set, "Area/Place", &again, &err), &err);
	ck_assert_ptr_eq(zone, again);
	begin();
}
END_TEST

START_TEST(a_name_that_is_no_zone_is_the_clients_error)
{
	AUTO(zone_set_freep) struct zone_set *set = zone_set_new(folder);
	static const char *const names[] = {
		"",
		"Area",
		"Area/",
		"/Area/Place",
		"Area//Place",
		"Area/None",
		"../Area/Place",
		"Area/../Area/Place",
		"localtime",
		"Dot.name",
		"Area/Place/x",
		"Area/Place ",
		"Area\nPlace",
		"area/place",
		"A_name_that_is_longer_than_what_the_service_will_take",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct zone *zone = NULL;
		struct err err = ERR_INIT;
		AUTO(freep)
		char *text = xasprintf("Invalid Schedule Expression Timezone %s.", names[i]);

		ck_assert_msg(zone_set_get(set, names[i], &zone, &err) == -1, "%s", names[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_str_eq(err.text, text);
		ck_assert_ptr_null(zone);
	}
}
END_TEST

START_TEST(what_the_host_lacks_is_not_the_clients_error)
{
	AUTO(zone_set_freep) struct zone_set *set = zone_set_new(folder);
	AUTO(zone_set_freep) struct zone_set *none = zone_set_new("/tmp/there-is-no-tzdata");
	const struct zone *zone = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_eq(zone_set_get(none, "Area/Place", &zone, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_int_eq(zone_set_get(set, "Damaged", &zone, &err), -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(err.text, "Damaged: no time zone file"));
}
END_TEST

START_TEST(every_zone_of_the_host_can_be_read)
{
	AUTO(zone_set_freep) struct zone_set *set = zone_set_new(ZONE_FOLDER);
	FILE *list = fopen(ZONE_FOLDER "/tzdata.zi", "r");
	char line[256], name[256];
	int count = 0;

	if (!list) {
		printf("skipped: there is no " ZONE_FOLDER "/tzdata.zi\n");
		return;
	}
	while (fgets(line, sizeof(line), list)) {
		const struct zone *zone = NULL;
		struct err err = ERR_INIT;

		/* Z NAME ..., or L TARGET NAME */
		if ((sscanf(line, "Z %255s", name) != 1 &&
		     sscanf(line, "L %*s %255s", name) != 1) ||
		    strcmp(name, "Factory") == 0)
			continue;
		ASSERT_OK(zone_set_get(set, name, &zone, &err), &err);
		count++;
	}
	ck_assert_int_eq(fclose(list), 0);
	ck_assert_int_gt(count, 400);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone_set");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, a_zone_is_read_once_and_kept);
	tcase_add_test(all, a_name_that_is_no_zone_is_the_clients_error);
	tcase_add_test(all, what_the_host_lacks_is_not_the_clients_error);
	tcase_add_test(all, every_zone_of_the_host_can_be_read);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
