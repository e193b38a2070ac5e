/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opened as the operator, not as a client of the API.
 */
#include "cli/bill_session.h"

#include <string.h>

#include "cli/price_file.h"
#include "cli/state.h"

static int open_all(struct bill_session *session, const char *dir, const char *prices,
		    struct err *err)
{
	AUTO(freep) char *path = NULL;

	if (state_open(dir, &session->db, err) < 0 ||
	    price_file_find(prices, dir, &path, err) < 0 ||
	    price_list_read(path, &session->prices, err) < 0 || db_begin_read(session->db, err) < 0)
		return -1;
	if (invoices_read(session->db, &session->invoices, err) < 0)
		return -1;
	session->tariff = (struct tariff){session->prices, session->invoices};
	return 0;
}

int bill_session_open(const char *state, const char *prices, struct bill_session *ret_session,
		      struct err *err)
{
	AUTO(freep) char *dir = state_dir(state);
	struct bill_session session = {0};

	if (settings_read(dir, &session.settings, err) < 0 ||
	    open_all(&session, dir, prices, err) < 0) {
		bill_session_done(&session);
		return -1;
	}
	*ret_session = session;
	return 0;
}

void bill_session_done(struct bill_session *session)
{
	db_free(session->db);
	price_list_free(session->prices);
	invoices_free(session->invoices);
	conf_done(&shared_options_table, &session->settings);
	*session = (struct bill_session){0};
}

int bill_session_account(struct db *db, const char *name, char ret_id[static ACCOUNT_ID_SIZE],
			 struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	size_t count;

	if (account_list(db, &accounts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(accounts[i].name, name) != 0 && strcmp(accounts[i].id, name) != 0)
			continue;
		memcpy(ret_id, accounts[i].id, ACCOUNT_ID_SIZE);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no account %s", name);
}
