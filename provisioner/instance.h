/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells the things of one Slipway from those of another on the same machine: four hex
 * digits that stand in the names of bridges, taps and tables. They follow from the path of the
 * state folder, and fit a network interface's name beside an address.
 */
#ifndef SLIPWAY_PROVISIONER_INSTANCE_H
#define SLIPWAY_PROVISIONER_INSTANCE_H

#define INSTANCE_SIZE	5     /* with its end */
#define INSTANCE_BRIDGE "slb" /* bridges begin so, then comes the instance */

void instance_of(const char *state_dir, char ret[INSTANCE_SIZE]);

#endif
