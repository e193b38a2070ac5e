/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes, to the last byte, and their decimals.
 */
#include "tests/unit/billing/usage_place.h"

#include "billing/usage_shape.h"

#define LIST                                                                                       \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":1,\"x86\":[40480000,4445000,111000],\"arm\":[1,1,1],"                         \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

#define CLOUD_1                                                                                    \
	"{\"specversion\":\"1.0\",\"id\":\"" TASK_ID "/vcpu/1\",\"source\":\"/slipway/" ACCOUNT    \
	"\",\"type\":\"slipway.usage.v1\",\"subject\":\"" ACCOUNT                                  \
	"\",\"time\":\"2026-01-01T00:01:01.000Z\",\"datacontenttype\":\"application/json\","       \
	"\"data\":{\"task\":\"" TASK_ID "\",\"cluster\":\"default\",\"family\":\"web\","           \
	"\"revision\":3,\"service\":\"shop\",\"startedBy\":\"ci\",\"architecture\":\"X86_64\","    \
	"\"spot\":false,\"tags\":{\"stage\":\"test\",\"team\":\"red\"},\"meter\":\"vcpu\","        \
	"\"quantity\":\"0.25\",\"unit\":\"vCPU\",\"seconds\":61,\"amount\":\"15.25\","             \
	"\"started\":\"2026-01-01T00:00:00.250Z\",\"ended\":\"2026-01-01T00:01:01.000Z\","         \
	"\"estimated\":false,\"reason\":\"UserInitiated\",\"correction\":false,"                   \
	"\"countedSeconds\":61"
#define CLOUD_2                                                                                    \
	"{\"specversion\":\"1.0\",\"id\":\"" TASK_ID "/vcpu/2\",\"source\":\"/slipway/" ACCOUNT    \
	"\",\"type\":\"slipway.usage.v1\",\"subject\":\"" ACCOUNT                                  \
	"\",\"time\":\"2026-01-01T12:00:00.007Z\",\"datacontenttype\":\"application/json\","       \
	"\"data\":{\"task\":\"" TASK_ID "\",\"cluster\":\"default\",\"family\":\"web\","           \
	"\"revision\":3,\"service\":\"shop\",\"startedBy\":\"ci\",\"architecture\":\"X86_64\","    \
	"\"spot\":false,\"tags\":{\"stage\":\"test\",\"team\":\"red\"},\"meter\":\"vcpu\","        \
	"\"quantity\":\"0.25\",\"unit\":\"vCPU\",\"seconds\":-51,\"amount\":\"-12.75\","           \
	"\"started\":\"2026-01-01T00:00:00.250Z\",\"ended\":\"2026-01-01T00:00:10.000Z\","         \
	"\"estimated\":false,\"reason\":\"said \\\"ours\\\"\",\"correction\":true,"                \
	"\"countedSeconds\":10"

#define LAGO_BEGIN "\"external_subscription_id\":\"" ACCOUNT "\",\"code\":\"slipway_vcpu_seconds\","
#define LAGO_TASK                                                                                  \
	"\"task\":\"" TASK_ID "\",\"cluster\":\"default\",\"family\":\"web\",\"revision\":\"3\","  \
	"\"service\":\"shop\",\"startedBy\":\"ci\",\"architecture\":\"X86_64\",\"spot\":"          \
	"\"false\",\"meter\":\"vcpu\",\"quantity\":\"0.25\",\"unit\":\"vCPU\","
#define LAGO_TAGS "\"tag:stage\":\"test\",\"tag:team\":\"red\"}}\n"
#define LAGO_1                                                                                     \
	"{\"transaction_id\":\"" TASK_ID "/vcpu/1\"," LAGO_BEGIN                                   \
	"\"timestamp\":\"1767225661.000\",\"precise_total_amount_cents\":\"0.0171478\","           \
	"\"properties\":{\"value\":\"15.25\"," LAGO_TASK "\"seconds\":\"61\","                     \
	"\"started\":\"2026-01-01T00:00:00.250Z\",\"ended\":\"2026-01-01T00:01:01.000Z\","         \
	"\"estimated\":\"false\",\"reason\":\"UserInitiated\",\"correction\":\"false\"," LAGO_TAGS
#define LAGO_2                                                                                     \
	"{\"transaction_id\":\"" TASK_ID "/vcpu/2\"," LAGO_BEGIN                                   \
	"\"timestamp\":\"1767268800.007\",\"precise_total_amount_cents\":\"-0.0143367\","          \
	"\"properties\":{\"value\":\"-12.75\"," LAGO_TASK "\"seconds\":\"-51\","                   \
	"\"started\":\"2026-01-01T00:00:00.250Z\",\"ended\":\"2026-01-01T00:00:10.000Z\","         \
	"\"estimated\":\"false\",\"reason\":\"said "                                               \
	"\\\"ours\\\"\",\"correction\":\"true\"," LAGO_TAGS

struct writing {
	const struct usage_shape *shape;
	const struct tariff *tariff;
	struct buf out;
};

static int write_one(void *ctx, const struct usage_event *event, struct err *err)
{
	struct writing *writing = ctx;

	return usage_shape_write(writing->shape, event, writing->tariff, &writing->out, err);
}

static int write_all(struct place *place, struct writing *writing, struct err *err)
{
	int64_t position;
	bool end;

	return usage_events_read(place->db, 0, NULL, write_one, writing, &position, &end, err);
}

static void fill(struct place *place)
{
	place_state(place);
	usage_hold(place, usage_task(place, TASK_ID, ACCOUNT), METER_VCPU, 250, 1767225600250, 61);
	ASSERT_OK(
		ledger_correct(place->db, TASK_ID, 10, "said \"ours\"", 1767268800007, &place->err),
		&place->err);
}

START_TEST(each_shape_is_exactly_this)
{
	static const struct {
		const char *shape, *text;
	} rows[] = {
		{"cloudevents", CLOUD_1 "}}\n" CLOUD_2 "}}\n"},
		{"openmeter",
		 CLOUD_1 ",\"value\":\"15.25\"}}\n" CLOUD_2 ",\"value\":\"-12.75\"}}\n"},
		{"lago", LAGO_1 LAGO_2},
	};
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	struct tariff tariff = {.prices = NULL};

	fill(&place);
	ASSERT_OK(price_list_parse(LIST, &prices, &place.err), &place.err);
	tariff.prices = prices;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct writing writing = {.shape = usage_shape_find(rows[i].shape),
					  .tariff = &tariff};

		buf_init(&writing.out, 65536);
		ASSERT_OK(write_all(&place, &writing, &place.err), &place.err);
		ck_assert_str_eq(buf_text(&writing.out), rows[i].text);
		ck_assert_int_eq(
			strncmp(rows[i].text, writing.shape->begin, strlen(writing.shape->begin)),
			0);
		ck_assert_uint_le(writing.shape->batch_max, USAGE_SHAPE_BATCH_MAX);
		buf_done(&writing.out);
	}
	ck_assert_ptr_null(usage_shape_find("stripe"));
}
END_TEST

START_TEST(texts_that_are_no_json_are_an_error)
{
	static const char *const damages[] = {
		"UPDATE ledger SET tags_json = '{\"team\":' WHERE position = 2",
		"UPDATE ledger SET tags_json = '[]' WHERE position = 2",
		"UPDATE ledger SET reason = CAST(X'ff' AS TEXT) WHERE position = 2",
		"UPDATE ledger_task SET cluster = CAST(X'c328' AS TEXT)",
	};
	static const char *const shapes[] = {"cloudevents", "lago"};

	for (size_t i = 0; i < ARRAY_LEN(damages) * ARRAY_LEN(shapes); i++) {
		AUTO(place_done) struct place place;
		AUTO(price_list_freep) struct price_list *prices = NULL;
		struct tariff tariff = {.prices = NULL};
		struct writing writing = {.shape = usage_shape_find(shapes[i % ARRAY_LEN(shapes)]),
					  .tariff = &tariff};

		fill(&place);
		ASSERT_OK(price_list_parse(LIST, &prices, &place.err), &place.err);
		tariff.prices = prices;
		buf_init(&writing.out, 65536);
		ASSERT_OK(db_exec(place.db, damages[i / ARRAY_LEN(shapes)], NULL, &place.err),
			  &place.err);
		ASSERT_FAILS(write_all(&place, &writing, &place.err), ERR_CORRUPT, &place.err);
		ck_assert_uint_eq(writing.out.len, 0);
		buf_done(&writing.out);
	}
}
END_TEST

START_TEST(decimals_are_exact)
{
	static const struct {
		enum meter meter;
		int64_t quantity, times;
		const char *text;
	} rows[] = {
		{METER_VCPU, 0, 1, "0"},
		{METER_VCPU, 1, 1, "0.001"},
		{METER_VCPU, -1, 1, "-0.001"},
		{METER_VCPU, 16000, 1, "16"},
		{METER_VCPU, 1075, 61, "65.575"},
		{METER_MEMORY, 1, 1, "0.0009765625"},
		{METER_MEMORY, 1536, 1, "1.5"},
		{METER_MEMORY, -300, 61, "-17.87109375"},
		{METER_STORAGE, 180, 1, "180"},
		{METER_STORAGE, INT64_MAX, INT64_MAX, "85070591730234615847396907784232501249"},
		{METER_VCPU, INT64_MIN, 1, "-9223372036854775.808"},
	};
	static const struct {
		int64_t nano;
		const char *currency, *text;
	} cents[] = {
		{138750, "USD", "0.013875"},	    {1, "EUR", "0.0000001"},
		{-10000000, "USD", "-1"},	    {123456789012, "USD", "12345.6789012"},
		{1500000001, "JPY", "1.500000001"}, {1500000001, "KWD", "1500.000001"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[USAGE_DECIMAL_SIZE];

		ck_assert_str_eq(usage_shape_units(rows[i].meter,
						   (__int128)rows[i].quantity * rows[i].times,
						   text),
				 rows[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(cents); i++) {
		char text[USAGE_DECIMAL_SIZE];

		ck_assert_str_eq(usage_shape_cents(cents[i].nano, cents[i].currency, text),
				 cents[i].text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {each_shape_is_exactly_this,
				      texts_that_are_no_json_are_an_error, decimals_are_exact};

	return suite_run("billing/usage_shape", tests, ARRAY_LEN(tests));
}
