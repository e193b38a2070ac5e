/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/metadata_http.h"

#define HOST "Host: 169.254.170.2\r\n"

static const struct {
	const char *request;
	int status;
	const char *path;
} requests[] = {
	{"GET /v4/a HTTP/1.1\r\n" HOST "\r\n", 200, "/v4/a"},
	{"GET /v4/a?x=/task HTTP/1.1\r\n" HOST "User-Agent: me\r\nAccept:*/*\r\n\r\n", 200,
	 "/v4/a"},
	{"GET / HTTP/1.0\r\n\r\n", 200, "/"},
	{"GET / HTTP/1.1\r\nhOsT:\t x\r\nContent-Length: 0\r\n\r\n", 200, "/"},
	{"GET /v4/a HTTP/1.1\r\n" HOST "\r\nGET /v4/b HTTP/1.1\r\n\r\n", 200, "/v4/a"},
	{"GET /v4/a HTTP/1.1\r\n" HOST, 0, NULL},
	{"", 0, NULL},
	{"GET / HTTP/1.1\r\n\r\n", 400, NULL},
	{"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL},
	{"GET / HTTP/1.1\n", 400, NULL},
	{"GET / HTTP/1.1\r\n" HOST "\n", 400, NULL},
	{"GET / HTTP/1.1\r\n" HOST " folded\r\n", 400, NULL},
	{"GET / HTTP/1.1\r\n" HOST "\rx", 400, NULL},
	{"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, NULL},
	{"GET / HTTP/1.1\r\nHost\r\n\r\n", 400, NULL},
	{"GET / HTTP/1.1\r\n: x\r\n\r\n", 400, NULL},
	{"GET /\x01 HTTP/1.1\r\n", 400, NULL},
	{"GET  / HTTP/1.1\r\n" HOST "\r\n", 400, NULL},
	{"GET / HTTP/1.1 \r\n" HOST "\r\n", 505, NULL},
	{"GET / HTTP/2.0\r\n" HOST "\r\n", 505, NULL},
	{"GET / ICY/1.0\r\n" HOST "\r\n", 400, NULL},
	{"GET /\r\n" HOST "\r\n", 400, NULL},
	{"GET http://169.254.170.2/ HTTP/1.1\r\n" HOST "\r\n", 400, NULL},
	{"POST / HTTP/1.1\r\n" HOST "\r\n", 405, NULL},
	{"HEAD / HTTP/1.1\r\n" HOST "\r\n", 405, NULL},
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 413, NULL},
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: 00\r\n\r\n", 413, NULL},
	{"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 413, NULL},
	{"\r\n", 400, NULL},
	{"\x16\x03\x01", 400, NULL},
};

static int feed(struct metadata_http *http, const char *text, size_t step, const char **ret_path)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += step) {
		int status = metadata_http_feed(http, text + at, len - at < step ? len - at : step,
						ret_path);

		if (status != 0)
			return status;
	}
	return 0;
}

START_TEST(a_request_is_a_path_or_a_status_however_it_is_cut)
{
	static const size_t steps[] = {1, 2, 7, 4096};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct metadata_http http = {.len = 0};
		const char *path = NULL;

		ck_assert_int_eq(feed(&http, requests[_i].request, steps[i], &path),
				 requests[_i].status);
		if (requests[_i].path)
			ck_assert_str_eq(path, requests[_i].path);
		else
			ck_assert_ptr_null(path);
	}
}
END_TEST

START_TEST(heads_and_paths_have_limits)
{
	AUTO(freep) char *long_text = xcalloc(1, METADATA_HEAD_MAX + 64);
	const char *path = NULL;
	struct metadata_http http = {.len = 0};

	memset(long_text, 'a', METADATA_HEAD_MAX + 1);
	ck_assert_int_eq(feed(&http, long_text, 100, &path), 414);

	http = (struct metadata_http){.len = 0};
	ck_assert_int_eq(feed(&http, "GET / HTTP/1.1\r\n", 100, &path), 0);
	ck_assert_int_eq(feed(&http, long_text, 100, &path), 431);

	http = (struct metadata_http){.len = 0};
	long_text[METADATA_PATH_MAX] = '\0';
	ck_assert_int_eq(feed(&http, "GET /", 100, &path), 0);
	ck_assert_int_eq(feed(&http, long_text, 100, &path), 0);
	ck_assert_int_eq(feed(&http, " HTTP/1.0\r\n\r\n", 100, &path), 414);
}
END_TEST

START_TEST(an_answer_says_how_long_it_is_and_that_it_is_the_last)
{
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;

	buf_init(&out, 1024);
	ASSERT_OK(metadata_http_answer(&out, 405, "text/plain", "no\n", &err), &err);
	ck_assert_str_eq(buf_text(&out), "HTTP/1.1 405 Method Not Allowed\r\n"
					 "Content-Type: text/plain\r\nContent-Length: 3\r\n"
					 "Allow: GET\r\nConnection: close\r\n\r\nno\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metadata_http");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_request_is_a_path_or_a_status_however_it_is_cut, 0,
			    ARRAY_LEN(requests));
	tcase_add_test(all, heads_and_paths_have_limits);
	tcase_add_test(all, an_answer_says_how_long_it_is_and_that_it_is_the_last);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
