/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths against templates, and members out of paths and queries.
 */
#include <string.h>

#include "gateway/json_out.h"
#include "gateway/rest.h"
#include "tests/support/suite.h"

static const struct rest_parameter parameters[] = {
	{"groupName", "GroupName", REST_TEXT},
	{"MaxResults", "MaxResults", REST_INT},
	{"TagKeys", "TagKeys", REST_TEXTS},
};
static const struct rest_route route = {"GET", "/schedules/{Name}", parameters,
					ARRAY_LEN(parameters)};

static const struct {
	const char *template, *path;
	bool fits;
} paths[] = {
	{"/schedules/{Name}", "/schedules/a", true},
	{"/schedules/{Name}", "/schedules/a%2Fb", true},
	{"/schedules/{Name}", "/schedules/a/b", false},
	{"/schedules/{Name}", "/schedules/", false},
	{"/schedules/{Name}", "/schedules", false},
	{"/schedules/{Name}", "/schedules//", false},
	{"/schedules/{Name}", "/schedule/a", false},
	{"/schedules/{Name}", "/", false},
	{"/schedules/{Name}", "", false},
	{"/schedules", "/schedules", true},
	{"/schedules", "/schedules/a", false},
	{"/schedules", "/schedulesx", false},
};

START_TEST(a_path_fits_segment_by_segment)
{
	const struct rest_route one = {.path = paths[_i].template};

	ck_assert_msg(rest_path_fits(&one, paths[_i].path) == paths[_i].fits, "%s", paths[_i].path);
}
END_TEST

static const struct {
	const char *path, *query, *body, *wanted; /* a JSON object, or the error */
} inputs[] = {
	{"/schedules/a", "", "{}", "{\"Name\": \"a\"}"},
	{"/schedules/a%2Fb%20c+d", "", "{}", "{\"Name\": \"a/b c+d\"}"},
	{"/schedules/a", "", "{\"Name\": \"b\", \"x\": 1}", "{\"Name\": \"a\", \"x\": 1}"},
	{"/schedules/a", "groupName=g&MaxResults=5", "{}",
	 "{\"Name\": \"a\", \"GroupName\": \"g\", \"MaxResults\": 5}"},
	{"/schedules/a", "MaxResults=5x", "{}", "{\"Name\": \"a\", \"MaxResults\": \"5x\"}"},
	{"/schedules/a", "MaxResults=99999999999999999999", "{}",
	 "{\"Name\": \"a\", \"MaxResults\": \"99999999999999999999\"}"},
	{"/schedules/a", "groupName=a%2bb+c&x=%zz&&y", "{}",
	 "{\"Name\": \"a\", \"GroupName\": \"a+b c\"}"},
	{"/schedules/a", "TagKeys=a&TagKeys=b%26c&TagKeys", "{}",
	 "{\"Name\": \"a\", \"TagKeys\": [\"a\", \"b&c\", \"\"]}"},
	{"/schedules/a", "groupName=a&groupName=b", "{}", "parameter groupName is given twice"},
	{"/schedules/a%", "", "{}", "a parameter has a broken percent-encoding"},
	{"/schedules/a%00", "", "{}", "a parameter has a NUL character"},
	{"/schedules/%ff", "", "{}", "a parameter is not UTF-8"},
	{"/schedules/a", "groupName=%f", "{}", "a parameter has a broken percent-encoding"},
};

START_TEST(path_and_query_fill_members_over_the_body)
{
	AUTO(json_decrefp) json_t *body = json_loads(inputs[_i].body, 0, NULL);
	AUTO(json_decrefp) json_t *wanted = json_loads(inputs[_i].wanted, 0, NULL);
	const struct request request = {.path = inputs[_i].path, .query = inputs[_i].query};
	struct err err = ERR_INIT;
	int result = rest_input(&route, &request, body, &err);

	if (!wanted) {
		ck_assert_int_eq(result, -1);
		ck_assert_str_eq(err.text, inputs[_i].wanted);
		return;
	}
	ASSERT_OK(result, &err);
	AUTO(freep) char *text = out_dump(body);

	ck_assert_msg(json_equal(body, wanted), "%s", text);
}
END_TEST

START_TEST(too_many_parameters_are_refused)
{
	char query[1024];
	const struct request request = {.path = "/schedules/a", .query = query};
	AUTO(json_decrefp) json_t *body = out_object();
	struct err err = ERR_INIT;

	memset(query, '&', sizeof(query) - 1);
	query[sizeof(query) - 1] = '\0';
	ck_assert_int_eq(rest_input(&route, &request, body, &err), -1);
	ck_assert_str_eq(err_code_name(err.code), err_code_name(ERR_LIMIT));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/rest");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_path_fits_segment_by_segment, 0, ARRAY_LEN(paths));
	tcase_add_loop_test(all, path_and_query_fill_members_over_the_body, 0, ARRAY_LEN(inputs));
	tcase_add_test(all, too_many_parameters_are_refused);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
