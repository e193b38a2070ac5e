/* SPDX-License-Identifier: Apache-2.0 */
/* slipway bill task ID: one task in full. */
#ifndef SLIPWAY_CLI_BILL_TASK_H
#define SLIPWAY_CLI_BILL_TASK_H

int bill_task(int argc, char **argv);

#endif
