/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cost Explorer by request and answer, over a ledger of a few tasks: sums, groups, pages,
 * lists of values, forecasts, and what is refused with which words.
 */
#include "api_world.h"

#include "billing/calendar.h"
#include "billing/ledger.h"
#include "gateway/billing_state.h"
#include "gateway/ce/ce_usage.h"

#define JAN  1767225600LL /* 2026-01-01 */
#define DAY  86400LL
#define HOUR 3600LL
#define NOW  (JAN + 10 * DAY + 12 * HOUR)
/* A vCPU, a GB of memory, of storage: 3600, 360, 36 billionths an hour; spot is half of it. */
#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":1735689600,"    \
	"\"minimum\":1,\"x86\":[3600,360,36],\"arm\":[3600,360,36],\"shares\":[10000,10000],"      \
	"\"spot\":5000}]}]}"

struct hold {
	const char *account, *cluster, *family, *tags;
	int64_t from_s, seconds;
	bool spot;
};

static void append(const struct ledger_task *task, const struct hold *hold, enum ledger_kind kind)
{
	static const int64_t quantity[METER_COUNT] = {1000, 1024, 1};
	struct err err = ERR_INIT;

	for (int meter = 0; meter < METER_COUNT; meter++) {
		const struct ledger_record record = {
			.task = task->number,
			.meter = meter_number((enum meter)meter),
			.sequence = kind - LEDGER_OPEN,
			.kind = kind,
			.quantity = quantity[meter],
			.started_ms = hold->from_s * 1000,
			.duration_ns = kind == LEDGER_OPEN ? 0 : hold->seconds * 1000000000,
			.seconds = kind == LEDGER_OPEN ? 0 : hold->seconds,
			.ended_ms = (hold->from_s + hold->seconds) * 1000,
			.reason = "",
		};

		ASSERT_OK(ledger_append(world.state, &record, NOW * 1000, &err), &err);
	}
}

/* A task that held 1 vCPU, 1 GiB and 21 GiB of storage. */
static void add_hold(unsigned number, const struct hold *hold)
{
	AUTO(freep) char *id = xasprintf("%032x", number);
	struct ledger_task task = {
		.task = id,
		.account = hold->account,
		.cluster = hold->cluster,
		.family = hold->family,
		.revision = 1,
		.group = "family:web",
		.started_by = "",
		.architecture = "X86_64",
		.spot = hold->spot,
		.tags_json = hold->tags,
	};
	struct err err = ERR_INIT;

	ASSERT_OK(db_begin(world.state, &err), &err);
	ASSERT_OK(ledger_task_put(world.state, &task, &task.number, &err), &err);
	append(&task, hold, LEDGER_OPEN);
	append(&task, hold, LEDGER_CLOSE);
	ASSERT_OK(db_commit(world.state, &err), &err);
}

static void add_holds(void)
{
	const struct hold holds[] = {
		{world.account, "default", "web", "{\"team\":\"blue\"}", JAN + HOUR, HOUR, false},
		{world.account, "batch", "etl", "{\"team\":\"red\"}", JAN + DAY, 2 * HOUR, true},
		{world.account, "default", "web", "{}", JAN + 2 * DAY + HOUR, HOUR, false},
		{world.other, "default", "web", "{\"secret\":\"x\"}", JAN + HOUR, 9 * HOUR, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(holds); i++)
		add_hold((unsigned)i + 1, &holds[i]);
}

static void begin(void)
{
	struct price_list *prices;
	struct err err = ERR_INIT;

	world_begin();
	clock_fake(NOW * 1000, 1000000000);
	ASSERT_OK(price_list_parse(PRICES, &prices, &err), &err);
	world.options.billing = billing_state_new(prices, 4);
	add_holds();
}

static void end(void)
{
	billing_state_free(world.options.billing);
	world_end();
}

static struct answer ce(const char *operation, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct answer ce(const char *operation, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct answer answer = world_ask_formatted("AWSInsightsIndexService", operation, fmt, args);
	va_end(args);
	return answer;
}

#define JANUARY "'TimePeriod':{'Start':'2026-01-01','End':'2026-01-11'}"
#define MONTH	JANUARY ",'Granularity':'MONTHLY'"
#define DAYS	JANUARY ",'Granularity':'DAILY'"
#define COST	",'Metrics':['UnblendedCost']"

/* --- sums --- */

START_TEST(a_month_is_one_sum_of_the_callers_own)
{
	struct answer answer =
		ce("GetCostAndUsage", "{" MONTH ",'Metrics':['UnblendedCost','NetAmortizedCost',"
				      "'UsageQuantity','NormalizedUsageAmount']}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "ResultsByTime")), 1);
	/* Three hours in full and one of two tasks at half: 3996 an hour. */
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UnblendedCost.Amount"),
			 "0.000011988");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.NetAmortizedCost.Amount"),
			 "0.000011988");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UnblendedCost.Unit"), "USD");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UsageQuantity.Amount"), "12");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UsageQuantity.Unit"), "N/A");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.NormalizedUsageAmount.Amount"),
			 "0");
	ck_assert(json_is_true(at(&answer, "ResultsByTime.0.Estimated")));
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.TimePeriod.Start"), "2026-01-01");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.TimePeriod.End"), "2026-01-11");
	answer_done(&answer);
}
END_TEST

START_TEST(every_day_has_a_result_also_without_costs)
{
	struct answer answer = ce("GetCostAndUsage", "{" DAYS COST "}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "ResultsByTime")), 10);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.2.Total.UnblendedCost.Amount"),
			 "0.000003996");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.3.Total.UnblendedCost.Amount"),
			 "0.000000000");
	answer_done(&answer);
}
END_TEST

START_TEST(groups_are_by_tag_and_dimension)
{
	struct answer answer =
		ce("GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'TAG','Key':'team'},"
				      "{'Type':'DIMENSION','Key':'USAGE_TYPE'}]}");

	ck_works(answer);
	ck_assert_uint_eq(json_object_size(at(&answer, "ResultsByTime.0.Total")), 0);
	ck_assert_uint_eq(json_array_size(at(&answer, "ResultsByTime.0.Groups")), 9);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.0.Keys.0"), "team$");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.0.Keys.1"),
			 "Fargate-EphemeralStorage-GB-Hours");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.8.Keys.0"), "team$red");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.8.Keys.1"),
			 "SpotUsage-Fargate-vCPU-Hours:perCPU");
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.8.Metrics.UnblendedCost.Amount"),
			 "0.000003600");
	ck_assert_str_eq(text_at(&answer, "GroupDefinitions.1.Key"), "USAGE_TYPE");
	answer_done(&answer);
}
END_TEST

START_TEST(what_is_the_same_for_all_can_be_a_group)
{
	struct answer answer =
		ce("GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'DIMENSION','Key':"
				      "'LINKED_ACCOUNT'},{'Type':'DIMENSION','Key':'SERVICE'}]}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "ResultsByTime.0.Groups")), 1);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.0.Keys.0"), world.account);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.0.Keys.1"),
			 "Amazon Elastic Container Service");
	ck_assert_str_eq(text_at(&answer, "DimensionValueAttributes.0.Attributes.description"),
			 "one");
	answer_done(&answer);
}
END_TEST

START_TEST(a_task_is_a_resource_by_its_arn)
{
	AUTO(freep)
	char *arn = xasprintf("arn:aws:ecs:us-east-1:%s:task/batch/%032x", world.account, 2);
	struct answer answer =
		ce("GetCostAndUsageWithResources",
		   "{" MONTH COST ",'GroupBy':[{'Type':'DIMENSION','Key':'RESOURCE_ID'}],"
		   "'Filter':{'Dimensions':{'Key':'RESOURCE_ID','Values':['%s']}}}",
		   arn);

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "ResultsByTime.0.Groups")), 1);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Groups.0.Keys.0"), arn);
	answer_done(&answer);
}
END_TEST

START_TEST(a_filter_leaves_out_the_rest)
{
	struct answer answer =
		ce("GetCostAndUsage",
		   "{" MONTH COST ",'Filter':{'And':[{'Tags':{'Key':'aws:ecs:clusterName',"
		   "'Values':['default']}},{'Not':{'Dimensions':{'Key':'USAGE_TYPE','Values':"
		   "['vCPU'],'MatchOptions':['CONTAINS']}}}]}}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UnblendedCost.Amount"),
			 "0.000000792");
	answer_done(&answer);
}
END_TEST

START_TEST(a_closed_month_is_not_estimated)
{
	char id[INVOICE_ID_SIZE];
	struct price_list *prices;
	struct err err = ERR_INIT;
	struct answer answer;

	ASSERT_OK(price_list_parse(PRICES, &prices, &err), &err);
	clock_fake((JAN + 40 * DAY) * 1000, 1000000000);
	ASSERT_OK(invoice_close(world.state, prices, world.account, JAN, clock_wall_ms(), id, &err),
		  &err);
	price_list_free(prices);
	answer = ce("GetCostAndUsage", "{'TimePeriod':{'Start':'2026-01-01','End':'2026-03-01'},"
				       "'Granularity':'MONTHLY'" COST "}");
	ck_works(answer);
	ck_assert(json_is_false(at(&answer, "ResultsByTime.0.Estimated")));
	ck_assert_str_eq(text_at(&answer, "ResultsByTime.0.Total.UnblendedCost.Amount"),
			 "0.000011988");
	ck_assert(json_is_true(at(&answer, "ResultsByTime.1.Estimated")));
	answer_done(&answer);
}
END_TEST

/* --- pages --- */

/* 1,500 tasks with a tag each. */
static void add_many(void)
{
	for (unsigned i = 0; i < 1500; i++) {
		AUTO(freep) char *tags = xasprintf("{\"job\":\"%04u\"}", i);
		const struct hold hold = {world.account,	"many", "web", tags, JAN + 5 * DAY,
					  1 + (int64_t)(i % 7), false};

		add_hold(100 + i, &hold);
	}
}

#define JOBS                                                                                       \
	"'TimePeriod':{'Start':'2026-01-05','End':'2026-01-08'},'Granularity':'DAILY'" COST        \
	",'GroupBy':[{'Type':'TAG','Key':'job'}]"

START_TEST(pages_hold_each_group_once)
{
	AUTO(freep) char *token = NULL;
	struct answer first, second;

	add_many();
	first = ce("GetCostAndUsage", "{" JOBS "}");
	ck_works(first);
	/* The first day is an entry without groups. */
	ck_assert_uint_eq(json_array_size(at(&first, "ResultsByTime")), 2);
	ck_assert_uint_eq(json_array_size(at(&first, "ResultsByTime.1.Groups")), CE_USAGE_PAGE - 1);
	token = xstrdup(text_at(&first, "NextPageToken"));
	second = ce("GetCostAndUsage", "{" JOBS ",'NextPageToken':'%s'}", token);
	ck_works(second);
	ck_assert_uint_eq(json_array_size(at(&second, "ResultsByTime")), 2);
	ck_assert_str_eq(text_at(&second, "ResultsByTime.0.TimePeriod.Start"), "2026-01-06");
	ck_assert_uint_eq(json_array_size(at(&second, "ResultsByTime.0.Groups")),
			  1500 - (CE_USAGE_PAGE - 1));
	ck_assert_str_eq(text_at(&second, "ResultsByTime.0.Groups.0.Keys.0"), "job$0999");
	ck_assert_ptr_null(at(&second, "NextPageToken"));
	answer_done(&first);
	answer_done(&second);
	ck_refused(ce("GetCostAndUsage",
		      "{" JOBS ",'Filter':{'Not':{'Dimensions':{'Key':'REGION',"
		      "'Values':['x']}}},'NextPageToken':'%s'}",
		      token),
		   "RequestChangedException",
		   "The request has changed between pages: ask as before, or without "
		   "NextPageToken.");
	ck_refused(ce("GetCostAndUsage", "{" JOBS ",'NextPageToken':'zz'}"),
		   "InvalidNextTokenException", "NextPageToken is not valid.");
	ck_refused(ce("GetTags", "{" JANUARY ",'NextPageToken':'%s'}", token),
		   "InvalidNextTokenException", "NextPageToken is not valid.");
}
END_TEST

START_TEST(values_have_pages_too)
{
	struct answer first, second;

	add_many();
	first = ce("GetTags", "{" JANUARY ",'TagKey':'job','MaxResults':600}");
	ck_works(first);
	ck_assert_int_eq(int_at(&first, "ReturnSize"), 600);
	ck_assert_int_eq(int_at(&first, "TotalSize"), 1501); /* and what has none */
	second = ce("GetTags", "{" JANUARY ",'TagKey':'job','MaxResults':600,'NextPageToken':'%s'}",
		    text_at(&first, "NextPageToken"));
	ck_works(second);
	ck_assert_str_eq(text_at(&second, "Tags.0"), "0599");
	answer_done(&first);
	answer_done(&second);
}
END_TEST

/* --- lists --- */

START_TEST(dimensions_tell_their_values)
{
	struct answer answer =
		ce("GetDimensionValues", "{" JANUARY ",'Dimension':'USAGE_TYPE','SearchString':"
					 "'vcpu','Context':'COST_AND_USAGE'}");

	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 2);
	ck_assert_str_eq(text_at(&answer, "DimensionValues.0.Value"), "Fargate-vCPU-Hours:perCPU");
	ck_assert_str_eq(text_at(&answer, "DimensionValues.0.Attributes.unit"), "vCPU-Hours");
	answer_done(&answer);
	answer = ce("GetDimensionValues", "{" JANUARY ",'Dimension':'PURCHASE_TYPE','SortBy':"
					  "[{'Key':'UsageQuantity','SortOrder':'DESCENDING'}]}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "DimensionValues.0.Value"), "On Demand");
	answer_done(&answer);
	answer = ce("GetDimensionValues", "{" JANUARY ",'Dimension':'LINKED_ACCOUNT'}");
	ck_assert_str_eq(text_at(&answer, "DimensionValues.0.Value"), world.account);
	ck_assert_str_eq(text_at(&answer, "DimensionValues.0.Attributes.description"), "one");
	answer_done(&answer);
	answer = ce("GetDimensionValues", "{'TimePeriod':{'Start':'2025-06-01','End':'2025-07-01'},"
					  "'Dimension':'SERVICE'}");
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 0);
	answer_done(&answer);
}
END_TEST

START_TEST(tags_are_keys_or_the_values_of_one)
{
	struct answer answer = ce("GetTags", "{" JANUARY "}");

	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 3); /* not the other account's */
	ck_assert_str_eq(text_at(&answer, "Tags.0"), "aws:ecs:clusterName");
	ck_assert_str_eq(text_at(&answer, "Tags.1"), "slipway:taskFamily");
	ck_assert_str_eq(text_at(&answer, "Tags.2"), "team");
	answer_done(&answer);
	answer = ce("GetTags", "{" JANUARY ",'TagKey':'team','SortBy':[{'Key':'BlendedCost'}],"
			       "'MaxResults':2}");
	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "ReturnSize"), 2);
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 3);
	ck_assert_ptr_null(at(&answer, "NextPageToken"));
	answer_done(&answer);
	answer = ce("GetTags", "{" JANUARY ",'TagKey':'team','Filter':{'Dimensions':{'Key':"
			       "'PURCHASE_TYPE','Values':['Spot']}}}");
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 1);
	ck_assert_str_eq(text_at(&answer, "Tags.0"), "red");
	answer_done(&answer);
}
END_TEST

/* As JSON: of the key's letters, as SQL and as the ledger's text see them. */
static const struct {
	const char *key, *other;
} odd_keys[] = {
	{"100%", "100x"},
	{"a_b", "axb"},
	{"wow!", "wow"},
	{"\\\"quoted\\\"", "quoted"},
	{"k:", "k"},
	{"\xc3\xa4", "a"},
	{"back\\\\slash", "backslash"},
};

START_TEST(a_tag_is_known_by_each_of_its_letters)
{
	AUTO(freep)
	char *tags = xasprintf("{\"%s\":\"%s\\\":\"}", odd_keys[_i].key, odd_keys[_i].other);
	AUTO(freep) char *body = NULL;
	const struct hold hold = {world.account, "odd", "web", tags, JAN + HOUR, HOUR, false};
	struct answer answer;

	add_hold(60, &hold);
	body = xasprintf("{\"TimePeriod\":{\"Start\":\"2026-01-01\",\"End\":"
			 "\"2026-01-02\"},\"TagKey\":\"%s\"}",
			 odd_keys[_i].key);
	answer = world_ask_service(world.state, "AWSInsightsIndexService", "GetTags", body);
	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "TotalSize"), 2);
	answer_done(&answer);
	answer = ce("GetTags", "{" JANUARY ",'TagKey':'%s'}", odd_keys[_i].other);
	ck_assert_str_eq(answer.type, "ValidationException");
	answer_done(&answer);
}
END_TEST

/* --- forecasts --- */

#define AHEAD "'TimePeriod':{'Start':'2026-01-11','End':'2026-01-13'},'Granularity':'DAILY'"

START_TEST(a_forecast_goes_on_as_it_was)
{
	struct answer answer = ce("GetCostForecast", "{" AHEAD ",'Metric':'UNBLENDED_COST',"
						     "'PredictionIntervalLevel':80}");

	ck_works(answer);
	/* 11988 in ten finished days: 1198.8 a day, and half of today is left. */
	ck_assert_str_eq(text_at(&answer, "ForecastResultsByTime.0.MeanValue"), "0.000000599");
	ck_assert_str_eq(text_at(&answer, "ForecastResultsByTime.1.MeanValue"), "0.000001199");
	ck_assert_str_eq(text_at(&answer, "Total.Amount"), "0.000001798");
	ck_assert_str_eq(text_at(&answer, "Total.Unit"), "USD");
	ck_assert_str_eq(text_at(&answer, "ForecastResultsByTime.1.PredictionIntervalLowerBound"),
			 "0.000000000");
	ck_assert_ptr_nonnull(at(&answer, "ForecastResultsByTime.1.PredictionIntervalUpperBound"));
	answer_done(&answer);
	answer = ce("GetCostForecast", "{" AHEAD ",'Metric':'UNBLENDED_COST'}");
	ck_assert_ptr_null(at(&answer, "ForecastResultsByTime.0.PredictionIntervalLowerBound"));
	answer_done(&answer);
}
END_TEST

/* --- what is refused --- */

static const struct {
	const char *operation, *body, *type, *message;
} refusals[] = {
	{"GetCostAndUsage", "{" MONTH "}", "ValidationException", "Metrics is required."},
	{"GetCostAndUsage", "{" MONTH ",'Metrics':['Price']}", "ValidationException",
	 "Metrics[0]: metric Price is not one of [AmortizedCost, BlendedCost, NetAmortizedCost, "
	 "NetUnblendedCost, UnblendedCost, UsageQuantity, NormalizedUsageAmount]."},
	{"GetCostAndUsage", "{" JANUARY ",'Granularity':'WEEKLY'" COST "}", "ValidationException",
	 "Granularity must be one of [DAILY,MONTHLY,HOURLY]."},
	{"GetCostAndUsage",
	 "{'TimePeriod':{'Start':'2026-01-05','End':'2026-01-05'},'Granularity':'DAILY'" COST "}",
	 "ValidationException",
	 "TimePeriod: Start date (and hour) should be before end date (and hour)."},
	{"GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'DIMENSION','Key':'AZ'}]}",
	 "ValidationException",
	 "GroupBy[0].Key: dimension AZ is not one of [LINKED_ACCOUNT, OPERATION, PURCHASE_TYPE, "
	 "RECORD_TYPE, REGION, RESOURCE_ID, SERVICE, USAGE_TYPE]."},
	{"GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'COLOUR','Key':'AZ'}]}",
	 "ValidationException", "GroupBy[0].Type COLOUR is not one of [DIMENSION, TAG]."},
	{"GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'COST_CATEGORY','Key':'c'}]}",
	 "ValidationException",
	 "GroupBy[0].Type COST_CATEGORY is not supported: there are no cost categories."},
	{"GetCostAndUsage",
	 "{" MONTH COST ",'GroupBy':[{'Type':'TAG','Key':'team'},{'Type':'TAG','Key':'team'}]}",
	 "ValidationException", "GroupBy[1] is the same as the one before."},
	{"GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'TAG','Key':'tea'}]}",
	 "ValidationException", "GroupBy: no task of this account ever had a tag tea."},
	{"GetCostAndUsage", "{" MONTH COST ",'GroupBy':[{'Type':'TAG','Key':'secret'}]}",
	 "ValidationException", "GroupBy: no task of this account ever had a tag secret."},
	{"GetCostAndUsage",
	 "{" MONTH COST ",'Filter':{'Not':{'Tags':{'Key':'TEAM','Values':['x']}}}}",
	 "ValidationException", "Filter: no task of this account ever had a tag TEAM."},
	{"GetCostAndUsage", "{" MONTH COST ",'Filter':{}}", "ValidationException",
	 "Filter must not be empty."},
	{"GetCostAndUsage", "{" MONTH COST ",'BillingViewArn':'arn:aws:billing::1:billingview/p'}",
	 "ValidationException", "BillingViewArn is not supported by this Slipway yet."},
	{"GetCostAndUsageWithResources", "{" MONTH COST "}", "ValidationException",
	 "Filter is required."},
	{"GetDimensionValues", "{" JANUARY ",'Dimension':'TENANCY'}", "ValidationException",
	 "Dimension: dimension TENANCY is not one of [LINKED_ACCOUNT, OPERATION, PURCHASE_TYPE, "
	 "RECORD_TYPE, REGION, RESOURCE_ID, SERVICE, USAGE_TYPE]."},
	{"GetDimensionValues", "{" JANUARY ",'Dimension':'REGION','Context':'RESERVATIONS'}",
	 "ValidationException",
	 "Context RESERVATIONS is not supported: nothing is bought ahead here."},
	{"GetDimensionValues",
	 "{" JANUARY ",'Dimension':'REGION','SearchString':'x','SortBy':[{'Key':'BlendedCost'}]}",
	 "ValidationException", "SearchString and NextPageToken are not supported with SortBy."},
	{"GetTags", "{" JANUARY ",'TagKey':'nobody'}", "ValidationException",
	 "TagKey: no task of this account ever had a tag nobody."},
	{"GetTags", "{" JANUARY ",'SortBy':[{'Key':'BlendedCost'}]}", "ValidationException",
	 "SortBy needs a TagKey: keys have no costs of their own."},
	{"GetCostForecast", "{" AHEAD ",'Metric':'USAGE_QUANTITY'}", "ValidationException",
	 "Metric USAGE_QUANTITY is not supported: only costs are forecast."},
	{"GetCostForecast",
	 "{'TimePeriod':{'Start':'2026-01-11','End':'2026-01-12'},'Granularity':'HOURLY',"
	 "'Metric':'BLENDED_COST'}",
	 "ValidationException",
	 "Granularity HOURLY is not supported: forecasts are DAILY or MONTHLY."},
	{"GetCostForecast",
	 "{" AHEAD ",'Metric':'BLENDED_COST','Filter':{'Tags':{'Key':'slipway:eventRule',"
	 "'Values':['none']}}}",
	 "DataUnavailableException",
	 "Insufficient amount of historical data to generate forecast: of finished days since the "
	 "first costs 1 are needed, and there are 0."},
};

START_TEST(what_cannot_be_answered_is_refused_by_name)
{
	struct answer answer = ce(refusals[_i].operation, "%s", refusals[_i].body);

	ck_assert_msg(answer.status == 400, "%s", answer.text);
	ck_assert_str_eq(answer.message, refusals[_i].message);
	ck_assert_str_eq(answer.type, refusals[_i].type);
	answer_done(&answer);
}
END_TEST

START_TEST(a_price_that_is_missing_is_an_error_and_never_zero)
{
	const struct hold early = {world.account,   "default", "web", "{}",
				   JAN - 400 * DAY, HOUR,      false};
	struct answer answer;

	add_hold(50, &early);
	answer = ce("GetCostAndUsage", "{'TimePeriod':{'Start':'2024-11-01','End':'2025-01-01'},"
				       "'Granularity':'MONTHLY'" COST "}");
	ck_assert_str_eq(answer.type, "DataUnavailableException");
	ck_assert_msg(strstr(answer.message, "2024-11-27"), "%s", answer.message);
	answer_done(&answer);
}
END_TEST

START_TEST(without_a_price_list_nothing_is_answered)
{
	billing_state_free(world.options.billing);
	world.options.billing = billing_state_new(NULL, 1);
	ck_refused(ce("GetCostAndUsage", "{" MONTH COST "}"), "DataUnavailableException",
		   "There is no price list, so nothing has a price.");
}
END_TEST

START_TEST(only_so_many_questions_are_answered_at_once)
{
	struct answer answer;

	ck_assert(billing_state_enter(world.options.billing));
	answer = ce("GetCostAndUsage", "{" MONTH COST "}");
	ck_works(answer);
	answer_done(&answer);
	ck_assert(billing_state_enter(world.options.billing));
	ck_refused(ce("GetTags", "{" JANUARY "}"), "ThrottlingException", "Rate exceeded");
	/* Who was refused, for whatever reason, gave its place back. */
	billing_state_leave(world.options.billing);
	ck_refused(ce("GetTags", "{" JANUARY ",'Filter':{}}"), "ValidationException",
		   "Filter must not be empty.");
	answer = ce("GetTags", "{" JANUARY "}");
	ck_works(answer);
	answer_done(&answer);
	billing_state_leave(world.options.billing);
}
END_TEST

START_TEST(a_question_that_takes_too_long_is_ended)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct call call = {.options = &world.options,
			    .state = world.state,
			    .arena = arena,
			    .now_ms = NOW * 1000};
	const struct ce_period period = {
		.from_s = JAN, .until_s = JAN + 10 * DAY, .grain = COST_MONTHS};
	struct ce_question question;
	struct summary summary;

	memcpy(call.caller.account, world.account, sizeof(world.account));
	ck_assert_int_eq(ce_question_begin(&call, NULL, &question), 0);
	question.deadline_ns = clock_boot_ns() - 1;
	ck_assert_int_eq(ce_question_sum(&question, &period, NULL, &summary), -1);
	ck_assert_str_eq(call.error.type, "LimitExceededException");
	ck_assert_msg(strstr(call.error.message, "30 seconds"), "%s", call.error.message);
	ce_question_done(&question);
}
END_TEST

START_TEST(a_role_may_ask_what_its_policy_allows)
{
	struct answer answer;

	world_role = "reader";
	answer = ce("GetCostAndUsage", "{" MONTH COST "}");
	world_role = NULL;
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	ck_assert_msg(strstr(answer.message, "ce:GetCostAndUsage"), "%s", answer.message);
	answer_done(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/ce");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_month_is_one_sum_of_the_callers_own);
	tcase_add_test(all, every_day_has_a_result_also_without_costs);
	tcase_add_test(all, groups_are_by_tag_and_dimension);
	tcase_add_test(all, what_is_the_same_for_all_can_be_a_group);
	tcase_add_test(all, a_task_is_a_resource_by_its_arn);
	tcase_add_test(all, a_filter_leaves_out_the_rest);
	tcase_add_test(all, a_closed_month_is_not_estimated);
	tcase_add_test(all, pages_hold_each_group_once);
	tcase_add_test(all, values_have_pages_too);
	tcase_add_test(all, dimensions_tell_their_values);
	tcase_add_test(all, tags_are_keys_or_the_values_of_one);
	tcase_add_loop_test(all, a_tag_is_known_by_each_of_its_letters, 0, ARRAY_LEN(odd_keys));
	tcase_add_test(all, a_forecast_goes_on_as_it_was);
	tcase_add_loop_test(all, what_cannot_be_answered_is_refused_by_name, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(all, a_price_that_is_missing_is_an_error_and_never_zero);
	tcase_add_test(all, without_a_price_list_nothing_is_answered);
	tcase_add_test(all, only_so_many_questions_are_answered_at_once);
	tcase_add_test(all, a_question_that_takes_too_long_is_ended);
	tcase_add_test(all, a_role_may_ask_what_its_policy_allows);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
