/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of efsVolumeConfiguration.
 */
#ifndef SLIPWAY_GATEWAY_ECS_EFS_CHECK_H
#define SLIPWAY_GATEWAY_ECS_EFS_CHECK_H

#include "gateway/api.h"
#include "gateway/ecs/volume_input.h"

/* Of a volume of any kind: ERR_INVALID with the API's message. */
int efs_check(const struct volume_input *volume, struct err *err) MUST_CHECK;
/* Of one that was checked: ERR_INVALID names what the configuration has not. @index: of the
 * volume. */
int efs_check_place(const struct volume_input *volume, size_t index, const struct call *call,
		    struct err *err) MUST_CHECK;

#endif
