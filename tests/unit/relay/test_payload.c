/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source's bytes are on the bus.
 */
#include "tests/support/suite.h"

#include "core/buf.h"
#include "relay/payload.h"

#define NOW_MS 1764000000000LL

static const struct source_options source = {
	.name = "orders",
	.account = "111122223333",
	.region = "us-east-1",
	.bus = "default",
	.source = "shop",
	.type = "Row Added",
};

struct made {
	char id[IDENT_UUID_SIZE];
	struct buf body;
	struct arena *arena;
	struct err err;
	int result;
};

static struct made make_item(const struct source_item *item)
{
	struct made made = {.err = ERR_INIT, .arena = arena_new(16u << 20)};

	buf_init(&made.body, 4u << 20);
	made.result =
		payload_event(&source, item, NOW_MS, made.arena, made.id, &made.body, &made.err);
	return made;
}

static struct made make(const char *data, size_t len)
{
	const struct source_item item = {.name = "7", .value = "v", .data = data, .len = len};

	return make_item(&item);
}

static void made_done(struct made *made)
{
	buf_done(&made->body);
	arena_free(made->arena);
}

static void ck_has(struct made *made, const char *wanted)
{
	ck_assert_msg(made->result == 0, "%s", made->err.text);
	ck_assert_msg(strstr(buf_text(&made->body), wanted) != NULL, "%s\nhas no %s",
		      buf_text(&made->body), wanted);
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
	const char *data;
	size_t len;
	const char *detail;
} details[] = {
	{BYTES("{\"n\": 1.10}"), "\"detail\":{\"n\":1.10}"},
	{BYTES(" {}"), "\"detail\":{}"},
	{BYTES("[1, 2]"), "\"detail\":{\"data\":[1,2]}"},
	{BYTES("null"), "\"detail\":{\"data\":null}"},
	{BYTES("\"text\""), "\"detail\":{\"data\":\"text\"}"},
	{BYTES("12"), "\"detail\":{\"data\":12}"},
	{BYTES("plain \"words\"\n"), "\"detail\":{\"data\":\"plain \\\"words\\\"\\n\"}"},
	/* What would end the object that it is put into is text. */
	{BYTES("1},\"x\":{"), "\"detail\":{\"data\":\"1},\\\"x\\\":{\"}"},
	{BYTES(""), "\"detail\":{\"data\":\"\"}"},
	{BYTES("\xff\x00\x01"), "\"detail\":{\"data_base64\":\"/wAB\"}"},
	{BYTES("{\"specversion\":\"1.0\"}"), "\"detail\":{\"specversion\":\"1.0\"}"},
};

START_TEST(bytes_become_the_detail)
{
	struct made made = make(details[_i].data, details[_i].len);

	ck_has(&made, details[_i].detail);
	ck_has(&made, "\"source\":\"shop\"");
	ck_has(&made, "\"detail-type\":\"Row Added\"");
	ck_has(&made, "\"account\":\"111122223333\"");
	ck_has(&made, made.id);
	made_done(&made);
}
END_TEST

#define CLOUD                                                                                      \
	"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/s\",\"type\":\"t.u\","                \
	"\"data\":{\"n\":1}}"

START_TEST(a_cloudevent_is_itself_whoever_brings_it)
{
	static const struct header headers[] = {{"ce-specversion", "1.0"},
						{"ce-id", "a"},
						{"ce-source", "/s"},
						{"ce-type", "t.u"},
						{"content-type", "application/json"}};
	const struct source_item binary = {.name = "8",
					   .value = "w",
					   .data = "{\"n\":1}",
					   .len = 7,
					   .headers = headers,
					   .header_count = ARRAY_LEN(headers)};
	struct made one = make(BYTES(CLOUD));
	struct made two = make_item(&binary);

	ck_has(&one, "\"detail-type\":\"t.u\"");
	ck_has(&one, "\"source\":\"/s\"");
	ck_has(&one, "\"detail\":{\"n\":1}");
	ck_has(&two, "\"detail\":{\"n\":1}");
	ck_assert_str_eq(one.id, two.id);
	ck_has(&one, one.id);
	made_done(&one);
	made_done(&two);
}
END_TEST

START_TEST(a_message_that_claims_to_be_a_cloudevent_is_held_to_it)
{
	static const struct header headers[] = {{"ce-specversion", "1.0"}, {"ce-id", "a"}};
	const struct source_item item = {.name = "8",
					 .value = "",
					 .data = "{}",
					 .len = 2,
					 .headers = headers,
					 .header_count = ARRAY_LEN(headers)};
	struct made made = make_item(&item);

	ck_assert_int_eq(made.result, -1);
	ck_assert_int_eq(made.err.code, ERR_INVALID);
	made_done(&made);
}
END_TEST

START_TEST(a_cloudevent_of_a_reserved_source_is_denied)
{
	struct made made =
		make(BYTES("{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"aws.ecs\","
			   "\"type\":\"t\"}"));

	ck_assert_int_eq(made.result, -1);
	ck_assert_int_eq(made.err.code, ERR_DENIED);
	made_done(&made);
}
END_TEST

START_TEST(the_id_follows_from_source_item_and_value)
{
	const struct source_item other = {.name = "7", .value = "w", .data = "1", .len = 1};
	const struct source_item shifted = {.name = "7\nv", .value = "", .data = "1", .len = 1};
	struct made one = make(BYTES("1"));
	struct made again = make(BYTES("2"));
	struct made two = make_item(&other);
	struct made three = make_item(&shifted);

	ck_assert_str_eq(one.id, again.id);
	ck_assert_str_ne(one.id, two.id);
	ck_assert_str_ne(one.id, three.id);
	made_done(&one);
	made_done(&again);
	made_done(&two);
	made_done(&three);
}
END_TEST

START_TEST(what_is_too_large_is_refused_and_its_dead_letter_says_its_size)
{
	AUTO(freep) char *data = xcalloc(1, SOURCE_DATA_MAX + 2);
	struct source_item item = {.name = "7", .value = "", .data = data};
	struct made made;

	memset(data, 'x', SOURCE_DATA_MAX + 1);
	item.len = SOURCE_DATA_MAX + 1;
	made = make_item(&item);
	ck_assert_int_eq(made.result, -1);
	ck_assert_int_eq(made.err.code, ERR_LIMIT);
	buf_clear(&made.body);
	made.result = payload_dead(&source, &item, NOW_MS, made.id, &made.body, &made.err);
	ck_has(&made, "\"detail\":{\"bytes\":1048577}");
	made_done(&made);
	/* The largest that is not, even if each byte has an escape. */
	memset(data, '\n', SOURCE_DATA_MAX);
	item.len = 300 * 1024;
	made = make_item(&item);
	ck_assert_msg(made.result == 0, "%s", made.err.text);
	made_done(&made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/payload");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, bytes_become_the_detail, 0, ARRAY_LEN(details));
	tcase_add_test(all, a_cloudevent_is_itself_whoever_brings_it);
	tcase_add_test(all, a_message_that_claims_to_be_a_cloudevent_is_held_to_it);
	tcase_add_test(all, a_cloudevent_of_a_reserved_source_is_denied);
	tcase_add_test(all, the_id_follows_from_source_item_and_value);
	tcase_add_test(all, what_is_too_large_is_refused_and_its_dead_letter_says_its_size);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
