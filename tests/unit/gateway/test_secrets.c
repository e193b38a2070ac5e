/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSM's parameters and Secrets Manager's secrets by request and answer: what each API
 * refuses and with which words, pages, and that nobody sees another account's.
 */
#include "api_world.h"

#include "core/base64.h"

#define LONG_TOKEN "0123456789012345678901234567890123456789"

static struct seal_key *key;

static void begin(void)
{
	struct err err = ERR_INIT;
	AUTO(freep) char *path = NULL;

	world_begin();
	path = xasprintf("%s/key", world.dir);
	ck_assert(seal_key_make(path, NULL, &err) == 0);
	ck_assert_msg(seal_key_open(path, &key, &err) == 0, "%s", err.text);
	world.options.secret_key = key;
}

static void end(void)
{
	seal_key_free(key);
	world_end();
}

static struct answer ssm(const char *operation, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct answer ssm(const char *operation, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct answer answer = world_ask_formatted("AmazonSSM", operation, fmt, args);
	va_end(args);
	return answer;
}

static struct answer manager(const char *operation, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct answer manager(const char *operation, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct answer answer = world_ask_formatted("secretsmanager", operation, fmt, args);
	va_end(args);
	return answer;
}

static void does(struct answer answer)
{
	ck_works(answer);
	answer_done(&answer);
}

static const char *const names[][2] = {
	{"a b", "Parameter name must have 1 to 1011 letters, numbers, and the symbols .-_/"},
	{"/", "Parameter name must have 1 to 1011 letters, numbers, and the symbols .-_/"},
	{"a/b", "Parameter name must be a fully qualified name."},
	{"/awsthing",
	 "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."},
	{"SSM", "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."},
	{"/a/", "Parameter name must not have an empty part."},
	{"/a//b", "Parameter name must not have an empty part."},
	{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
	 "Parameter name: a hierarchy can have at most 15 levels."},
};

START_TEST(a_name_that_no_parameter_may_have_is_refused)
{
	ck_refused(ssm("PutParameter", "{'Name':'%s','Type':'String','Value':'v'}", names[_i][0]),
		   "ValidationException", names[_i][1]);
}
END_TEST

START_TEST(parameters_belong_to_their_account)
{
	struct answer answer;

	does(ssm("PutParameter", "{'Name':'/a/b','Type':'SecureString','Value':'v'}"));
	answer = ssm("GetParameter", "{'Name':'/a/b','WithDecryption':true}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Parameter.Value"), "v");
	ck_assert_int_eq(int_at(&answer, "Parameter.Version"), 1);
	answer_done(&answer);
	answer = ssm("DescribeParameters", "{}");
	ck_assert_str_eq(text_at(&answer, "Parameters.0.KeyId"), "alias/aws/ssm");
	ck_assert_str_eq(text_at(&answer, "Parameters.0.Tier"), "Standard");
	ck_assert_ptr_null(strstr(answer.text, "Value"));
	answer_done(&answer);
	world_caller = world.other;
	ck_refused(ssm("GetParameter", "{'Name':'/a/b'}"), "ParameterNotFound",
		   "Parameter /a/b not found.");
	answer = ssm("GetParameter", "{'Name':'arn:aws:ssm:us-east-1:%s:parameter/a/b'}",
		     world.account);
	ck_assert_str_eq(answer.type, "ParameterNotFound");
	answer_done(&answer);
	ck_refused(ssm("DeleteParameter", "{'Name':'/a/b'}"), "ParameterNotFound",
		   "Parameter /a/b not found.");
}
END_TEST

static const char *const lists[][2] = {
	{"DescribeParameters", "'ParameterFilters':[{'Key':'Path','Values':['/p']}]"},
	{"GetParametersByPath", "'Path':'/p'"},
};

START_TEST(parameters_are_listed_a_page_at_a_time)
{
	const char *list = lists[_i][0], *where = lists[_i][1];
	struct answer answer, next;

	for (int i = 1; i <= 3; i++)
		does(ssm("PutParameter", "{'Name':'/p/%d','Type':'String','Value':'v'}", i));
	does(ssm("PutParameter", "{'Name':'/p/1/deep','Type':'String','Value':'v'}"));
	answer = ssm(list, "{%s,'MaxResults':2}", where);
	ck_works(answer);
	ck_assert_int_eq((int)json_array_size(at(&answer, "Parameters")), 2);
	ck_assert_str_eq(text_at(&answer, "Parameters.1.Name"), "/p/2");
	next = ssm(list, "{%s,'MaxResults':2,'NextToken':'%s'}", where,
		   text_at(&answer, "NextToken"));
	ck_works(next);
	ck_assert_int_eq((int)json_array_size(at(&next, "Parameters")), 1);
	ck_assert_str_eq(text_at(&next, "Parameters.0.Name"), "/p/3");
	ck_assert_ptr_null(strstr(next.text, "NextToken"));
	answer_done(&next);
	ck_refused(ssm(lists[!_i][0], "{%s,'NextToken':'%s'}", lists[!_i][1],
		       text_at(&answer, "NextToken")),
		   "InvalidNextToken", "The specified token isn't valid.");
	answer_done(&answer);
	answer = ssm(list, "{%s,'NextToken':''}", where);
	ck_assert_int_eq((int)json_array_size(at(&answer, "Parameters")), 3);
	answer_done(&answer);
	answer = ssm(list, "{%s,'MaxResults':0}", where);
	ck_assert_str_eq(answer.type, "ValidationException");
	answer_done(&answer);
}
END_TEST

START_TEST(a_value_has_the_size_of_its_tier)
{
	AUTO(freep) char *value = xcalloc(1, 8194);

	memset(value, 'v', 4097);
	ck_refused(ssm("PutParameter", "{'Name':'a','Type':'String','Value':'%s'}", value),
		   "ValidationException",
		   "Standard tier parameters support a maximum parameter value of 4096 characters. "
		   "To create a larger parameter value, upgrade the parameter to use the "
		   "advanced-parameter tier.");
	does(ssm("PutParameter",
		 "{'Name':'a','Type':'String','Tier':'Intelligent-Tiering','Value':'%s'}", value));
	memset(value, 'v', 8193);
	ck_refused(ssm("PutParameter",
		       "{'Name':'b','Type':'String','Tier':'Advanced','Value':'%s'}", value),
		   "ValidationException",
		   "Advanced tier parameters support a maximum parameter value of 8192 "
		   "characters.");
	ck_refused(ssm("PutParameter", "{'Name':'b','Type':'String','Value':''}"),
		   "ValidationException", "Value must have a length of at least 1.");
	ck_refused(ssm("PutParameter", "{'Name':'b','Value':'x'}"), "ValidationException",
		   "A parameter type is required when you create a parameter.");
	ck_refused(ssm("PutParameter", "{'Name':'b','Type':'String','Value':'x',"
				       "'Tags':[{'Key':'k','Value':'v'}]}"),
		   "ValidationException", "Tags is not supported by this Slipway yet.");
}
END_TEST

/* Checks what DescribeParameters says of the one parameter. */
static void is_kept_as(const char *tier, const char *key_id, int version)
{
	struct answer answer = ssm("DescribeParameters", "{}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Parameters.0.Tier"), tier);
	ck_assert_str_eq(text_at(&answer, "Parameters.0.KeyId"), key_id);
	ck_assert_int_eq(int_at(&answer, "Parameters.0.Version"), version);
	answer_done(&answer);
}

START_TEST(a_new_version_keeps_tier_and_key_of_the_one_before)
{
	AUTO(freep) char *value = xcalloc(1, 4098);
	struct answer answer;

	memset(value, 'v', 4097);
	does(ssm("PutParameter", "{'Name':'a','Type':'SecureString','Tier':'Advanced','KeyId':"
				 "'alias/mine','Value':'one'}"));
	answer = ssm("PutParameter",
		     "{'Name':'a','Type':'SecureString','Overwrite':true,'Value':'%s'}", value);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Tier"), "Advanced");
	answer_done(&answer);
	is_kept_as("Advanced", "alias/mine", 2);
	answer = ssm("PutParameter", "{'Name':'a','Overwrite':true,'Value':'two',"
				     "'Tier':'Intelligent-Tiering','KeyId':'alias/other'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Tier"), "Advanced");
	answer_done(&answer);
	is_kept_as("Advanced", "alias/other", 3);
	ck_refused(
		ssm("PutParameter",
		    "{'Name':'a','Overwrite':true,'Tier':'Standard','Value':'three'}"),
		"ValidationException",
		"This parameter uses the advanced-parameter tier. You can't downgrade a parameter "
		"from the advanced-parameter tier to the standard-parameter tier. If necessary, "
		"you can delete the advanced parameter and recreate it as a standard parameter.");
	is_kept_as("Advanced", "alias/other", 3);
}
END_TEST

START_TEST(a_standard_parameter_grows_when_its_tier_does)
{
	AUTO(freep) char *value = xcalloc(1, 4098);

	memset(value, 'v', 4097);
	does(ssm("PutParameter", "{'Name':'a','Type':'SecureString','Value':'one'}"));
	ck_refused(ssm("PutParameter", "{'Name':'a','Overwrite':true,'Value':'%s'}", value),
		   "ValidationException",
		   "Standard tier parameters support a maximum parameter value of 4096 characters. "
		   "To create a larger parameter value, upgrade the parameter to use the "
		   "advanced-parameter tier.");
	does(ssm("PutParameter",
		 "{'Name':'a','Overwrite':true,'Tier':'Intelligent-Tiering','Value':'%s'}", value));
	is_kept_as("Advanced", "alias/aws/ssm", 2);
}
END_TEST

#define FILTER(key, more) "'ParameterFilters':[{'Key':'" key "'" more "}]"
#define BAD_OPTION(word, words)                                                                    \
	"The following filter option is not valid: " word ". Valid options include: [" words "]."
#define NO_VALUES "The following filter values are missing : null for filter key "

static const struct {
	const char *filter, *type, *message;
} bad_filters[] = {
	{FILTER("Name", ",'Option':'Recursive','Values':['a']"), "InvalidFilterOption",
	 BAD_OPTION("Recursive", "BeginsWith, Contains, Equals")},
	{FILTER("Type", ",'Option':'Contains','Values':['String']"), "InvalidFilterOption",
	 BAD_OPTION("Contains", "BeginsWith, Equals")},
	{FILTER("Type", ",'Option':'OneLevel','Values':['String']"), "InvalidFilterOption",
	 BAD_OPTION("OneLevel", "BeginsWith, Equals")},
	{FILTER("Path", ",'Option':'BeginsWith','Values':['/a']"), "InvalidFilterOption",
	 BAD_OPTION("BeginsWith", "OneLevel, Recursive")},
	{FILTER("Path", ",'Option':'Equals','Values':['/a']"), "InvalidFilterOption",
	 BAD_OPTION("Equals", "OneLevel, Recursive")},
	{FILTER("Name", ""), "InvalidFilterValue", NO_VALUES "Name."},
	{FILTER("Path", ""), "InvalidFilterValue", NO_VALUES "Path."},
	{FILTER("Type", ",'Values':[]"), "ValidationException",
	 "ParameterFilters[0].Values must be a list of from 1 to 50 items."},
	{FILTER("Name", ",'Values':['a','']"), "ValidationException",
	 "ParameterFilters[0].Values[1] must be from 1 to 1024 bytes long."},
};

START_TEST(a_filter_that_means_nothing_is_refused)
{
	ck_refused(ssm("DescribeParameters", "{%s}", bad_filters[_i].filter), bad_filters[_i].type,
		   bad_filters[_i].message);
}
END_TEST

static const struct {
	const char *filter;
	int count;
} good_filters[] = {
	{FILTER("Name", ",'Values':['/p/one']"), 1},
	{FILTER("Name", ",'Option':'Equals','Values':['/p/one','/p/two','/p']"), 2},
	{FILTER("Name", ",'Option':'BeginsWith','Values':['/p/o']"), 2},
	{FILTER("Name", ",'Option':'Contains','Values':['o']"), 3},
	{FILTER("Type", ",'Option':'BeginsWith','Values':['String']"), 2},
	{FILTER("Type", ",'Values':['String']"), 1},
	{FILTER("Path", ",'Values':['/p']"), 2},
	{FILTER("Path", ",'Option':'OneLevel','Values':['/p']"), 2},
	{FILTER("Path", ",'Option':'Recursive','Values':['/p']"), 3},
};

START_TEST(each_filter_has_its_options)
{
	struct answer answer;

	does(ssm("PutParameter", "{'Name':'/p/one','Type':'String','Value':'v'}"));
	does(ssm("PutParameter", "{'Name':'/p/two','Type':'StringList','Value':'v'}"));
	does(ssm("PutParameter", "{'Name':'/p/one/deep','Type':'SecureString','Value':'v'}"));
	answer = ssm("DescribeParameters", "{%s}", good_filters[_i].filter);
	ck_works(answer);
	ck_assert_int_eq((int)json_array_size(at(&answer, "Parameters")), good_filters[_i].count);
	answer_done(&answer);
}
END_TEST

START_TEST(a_secret_has_so_many_stages_and_no_more)
{
	AUTO(freep) char *stage = xcalloc(1, 258);

	does(manager("CreateSecret", "{'Name':'app','SecretString':'one'}"));
	for (int i = 1; i < 20; i++)
		does(manager("PutSecretValue",
			     "{'SecretId':'app','SecretString':'v','VersionStages'"
			     ":['S%d']}",
			     i));
	ck_refused(manager("PutSecretValue",
			   "{'SecretId':'app','SecretString':'v','VersionStages':['S20']}"),
		   "LimitExceededException",
		   "A secret can have at most 20 staging labels across all of its versions.");
	/* Moved, not new. */
	does(manager("PutSecretValue",
		     "{'SecretId':'app','SecretString':'v','VersionStages':['S1','S2']}"));
	/* AWSPREVIOUS would be one more. */
	ck_refused(manager("PutSecretValue", "{'SecretId':'app','SecretString':'two'}"),
		   "LimitExceededException",
		   "A secret can have at most 20 staging labels across all of its versions.");
	memset(stage, 's', 257);
	ck_refused(manager("PutSecretValue",
			   "{'SecretId':'app','SecretString':'v','VersionStages':['S1','%s']}",
			   stage),
		   "ValidationException", "VersionStages[1] must be from 1 to 256 bytes long.");
}
END_TEST

/* CreateSecret and read again, with a value of so many bytes. */
static struct answer make_binary(size_t bytes, char **ret_text)
{
	AUTO(freep) char *value = xcalloc(1, bytes);

	*ret_text = xcalloc(1, BASE64_SIZE(bytes));
	base64_encode(value, bytes, *ret_text);
	return manager("CreateSecret",
		       "{'Name':'app','SecretBinary':'%s','ClientRequestToken':'" LONG_TOKEN "'}",
		       *ret_text);
}

START_TEST(a_binary_value_is_measured_in_bytes)
{
	AUTO(freep) char *most = NULL;
	AUTO(freep) char *more = NULL;
	struct answer answer;

	ck_refused(make_binary(65537, &more), "ValidationException",
		   "SecretBinary must be from 1 to 65536 bytes long.");
	for (int again = 0; again < 2; again++) {
		free(STEAL(most, NULL));
		does(make_binary(65536, &most));
	}
	answer = manager("GetSecretValue", "{'SecretId':'app'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "SecretBinary"), most);
	answer_done(&answer);
	/* The same token with the same value is a retry here, too. */
	does(manager("PutSecretValue",
		     "{'SecretId':'app','SecretBinary':'%s','ClientRequestToken':'" LONG_TOKEN "'}",
		     most));
	ck_refused(manager("PutSecretValue", "{'SecretId':'app','SecretBinary':''}"),
		   "ValidationException", "SecretBinary must be from 1 to 65536 bytes long.");
}
END_TEST

static const struct {
	const char *order, *names[4];
} orders[] = {
	{"", {"c", "a", "b", "d"}},
	{",'SortOrder':'asc'", {"c", "a", "b", "d"}},
	{",'SortOrder':'desc'", {"d", "b", "a", "c"}},
};

START_TEST(secrets_are_listed_by_their_creation_either_way)
{
	const char *order = orders[_i].order;
	AUTO(freep) char *token = xstrdup("");

	for (int i = 0; i < 4; i++) {
		/* The last two in the same moment. */
		clock_fake(WORLD_NOW_MS + (i < 2 ? i : 2) * 1000, 1000000000);
		does(manager("CreateSecret", "{'Name':'%c'}", "cadb"[i]));
	}
	for (int i = 0; i < 4; i++) {
		struct answer answer =
			manager("ListSecrets", "{'MaxResults':1,'NextToken':'%s'%s}", token, order);

		ck_works(answer);
		ck_assert_str_eq(text_at(&answer, "SecretList.0.Name"), orders[_i].names[i]);
		ck_assert_int_eq(at(&answer, "NextToken") != NULL, i < 3);
		free(token);
		token = xstrdup(i < 3 ? text_at(&answer, "NextToken") : "");
		answer_done(&answer);
	}
}
END_TEST

START_TEST(secrets_are_refused_in_the_apis_words)
{
	does(manager("CreateSecret",
		     "{'Name':'app','SecretString':'one','ClientRequestToken':'" LONG_TOKEN "'}"));
	/* The same again is a retry. */
	does(manager("CreateSecret",
		     "{'Name':'app','SecretString':'one','ClientRequestToken':'" LONG_TOKEN "'}"));
	ck_refused(manager("CreateSecret", "{'Name':'app','SecretString':'two'}"),
		   "ResourceExistsException",
		   "The operation failed because the secret app already exists.");
	ck_refused(manager("CreateSecret", "{'Name':'a b'}"), "ValidationException",
		   "Invalid name. Must be a valid name containing alphanumeric characters, or any "
		   "of the following: -/_+=.@!");
	ck_refused(manager("CreateSecret", "{'Name':'b','SecretString':'x','SecretBinary':'eA=='}"),
		   "InvalidParameterException",
		   "You can't specify both a binary secret value and a string secret value in the "
		   "same secret.");
	ck_refused(manager("PutSecretValue", "{'SecretId':'app'}"), "InvalidRequestException",
		   "You must provide either SecretString or SecretBinary.");
	ck_refused(manager("PutSecretValue", "{'SecretId':'app','SecretString':'other',"
					     "'ClientRequestToken':'" LONG_TOKEN "'}"),
		   "ResourceExistsException",
		   "A resource with the ID you requested already exists.");
	ck_refused(manager("GetSecretValue", "{'SecretId':'app','VersionStage':'NONE'}"),
		   "ResourceNotFoundException",
		   "Secrets Manager can't find the specified secret value for staging label: NONE");
	ck_refused(manager("GetSecretValue", "{'SecretId':'none'}"), "ResourceNotFoundException",
		   "Secrets Manager can't find the specified secret.");
	ck_refused(manager("DeleteSecret", "{'SecretId':'app','RecoveryWindowInDays':6}"),
		   "InvalidParameterException",
		   "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
	ck_refused(manager("DeleteSecret", "{'SecretId':'app','RecoveryWindowInDays':7,"
					   "'ForceDeleteWithoutRecovery':true}"),
		   "InvalidParameterException",
		   "You can't use ForceDeleteWithoutRecovery in conjunction with "
		   "RecoveryWindowInDays.");
	does(manager("DeleteSecret", "{'SecretId':'app'}"));
	ck_refused(manager("CreateSecret", "{'Name':'app','SecretString':'x'}"),
		   "InvalidRequestException",
		   "You can't create this secret because a secret with this name is already "
		   "scheduled for deletion.");
	world_caller = world.other;
	ck_refused(manager("DescribeSecret", "{'SecretId':'app'}"), "ResourceNotFoundException",
		   "Secrets Manager can't find the specified secret.");
}
END_TEST

START_TEST(without_a_key_no_value_is_taken)
{
	struct answer answer;

	world.options.secret_key = NULL;
	answer = manager("CreateSecret", "{'Name':'app','SecretString':'one'}");
	ck_assert_int_eq(answer.status, 500);
	answer_done(&answer);
	ck_refused(manager("DescribeSecret", "{'SecretId':'app'}"), "ResourceNotFoundException",
		   "Secrets Manager can't find the specified secret.");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/secrets");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_loop_test(all, a_name_that_no_parameter_may_have_is_refused, 0, ARRAY_LEN(names));
	tcase_add_test(all, parameters_belong_to_their_account);
	tcase_add_loop_test(all, parameters_are_listed_a_page_at_a_time, 0, ARRAY_LEN(lists));
	tcase_add_test(all, a_value_has_the_size_of_its_tier);
	tcase_add_test(all, a_new_version_keeps_tier_and_key_of_the_one_before);
	tcase_add_test(all, a_standard_parameter_grows_when_its_tier_does);
	tcase_add_loop_test(all, a_filter_that_means_nothing_is_refused, 0, ARRAY_LEN(bad_filters));
	tcase_add_loop_test(all, each_filter_has_its_options, 0, ARRAY_LEN(good_filters));
	tcase_add_test(all, a_secret_has_so_many_stages_and_no_more);
	tcase_add_test(all, a_binary_value_is_measured_in_bytes);
	tcase_add_loop_test(all, secrets_are_listed_by_their_creation_either_way, 0,
			    ARRAY_LEN(orders));
	tcase_add_test(all, secrets_are_refused_in_the_apis_words);
	tcase_add_test(all, without_a_key_no_value_is_taken);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
