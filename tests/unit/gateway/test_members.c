/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MEMBERS.md against the shapes: each member of RegisterTaskDefinition, RunTask and
 * CreateSchedule has one row (its own, or that of the member it is in), what the shapes refuse is
 * called refused, what is called refused is refused with the words of its row, what is called kept
 * comes back, and the end-to-end tests that are named exist.
 */
#include "scheduler_world.h"

#include "gateway/ecs/run_input.h"
#include "gateway/scheduler/schedule_input.h"

#define TABLE	  "MEMBERS.md"
#define FILE_MAX  (1u << 20)
#define ROWS_MAX  400
#define PATH_SIZE 160

enum verdict { MEMBER_HONOURED, MEMBER_KEPT, MEMBER_IDLE, MEMBER_REFUSED, VERDICT_COUNT };
static const char *const verdicts[VERDICT_COUNT] = {"honoured", "kept", "no effect", "refused"};

struct row {
	char request[64]; /* the operation, of the heading above */
	char path[PATH_SIZE];
	enum verdict verdict;
	char why[512]; /* tests, what it is kept for, or the message */
	bool met;
};

struct table {
	struct row rows[ROWS_MAX];
	size_t count;
};

static const struct {
	const char *name;
	const struct shape *shape;
	const char *base; /* a request that is taken, with what samples are put into */
	const char *path; /* of a REST service's thing; NULL: of ECS */
} requests[] = {
	{"RegisterTaskDefinition", &definition_shape,
	 "{'family':'f','volumes':[{'name':'v','efsVolumeConfiguration':{'fileSystemId':'fs-1',"
	 "'transitEncryption':'ENABLED'}}],'networkMode':'awsvpc','requiresCompatibilities':["
	 "'FARGATE'],'cpu':'256',"
	 "'memory':'512','containerDefinitions':[{'name':'web','image':'x','portMappings':[{"
	 "'containerPort':80}],'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-group'"
	 ":'g','awslogs-region':'us-east-1','awslogs-stream-prefix':'p'}}}]}",
	 NULL},
	{"RunTask", &run_shape,
	 "{'taskDefinition':'f','overrides':{'containerOverrides':[{'name':'web'}]}}", NULL},
	{"CreateSchedule", &schedule_input_shape,
	 "{'ScheduleExpression':'rate(5 minutes)','FlexibleTimeWindow':{'Mode':'OFF'},'Target':{"
	 "'Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/default','RoleArn':'arn:aws:iam::1:role/r',"
	 "'EcsParameters':{'TaskDefinitionArn':'f'}}}",
	 "/schedules/s"},
};

static char *read_text(const char *path)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf text;

	buf_init(&text, FILE_MAX);
	ck_assert_msg(file_read(path, &text, &err) == 0, "%s", err.text);
	return xstrdup(buf_text(&text));
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
	ck_assert_uint_lt(len, size);
	memcpy(to, from, len);
	to[len] = '\0';
}

/* Fill @row from a line "| `path` | verdict | why |"; false if it is none. */
static bool read_row(const char *line, size_t len, struct row *row)
{
	char text[1024];
	char *path, *verdict, *why, *end;

	if (len < 3 || strncmp(line, "| `", 3) != 0)
		return false;
	copy(text, sizeof(text), line, len);
	path = text + 3;
	end = strstr(path, "` | ");
	ck_assert_msg(end != NULL, "%s", text);
	verdict = end + 4;
	*end = '\0';
	end = strstr(verdict, " | ");
	ck_assert_msg(end != NULL, "%s has no third column", path);
	why = end + 3;
	*end = '\0';
	end = strrchr(why, '|');
	ck_assert_msg(end != NULL && end > why, "%s has an empty third column", path);
	end[-1] = '\0';
	copy(row->path, sizeof(row->path), path, strlen(path));
	copy(row->why, sizeof(row->why), why, strlen(why));
	for (int i = 0; i < VERDICT_COUNT; i++) {
		if (strcmp(verdict, verdicts[i]) == 0) {
			row->verdict = (enum verdict)i;
			return true;
		}
	}
	ck_abort_msg("%s is called %s", path, verdict);
	return false;
}

static void read_table(struct table *table)
{
	AUTO(freep) char *text = read_text(TABLE);
	char request[64] = "";

	memset(table, 0, sizeof(*table));
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		struct row *row = &table->rows[table->count];

		ck_assert_uint_lt(table->count, ROWS_MAX - 1);
		if (strncmp(line, "## ", 3) == 0) {
			copy(request, sizeof(request), line + 3, len - 3);
		} else if (read_row(line, len, row)) {
			memcpy(row->request, request, sizeof(request));
			table->count++;
		}
		line += len + (line[len] == '\n');
	}
}

static struct row *find_row(struct table *table, const char *request, const char *path)
{
	struct row *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		struct row *row = &table->rows[i];

		if (strcmp(row->request, request) != 0 || strcmp(row->path, path) != 0)
			continue;
		ck_assert_msg(!found, "%s: %s has two rows", request, path);
		found = row;
	}
	return found;
}

/* A member that is read in two ways has two fields of one name. */
static bool is_second(const struct shape *shape, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(shape->fields[i].name, shape->fields[index].name) == 0)
			return true;
	}
	return false;
}

/* Each member below @prefix has its row, or is below a row; counts what has none. */
static size_t count_missing(struct table *table, const char *request, const struct shape *shape,
			    const char *prefix)
{
	size_t missing = 0;

	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];
		char path[PATH_SIZE];
		struct row *row;

		if (is_second(shape, i))
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "",
			       field->name);
		row = find_row(table, request, path);
		if (row) {
			row->met = true;
			ck_assert_msg(!(field->flags & SHAPE_REFUSED) ||
					      row->verdict == MEMBER_REFUSED,
				      "%s: the shape refuses %s", request, path);
		} else if (field->shape && field->shape->count > 0) {
			missing += count_missing(table, request, field->shape, path);
		} else {
			printf("%s: %s has no row in " TABLE "\n", request, path);
			missing++;
		}
	}
	return missing;
}

START_TEST(each_member_has_one_row_and_each_row_a_member)
{
	struct table *table = xcalloc(1, sizeof(*table));
	size_t missing = 0;

	read_table(table);
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		missing += count_missing(table, requests[i].name, requests[i].shape, "");
	ck_assert_msg(missing == 0, "%zu members have no row", missing);
	for (size_t i = 0; i < table->count; i++)
		ck_assert_msg(table->rows[i].met, "%s: there is no member %s, or a row above it",
			      table->rows[i].request, table->rows[i].path);
	free(table);
}
END_TEST

/* "file.Class.test" in backticks; returns what is behind it, NULL if there is none. */
static const char *check_one_test(const struct row *row, const char *why)
{
	const char *name = strstr(why, "`test_");
	char file[128], type[64], method[160], path[256], want[256];
	AUTO(freep) char *text = NULL;

	if (!name)
		return NULL;
	ck_assert_msg(sscanf(name, "`%127[a-z0-9_].%63[A-Za-z0-9_].%159[a-z0-9_]`", file, type,
			     method) == 3,
		      "%s names no test: %s", row->path, name);
	(void)snprintf(path, sizeof(path), "tests/e2e/%s.py", file);
	text = read_text(path);
	(void)snprintf(want, sizeof(want), "class %s(", type);
	ck_assert_msg(strstr(text, want) != NULL, "%s: %s has no %s", row->path, path, type);
	(void)snprintf(want, sizeof(want), "def %s(", method);
	ck_assert_msg(strstr(text, want) != NULL, "%s: %s has no %s", row->path, path, method);
	return name + 1;
}

START_TEST(what_is_honoured_names_a_test_that_exists)
{
	struct table *table = xcalloc(1, sizeof(*table));

	read_table(table);
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		const char *at = check_one_test(row, row->why);

		ck_assert_msg(at || row->verdict != MEMBER_HONOURED, "%s names no test", row->path);
		while (at)
			at = check_one_test(row, at);
	}
	free(table);
}
END_TEST

/* A value of the right type that asks for something. */
static json_t *sample(const struct shape_field *field)
{
	json_t *object;

	switch (field->flags & SHAPE_REFUSED ? SHAPE_JSON : field->type) {
	case SHAPE_TEXT:
		return json_string("x");
	case SHAPE_INT:
	case SHAPE_REAL:
		return json_integer(64);
	case SHAPE_BOOL:
		return json_true();
	case SHAPE_WORD:
		return json_string(field->words[0]);
	case SHAPE_TEXTS:
		return json_pack("[s]", "x");
	case SHAPE_LIST:
	case SHAPE_OBJECT:
		object = json_object();
		for (size_t i = 0; i < field->shape->count; i++) {
			const struct shape_field *member = &field->shape->fields[i];

			if (member->flags & SHAPE_REQUIRED)
				json_object_set_new(object, member->name, sample(member));
		}
		return field->type == SHAPE_LIST ? json_pack("[o]", object) : object;
	default:
		return json_pack("{s:s}", "a", "b");
	}
}

/* Put @value (taken; NULL: a sample) at @path in @at; *ret_place is the path as errors have it. */
static void put_at(const struct shape *shape, json_t *at, const char *path, json_t *value,
		   char ret_place[PATH_SIZE])
{
	size_t len = strcspn(path, ".");

	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];
		size_t used = strlen(ret_place);
		json_t *inner;

		if (strlen(field->name) != len || strncmp(field->name, path, len) != 0)
			continue;
		(void)snprintf(ret_place + used, PATH_SIZE - used, "%s%s", used ? "." : "",
			       field->name);
		if (path[len] == '\0') {
			json_object_set_new(at, field->name, value ? value : sample(field));
			return;
		}
		inner = json_object_get(at, field->name);
		if (!inner) {
			json_object_set_new(at, field->name,
					    field->type == SHAPE_LIST ? json_pack("[{}]")
								      : json_object());
			inner = json_object_get(at, field->name);
		}
		if (json_is_array(inner)) {
			used = strlen(ret_place);
			(void)snprintf(ret_place + used, PATH_SIZE - used, "[0]");
			inner = json_array_get(inner, 0);
		}
		put_at(field->shape, inner, path + len + 1, value, ret_place);
		return;
	}
	ck_abort_msg("no member %s", path);
}

/* The row's own value, "`VALUE`: " before what it says; NULL: none. *ret_says: the rest. */
static json_t *own_value(const char *why, const char **ret_says)
{
	const char *end = why[0] == '`' ? strstr(why, "`: ") : NULL;
	json_t *value;

	*ret_says = why;
	if (!end)
		return NULL;
	value = json_loadb(why + 1, (size_t)(end - why - 1), JSON_DECODE_ANY, NULL);
	if (value)
		*ret_says = end + 3;
	return value;
}

static json_t *base_of(size_t request)
{
	const char *base = requests[request].base;
	const char *account = strstr(base, "ACCOUNT");
	AUTO(freep)
	char *text = account ? xasprintf("%.*s%s%s", (int)(account - base), base, world.account,
					 account + strlen("ACCOUNT"))
			     : xstrdup(base);

	for (char *c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return json_loads(text, 0, NULL);
}

/* A thing of a REST service is made once and changed then, which takes the same members. */
static struct answer send(size_t request, const char *method, const json_t *document)
{
	AUTO(freep) char *body = json_dumps(document, 0);

	if (!requests[request].path)
		return world_ask_on(world.state, requests[request].name, body);
	return rest(method, requests[request].path, "%s", body);
}

static void make(size_t request)
{
	AUTO(json_decrefp) json_t *document = base_of(request);
	struct answer answer = send(request, "POST", document);

	ck_works(answer);
	answer_done(&answer);
}

static void check_refusal(size_t request, const struct row *row)
{
	AUTO(json_decrefp) json_t *document = base_of(request);
	char place[PATH_SIZE] = "";
	char want[1024];
	struct answer answer;
	const char *says;
	json_t *value = own_value(row->why, &says);

	put_at(requests[request].shape, document, row->path, value, place);
	if (strcmp(says, "not yet") == 0)
		(void)snprintf(want, sizeof(want), "%s is not supported by this Slipway yet.",
			       place);
	else if (says[0] == '`' && says[strlen(says) - 1] == '`')
		(void)snprintf(want, sizeof(want), "%.*s", (int)strlen(says) - 2, says + 1);
	else
		ck_abort_msg("%s: neither a message nor \"not yet\": %s", row->path, says);
	answer = send(request, "PUT", document);
	ck_assert_msg(answer.status == 400, "%s is taken", row->path);
	ck_assert_msg(strcmp(answer.message, want) == 0, "%s is refused with %s", row->path,
		      answer.message);
	answer_done(&answer);
}

START_TEST(what_is_called_refused_is_refused_in_those_words)
{
	struct table *table = xcalloc(1, sizeof(*table));

	read_table(table);
	ck_does("CreateCluster", "{}");
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		make(i);
		for (size_t j = 0; j < table->count; j++) {
			const struct row *row = &table->rows[j];

			if (row->verdict == MEMBER_REFUSED &&
			    strcmp(row->request, requests[i].name) == 0)
				check_refusal(i, row);
		}
	}
	free(table);
}
END_TEST

/* The value at a path of the request in the answer, where lists have one item. */
static const json_t *given_back(const json_t *at, const char *path)
{
	while (at && *path) {
		char name[PATH_SIZE];
		size_t len = strcspn(path, ".");

		copy(name, sizeof(name), path, len);
		path += len + (path[len] == '.');
		at = json_object_get(json_is_array(at) ? json_array_get(at, 0) : at, name);
	}
	return at;
}

/* The thing in an answer that has the members of its request: a revision, or a task. */
static const json_t *thing_of(const json_t *answer)
{
	const json_t *tasks = json_object_get(answer, "tasks");

	return tasks ? json_array_get(tasks, 0) : json_object_get(answer, "taskDefinition");
}

static void check_given_back(size_t request, const struct row *row)
{
	AUTO(json_decrefp) json_t *document = base_of(request);
	char place[PATH_SIZE] = "";
	struct answer answer;
	const json_t *back;
	const char *says;

	put_at(requests[request].shape, document, row->path, own_value(row->why, &says), place);
	answer = send(request, "PUT", document);
	ck_assert_msg(answer.status == 200, "%s: %s", row->path, answer.text);
	if (requests[request].path) {
		answer_done(&answer);
		answer = rest("GET", requests[request].path, NO_BODY);
	}
	back = given_back(thing_of(answer.body), row->path);
	if (!back)
		back = given_back(answer.body, row->path);
	ck_assert_msg(back && json_equal(back, given_back(document, row->path)),
		      "%s is not given back", row->path);
	answer_done(&answer);
}

START_TEST(what_is_called_kept_is_given_back)
{
	struct table *table = xcalloc(1, sizeof(*table));

	read_table(table);
	ck_does("CreateCluster", "{}");
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		make(i);
		for (size_t j = 0; j < table->count; j++) {
			const struct row *row = &table->rows[j];

			if (row->verdict == MEMBER_KEPT &&
			    strcmp(row->request, requests[i].name) == 0)
				check_given_back(i, row);
		}
	}
	free(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("members");
	TCase *tests = tcase_create("members");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, each_member_has_one_row_and_each_row_a_member);
	tcase_add_test(tests, what_is_honoured_names_a_test_that_exists);
	tcase_add_test(tests, what_is_called_refused_is_refused_in_those_words);
	tcase_add_test(tests, what_is_called_kept_is_given_back);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
