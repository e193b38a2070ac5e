/* SPDX-License-Identifier: Apache-2.0 */
/* slipway bill's words about the ledger: head, verify, seal, correct, close, invoices. */
#ifndef SLIPWAY_CLI_BILL_LEDGER_H
#define SLIPWAY_CLI_BILL_LEDGER_H

/* argv[1] is one of them. The exit status: 1 as well when something was found. */
int bill_ledger(int argc, char **argv);

#endif
