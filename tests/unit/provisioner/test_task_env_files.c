/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "provisioner/task_env_files.h"

#define ARN "arn:aws:s3:::box/"
#define START                                                                                      \
	"ResourceInitializationError: failed to download env files: file download command: "       \
	"non empty error stream: "

static char folder[64];
static struct arena *arena;
static json_t *document;
static struct task_spec spec;
static struct task_secrets *secrets;
static struct conf_pair buckets[] = {{(char *)"box", folder}};
static struct conf_pair roles[] = {{(char *)"reader", (char *)"s3:Get*"},
				   {(char *)"other", (char *)"ecs:*"}};
static const struct conf_map bucket_map = {buckets, ARRAY_LEN(buckets)};
static const struct conf_map role_map = {roles, ARRAY_LEN(roles)};
static const struct env_file_source source = {&bucket_map, "1", &role_map};
static struct err err;

static void put(const char *name, const char *text)
{
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);

	suite_write(path, text);
}

static void begin(void)
{
	AUTO(freep) char *below = NULL;
	AUTO(freep) char *out = NULL;
	AUTO(freep) char *in = NULL;
	AUTO(freep) char *pipe = NULL;

	arena = arena_new(1u << 20);
	suite_folder(folder, sizeof(folder));
	below = xasprintf("%s/below", folder);
	out = xasprintf("%s/out.env", folder);
	in = xasprintf("%s/in.env", folder);
	pipe = xasprintf("%s/pipe.env", folder);
	ASSERT_OK(file_make_dir(below, 0755, &err), &err);
	put("a.env", "A=first\nB=first\n");
	put("below/b.env", "B=second\nC=second\n");
	put("bad.env", "=secret\n");
	ck_assert_int_eq(symlink("/etc/passwd", out), 0);
	ck_assert_int_eq(symlink("below/b.env", in), 0);
	ck_assert_int_eq(mkfifo(pipe, 0600), 0);
}

static void end(void)
{
	task_secrets_free(secrets);
	arena_free(arena);
	json_decref(document);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

/* @files: JSON of environmentFiles. */
static int read_files(const char *files, const char *role)
{
	AUTO(freep)
	char *text = xasprintf("{\"containers\":[{\"name\":\"a\",\"image\":\"i\","
			       "\"environmentFiles\":[%s]}],\"executionRoleArn\":\"%s\","
			       "\"ephemeralStorageGiB\":20}",
			       files, role);

	task_secrets_free(STEAL(secrets, NULL));
	json_decref(STEAL(document, NULL));
	err_clear(&err);
	ASSERT_OK(shape_parse(text, strlen(text), &document, &err), &err);
	ASSERT_OK(shape_fill(&task_spec_shape, document, arena, &spec, &err), &err);
	ck_assert(task_secrets_needed(&spec));
	ck_assert(task_env_files_needed(&spec));
	ASSERT_OK(task_secrets_read(NULL, NULL, "us-east-1", "1", &spec, &secrets, &err), &err);
	return task_env_files_read(&source, &spec, secrets, &err);
}

static int read_one(const char *key, const char *role)
{
	AUTO(freep) char *files = xasprintf("{\"type\":\"s3\",\"value\":\"%s\"}", key);

	return read_files(files, role);
}

START_TEST(the_first_file_comes_last_and_so_wins)
{
	const struct container_secrets *got;

	ASSERT_OK(read_files("{\"type\":\"s3\",\"value\":\"" ARN "a.env\"},"
			     "{\"type\":\"s3\",\"value\":\"" ARN "below/b.env\"}",
			     "arn:aws:iam::1:role/reader"),
		  &err);
	got = task_secrets_of(secrets, 0);
	ck_assert_uint_eq(got->file_count, 2);
	ck_assert_str_eq(got->files[0].variables[1].name, "C");
	ck_assert_str_eq(got->files[1].variables[1].name, "B");
	ck_assert_str_eq(got->files[1].variables[1].value, "first");
}
END_TEST

START_TEST(a_link_inside_the_bucket_is_followed)
{
	ASSERT_OK(read_one(ARN "in.env", "r"), &err);
	ck_assert_str_eq(task_secrets_of(secrets, 0)->files[0].variables[0].value, "second");
}
END_TEST

START_TEST(what_cannot_be_read_is_told_as_the_service_tells_it)
{
	static const struct {
		const char *arn, *role, *why;
	} rows[] = {
		{ARN "none.env", "r", "NoSuchKey: The specified key does not exist."},
		{ARN "none/a.env", "r", "NoSuchKey: The specified key does not exist."},
		{ARN "a.env/b.env", "r", "NoSuchKey: The specified key does not exist."},
		{ARN "out.env", "r", "NoSuchKey: The specified key does not exist."},
		{ARN "pipe.env", "r", "NoSuchKey: The specified key does not exist."},
		{ARN "below", "r", "NoSuchKey: The specified key does not exist."},
		{"arn:aws:s3:::boy/a.env", "r", "NoSuchBucket: "},
		{ARN "../a.env", "r", "invalid arn syntax: "},
		{ARN "bad.env", "r", ARN "bad.env: line 1 has no variable's name"},
		{ARN "a.env", "arn:aws:iam::1:role/other", "AccessDenied: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(freep) char *want = xasprintf(START "%s", rows[i].why);

		ck_assert_msg(read_one(rows[i].arn, rows[i].role) < 0, "%s", rows[i].arn);
		ck_assert_int_eq(err.code, ERR_NOT_FOUND);
		ck_assert_msg(strncmp(err.text, want, strlen(want)) == 0, "%s", err.text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/task_env_files");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, the_first_file_comes_last_and_so_wins);
	tcase_add_test(all, a_link_inside_the_bucket_is_followed);
	tcase_add_test(all, what_cannot_be_read_is_told_as_the_service_tells_it);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
