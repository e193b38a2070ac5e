/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters, one by one or all that an account, a bus or a rule has. Those that come while this
 * runs are not meant: numbers rise.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/events.h"
#include "core/clock.h"
#include "core/conf.h"
#include "store/event_letter.h"

#define PAGE	   100
#define PAGE_ARENA (4u << 20)  /* without bodies */
#define SHOW_ARENA (16u << 20) /* with one */

struct place {
	struct db *db;
	const struct events_options *options;
	struct event_letter_filter filter;
};

typedef int letter_fn(struct place *place, const struct event_letter *letter, struct err *err);

static int each_letter(struct place *place, letter_fn *fn, size_t *ret_count, struct err *err)
{
	int64_t last;

	*ret_count = 0;
	if (event_letter_newest(place->db, &last, err) < 0)
		return -1;
	for (;;) {
		AUTO(arena_freep) struct arena *arena = arena_new(PAGE_ARENA);
		struct event_letter *letters;
		size_t count;

		if (event_letter_list(place->db, &place->filter, false, PAGE, arena, &letters,
				      &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count && letters[i].number <= last; i++) {
			if (fn(place, &letters[i], err) < 0)
				return -1;
			++*ret_count;
		}
		if (count < PAGE || letters[count - 1].number > last)
			return 0;
		place->filter.after = letters[count - 1].number;
	}
}

/* --- list, show --- */

static json_t *letter_json(const struct event_letter *letter)
{
	const struct event_accepted *event = &letter->event;
	char died[CLOCK_ISO_SIZE], received[CLOCK_ISO_SIZE];

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "number",
			 (json_int_t)letter->number, "account", event->account, "bus", event->bus,
			 "rule", letter->rule, "target", letter->target, "event", event->id,
			 "received", clock_iso(event->received_ms, received), "died",
			 clock_iso(letter->why.dead_ms, died), "attempts",
			 (json_int_t)letter->attempts, "exhausted", letter->why.exhausted, "code",
			 letter->why.code, "reason", letter->why.reason);
}

static void print_json(json_t *object, size_t flags)
{
	(void)json_dumpf(object, stdout, flags); /* as all that is printed */
	(void)putchar('\n');
	json_decref(object);
}

static int print_letter(struct place *place, const struct event_letter *letter, struct err *err)
{
	char died[CLOCK_ISO_SIZE];

	(void)err;
	if (place->options->json) {
		print_json(letter_json(letter), JSON_COMPACT);
		return 0;
	}
	printf("%6" PRId64 "  %.19s  %s  %-10s  %-20s  %-12s  %8" PRId64 "  %s: %s\n",
	       letter->number, clock_iso(letter->why.dead_ms, died), letter->event.account,
	       letter->event.bus, letter->rule[0] ? letter->rule : "-",
	       letter->target[0] ? letter->target : "-", letter->attempts, letter->why.code,
	       letter->why.reason);
	return 0;
}

static int list(struct place *place, struct err *err)
{
	size_t count;

	if (!place->options->json)
		printf("%6s  %-19s  %-12s  %-10s  %-20s  %-12s  %8s  %s\n", "NUMBER", "DIED (UTC)",
		       "ACCOUNT", "BUS", "RULE", "TARGET", "ATTEMPTS", "REASON");
	return each_letter(place, print_letter, &count, err);
}

static int show(struct place *place, int64_t number, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(SHOW_ARENA);
	struct event_letter letter;
	json_t *object;
	json_t *body;

	if (event_letter_find(place->db, number, arena, &letter, err) < 0)
		return -1;
	object = letter_json(&letter);
	body = json_loads(letter.event.body, 0, NULL);
	json_object_set_new(object, "body", body ? body : json_string(letter.event.body));
	print_json(object, JSON_INDENT(2));
	return 0;
}

/* --- redrive, delete --- */

static int redrive(struct place *place, const struct event_letter *letter, struct err *err)
{
	if (event_letter_redrive(place->db, letter->number, clock_wall_ms(), err) == 0)
		return 0;
	if (!place->options->all || err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err); /* somebody else has */
	return 0;
}

static int delete_letter(struct place *place, const struct event_letter *letter, struct err *err)
{
	if (event_letter_delete(place->db, letter->number, err) == 0)
		return 0;
	if (!place->options->all || err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err); /* somebody else has */
	return 0;
}

static int change(struct place *place, const char *dir, letter_fn *fn, int64_t number,
		  struct err *err)
{
	const struct event_letter one = {.number = number};
	size_t count = 1;
	int result =
		place->options->all ? each_letter(place, fn, &count, err) : fn(place, &one, err);

	events_ring(dir);
	if (result == 0)
		printf("%zu\n", count);
	return result;
}

/* --- the word --- */

bool events_dead_word(const char *word, bool has_number, const struct events_options *options)
{
	if (strcmp(word, "list") == 0)
		return !has_number && !options->all;
	if (strcmp(word, "show") == 0)
		return has_number && !options->all;
	return (strcmp(word, "redrive") == 0 || strcmp(word, "delete") == 0) &&
	       has_number != options->all;
}

static int read_number(const char *text, int64_t *ret_number, struct err *err)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number <= 0)
		return err_set(err, ERR_INVALID, "'%.80s' is no number of a dead letter", text);
	*ret_number = number;
	return 0;
}

int events_dead(struct db *db, const char *dir, const char *word, const char *number_text,
		const struct events_options *options, struct err *err)
{
	AUTO(freep) char *account = NULL;
	struct place place = {.db = db, .options = options};
	int64_t number = 0;

	if (events_account(db, options->account, &account, err) < 0 ||
	    (number_text && read_number(number_text, &number, err) < 0))
		return -1;
	place.filter = (struct event_letter_filter){
		.account = account, .bus = options->bus, .rule = options->rule};
	if (strcmp(word, "list") == 0)
		return list(&place, err);
	if (strcmp(word, "show") == 0)
		return show(&place, number, err);
	return change(&place, dir, strcmp(word, "redrive") == 0 ? redrive : delete_letter, number,
		      err);
}
