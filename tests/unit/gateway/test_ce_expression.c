/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters: what each matches of a charge, and what is refused by its path.
 */
#include "tests/support/suite.h"

#include "core/shape.h"
#include "gateway/ce/ce_expression.h"

static const struct ce_viewer viewer = {.account = "123456789012", .region = "us-east-1"};

static const struct charge_tag tags[] = {
	{"Team", "Blue"}, {"aws:ecs:clusterName", "batch"}, {"stage", "test"}};

static const struct charge charge = {
	.task = {.task = "0123456789abcdef0123456789abcdef",
		 .account = "123456789012",
		 .cluster = "batch",
		 .family = "web",
		 .group = "family:web",
		 .started_by = "",
		 .architecture = "X86_64",
		 .spot = true},
	.quantity = {250, 512, 0},
};

static int parse(const char *quoted, struct arena *arena, json_t **ret_json,
		 const struct ce_expression **ret_expression, struct err *err)
{
	AUTO(freep) char *text = xstrdup(quoted);

	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	ASSERT_OK(shape_parse(text, strlen(text), ret_json, err), err);
	return ce_expression_parse(*ret_json, "Filter", arena, ret_expression, err);
}

#define DIMENSION(key, value) "{'Dimensions':{'Key':'" key "','Values':['" value "']}}"
#define TAG(key, value)	      "{'Tags':{'Key':'" key "','Values':['" value "']}}"
#define TAG_BY(key, value, option)                                                                 \
	"{'Tags':{'Key':'" key "','Values':['" value "'],'MatchOptions':['" option "']}}"
#define YES TAG("stage", "test")
#define NO  TAG("stage", "prod")

static const struct {
	const char *filter;
	bool matches;
} filters[] = {
	{DIMENSION("USAGE_TYPE", "SpotUsage-Fargate-vCPU-Hours:perCPU"), true},
	{DIMENSION("USAGE_TYPE", "SpotUsage-Fargate-GB-Hours"), false},
	{DIMENSION("LINKED_ACCOUNT", "123456789012"), true},
	{DIMENSION("LINKED_ACCOUNT", "000000000000"), false},
	{DIMENSION("SERVICE", "Amazon Elastic Container Service"), true},
	{DIMENSION("REGION", "us-east-1"), true},
	{DIMENSION("PURCHASE_TYPE", "Spot"), true},
	{DIMENSION("PURCHASE_TYPE", "On Demand"), false},
	{DIMENSION("RECORD_TYPE", "Usage"), true},
	{DIMENSION("OPERATION", "FargateTask"), true},
	{DIMENSION("RESOURCE_ID", "arn:aws:ecs:us-east-1:123456789012:task/batch/"
				  "0123456789abcdef0123456789abcdef"),
	 true},
	{"{'Dimensions':{'Key':'REGION','Values':['eu-west-1','us-east-1']}}", true},
	{TAG("Team", "Blue"), true},
	{TAG("Team", "blue"), false},
	{TAG("team", "Blue"), false},
	{TAG_BY("Team", "bLUE", "CASE_INSENSITIVE"), true},
	{TAG_BY("Team", "Bl", "STARTS_WITH"), true},
	{TAG_BY("Team", "ue", "STARTS_WITH"), false},
	{TAG_BY("Team", "ue", "ENDS_WITH"), true},
	{TAG_BY("Team", "Bl", "ENDS_WITH"), false},
	{TAG_BY("Team", "lu", "CONTAINS"), true},
	{TAG_BY("Team", "Blue and more", "CONTAINS"), false},
	{TAG_BY("Team", "lU", "CONTAINS"), false},
	{TAG_BY("Team", "lU", "CONTAINS','CASE_INSENSITIVE"), true},
	{TAG_BY("Team", "Bl", "EQUALS','STARTS_WITH"), true},
	{TAG_BY("Team", "", "ABSENT"), false},
	{TAG_BY("none", "", "ABSENT"), true},
	{"{'Tags':{'Key':'none','MatchOptions':['ABSENT']}}", true},
	{TAG("none", ""), true},
	{TAG("none", "x"), false},
	{TAG("Team", ""), false},
	{TAG("aws:ecs:clusterName", "batch"), true},
	{"{'And':[" YES "," YES "]}", true},
	{"{'And':[" YES "," NO "]}", false},
	{"{'Or':[" NO "," YES "]}", true},
	{"{'Or':[" NO "," NO "]}", false},
	{"{'Or':[" NO "]}", false},
	{"{'Not':" NO "}", true},
	{"{'Not':" YES "}", false},
	{"{'Not':{'And':[" YES ",{'Not':{'Or':[" NO "," NO "]}}]}}", false},
	{"{'Not':" YES ",'CostCategories':{},'And':null}", false},
};

START_TEST(a_filter_matches_what_it_says)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	const struct ce_expression *expression;
	const struct ce_subject subject = {.viewer = &viewer,
					   .charge = &charge,
					   .meter = METER_VCPU,
					   .tags = tags,
					   .tag_count = ARRAY_LEN(tags),
					   .arena = arena};
	struct err err = ERR_INIT;

	ASSERT_OK(parse(filters[_i].filter, arena, &json, &expression, &err), &err);
	ck_assert_msg(ce_expression_matches(expression, &subject) == filters[_i].matches, "%s",
		      filters[_i].filter);
}
END_TEST

static const struct {
	const char *filter, *words;
} bad[] = {
	{"{}", "Filter must not be empty"},
	{"{'And':[]}", "Filter.And must not be empty"},
	{"{'And':{}}", "Filter.And must be a list"},
	{"{'Or':[7]}", "Filter.Or[0] must be an object"},
	{"{'Not':[]}", "Filter.Not must be an object"},
	{"{'And':[" YES "],'Or':[" YES "]}", "Filter must have one of And, Or, Not"},
	{"{'Dimensions':{'Key':'AZ','Values':['a']}}",
	 "Filter.Dimensions.Key: dimension AZ is not one of"},
	{"{'Dimensions':{'Values':['a']}}", "Filter.Dimensions.Key is required"},
	{"{'Dimensions':{'Key':'REGION'}}", "Filter.Dimensions must have Values"},
	{"{'And':[" YES ",{'Not':{'Tags':{'Key':'k'}}}]}", "Filter.And[1].Not.Tags must have"},
	{"{'Tags':{'Key':'','Values':['a']}}", "Filter.Tags.Key"},
	{"{'Tags':{'Key':'k','Values':[1]}}", "Filter.Tags.Values[0] must be a string"},
	{TAG_BY("k", "v", "GREATER_THAN_OR_EQUAL"),
	 "Filter.Tags.MatchOptions: GREATER_THAN_OR_EQUAL is not one of"},
	{TAG_BY("k", "v", "CASE_SENSITIVE','CASE_INSENSITIVE"), "CASE_SENSITIVE"},
	{"{'CostCategories':{'Key':'k','Values':['v']}}", "Filter.CostCategories"},
};

START_TEST(what_is_no_filter_is_refused_by_its_path)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	const struct ce_expression *expression;
	struct err err = ERR_INIT;

	ck_assert_int_eq(parse(bad[_i].filter, arena, &json, &expression, &err), -1);
	ck_assert_msg(err.code == ERR_INVALID || err.code == ERR_UNSUPPORTED, "%s", err.text);
	ck_assert_msg(strstr(err.text, bad[_i].words), "%s", err.text);
}
END_TEST

/* @count of {"Not": around a tag. */
static char *nested(size_t count)
{
	char *text = xcalloc(count * 8 + sizeof(YES), 1);

	for (size_t i = 0; i < count; i++)
		(void)strcat(text, "{'Not':");
	(void)strcat(text, YES);
	for (size_t i = 0; i < count; i++)
		(void)strcat(text, "}");
	return text;
}

/* An And of @count tags with @values values each. */
static char *wide(size_t count, size_t values)
{
	char *text = xcalloc(count * (64 + values * 4) + 16, 1);

	(void)strcat(text, "{'And':[");
	for (size_t i = 0; i < count; i++) {
		(void)strcat(text, i > 0 ? ",{'Tags':{'Key':'k','Values':["
					 : "{'Tags':{'Key':'k','Values':[");
		for (size_t j = 0; j < values; j++)
			(void)strcat(text, j > 0 ? ",'v'" : "'v'");
		(void)strcat(text, "]}}");
	}
	(void)strcat(text, "]}");
	return text;
}

static void limited(char *text, bool fits)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 22);
	AUTO(json_decrefp) json_t *json = NULL;
	const struct ce_expression *expression;
	struct err err = ERR_INIT;

	ck_assert_int_eq(parse(text, arena, &json, &expression, &err), fits ? 0 : -1);
	if (!fits)
		ck_assert_int_eq(err.code, ERR_LIMIT);
	free(text);
}

START_TEST(depth_parts_and_values_have_limits)
{
	limited(nested(CE_DEPTH_MAX - 1), true);
	limited(nested(CE_DEPTH_MAX), false);
	limited(wide(CE_PARTS_MAX - 1, 1), true);
	limited(wide(CE_PARTS_MAX, 1), false);
	limited(wide(10, CE_VALUES_MAX / 10), true);
	limited(wide(11, CE_VALUES_MAX / 10), false);
}
END_TEST

static int count_key(void *ctx, const char *key, struct err *err)
{
	size_t *count = ctx;

	(void)key;
	(void)err;
	(*count)++;
	return 0;
}

START_TEST(it_says_which_tags_it_asks_for)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	const struct ce_expression *expression;
	struct err err = ERR_INIT;
	size_t count = 0;

	ASSERT_OK(parse("{'And':[" YES ",{'Not':" NO "}," DIMENSION("REGION", "x") "]}", arena,
			&json, &expression, &err),
		  &err);
	ck_assert(ce_expression_has_tags(expression));
	ASSERT_OK(ce_expression_tag_keys(expression, count_key, &count, &err), &err);
	ck_assert_uint_eq(count, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/ce_expression");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_filter_matches_what_it_says, 0, ARRAY_LEN(filters));
	tcase_add_loop_test(all, what_is_no_filter_is_refused_by_its_path, 0, ARRAY_LEN(bad));
	tcase_add_test(all, depth_parts_and_values_have_limits);
	tcase_add_test(all, it_says_which_tags_it_asks_for);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
