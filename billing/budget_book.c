/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look is one scan of charges. It begins far enough back for every record of the ledger that a
 * line has not counted; a charge that is closed adds what a line lacks of it:
 *
 *     closed behind the line's position      all of it
 *     corrected behind it                    what the corrections since then change
 *     else                                   nothing
 *
 * The line's position is then the head of the ledger, read from the same snapshot. Charges that
 * run come with every scan and count for this look only.
 *
 * What is counted depends on the prices, and on the months that were closed: both together are the
 * book's `basis`, and a line of another basis is counted anew.
 *
 * Which lines a task falls under is remembered while it runs (struct budget_holder), as its tags
 * are JSON; what it costs is worked out once for all of them, since they have but three periods.
 */
#include "billing/budget_book.h"

#include <string.h>

#include "billing/budget_cover.h"
#include "billing/budget_holder.h"
#include "billing/budget_measure.h"
#include "core/digest.h"
#include "store/record.h"

#define BOOK_MAX      (64u * 1024 * 1024)
#define TAGS_ARENA    (1024u * 1024)
#define MS_PER_SECOND 1000
#define FAR_FUTURE_S  253402300800LL /* the year 10000: no record ends behind it */

struct budget_book {
	const struct price_list *prices;
	struct invoices *invoices;
	int64_t invoice_count, invoice_ms; /* by which they are known to be the same */
	char basis[SHA256_HEX_SIZE];

	struct arena *arena; /* of the lines */
	struct budget_line *lines;
	size_t count;
	int64_t from_s[BUDGET_PERIOD_COUNT], until_s[BUDGET_PERIOD_COUNT];
	struct budget_holders holders;
};

/* What one charge costs in each period, worked out when it is asked for. */
struct price_tag {
	int64_t nano[BUDGET_PERIOD_COUNT];
	bool known[BUDGET_PERIOD_COUNT];
};

struct budget_book *budget_book_new(const struct price_list *prices)
{
	struct budget_book *book = xcalloc(1, sizeof(*book));

	book->prices = prices;
	book->invoice_count = -1;
	return book;
}

void budget_book_free(struct budget_book *book)
{
	if (!book)
		return;
	invoices_free(book->invoices);
	arena_free(book->arena);
	budget_holders_done(&book->holders);
	free(book);
}

void budget_book_freep(struct budget_book **book)
{
	budget_book_free(*book);
}

const struct budget_line *budget_book_lines(const struct budget_book *book, size_t *ret_count)
{
	*ret_count = book->count;
	return book->lines;
}

const char *budget_book_currency(const struct budget_book *book)
{
	return price_list_currency(book->prices);
}

/* --- the basis --- */

static void make_basis(struct budget_book *book)
{
	AUTO(freep)
	char *text = xasprintf("%lld %lld %s", (long long)book->invoice_count,
			       (long long)book->invoice_ms, price_list_text(book->prices));

	sha256_hex(text, strlen(text), book->basis);
}

static int read_invoices(struct budget_book *book, struct db *db, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct invoices *invoices;
	int64_t count, newest_ms;

	if (db_query(db, "SELECT COUNT(*), COALESCE(MAX(created_ms), 0) FROM invoice", &query,
		     err) < 0 ||
	    db_step(query, err) < 0)
		return -1;
	count = db_int(query, 0);
	newest_ms = db_int(query, 1);
	if (count == book->invoice_count && newest_ms == book->invoice_ms)
		return 0;
	if (invoices_read(db, &invoices, err) < 0)
		return -1;
	invoices_free(book->invoices);
	book->invoices = invoices;
	book->invoice_count = count;
	book->invoice_ms = newest_ms;
	make_basis(book);
	book->count = 0; /* what was counted is of another basis */
	return 0;
}

/* --- lines --- */

static const struct budget_line *find_line(const struct budget_line *lines, size_t count,
					   const struct budget *budget)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(lines[middle].stored.account, budget->account);

		if (order == 0)
			order = strcmp(lines[middle].stored.name, budget->name);
		if (order == 0)
			return &lines[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool goes_on(const struct budget_book *book, const struct budget_state *state,
		    int64_t from_s, int64_t head)
{
	return state->from_s == from_s && strcmp(state->basis, book->basis) == 0 &&
	       state->counted_position <= head;
}

/* Where the line goes on from: this program's last look, what was stored, or the begin. */
static void begin_line(const struct budget_book *book, const struct budget *stored,
		       const struct budget_line *before, int64_t head, struct budget_line *line)
{
	int64_t from_s = book->from_s[stored->period];
	const struct budget_state *counted = NULL;

	*line = (struct budget_line){.stored = *stored};
	if (before && before->stored.changed_ms == stored->changed_ms &&
	    goes_on(book, &before->state, from_s, head))
		counted = &before->state;
	else if (goes_on(book, &stored->state, from_s, head))
		counted = &stored->state;
	line->state = (struct budget_state){
		.from_s = from_s,
		.until_s = book->until_s[stored->period],
		.counted_nano = counted ? counted->counted_nano : 0,
		.counted_position = counted ? counted->counted_position : 0,
		.basis = book->basis,
	};
	if (stored->state.from_s == from_s && stored->state.until_s == line->state.until_s) {
		line->state.notified_percent = stored->state.notified_percent;
		line->state.spent = stored->state.spent;
	}
}

static bool is_same_budget(const struct budget *a, const struct budget *b)
{
	return a->changed_ms == b->changed_ms && strcmp(a->account, b->account) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

/* Holders name lines by number: they hold as long as there are the same. */
static void keep_holders(struct budget_book *book, const struct budget_line *lines, size_t count)
{
	bool same = count == book->count;

	for (size_t i = 0; same && i < count; i++)
		same = is_same_budget(&lines[i].stored, &book->lines[i].stored);
	if (!same)
		budget_holders_done(&book->holders);
}

static int read_lines(struct budget_book *book, struct db *db, int64_t head, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(BOOK_MAX);
	struct budget_line *lines;
	struct budget *budgets;
	size_t count;

	if (budget_list(db, NULL, arena, &budgets, &count, err) < 0)
		return -1;
	lines = arena_alloc(arena, (count + 1) * sizeof(*lines));
	if (!lines)
		return record_full(err);
	for (size_t i = 0; i < count; i++)
		begin_line(book, &budgets[i], find_line(book->lines, book->count, &budgets[i]),
			   head, &lines[i]);
	keep_holders(book, lines, count);
	arena_free(book->arena);
	book->arena = STEAL(arena, NULL);
	book->lines = lines;
	book->count = count;
	return 0;
}

/* --- how far back --- */

/* The earliest second that a record behind @position can be found by. */
static int earliest_behind(struct db *db, int64_t position, int64_t *ret_from_s, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t at_ms;

	if (db_query(db,
		     "SELECT MIN(CASE WHEN kind = 2 THEN ended_ms ELSE written_ms END)"
		     " FROM ledger WHERE position > ?1 AND kind IN (2, 3)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	if (db_step(query, err) < 0)
		return -1;
	at_ms = db_int(query, 0);
	*ret_from_s = db_is_null(query, 0) ? FAR_FUTURE_S : at_ms / MS_PER_SECOND - 1;
	return 0;
}

static int find_begin(const struct budget_book *book, struct db *db, int64_t head,
		      int64_t *ret_from_s, struct err *err)
{
	int64_t from_s = FAR_FUTURE_S, position = head, behind_s = FAR_FUTURE_S;

	for (size_t i = 0; i < book->count; i++) {
		const struct budget_state *state = &book->lines[i].state;

		if (state->counted_position == 0 && state->from_s < from_s)
			from_s = state->from_s;
		else if (state->counted_position > 0 && state->counted_position < position)
			position = state->counted_position;
	}
	if (position < head && earliest_behind(db, position, &behind_s, err) < 0)
		return -1;
	*ret_from_s = from_s < behind_s ? from_s : behind_s;
	return 0;
}

/* --- what a charge costs --- */

static int cost_within(const struct budget_book *book, const struct charge *charge, int64_t from_s,
		       int64_t until_s, int64_t *ret_nano, struct err *err)
{
	const struct tariff tariff = {book->prices, book->invoices};
	struct cost_walk walk;
	struct cost_piece piece;
	int64_t total = 0;
	int rc;

	if (cost_walk_begin(&walk, &tariff, charge, from_s, until_s, COST_WHOLE, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (cost_add(&total, piece.cost_nano, err) < 0)
			return -1;
	}
	*ret_nano = total;
	return rc;
}

/* All of the charge lies in the period, so what it costs in all is what it costs there. */
static bool lies_within(const struct budget_book *book, const struct charge *charge,
			enum budget_period kind)
{
	int64_t seconds = charge->held_seconds + price_minimum_max(book->prices);

	return charge->correction_count == 0 && charge->started_s >= book->from_s[kind] &&
	       seconds <= book->until_s[kind] - charge->started_s;
}

static int cost_in(const struct budget_book *book, const struct charge *charge,
		   enum budget_period kind, struct price_tag *tag, int64_t *ret_nano,
		   struct err *err)
{
	if (!tag->known[kind] && tag->known[BUDGET_ALL] && lies_within(book, charge, kind)) {
		tag->nano[kind] = tag->nano[BUDGET_ALL];
	} else if (!tag->known[kind]) {
		if (cost_within(book, charge, book->from_s[kind], book->until_s[kind],
				&tag->nano[kind], err) < 0)
			return -1;
		if (!tag->known[BUDGET_ALL] && lies_within(book, charge, kind)) {
			tag->nano[BUDGET_ALL] = tag->nano[kind];
			tag->known[BUDGET_ALL] = true;
		}
	}
	tag->known[kind] = true;
	*ret_nano = tag->nano[kind];
	return 0;
}

/* @charge as it was when the ledger ended at @position. */
static struct charge charge_at(const struct charge *charge, int64_t position)
{
	struct charge before = *charge;

	before.correction_count = 0;
	while (before.correction_count < charge->correction_count &&
	       charge->corrections[before.correction_count].position <= position)
		before.correction_count++;
	before.seconds = before.correction_count > 0
				 ? charge->corrections[before.correction_count - 1].seconds
				 : charge->held_seconds;
	return before;
}

/* --- charges that are closed --- */

static bool has_news(const struct charge *charge, int64_t position)
{
	return charge->closed_position > position ||
	       (charge->correction_count > 0 &&
		charge->corrections[charge->correction_count - 1].position > position);
}

static int add_closed_to(struct budget_book *book, const struct charge *charge,
			 struct price_tag *tag, struct budget_line *line, struct err *err)
{
	enum budget_period kind = line->stored.period;
	int64_t position = line->state.counted_position;
	int64_t nano, before_nano = 0;

	if (cost_in(book, charge, kind, tag, &nano, err) < 0)
		return -1;
	if (charge->closed_position <= position) {
		struct charge before = charge_at(charge, position);

		if (cost_within(book, &before, book->from_s[kind], book->until_s[kind],
				&before_nano, err) < 0)
			return -1;
	}
	return cost_add(&line->state.counted_nano, nano - before_nano, err);
}

static int add_closed(struct budget_book *book, const struct charge *charge, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	struct budget_tags tags = {.tags = NULL};
	struct price_tag tag = {.known = {false}};

	for (size_t i = 0; i < book->count; i++) {
		struct budget_line *line = &book->lines[i];
		bool covers;

		if (!has_news(charge, line->state.counted_position))
			continue;
		if (!arena)
			arena = arena_new(TAGS_ARENA);
		if (budget_covers(&line->stored, charge, &tags, arena, &covers, err) < 0 ||
		    (covers && add_closed_to(book, charge, &tag, line, err) < 0))
			return -1;
	}
	return 0;
}

/* --- charges that run --- */

static int find_lines(const struct budget_book *book, const struct charge *charge,
		      struct budget_holders *holders, struct budget_holder *holder, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TAGS_ARENA);
	struct budget_tags tags = {.tags = NULL};

	for (size_t i = 0; i < book->count; i++) {
		bool covers;

		if (budget_covers(&book->lines[i].stored, charge, &tags, arena, &covers, err) < 0)
			return -1;
		if (covers)
			budget_holder_add_line(holders, holder, i);
	}
	return 0;
}

/* @holders are this look's, those of the book the last one's. */
static int add_running(struct budget_book *book, const struct charge *charge,
		       struct budget_holders *holders, struct err *err)
{
	const struct budget_holder *known = budget_holder_find(&book->holders, charge->task.number);
	struct budget_holder *holder = budget_holder_add(holders, charge->task.number, book->count);
	struct price_tag tag = {.known = {false}};

	if (!known && find_lines(book, charge, holders, holder, err) < 0)
		return -1;
	for (size_t i = 0; known && i < known->count; i++)
		budget_holder_add_line(holders, holder, book->holders.lines[known->first + i]);
	for (size_t i = 0; i < holder->count; i++) {
		struct budget_line *line = &book->lines[holders->lines[holder->first + i]];
		int64_t nano;

		if (cost_in(book, charge, line->stored.period, &tag, &nano, err) < 0 ||
		    cost_add(&line->spent_nano, nano, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the look --- */

static int add_charges(struct budget_book *book, struct charge_scan *scan,
		       struct budget_holders *holders, struct err *err)
{
	struct charge charge;
	int rc;

	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		if ((charge.closed_position > 0 ? add_closed(book, &charge, err)
						: add_running(book, &charge, holders, err)) < 0)
			return -1;
	}
	return rc;
}

static int scan_charges(struct budget_book *book, struct db *db, int64_t head,
			struct budget_holders *holders, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge_filter filter = {.slack_s = price_minimum_max(book->prices)};

	if (find_begin(book, db, head, &filter.from_s, err) < 0 ||
	    charge_scan_open(db, &filter, &scan, err) < 0 ||
	    add_charges(book, scan, holders, err) < 0)
		return -1;
	for (size_t i = 0; i < book->count; i++) {
		struct budget_line *line = &book->lines[i];

		line->state.counted_position = head;
		if (cost_add(&line->spent_nano, line->state.counted_nano, err) < 0)
			return -1;
	}
	return 0;
}

static int look(struct budget_book *book, struct db *db, int64_t now_s, struct err *err)
{
	struct budget_holders holders = {0};
	struct ledger_head head;

	for (int kind = 0; kind < BUDGET_PERIOD_COUNT; kind++)
		budget_period_at((enum budget_period)kind, now_s, &book->from_s[kind],
				 &book->until_s[kind]);
	if (read_invoices(book, db, err) < 0 || ledger_head_read(db, &head, err) < 0 ||
	    read_lines(book, db, head.position, err) < 0)
		return -1;
	if (book->count == 0)
		return 0;
	if (scan_charges(book, db, head.position, &holders, err) < 0) {
		budget_holders_done(&holders);
		return -1;
	}
	budget_holders_sort(&holders);
	budget_holders_done(&book->holders);
	book->holders = holders;
	return 0;
}

int budget_book_look(struct budget_book *book, struct db *db, int64_t now_s, struct err *err)
{
	if (look(book, db, now_s, err) == 0)
		return 0;
	book->lines = NULL;
	book->count = 0;
	budget_holders_done(&book->holders);
	return -1;
}
