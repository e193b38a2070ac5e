/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and API destinations: what is kept of them, that secrets stay secret, and what is
 * refused.
 */
#include "events_world.h"

#include "core/log.h"
#include "core/seal.h"
#include "store/event_away.h"
#include "store/event_connection.h"
#include "store/sealed.h"

#define BASIC                                                                                      \
	"'AuthorizationType':'BASIC','AuthParameters':{'BasicAuthParameters':"                     \
	"{'Username':'me','Password':'hidden-1'},'InvocationHttpParameters':{'HeaderParameters':"  \
	"[{'Key':'x-open','Value':'seen','IsValueSecret':false},"                                  \
	"{'Key':'x-closed','Value':'hidden-2','IsValueSecret':true}]}}"
#define OAUTH                                                                                      \
	"'AuthorizationType':'OAUTH_CLIENT_CREDENTIALS','AuthParameters':{'OAuthParameters':"      \
	"{'ClientParameters':{'ClientID':'id','ClientSecret':'hidden-3'},'HttpMethod':'POST',"     \
	"'AuthorizationEndpoint':'https://auth.example/token','OAuthHttpParameters':"              \
	"{'BodyParameters':[{'Key':'scope','Value':'hidden-4','IsValueSecret':true}]}}}"

static struct seal_key *key;

static void begin(void)
{
	AUTO(freep) char *path = NULL;
	struct err err = ERR_INIT;

	events_begin();
	path = xasprintf("%s/secret.key", world.dir);
	ASSERT_OK(seal_key_make(path, NULL, &err), &err);
	ASSERT_OK(seal_key_open(path, &key, &err), &err);
	world.options.secret_key = key;
}

static void finish(void)
{
	seal_key_free(key);
	events_end();
}

static void ck_refuses(struct answer answer, const char *type, const char *text)
{
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(text_at(&answer, "__type"), type);
	ck_assert_msg(strstr(text_at(&answer, "message"), text) != NULL, "%s",
		      text_at(&answer, "message"));
	answer_done(&answer);
}

/* The ARN of connection @name, in a buffer of the test's. */
static const char *arn_of(const char *name)
{
	static char arn[512];
	struct answer answer = events("DescribeConnection", "{'Name':'%s'}", name);

	ck_works(answer);
	(void)snprintf(arn, sizeof(arn), "%s", text_at(&answer, "ConnectionArn"));
	answer_done(&answer);
	return arn;
}

START_TEST(a_connection_is_shown_without_its_secrets_and_lies_sealed)
{
	struct answer answer;
	bool any;
	struct err err = ERR_INIT;

	ck_events("CreateConnection", "{'Name':'c','Description':'d'," BASIC "}");
	answer = events("DescribeConnection", "{'Name':'c'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ConnectionState"), "AUTHORIZED");
	ck_assert_str_eq(text_at(&answer, "AuthParameters.BasicAuthParameters.Username"), "me");
	ck_assert_str_eq(
		text_at(&answer,
			"AuthParameters.InvocationHttpParameters.HeaderParameters.0.Value"),
		"seen");
	AUTO(freep) char *text = json_dumps(answer.body, 0);

	ck_assert_ptr_null(strstr(text, "hidden"));
	answer_done(&answer);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_connection"
				      " WHERE shown LIKE '%hidden%'"
				      " OR CAST(sealed AS TEXT) LIKE '%hidden%'"),
			 0);
	ASSERT_OK(sealed_any(world.state, &any, &err), &err);
	ck_assert(any);
}
END_TEST

START_TEST(an_oauth_connection_waits_for_its_token)
{
	struct answer answer = events("CreateConnection", "{'Name':'c'," OAUTH "}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ConnectionState"), "AUTHORIZING");
	answer_done(&answer);
	answer = events("DescribeConnection", "{'Name':'c'}");
	ck_works(answer);
	AUTO(freep) char *text = json_dumps(answer.body, 0);

	ck_assert_ptr_null(strstr(text, "hidden"));
	ck_assert_ptr_nonnull(strstr(text, "\"ClientID\": \"id\""));
	answer_done(&answer);
}
END_TEST

static const char *opened(const char *name)
{
	static char text[4096];
	AUTO(arena_freep) struct arena *arena = arena_new_secret(1 << 20);
	struct event_connection connection;
	struct err err = ERR_INIT;

	ASSERT_OK(event_connection_find(world.state, key, world.account, name, arena, &connection,
					&err),
		  &err);
	(void)snprintf(text, sizeof(text), "%s",
		       connection.parameters ? connection.parameters : "(none)");
	return text;
}

START_TEST(an_update_leaves_what_it_does_not_name)
{
	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_events("UpdateConnection", "{'Name':'c','AuthParameters':{'BasicAuthParameters':"
				      "{'Username':'you'}}}");
	ck_assert_ptr_nonnull(strstr(opened("c"), "\"Username\":\"you\""));
	ck_assert_ptr_nonnull(strstr(opened("c"), "\"Password\":\"hidden-1\""));
	ck_assert_ptr_nonnull(strstr(opened("c"), "hidden-2"));
	ck_events("UpdateConnection", "{'Name':'c','Description':'e'}");
	ck_assert_ptr_nonnull(strstr(opened("c"), "hidden-1"));
	ck_events("UpdateConnection", "{'Name':'c'," OAUTH "}");
	ck_assert_ptr_null(strstr(opened("c"), "hidden-1"));
	ck_assert_ptr_nonnull(strstr(opened("c"), "hidden-2"));
	ck_assert_ptr_nonnull(strstr(opened("c"), "hidden-3"));
	ck_assert_str_eq(events_text("SELECT state || ' ' || description FROM event_connection"),
			 "AUTHORIZING e");
}
END_TEST

START_TEST(a_deauthorized_connection_has_no_parameters_and_its_destinations_are_inactive)
{
	struct answer answer;

	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_events("CreateApiDestination",
		  "{'Name':'d','ConnectionArn':'%s','HttpMethod':'POST',"
		  "'InvocationEndpoint':'https://example.com/a/*?b=c'}",
		  arn_of("c"));
	answer = events("DescribeApiDestination", "{'Name':'d'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ApiDestinationState"), "ACTIVE");
	ck_assert_int_eq(json_integer_value(at(&answer, "InvocationRateLimitPerSecond")), 300);
	answer_done(&answer);
	ck_events("DeauthorizeConnection", "{'Name':'c'}");
	ck_assert_str_eq(opened("c"), "(none)");
	answer = events("DescribeApiDestination", "{'Name':'d'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ApiDestinationState"), "INACTIVE");
	answer_done(&answer);
	ck_events("UpdateConnection", "{'Name':'c'," BASIC "}");
	ck_events("UpdateApiDestination", "{'Name':'d','HttpMethod':'PUT',"
					  "'InvocationRateLimitPerSecond':7}");
	answer = events("ListApiDestinations", "{'ConnectionArn':'%s'}", arn_of("c"));
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ApiDestinations.0.ApiDestinationState"), "ACTIVE");
	ck_assert_str_eq(text_at(&answer, "ApiDestinations.0.HttpMethod"), "PUT");
	ck_assert_str_eq(text_at(&answer, "ApiDestinations.0.InvocationEndpoint"),
			 "https://example.com/a/*?b=c");
	ck_assert_int_eq(
		json_integer_value(at(&answer, "ApiDestinations.0.InvocationRateLimitPerSecond")),
		7);
	answer_done(&answer);
	ck_events("DeleteApiDestination", "{'Name':'d'}");
	ck_events("DeleteConnection", "{'Name':'c'}");
	ck_refuses(events("DescribeConnection", "{'Name':'c'}"), "ResourceNotFoundException",
		   "Connection 'c' does not exist");
	ck_refuses(events("DescribeApiDestination", "{'Name':'d'}"), "ResourceNotFoundException",
		   "An api-destination 'd' does not exist");
}
END_TEST

static const struct {
	const char *operation, *body, *text;
} refusals[] = {
	{"CreateConnection", "{'Name':'n'}", "AuthorizationType"},
	{"CreateConnection", "{'Name':'n','AuthorizationType':'BASIC','AuthParameters':{}}",
	 "BasicAuthParameters must be given"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'API_KEY','AuthParameters':{'ApiKeyAuthParameters':"
	 "{'ApiKeyName':'a','ApiKeyValue':'b'},'BasicAuthParameters':{'Username':'u',"
	 "'Password':'p'}}}",
	 "BasicAuthParameters must not be given"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'API_KEY','AuthParameters':{'ApiKeyAuthParameters':"
	 "{'ApiKeyName':'Host','ApiKeyValue':'b'}}}",
	 "ApiKeyName"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'API_KEY','AuthParameters':{'ApiKeyAuthParameters':"
	 "{'ApiKeyName':'a','ApiKeyValue':'b\\r\\nc: d'}}}",
	 "ApiKeyValue"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'BASIC','AuthParameters':{'BasicAuthParameters':"
	 "{'Username':'u:v','Password':'p'}}}",
	 "Username"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'BASIC','AuthParameters':{'BasicAuthParameters':"
	 "{'Username':'u','Password':'p'},'InvocationHttpParameters':{'HeaderParameters':"
	 "[{'Key':'transfer-encoding','Value':'chunked'}]}}}",
	 "InvocationHttpParameters.HeaderParameters[0]"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'BASIC','AuthParameters':{'BasicAuthParameters':"
	 "{'Username':'u','Password':'p'},'ConnectivityParameters':{'ResourceParameters':"
	 "{'ResourceConfigurationArn':'x'}}}}",
	 "ConnectivityParameters"},
	{"CreateConnection", "{'Name':'n','KmsKeyIdentifier':'k'," BASIC "}", "KmsKeyIdentifier"},
	{"CreateConnection",
	 "{'Name':'n','AuthorizationType':'OAUTH_CLIENT_CREDENTIALS','AuthParameters':"
	 "{'OAuthParameters':{'ClientParameters':{'ClientID':'i','ClientSecret':'s'},"
	 "'HttpMethod':'POST','AuthorizationEndpoint':'http://auth.example/'}}}",
	 "AuthorizationEndpoint"},
	{"UpdateConnection", "{'Name':'c','AuthorizationType':'API_KEY'}",
	 "ApiKeyAuthParameters must be given"},
	{"CreateApiDestination",
	 "{'Name':'d','ConnectionArn':'arn:aws:events:us-east-1:1:connection/c/x',"
	 "'HttpMethod':'POST','InvocationEndpoint':'http://example.com/'}",
	 "InvocationEndpoint is not valid"},
	{"CreateApiDestination",
	 "{'Name':'d','ConnectionArn':'arn:aws:events:us-east-1:1:connection/c/x',"
	 "'HttpMethod':'POST','InvocationEndpoint':'https://u:p@example.com/'}",
	 "InvocationEndpoint is not valid"},
	{"CreateApiDestination",
	 "{'Name':'d','ConnectionArn':'arn:aws:events:us-east-1:1:connection/c/x',"
	 "'HttpMethod':'TRACE','InvocationEndpoint':'https://example.com/'}",
	 "HttpMethod"},
	{"CreateApiDestination",
	 "{'Name':'d','ConnectionArn':'arn:aws:events:us-east-1:1:connection/c/x',"
	 "'HttpMethod':'POST','InvocationEndpoint':'https://example.com/'}",
	 "ConnectionArn is not valid"},
};

START_TEST(what_is_wrong_is_refused_by_name)
{
	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_refuses(events(refusals[_i].operation, "%s", refusals[_i].body), "ValidationException",
		   refusals[_i].text);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_connection"), 1);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_api_destination"), 0);
}
END_TEST

START_TEST(names_are_taken_once_and_arns_mean_one_connection)
{
	AUTO(freep) char *arn = NULL;

	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_refuses(events("CreateConnection", "{'Name':'c'," BASIC "}"),
		   "ResourceAlreadyExistsException", "Connection c already exists.");
	arn = xstrdup(arn_of("c"));
	ck_events("DeleteConnection", "{'Name':'c'}");
	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_refuses(events("CreateApiDestination",
			  "{'Name':'d','ConnectionArn':'%s','HttpMethod':'POST',"
			  "'InvocationEndpoint':'https://example.com/'}",
			  arn),
		   "ResourceNotFoundException", "does not exist");
}
END_TEST

START_TEST(lists_come_in_pages)
{
	struct answer answer;

	ck_events("CreateConnection", "{'Name':'a'," BASIC "}");
	ck_events("CreateConnection", "{'Name':'b'," OAUTH "}");
	answer = events("ListConnections", "{'Limit':1}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Connections.0.Name"), "a");
	AUTO(freep) char *token = xstrdup(text_at(&answer, "NextToken"));

	answer_done(&answer);
	answer = events("ListConnections", "{'NextToken':'%s'}", token);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Connections.0.Name"), "b");
	ck_assert_uint_eq(json_array_size(at(&answer, "Connections")), 1);
	answer_done(&answer);
	answer = events("ListConnections", "{'ConnectionState':'AUTHORIZING'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Connections.0.Name"), "b");
	answer_done(&answer);
}
END_TEST

START_TEST(without_a_key_no_secret_is_taken)
{
	struct answer answer;

	world.options.secret_key = NULL;
	answer = events("CreateConnection", "{'Name':'c'," BASIC "}");
	ck_assert_int_eq(answer.status, 500);
	answer_done(&answer);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_connection"), 0);
}
END_TEST

/* The ARN of a new API destination, in a buffer of the test's. */
static const char *destination(const char *name, const char *endpoint)
{
	static char arn[512];
	struct answer answer = events("CreateApiDestination",
				      "{'Name':'%s','ConnectionArn':'%s','HttpMethod':'POST',"
				      "'InvocationEndpoint':'%s'}",
				      name, arn_of("c"), endpoint);

	ck_works(answer);
	(void)snprintf(arn, sizeof(arn), "%s", text_at(&answer, "ApiDestinationArn"));
	answer_done(&answer);
	return arn;
}

static void aim(const char *arn)
{
	ck_events("PutTargets", "{'Rule':'r','Targets':[{'Id':'t','Arn':'%s'}]}", arn);
}

START_TEST(a_delivery_to_an_api_destination_is_left_to_the_relay)
{
	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	RULE("r", ANY_OF_MINE);
	aim(destination("d", "https://example.com/"));
	PUT("{}");
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_delivery WHERE attempts = 0"
				      " AND destination = (SELECT number FROM"
				      " event_api_destination)"),
			 1);
}
END_TEST

START_TEST(a_delivery_goes_to_who_makes_those_of_its_target_now)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct err err = ERR_INIT;
	struct event_away *away;
	size_t count;

	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	RULE("r", ANY_OF_MINE);
	TARGET("r", "t", "");
	PUT("{}");
	aim(destination("d", "https://example.com/"));
	ASSERT_OK(event_away_list(world.state, 0, 10, arena, &away, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 0);
	ASSERT_OK(event_away_list(world.state, 0, 10, arena, &away, &count, &err), &err);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(away[0].destination,
			 events_count("SELECT number FROM event_api_destination"));
	ck_assert_int_eq(away[0].next_ms, WORLD_NOW_MS);
}
END_TEST

START_TEST(destinations_with_deliveries_are_listed_once_each)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct event_delivery *due;
	struct err err = ERR_INIT;
	struct event_away *away;
	size_t count;

	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	RULE("r", ANY_OF_MINE);
	for (const char *name = "abc"; *name; name++) {
		const char text[] = {*name, '\0'};

		ck_events("PutTargets", "{'Rule':'r','Targets':[{'Id':'%s','Arn':'%s'}]}", text,
			  destination(text, "https://example.com/"));
	}
	for (int i = 0; i < 5; i++)
		PUT("{}");
	ASSERT_OK(event_away_list(world.state, 0, 2, arena, &away, &count, &err), &err);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_lt(away[0].destination, away[1].destination);
	ASSERT_OK(event_away_due(world.state, away[1].destination, WORLD_NOW_MS, 3, arena, &due,
				 &count, &err),
		  &err);
	ck_assert_uint_eq(count, 3);
	ASSERT_OK(event_away_due(world.state, away[1].destination, WORLD_NOW_MS - 1, 3, arena, &due,
				 &count, &err),
		  &err);
	ck_assert_uint_eq(count, 0);
	ASSERT_OK(event_away_list(world.state, away[1].destination, 2, arena, &away, &count, &err),
		  &err);
	ck_assert_uint_eq(count, 1);
}
END_TEST

static const struct {
	const char *endpoint, *more, *text;
} wrong[] = {
	{"https://example.com/*", "", "PathParameterValues must have 1 values"},
	{"https://example.com/", ",'HttpParameters':{'PathParameterValues':['x']}",
	 "PathParameterValues must have 0 values"},
	{"https://example.com/", ",'HttpParameters':{'HeaderParameters':{'Host':'x'}}",
	 "Host is no header that may be set"},
	{"https://example.com/", ",'HttpParameters':{'HeaderParameters':{'a':'b\\nc'}}",
	 "the value of a has characters"},
	{"https://example.com/", ",'HttpParameters':{'QueryStringParameters':{'a':'$.detail['}}",
	 "QueryStringParameters"},
	{"https://example.com/", ",'EcsParameters':{'TaskDefinitionArn':'f'}", "EcsParameters"},
};

START_TEST(a_target_that_is_wrong_for_an_api_destination_is_refused_by_name)
{
	ck_events("CreateConnection", "{'Name':'c'," BASIC "}");
	RULE("r", ANY_OF_MINE);
	ck_refuses(events("PutTargets", "{'Rule':'r','Targets':[{'Id':'t','Arn':'%s'%s}]}",
			  destination("d", wrong[_i].endpoint), wrong[_i].more),
		   "ValidationException", wrong[_i].text);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_target"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_connection");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, begin, finish);
	tcase_add_test(all, a_connection_is_shown_without_its_secrets_and_lies_sealed);
	tcase_add_test(all, an_oauth_connection_waits_for_its_token);
	tcase_add_test(all, an_update_leaves_what_it_does_not_name);
	tcase_add_test(
		all, a_deauthorized_connection_has_no_parameters_and_its_destinations_are_inactive);
	tcase_add_loop_test(all, what_is_wrong_is_refused_by_name, 0, ARRAY_LEN(refusals));
	tcase_add_test(all, names_are_taken_once_and_arns_mean_one_connection);
	tcase_add_test(all, lists_come_in_pages);
	tcase_add_test(all, without_a_key_no_secret_is_taken);
	tcase_add_test(all, a_delivery_to_an_api_destination_is_left_to_the_relay);
	tcase_add_test(all, a_delivery_goes_to_who_makes_those_of_its_target_now);
	tcase_add_test(all, destinations_with_deliveries_are_listed_once_each);
	tcase_add_loop_test(all, a_target_that_is_wrong_for_an_api_destination_is_refused_by_name,
			    0, ARRAY_LEN(wrong));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
