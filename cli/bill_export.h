/* SPDX-License-Identifier: Apache-2.0 */
/* slipway bill export: usage events to a file, to standard output, or to a webhook. */
#ifndef SLIPWAY_CLI_BILL_EXPORT_H
#define SLIPWAY_CLI_BILL_EXPORT_H

int bill_export(int argc, char **argv);

#endif
