/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/sealed_place.h"

#include "provisioner/task_secrets.h"
#include "store/parameter.h"
#include "store/secret.h"

#define SM  "arn:aws:secretsmanager:us-east-1:" ACCOUNT ":secret:"
#define SSM "arn:aws:ssm:us-east-1:" ACCOUNT ":parameter/"
#define START                                                                                      \
	"ResourceInitializationError: unable to pull secrets or registry auth: execution "         \
	"resource retrieval failed: "
#define ONCE  "service call has been retried 1 time(s): "
#define FETCH START "unable to retrieve secret from asm: " ONCE "failed to fetch secret "
#define GONE                                                                                       \
	" from secrets manager: ResourceNotFoundException: Secrets Manager can't find the "        \
	"specified secret."

static struct sealed_place at;
static json_t *documents; /* borrowed from until the test ends */

static void put_parameter(const char *name, const char *value)
{
	const struct parameter given = {
		.name = name, .type = "SecureString", .value = value, .modified_by = ""};
	int64_t version;

	ASSERT_OK(
		parameter_put(at.place.db, at.key, ACCOUNT, &given, true, &version, &at.place.err),
		&at.place.err);
}

static void put_version(const char *name, const char *id, const char *value)
{
	const char *stages[] = {SECRET_CURRENT};
	const struct secret_version given = {
		.id = id, .value = value, .stages = stages, .stage_count = 1};

	ASSERT_OK(secret_put(at.place.db, at.key, ACCOUNT, name, &given, 1, &at.place.err),
		  &at.place.err);
}

static void begin(void)
{
	const struct secret secret = {.name = "app",
				      .suffix = "AbCdEf",
				      .description = "",
				      .key_id = "",
				      .created_ms = 1};

	documents = json_array();
	sealed_place_open(&at);
	put_parameter("/a/b", "deep");
	put_parameter("/one", "slashed");
	put_parameter("two", "first");
	put_parameter("two", "second");
	ASSERT_OK(secret_create(at.place.db, ACCOUNT, &secret, &at.place.err), &at.place.err);
	put_version("app", "v1", "{\"k\":\"old\"}");
	put_version("app", "v2",
		    "{\"k\":\"new\",\"n\":1000000,\"b\":true,\"o\":{\"x\":[1]},"
		    "\"username\":\"ann\",\"password\":\"s3cret\"}");
}

static void end(void)
{
	sealed_place_done(&at);
	json_decref(documents);
}

/* The secrets of one container with this member. */
static int read_member(const char *member, struct task_secrets **ret)
{
	AUTO(freep)
	char *text = xasprintf("{\"containers\":[{\"name\":\"a\",\"image\":\"i\",%s}],"
			       "\"ephemeralStorageGiB\":20}",
			       member);
	static struct task_spec spec;
	json_t *json;

	ASSERT_OK(shape_parse(text, strlen(text), &json, &at.place.err), &at.place.err);
	ck_assert_int_eq(json_array_append_new(documents, json), 0);
	ASSERT_OK(shape_fill(&task_spec_shape, json, at.place.arena, &spec, &at.place.err),
		  &at.place.err);
	ck_assert(task_secrets_needed(&spec));
	return task_secrets_read(at.place.db, at.key, "us-east-1", ACCOUNT, &spec, ret,
				 &at.place.err);
}

static int read_value(const char *from, struct task_secrets **ret)
{
	AUTO(freep)
	char *member = xasprintf("\"secrets\":[{\"name\":\"S\",\"valueFrom\":\"%s\"}]", from);

	return read_member(member, ret);
}

START_TEST(each_form_of_a_reference_is_read)
{
	static const char *const rows[][2] = {
		{"/a/b", "deep"},
		{SSM "a/b", "deep"},
		{SSM "one", "slashed"},
		{"two", "second"},
		{"two:1", "first"},
		{SSM "two:1", "first"},
		{SM "app-AbCdEf:k::", "new"},
		{SM "app:k:AWSPREVIOUS:", "old"},
		{SM "app-AbCdEf:::v1", "{\"k\":\"old\"}"},
		{SM "app-AbCdEf:n::", "1000000"},
		{SM "app-AbCdEf:b::", "true"},
		{SM "app-AbCdEf:o::", "{\"x\":[1]}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(task_secrets_freep) struct task_secrets *secrets = NULL;

		ASSERT_OK(read_value(rows[i][0], &secrets), &at.place.err);
		ck_assert_uint_eq(task_secrets_of(secrets, 0)->count, 1);
		ck_assert_str_eq(task_secrets_of(secrets, 0)->variables[0].name, "S");
		ck_assert_str_eq(task_secrets_of(secrets, 0)->variables[0].value, rows[i][1]);
	}
}
END_TEST

START_TEST(what_cannot_be_read_is_told_as_the_service_tells_it)
{
	static const char *const rows[][2] = {
		{"/none", START "unable to retrieve secrets from ssm: " ONCE
				"invalid ssm parameters: /none"},
		{"two:9", START "unable to retrieve secrets from ssm: " ONCE
				"invalid ssm parameters: two:9"},
		{"two:label", START "unable to retrieve secrets from ssm: " ONCE
				    "invalid ssm parameters: two:label"},
		{SM "none-AbCdEf", FETCH SM "none-AbCdEf" GONE},
		{SM "app-AbCdEf:none::",
		 START "unable to retrieve secret from asm: retrieved secret "
		       "from Secrets Manager did not contain json key none"},
		{SM "app-AbCdEf::NONE:",
		 FETCH SM "app-AbCdEf from secrets manager: "
			  "ResourceNotFoundException: Secrets Manager can't "
			  "find the specified secret value for staging "
			  "label: NONE"},
		{SM "app-AbCdEf::AWSCURRENT:v1", FETCH SM
		 "app-AbCdEf from secrets manager: InvalidRequestException: You provided a "
		 "VersionStage that is not associated to the provided VersionId."},
		{"arn:aws:ssm:us-east-1:" OTHER_ACCOUNT ":parameter/two",
		 START "unable to retrieve secrets from ssm: " ONCE
		       "AccessDeniedException: two is of another account or region"},
		{"arn:aws:secretsmanager:eu-west-1:" ACCOUNT ":secret:app",
		 FETCH "arn:aws:secretsmanager:eu-west-1:" ACCOUNT
		       ":secret:app from secrets manager: AccessDeniedException: it is of another "
		       "account or region"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct task_secrets *secrets = NULL;

		ck_assert_int_eq(read_value(rows[i][0], &secrets), -1);
		ck_assert_int_eq(at.place.err.code, ERR_NOT_FOUND);
		ck_assert_str_eq(at.place.err.text, rows[i][1]);
		ck_assert_ptr_null(secrets);
		err_clear(&at.place.err);
	}
}
END_TEST

START_TEST(a_login_is_two_members_of_a_secret)
{
	AUTO(task_secrets_freep) struct task_secrets *secrets = NULL;

	ASSERT_OK(read_member("\"repositoryCredentials\":{\"credentialsParameter\":\"app\"}",
			      &secrets),
		  &at.place.err);
	ck_assert(task_secrets_of(secrets, 0)->has_login);
	ck_assert_str_eq(task_secrets_of(secrets, 0)->login.user, "ann");
	ck_assert_str_eq(task_secrets_of(secrets, 0)->login.password, "s3cret");
	ck_assert_uint_eq(task_secrets_of(secrets, 0)->count, 0);
	ck_assert_ptr_null(task_secrets_of(NULL, 0));
}
END_TEST

START_TEST(the_log_router_has_what_its_senders_keep_secret)
{
	AUTO(task_secrets_freep) struct task_secrets *secrets = NULL;
	const struct container_secrets *router;

	ASSERT_OK(read_member(
			  "\"secrets\":[{\"name\":\"S\",\"valueFrom\":\"/a/b\"}],"
			  "\"firelensConfiguration\":{\"type\":\"fluentbit\"}},"
			  "{\"name\":\"b\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":"
			  "\"awsfirelens\",\"secretOptions\":[{\"name\":\"api_key\",\"valueFrom\":"
			  "\"/a/b\"}]}",
			  &secrets),
		  &at.place.err);
	router = task_secrets_of(secrets, 0);
	ck_assert_uint_eq(router->count, 2);
	ck_assert_str_eq(router->variables[0].name, "S");
	ck_assert_str_eq(router->variables[1].name, "api_key_1");
	ck_assert_str_eq(router->variables[1].value, "deep");
	ck_assert_uint_eq(task_secrets_of(secrets, 1)->count, 0);
}
END_TEST

START_TEST(without_the_key_the_reason_is_told)
{
	struct task_secrets *secrets = NULL;
	struct seal_key *key = STEAL(at.key, NULL);

	ck_assert_int_eq(read_value("two", &secrets), -1);
	at.key = key;
	ck_assert_int_eq(at.place.err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(at.place.err.text, "there is no key for secrets"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/task_secrets");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, each_form_of_a_reference_is_read);
	tcase_add_test(all, what_cannot_be_read_is_told_as_the_service_tells_it);
	tcase_add_test(all, a_login_is_two_members_of_a_secret);
	tcase_add_test(all, the_log_router_has_what_its_senders_keep_secret);
	tcase_add_test(all, without_the_key_the_reason_is_told);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
