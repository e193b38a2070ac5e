/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signing cases of the data folder (SLIPWAY_SHARED_DATA, else ../shared/data),
 * each in its header and its query form; and the parts of the arithmetic by
 * themselves.
 */
#include "tests/unit/gateway/signed.h"

#include <dirent.h>
#include <jansson.h>

#include "core/file.h"
#include "gateway/sigv4.h"

#define CASES_EXPECTED 38

static const char *data_folder(void)
{
	static char path[512];
	const char *set = getenv("SLIPWAY_SHARED_DATA");

	(void)snprintf(path, sizeof(path), "%s/aws-sigv4", set ? set : "../shared/data");
	return path;
}

/* A file of a case as text; the caller frees. */
static char *read_text(const char *name, const char *file)
{
	char path[1024];
	struct err err = ERR_INIT;
	struct buf buf;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", data_folder(), name, file);
	buf_init(&buf, 1 << 20);
	ASSERT_OK(file_read(path, &buf, &err), &err);
	text = xstrdup(buf_text(&buf));
	buf_done(&buf);
	return text;
}

/* The end of a header: a line that begins with white space goes on with it. */
static size_t header_len(const char *text)
{
	size_t len = strcspn(text, "\n");

	while (text[len] == '\n' && (text[len + 1] == ' ' || text[len + 1] == '\t'))
		len += 1 + strcspn(text + len + 1, "\n");
	return len;
}

/* An HTTP request as it stands in a file: its target may hold spaces. */
static void parse_text(const char *text, struct request *request)
{
	size_t line_len = strcspn(text, "\n");
	char *line = xstrndup(text, line_len);
	char *space = strchr(line, ' ');
	char *version = strstr(line, " HTTP/1.1");
	const char *body = strstr(text, "\n\n");

	ck_assert(space && version);
	*space = *version = '\0';
	body = body ? body + 2 : "";
	signed_init(request, line, space + 1, "", 0);
	free(line);
	for (text += line_len + 1; *text && *text != '\n';) {
		size_t len = header_len(text);

		signed_header(request, text, len);
		text += len + (text[len] == '\n');
	}
	request->body = (const uint8_t *)arena_strdup(request->arena, body);
	request->body_len = strlen(body);
}

static const char *chomp(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* The presigned case whose token was put behind the signature: it is not signed. */
static void drop_token(struct request *request)
{
	char *query = arena_strdup(request->arena, request->query);
	char *token = strstr(query, "&X-Amz-Security-Token=");

	ck_assert_ptr_nonnull(token);
	memmove(token, token + 1 + strcspn(token + 1, "&"),
		strlen(token + 1 + strcspn(token + 1, "&")) + 1);
	request->query = query;
}

static void check_form(const char *name, const char *form, const json_t *context)
{
	const char *secret = json_string_value(
		json_object_get(json_object_get(context, "credentials"), "secret_access_key"));
	bool normalize = json_is_true(json_object_get(context, "normalize"));
	char signature[SHA256_HEX_SIZE];
	struct sigv4_claim claim;
	struct request request;
	struct err err = ERR_INIT;
	struct buf canonical;
	struct buf to_sign;
	uint8_t key[SHA256_SIZE];
	char *texts[4];
	const char *const files[] = {"signed-request", "canonical-request", "string-to-sign",
				     "signature"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char file[64];

		(void)snprintf(file, sizeof(file), "%s-%s.txt", form, files[i]);
		texts[i] = read_text(name, file);
	}
	parse_text(texts[0], &request);
	if (strcmp(form, "query") == 0 &&
	    json_is_true(json_object_get(context, "omit_session_token")))
		drop_token(&request);
	ck_assert_msg(sigv4_parse(&request, &claim, &err) == 0, "%s %s: %s", name, form, err.text);
	buf_init(&canonical, 1 << 20);
	buf_init(&to_sign, 4096);
	ASSERT_OK(sigv4_canonical(&request, &claim, normalize, &canonical, &err), &err);
	ck_assert_msg(strcmp(buf_text(&canonical), texts[1]) == 0, "%s %s:\n%s\nexpected:\n%s",
		      name, form, buf_text(&canonical), texts[1]);
	ASSERT_OK(sigv4_string_to_sign(&claim, &canonical, &to_sign, &err), &err);
	ck_assert_str_eq(buf_text(&to_sign), texts[2]);
	sigv4_key(secret, &claim, key);
	sigv4_sign(key, &to_sign, signature);
	ck_assert_str_eq(signature, chomp(texts[3]));
	ck_assert_str_eq(signature, claim.signature);
	ck_assert_int_eq(claim.presigned, strcmp(form, "query") == 0);
	buf_done(&canonical);
	buf_done(&to_sign);
	signed_done(&request);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
}

START_TEST(every_case_of_the_signing_suite_gives_its_signature)
{
	DIR *folder = opendir(data_folder());
	const struct dirent *entry;
	unsigned count = 0;

	if (!folder) {
		printf("skipped: there is no %s\n", data_folder());
		return;
	}
	while ((entry = readdir(folder))) {
		char *text;
		json_t *context;

		if (entry->d_name[0] == '.')
			continue;
		text = read_text(entry->d_name, "context.json");
		context = json_loads(text, 0, NULL);
		ck_assert_ptr_nonnull(context);
		check_form(entry->d_name, "header", context);
		check_form(entry->d_name, "query", context);
		json_decref(context);
		free(text);
		count++;
	}
	closedir(folder);
	ck_assert_uint_eq(count, CASES_EXPECTED);
}
END_TEST

START_TEST(times_are_what_they_say_and_nothing_else)
{
	static const char *const bad[] = {
		"",
		"20150830",
		"20150830T123600",
		"2015-08-30T12:36:00Z",
		"20150830T123600Zx",
		"20150830T123600z",
		"20150231T000000Z",
		"20151301T000000Z",
		"20150830T240000Z",
		"20150830T126000Z",
		"20150830T123661Z",
		" 0150830T123600Z",
		"+0150830T123600Z",
		"2015083 T123600Z",
	};
	char text[SIGV4_TIMESTAMP_SIZE];
	int64_t time_s = -1;

	ck_assert_int_eq(sigv4_time_parse("20150830T123600Z", &time_s), 0);
	ck_assert_int_eq(time_s, 1440938160);
	sigv4_time_print(time_s, text);
	ck_assert_str_eq(text, "20150830T123600Z");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(sigv4_time_parse(bad[i], &time_s) == -1, "%s", bad[i]);
}
END_TEST

/* Paths and queries as they come, and how they stand in a canonical request. */
static const struct {
	const char *target, *path, *query;
} canonicals[] = {
	{"/", "/", ""},
	{"/a%20b", "/a%2520b", ""},
	{"/%41", "/%2541", ""},
	{"/a//b/", "/a/b/", ""},
	{"/./a/../b", "/b", ""},
	{"/../..", "/", ""},
	{"/a/..", "/", ""},
	{"/a/.", "/a", ""},
	{"//", "/", ""},
	{"*", "/%2A", ""},
	{"/?", "/", ""},
	{"/?&&", "/", ""},
	{"/?b&a", "/", "a=&b="},
	{"/?a=1=2", "/", "a=1%3D2"},
	{"/?a=%7e&a=%7E", "/", "a=~&a=~"},
	{"/?a=x+y", "/", "a=x%2By"},
	{"/?a=%2f", "/", "a=%2F"},
	{"/?a=%", "/", "a=%25"},
	{"/?a=%4", "/", "a=%254"},
	{"/?a=%zz", "/", "a=%25zz"},
	{"/?B=1&a=2&A=3&b=0", "/", "A=3&B=1&a=2&b=0"},
	{"/?a=2&a=1&a", "/", "a=&a=1&a=2"},
};

START_TEST(paths_and_queries_become_canonical)
{
	const struct sigv4_claim claim = {.signed_headers = "host"};

	for (size_t i = 0; i < ARRAY_LEN(canonicals); i++) {
		struct err err = ERR_INIT;
		struct request request;
		struct buf out;
		char start[256];

		signed_init(&request, "GET", canonicals[i].target, "", 0);
		signed_headers(&request, "Host: h");
		buf_init(&out, 65536);
		ASSERT_OK(sigv4_canonical(&request, &claim, true, &out, &err), &err);
		(void)snprintf(start, sizeof(start), "GET\n%s\n%s\nhost:h\n", canonicals[i].path,
			       canonicals[i].query);
		ck_assert_msg(strncmp(buf_text(&out), start, strlen(start)) == 0, "%s: %s",
			      canonicals[i].target, buf_text(&out));
		buf_done(&out);
		signed_done(&request);
	}
}
END_TEST

START_TEST(a_nul_in_the_query_cannot_be_canonical)
{
	const struct sigv4_claim claim = {.signed_headers = "host"};
	struct err err = ERR_INIT;
	struct request request;
	struct buf out;

	signed_init(&request, "GET", "/?a=b%00c", "", 0);
	signed_headers(&request, "Host: h");
	buf_init(&out, 65536);
	ck_assert_int_eq(sigv4_canonical(&request, &claim, true, &out, &err), -1);
	buf_done(&out);
	signed_done(&request);
}
END_TEST

START_TEST(a_flood_of_parameters_or_segments_is_refused)
{
	const struct sigv4_claim claim = {.signed_headers = "host"};
	static const char *const parts[] = {"&a", "/a"};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct err err = ERR_INIT;
		struct request request;
		struct buf target;
		struct buf out;

		buf_init(&target, 65536);
		buf_init(&out, 1 << 20);
		ASSERT_OK(buf_append_text(&target, i ? "/" : "/?", &err), &err);
		for (int j = 0; j < 10000; j++)
			ASSERT_OK(buf_append_text(&target, parts[i], &err), &err);
		signed_init(&request, "GET", buf_text(&target), "", 0);
		signed_headers(&request, "Host: h");
		ck_assert_int_eq(sigv4_canonical(&request, &claim, true, &out, &err), -1);
		ck_assert_int_eq(err.code, ERR_LIMIT);
		buf_done(&target);
		buf_done(&out);
		signed_done(&request);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_case_of_the_signing_suite_gives_its_signature,
		times_are_what_they_say_and_nothing_else,
		paths_and_queries_become_canonical,
		a_nul_in_the_query_cannot_be_canonical,
		a_flood_of_parameters_or_segments_is_refused,
	};

	return suite_run("gateway/sigv4", tests, ARRAY_LEN(tests));
}
