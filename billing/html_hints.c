/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A saving is the part of what its tasks cost that the smaller size does not have; it is told as
 * it is for money that was not spent: about.
 */
#include "billing/html_hints.h"

#include <inttypes.h>
#include <string.h>

#include "billing/html.h"
#include "billing/right_size.h"

#define HINTS_SHOWN 12
#define MIB	    (1024 * 1024)
#define MILLI	    1000

struct hint {
	char *account, *family;		     /* owned; NULL: a free place */
	struct right_size_question question; /* the most of all its tasks */
	int64_t tasks;
	int64_t meter_nano[METER_COUNT];
	struct task_size better;
	int64_t saving_nano;
};

struct html_hints {
	struct hint hints[2 * HINTS_FAMILIES_MAX]; /* by hash, the next free place */
	size_t count;
	bool full; /* some were left out */
};

struct html_hints *html_hints_new(void)
{
	return xcalloc(1, sizeof(struct html_hints));
}

void html_hints_free(struct html_hints *hints)
{
	for (size_t i = 0; hints && i < ARRAY_LEN(hints->hints); i++) {
		free(hints->hints[i].account);
		free(hints->hints[i].family);
	}
	free(hints);
}

void html_hints_freep(struct html_hints **hints)
{
	html_hints_free(*hints);
}

static size_t hash_of(const struct charge *charge)
{
	uint64_t hash = (uint64_t)charge->quantity[METER_VCPU] * 0x9e3779b97f4a7c15u +
			(uint64_t)charge->quantity[METER_MEMORY];

	for (const char *text = charge->task.family; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

static bool is_of(const struct hint *hint, const struct charge *charge)
{
	return hint->question.vcpu_milli == charge->quantity[METER_VCPU] &&
	       hint->question.memory_mib == charge->quantity[METER_MEMORY] &&
	       strcmp(hint->family, charge->task.family) == 0 &&
	       strcmp(hint->account, charge->task.account) == 0;
}

/* NULL: there is no room for another. */
static struct hint *find(struct html_hints *hints, const struct task_bill *bill)
{
	const struct charge *charge = bill->charge;
	size_t place = hash_of(charge) % ARRAY_LEN(hints->hints);

	for (; hints->hints[place].family; place = (place + 1) % ARRAY_LEN(hints->hints)) {
		if (is_of(&hints->hints[place], charge))
			return &hints->hints[place];
	}
	if (hints->count == HINTS_FAMILIES_MAX) {
		hints->full = true;
		return NULL;
	}
	hints->count++;
	hints->hints[place] = (struct hint){
		.account = xstrdup(charge->task.account),
		.family = xstrdup(charge->task.family),
		.question = {.vcpu_milli = charge->quantity[METER_VCPU],
			     .memory_mib = charge->quantity[METER_MEMORY],
			     .seconds = MILLI, /* so many that cpu_ns is exact enough */
			     .vcpu = bill->rate[METER_VCPU],
			     .memory = bill->rate[METER_MEMORY]},
	};
	return &hints->hints[place];
}

void html_hints_add(struct html_hints *hints, const struct task_bill *bill)
{
	int64_t seconds = bill->charge->held_seconds;
	struct right_size_question *most;
	struct hint *hint;
	int64_t cpu_ns;

	if (!bill->use_known || seconds < RIGHT_SIZE_SECONDS_MIN)
		return;
	hint = find(hints, bill);
	if (!hint)
		return;
	most = &hint->question;
	cpu_ns = (int64_t)((__int128)bill->used.cpu_ns * most->seconds / seconds);
	most->cpu_ns = cpu_ns > most->cpu_ns ? cpu_ns : most->cpu_ns;
	if (bill->used.memory_peak_bytes > most->memory_peak_bytes)
		most->memory_peak_bytes = bill->used.memory_peak_bytes;
	hint->tasks++;
	for (int meter = 0; meter < METER_COUNT; meter++)
		hint->meter_nano[meter] += bill->meter_nano[meter];
}

/* What of @nano goes when @quantity becomes @better. */
static int64_t part_saved(int64_t nano, int64_t quantity, int64_t better)
{
	return (int64_t)((__int128)nano * (quantity - better) / quantity);
}

static bool find_better(struct hint *hint)
{
	const struct right_size_question *question = &hint->question;

	if (!hint->family || !right_size_find(question, &hint->better))
		return false;
	hint->saving_nano = part_saved(hint->meter_nano[METER_VCPU], question->vcpu_milli,
				       right_size_vcpu_milli(&hint->better)) +
			    part_saved(hint->meter_nano[METER_MEMORY], question->memory_mib,
				       hint->better.memory_mib);
	return hint->saving_nano > 0;
}

static int compare_saving(const void *a, const void *b)
{
	const struct hint *left = *(const struct hint *const *)a;
	const struct hint *right = *(const struct hint *const *)b;

	if (left->saving_nano != right->saving_nano)
		return left->saving_nano > right->saving_nano ? -1 : 1;
	return strcmp(left->family, right->family);
}

static void print_hint(FILE *out, const struct hint *hint)
{
	const struct right_size_question *most = &hint->question;
	int64_t cpu_milli = most->cpu_ns / (most->seconds * (1000000000LL / MILLI));

	(void)fputs("<tr><th scope=row>", out);
	html_text(out, hint->family);
	(void)fprintf(out,
		      "</th><td class=number>%" PRId64 "</td><td class=number>%" PRId64
		      " m / %" PRId64 " MiB</td><td class=number>%" PRId64 " m / %" PRId64
		      " MiB</td><td class=number>cpu %" PRId64 ", memory %" PRId64
		      "</td><td class=number>",
		      hint->tasks, most->vcpu_milli, most->memory_mib, cpu_milli,
		      (most->memory_peak_bytes + MIB - 1) / MIB, hint->better.cpu_units,
		      hint->better.memory_mib);
	html_money(out, hint->saving_nano);
	(void)fputs("</td></tr>\n", out);
}

static void print_table(FILE *out, struct hint *const *found, size_t count, bool full)
{
	(void)fputs("<section><h2>Could be smaller</h2><table><thead><tr><th scope=col>Family</th>"
		    "<th scope=col>Tasks</th><th scope=col>Reserved</th><th scope=col>Used at "
		    "most</th><th scope=col>Would hold it</th><th scope=col>About so much less</th>"
		    "</tr></thead><tbody>\n",
		    out);
	for (size_t i = 0; i < count && i < HINTS_SHOWN; i++)
		print_hint(out, found[i]);
	(void)fprintf(
		out,
		"</tbody></table><p class=note>CPU in thousandths of a vCPU, as the average of"
		" the busiest task, with half on top; memory as the highest peak, with a fifth"
		" on top. Tasks under %d seconds are left out.%s</p></section>\n",
		RIGHT_SIZE_SECONDS_MIN,
		full ? " There are more families than were looked at." : "");
}

void html_hints(FILE *out, struct html_hints *hints)
{
	struct hint **found = xcalloc(HINTS_FAMILIES_MAX, sizeof(struct hint *));
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(hints->hints); i++) {
		if (find_better(&hints->hints[i]))
			found[count++] = &hints->hints[i];
	}
	if (count > 0) {
		qsort(found, count, sizeof(struct hint *), compare_saving);
		print_table(out, found, count, hints->full);
	}
	free(found);
}
