/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image that is asked for by one name is fetched from: files written for another
 * place name its registries (123456789012.dkr.ecr.us-east-1.amazonaws.com/web), and an operator
 * says once which of his registries stands for each. The task keeps the name that it asked for.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_MIRROR_H
#define SLIPWAY_PROVISIONER_IMAGE_MIRROR_H

#include "core/conf.h"
#include "provisioner/image/image_reference.h"

/* @mirrors: registry host -> "host" or "host/prefix". ERR_INVALID names the bad one. */
int image_mirror_check(const struct conf_map *mirrors, struct err *err) MUST_CHECK;

/* Turn @reference into the one that is fetched, if its host has a mirror. ERR_INVALID if the
 * whole is too long. */
int image_mirror_apply(const struct conf_map *mirrors, struct image_reference *reference,
		       struct err *err) MUST_CHECK;

#endif
