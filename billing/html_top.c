/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted list with a limit: what falls off its end is forgotten.
 */
#include "billing/html_top.h"

#include <inttypes.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/html.h"

static void task_done(struct html_top_task *task)
{
	free(task->task);
	free(task->family);
	free(task->cluster);
}

void html_top_add(struct html_top *top, const struct charge *charge, int64_t total_nano)
{
	size_t place = top->count;

	while (place > 0 && top->tasks[place - 1].total_nano < total_nano)
		place--;
	if (place == HTML_TOP_MAX)
		return;
	if (top->count == HTML_TOP_MAX)
		task_done(&top->tasks[--top->count]);
	memmove(&top->tasks[place + 1], &top->tasks[place],
		(top->count - place) * sizeof(top->tasks[0]));
	top->count++;
	top->tasks[place] = (struct html_top_task){
		.task = xstrdup(charge->task.task),
		.family = xstrdup(charge->task.family),
		.cluster = xstrdup(charge->task.cluster),
		.started_s = charge->started_s,
		.seconds = charge->seconds,
		.total_nano = total_nano,
		.running = charge->running,
		.estimated = charge->estimated,
	};
}

void html_top_done(struct html_top *top)
{
	for (size_t i = 0; i < top->count; i++)
		task_done(&top->tasks[i]);
	top->count = 0;
}

static void print_task(FILE *out, const struct html_top_task *task, int64_t largest_nano)
{
	char started[CALENDAR_TEXT_SIZE];

	(void)fputs("<tr><th scope=row><code>", out);
	html_text(out, task->task);
	(void)fputs("</code>", out);
	html_bar(out, task->total_nano, largest_nano);
	(void)fputs("</th><td>", out);
	html_text(out, task->family);
	(void)fputs("</td><td>", out);
	html_text(out, task->cluster);
	(void)fprintf(out, "</td><td class=number>%s</td><td class=number>%" PRId64 "%s</td>",
		      calendar_time_text(task->started_s, started), task->seconds,
		      task->estimated ? "~"
		      : task->running ? "+"
				      : "");
	(void)fputs("<td class=number>", out);
	html_money(out, task->total_nano);
	(void)fputs("</td></tr>\n", out);
}

void html_top(FILE *out, const struct html_top *top)
{
	if (top->count == 0)
		return;
	(void)fputs("<section><h2>Dearest tasks</h2><table><thead><tr><th scope=col>Task</th>"
		    "<th scope=col class=left>Family</th><th scope=col class=left>Cluster</th>"
		    "<th scope=col>Started (UTC)</th><th scope=col>Seconds</th>"
		    "<th scope=col>Cost</th></tr></thead><tbody>\n",
		    out);
	for (size_t i = 0; i < top->count; i++)
		print_task(out, &top->tasks[i], top->tasks[0].total_nano);
	(void)fputs("</tbody></table></section>\n", out);
}
