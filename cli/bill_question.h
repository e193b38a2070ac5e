/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bill is asked for, from the words of a command line. What cannot be understood is an
 * error that names the option and the word.
 */
#ifndef SLIPWAY_CLI_BILL_QUESTION_H
#define SLIPWAY_CLI_BILL_QUESTION_H

#include "billing/report.h"
#include "billing/selection.h"
#include "cli/bill_session.h"
#include "cli/options.h"

/* NULL, or as many as none: not said. */
struct bill_words {
	const char *account, *since, *until, *month, *by, *grain;
	struct option_texts clusters, families, tags;
};

struct bill_question {
	char account[ACCOUNT_ID_SIZE];
	struct charge_filter filter;
	struct selection selection;
	char *by; /* keys, cut at their commas */
	struct report report;
};

/* Borrows @words' texts and what @session holds; @ret_question keeps pointers into
 * itself, so it stays where it is. */
int bill_question_read(const struct bill_words *words, struct bill_session *session, int64_t now_s,
		       struct bill_question *ret_question, struct err *err) MUST_CHECK;
void bill_question_done(struct bill_question *question);

#endif
