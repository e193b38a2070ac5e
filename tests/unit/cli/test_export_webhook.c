/* SPDX-License-Identifier: Apache-2.0 */
/* Pauses between tries, what Lago's refusals mean, and which URLs are taken. */
#include "tests/support/suite.h"

#include "cli/export_webhook.h"
#include "cli/lago_answer.h"
#include "core/file.h"

START_TEST(pauses_double_up_to_a_minute_and_are_half_by_lot)
{
	static const struct {
		int tries;
		int64_t retry_after_ms;
		uint32_t lot;
		int64_t pause_ms;
	} rows[] = {
		{1, 0, 0, 250},	     {1, 0, 250, 500},		{1, 0, 251, 250},
		{2, 0, 0, 500},	     {5, 0, 0, 4000},		{8, 0, 0, 30000},
		{1000, 0, 0, 30000}, {1000, 0, 30000, 60000},	{1, 2000, 0, 2000},
		{8, 2000, 0, 30000}, {1, 86400000, 0, 3600000},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t pause_ms =
			export_webhook_pause_ms(rows[i].tries, rows[i].retry_after_ms, rows[i].lot);

		ck_assert_msg(pause_ms == rows[i].pause_ms, "row %zu: %lld", i,
			      (long long)pause_ms);
	}
	for (uint32_t lot = 0; lot < 100000; lot += 77) {
		int64_t pause_ms = export_webhook_pause_ms(4, 0, lot);

		ck_assert(pause_ms >= 2000 && pause_ms <= 4000);
	}
}
END_TEST

#define KNOWN "{\"transaction_id\":[\"value_already_exist\"]}"

START_TEST(only_what_lago_has_already_counts_as_delivered)
{
	static const struct {
		const char *body;
		enum lago_answer answer;
		const char *known;
	} rows[] = {
		{"{\"status\":422,\"error_details\":{\"0\":" KNOWN "}}", LAGO_KNOWN, "100"},
		{"{\"error_details\":{\"2\":" KNOWN ",\"1\":" KNOWN "}}", LAGO_KNOWN, "011"},
		{"{\"error_details\":" KNOWN "}", LAGO_SOME_KNOWN, "000"},
		{"{\"error_details\":{\"3\":" KNOWN "}}", LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"-1\":" KNOWN "}}", LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0x\":" KNOWN "}}", LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"99999999999999999999\":" KNOWN "}}", LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0\":" KNOWN ",\"1\":{\"code\":[\"metric_not_found\"]}}}",
		 LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0\":{\"transaction_id\":[\"value_already_exist\"],"
		 "\"code\":[\"metric_not_found\"]}}}",
		 LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0\":{\"transaction_id\":[\"value_is_mandatory\"]}}}",
		 LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0\":{\"transaction_id\":[\"value_already_exist\","
		 "\"value_is_mandatory\"]}}}",
		 LAGO_REFUSED, NULL},
		{"{\"error_details\":{}}", LAGO_REFUSED, NULL},
		{"{\"error_details\":[]}", LAGO_REFUSED, NULL},
		{"{\"error_details\":{\"0\":[]}}", LAGO_REFUSED, NULL},
		{"{}", LAGO_REFUSED, NULL},
		{"[]", LAGO_REFUSED, NULL},
		{"value_already_exist", LAGO_REFUSED, NULL},
		{"", LAGO_REFUSED, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool known[3] = {true, true, true};
		enum lago_answer answer =
			lago_answer_read(rows[i].body, strlen(rows[i].body), 3, known);

		ck_assert_msg(answer == rows[i].answer, "row %zu: %d", i, (int)answer);
		for (size_t j = 0; rows[i].known && j < 3; j++)
			ck_assert_msg(known[j] == (rows[i].known[j] == '1'), "row %zu: %zu", i, j);
	}
}
END_TEST

START_TEST(a_url_is_https_without_secrets_and_gets_the_shapes_path)
{
	static const struct {
		const char *given, *used; /* NULL: refused */
	} rows[] = {
		{"https://host", "https://host/api/v1/events"},
		{"https://host:8443/", "https://host:8443/api/v1/events"},
		{"https://host/own", "https://host/own"},
		{"https://host?a=1", "https://host?a=1"},
		{"https://host/a@b", "https://host/a@b"},
		{"http://host/", NULL},
		{"ftp://host/", NULL},
		{"https://", NULL},
		{"https:///path", NULL},
		{"https://user:password@host/", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct client_webhook_options options = {.url = rows[i].given,
							       .path = "/api/v1/events"};
		AUTO(client_webhook_freep) struct client_webhook *webhook = NULL;
		struct err err = ERR_INIT;
		int rc = client_webhook_open(&options, &webhook, &err);

		ck_assert_msg(rc == (rows[i].used ? 0 : -1), "row %zu: %s", i, err.text);
		if (rows[i].used)
			ck_assert_str_eq(client_webhook_url(webhook), rows[i].used);
		else
			ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

START_TEST(a_token_is_one_word)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {{"secret", 0},     {"secret\n", 0}, {"secret\r\n", 0}, {"", -1},
		    {"two words", -1}, {"\n", -1},	{"a\nb", -1},	   {"tr\xc3\xa4g", -1}};
	char folder[64], path[96];
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/token", folder);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct client_webhook_options options = {
			.url = "https://host", .path = "/", .token_file = path};
		AUTO(client_webhook_freep) struct client_webhook *webhook = NULL;

		suite_write(path, rows[i].text);
		ck_assert_msg(client_webhook_open(&options, &webhook, &err) == rows[i].rc,
			      "row %zu: %s", i, err.text);
	}
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {pauses_double_up_to_a_minute_and_are_half_by_lot,
				      only_what_lago_has_already_counts_as_delivered,
				      a_url_is_https_without_secrets_and_gets_the_shapes_path,
				      a_token_is_one_word};

	return suite_run("cli/export_webhook", tests, ARRAY_LEN(tests));
}
