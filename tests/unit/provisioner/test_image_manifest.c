/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "provisioner/image/image_manifest.h"
#include "tests/support/suite.h"

#define HEX(c)	  c c c c c c c c c c c c c c c c
#define DIGEST(c) "sha256:" HEX(c c c c)
#define A	  DIGEST("a")
#define B	  DIGEST("b")
#define C	  DIGEST("c")
#define D	  DIGEST("d")
#define DOCKER	  "application/vnd.docker."
#define OCI	  "application/vnd.oci.image."
#define CONFIG(type, digest)                                                                       \
	"\"config\":{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":10}"
#define OCI_CONFIG	  CONFIG(OCI "config.v1+json", A)
#define LAYER(type)	  "{\"mediaType\":\"" type "\",\"digest\":\"" B "\",\"size\":20}"
#define OCI_LAYER	  LAYER(OCI "layer.v1.tar+gzip")
#define MANIFEST(members) "{\"schemaVersion\":2," members "}"
#define CHILD(digest, type, platform)                                                              \
	"{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":30" platform "}"
#define ON(os, architecture)                                                                       \
	",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" architecture "\"}"
#define ON_VARIANT(architecture, variant)                                                          \
	",\"platform\":{\"os\":\"linux\",\"architecture\":\"" architecture                         \
	"\",\"variant\":\"" variant "\"}"
#define OCI_MANIFEST	OCI "manifest.v1+json"
#define INDEX(children) MANIFEST("\"manifests\":[" children "]")

static int parse_for(const char *text, const char *platform, struct image_document *ret,
		     struct err *err)
{
	struct image_platform wanted;

	ck_assert_int_eq(image_platform_parse(platform, &wanted, err), 0);
	return image_document_parse(text, strlen(text), &wanted, ret, err);
}

static const char *const manifests[] = {
	MANIFEST("\"mediaType\":\"" DOCKER "distribution.manifest.v2+json\"," CONFIG(
		DOCKER "container.image.v1+json",
		A) ",\"layers\":[" LAYER(DOCKER "image.rootfs.diff.tar.gzip") "]"),
	MANIFEST("\"mediaType\":\"" OCI_MANIFEST "\"," OCI_CONFIG ",\"layers\":[" OCI_LAYER "]"),
	MANIFEST(OCI_CONFIG ",\"layers\":[" OCI_LAYER "]"),
	MANIFEST("\"mediaType\":null," OCI_CONFIG ",\"layers\":[" OCI_LAYER
		 "],\"annotations\":{\"a\":\"b\"},\"subject\":{\"x\":1}"),
	MANIFEST(OCI_CONFIG ",\"layers\":[" LAYER(OCI "layer.v1.tar") "]"),
	MANIFEST(OCI_CONFIG ",\"layers\":[" LAYER(OCI "layer.v1.tar+zstd") "]"),
	MANIFEST(OCI_CONFIG ",\"manifests\":null,\"layers\":[" OCI_LAYER "]"),
};

START_TEST(manifests_of_both_kinds_are_read)
{
	struct image_document document;
	struct err err = ERR_INIT;

	ck_assert_msg(parse_for(manifests[_i], "linux/amd64", &document, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(document.kind, IMAGE_DOCUMENT_MANIFEST);
	ck_assert_str_eq(document.config.digest, A);
	ck_assert_int_eq(document.config.size_bytes, 10);
	ck_assert_uint_eq(document.layer_count, 1);
	ck_assert_str_eq(document.layers[0].digest, B);
	ck_assert_int_eq(document.layers[0].size_bytes, 20);
}
END_TEST

static const struct {
	const char *text, *platform, *digest;
} indexes[] = {
	{INDEX(CHILD(A, OCI_MANIFEST, ON("linux", "arm64")) "," CHILD(B, OCI_MANIFEST,
								      ON("linux", "amd64"))),
	 "linux/amd64", B},
	{MANIFEST("\"mediaType\":\"" DOCKER
		  "distribution.manifest.list.v2+json\",\"manifests\":[" CHILD(
			  A, DOCKER "distribution.manifest.v2+json", ON("linux", "amd64")) "]"),
	 "linux/amd64", A},
	/* the first that fits */
	{INDEX(CHILD(A, OCI_MANIFEST, ON("linux", "amd64")) "," CHILD(B, OCI_MANIFEST,
								      ON("linux", "amd64"))),
	 "linux/amd64", A},
	/* variants: v1 is every amd64, v3 is not */
	{INDEX(CHILD(A, OCI_MANIFEST, ON_VARIANT("amd64", "v3")) "," CHILD(
		 B, OCI_MANIFEST, ON_VARIANT("amd64", "v1"))),
	 "linux/amd64", B},
	{INDEX(CHILD(A, OCI_MANIFEST, ON_VARIANT("amd64", ""))), "linux/amd64/v1", A},
	{INDEX(CHILD(A, OCI_MANIFEST, ON_VARIANT("amd64", "v3"))), "linux/amd64/v3", A},
	{INDEX(CHILD(A, OCI_MANIFEST, ON_VARIANT("arm64", "v8"))), "linux/arm64", A},
	{INDEX(CHILD(A, OCI_MANIFEST, ON_VARIANT("arm", "v6")) "," CHILD(B, OCI_MANIFEST,
									 ON_VARIANT("arm", "v7"))),
	 "linux/arm/v7", B},
	/* attestations, whatever platform they claim */
	{INDEX(CHILD(
		 A, OCI_MANIFEST,
		 ON("linux", "amd64") ",\"annotations\":{\"vnd.docker.reference.type\":"
				      "\"attestation-manifest\"}") "," CHILD(B, OCI_MANIFEST,
									     ON("linux", "amd64"))),
	 "linux/amd64", B},
	{INDEX(CHILD(A, OCI_MANIFEST, ON("unknown", "unknown")) "," CHILD(B, OCI_MANIFEST,
									  ON("linux", "amd64"))),
	 "linux/amd64", B},
	/* other things in an index are passed over */
	{INDEX(CHILD(A, "application/vnd.cncf.helm", ON("linux", "amd64")) "," CHILD(
		 C, OCI_MANIFEST, "") "," CHILD(B, OCI_MANIFEST, ON("linux", "amd64"))),
	 "linux/amd64", B},
};

START_TEST(an_index_leads_to_the_manifest_of_the_platform)
{
	struct image_document document;
	struct err err = ERR_INIT;

	ck_assert_msg(parse_for(indexes[_i].text, indexes[_i].platform, &document, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(document.kind, IMAGE_DOCUMENT_INDEX);
	ck_assert_str_eq(document.child.digest, indexes[_i].digest);
}
END_TEST

static const struct {
	const char *text;
	enum err_code code;
	const char *words;
} refused[] = {
	{"", ERR_INVALID, "image manifest"},
	{"[]", ERR_INVALID, "object"},
	{"{}", ERR_INVALID, "schemaVersion"},
	{"{\"schemaVersion\":2}", ERR_UNSUPPORTED, "unknown kind"},
	{"{\"schemaVersion\":2,\"schemaVersion\":2}", ERR_INVALID, "twice"},
	{"{\"schemaVersion\":\"2\"}", ERR_INVALID, "schemaVersion"},
	{MANIFEST(OCI_CONFIG), ERR_INVALID, "layers"},
	{MANIFEST("\"layers\":[]"), ERR_INVALID, "config"},
	{"{\"schemaVersion\":3," OCI_CONFIG ",\"layers\":[]}", ERR_INVALID, "schemaVersion"},
	{"{\"schemaVersion\":1,\"name\":\"x\",\"fsLayers\":[{\"blobSum\":\"" A "\"}]}",
	 ERR_UNSUPPORTED, "schema 1"},
	{MANIFEST("\"fsLayers\":[]"), ERR_UNSUPPORTED, "schema 1"},
	{"{\"schemaVersion\":1,\"mediaType\":\"" DOCKER "distribution.manifest.v1+prettyjws\"}",
	 ERR_UNSUPPORTED, "schema 1"},
	{MANIFEST(OCI_CONFIG ",\"layers\":[],\"manifests\":[]"), ERR_INVALID, "at once"},
	{MANIFEST("\"mediaType\":\"" OCI_MANIFEST "\",\"manifests\":[]"), ERR_INVALID, "fit"},
	{MANIFEST("\"mediaType\":\"" OCI "index.v1+json\"," OCI_CONFIG ",\"layers\":[]"),
	 ERR_INVALID, "fit"},
	{MANIFEST("\"mediaType\":\"text/html\"," OCI_CONFIG ",\"layers\":[]"), ERR_UNSUPPORTED,
	 "unknown kind"},
	{MANIFEST(CONFIG("application/vnd.cncf.helm.config.v1+json", A) ",\"layers\":[]"),
	 ERR_UNSUPPORTED, "no container image"},
	{MANIFEST(OCI_CONFIG ",\"layers\":[" LAYER("application/x-foo") "]"), ERR_UNSUPPORTED,
	 "no container image"},
	{MANIFEST(OCI_CONFIG
		  ",\"layers\":[" LAYER(DOCKER "image.rootfs.foreign.diff.tar.gzip") "]"),
	 ERR_UNSUPPORTED, "foreign"},
	{MANIFEST(OCI_CONFIG ",\"layers\":[" LAYER(OCI "layer.v1.tar+gzip+encrypted") "]"),
	 ERR_UNSUPPORTED, "encrypted"},
	{MANIFEST(CONFIG(OCI "config.v1+json", "sha256:short") ",\"layers\":[]"), ERR_INVALID,
	 "digest"},
	{MANIFEST(CONFIG(OCI "config.v1+json", "../../etc/passwd") ",\"layers\":[]"), ERR_INVALID,
	 "digest"},
	{MANIFEST("\"config\":{\"mediaType\":\"" OCI "config.v1+json\",\"digest\":\"" A
		  "\",\"size\":5000000},\"layers\":[]"),
	 ERR_LIMIT, "config"},
	{MANIFEST("\"config\":{\"mediaType\":\"" OCI "config.v1+json\",\"digest\":\"" A
		  "\",\"size\":-1},\"layers\":[]"),
	 ERR_INVALID, "size"},
	{MANIFEST("\"config\":{\"mediaType\":\"" OCI "config.v1+json\",\"digest\":\"" A
		  "\",\"size\":9223372036854775807},\"layers\":[]"),
	 ERR_INVALID, "size"},
	{INDEX(""), ERR_NOT_FOUND,
	 "image Manifest does not contain descriptor matching platform 'linux/amd64'"},
	{INDEX(CHILD(A, OCI_MANIFEST, ON("linux", "s390x"))), ERR_NOT_FOUND, "'linux/amd64'"},
	{INDEX(CHILD(A, OCI_MANIFEST, ON("windows", "amd64"))), ERR_NOT_FOUND, "'linux/amd64'"},
	{INDEX(CHILD(A, OCI "index.v1+json", "")), ERR_UNSUPPORTED, "within an image index"},
	{INDEX(CHILD("sha256:x", OCI_MANIFEST, ON("linux", "amd64"))), ERR_INVALID, "digest"},
	{INDEX("{\"mediaType\":\"" OCI_MANIFEST "\",\"digest\":\"" A
	       "\",\"size\":5000000" ON("linux", "amd64") "}"),
	 ERR_LIMIT, "larger"},
};

START_TEST(what_is_no_image_for_us_is_refused_by_name)
{
	struct image_document document;
	struct err err = ERR_INIT;

	ck_assert_msg(parse_for(refused[_i].text, "linux/amd64", &document, &err) == -1,
		      "accepted: %s", refused[_i].text);
	ck_assert_msg(err.code == refused[_i].code, "%s: %s (%s)", refused[_i].text, err.text,
		      err_code_name(err.code));
	ck_assert_msg(strstr(err.text, refused[_i].words) != NULL, "%s", err.text);
}
END_TEST

static int parse_with_layers(size_t count, struct image_document *document, struct err *err)
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, IMAGE_DOCUMENT_MAX);
	ck_assert_int_eq(
		buf_append_text(&text, "{\"schemaVersion\":2," OCI_CONFIG ",\"layers\":[", err), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(buf_printf(&text, err, "%s%s", i ? "," : "", OCI_LAYER), 0);
	ck_assert_int_eq(buf_append_text(&text, "]}", err), 0);
	return parse_for(buf_text(&text), "linux/amd64", document, err);
}

START_TEST(as_many_layers_as_allowed_and_no_more)
{
	struct image_document document;
	struct err err = ERR_INIT;

	ck_assert_msg(parse_with_layers(IMAGE_LAYERS_MAX, &document, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(document.layer_count, IMAGE_LAYERS_MAX);
	ck_assert_int_eq(parse_with_layers(IMAGE_LAYERS_MAX + 1, &document, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_int_eq(parse_with_layers(0, &document, &err), 0);
	ck_assert_uint_eq(document.layer_count, 0);
}
END_TEST

START_TEST(a_manifest_above_four_mebibytes_is_refused_unread)
{
	struct image_platform platform = {"linux", "amd64", ""};
	struct image_document document;
	struct err err = ERR_INIT;
	char *text = xcalloc(1, IMAGE_DOCUMENT_MAX + 1);

	memset(text, ' ', IMAGE_DOCUMENT_MAX + 1);
	ck_assert_int_eq(
		image_document_parse(text, IMAGE_DOCUMENT_MAX + 1, &platform, &document, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	free(text);
}
END_TEST

static int parse_config(const char *text, struct arena *arena, json_t **json,
			struct image_config *config, struct err *err)
{
	struct image_platform platform = {"linux", "amd64", ""};

	return image_config_parse(text, strlen(text), &platform, arena, json, config, err);
}

#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" C "\",\"" D "\"]}"

START_TEST(a_config_says_how_to_run_the_image)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	struct image_config *config = xcalloc(1, sizeof(*config));
	struct err err = ERR_INIT;
	const char *const *texts;

	ck_assert_msg(
		parse_config(
			"{\"architecture\":\"amd64\",\"os\":\"linux\"," ROOTFS
			",\"config\":{\"Entrypoint\":[\"/a\",\"b\"],\"Cmd\":null,\"Env\":[\"K=V\"],"
			"\"WorkingDir\":\"/w\",\"User\":\"1:2\",\"StopSignal\":\"SIGINT\","
			"\"Labels\":{\"x\":\"y\"},\"ExposedPorts\":{\"80/tcp\":{}}},"
			"\"history\":[{\"created_by\":\"x\"}]}",
			arena, &json, config, &err) == 0,
		"%s", err.text);
	ck_assert_uint_eq(config->diff_id_count, 2);
	ck_assert_str_eq(config->diff_ids[0], C);
	ck_assert_str_eq(config->diff_ids[1], D);
	ck_assert_uint_eq(config->settings.entrypoint.count, 2);
	texts = config->settings.entrypoint.items;
	ck_assert_str_eq(texts[1], "b");
	ck_assert(!config->settings.command.present);
	ck_assert_uint_eq(config->settings.environment.count, 1);
	ck_assert_str_eq(config->settings.working_dir, "/w");
	ck_assert_str_eq(config->settings.user, "1:2");
	ck_assert_str_eq(config->settings.stop_signal, "SIGINT");
	free(config);
}
END_TEST

static const char *const configs[] = {
	"{" ROOTFS "}",
	"{\"os\":\"\",\"architecture\":\"\"," ROOTFS "}",
	"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":null," ROOTFS "}",
	"{\"rootfs\":{\"type\":\"layers\"}}",
	"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":null}}",
};

START_TEST(sparse_configs_are_read)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	struct image_config *config = xcalloc(1, sizeof(*config));
	struct err err = ERR_INIT;

	ck_assert_msg(parse_config(configs[_i], arena, &json, config, &err) == 0, "%s", err.text);
	ck_assert_ptr_null(config->settings.user);
	free(config);
}
END_TEST

static const struct {
	const char *text;
	enum err_code code;
	const char *words;
} refused_configs[] = {
	{"{}", ERR_INVALID, "rootfs is required"},
	{"{\"rootfs\":{\"type\":\"other\"}}", ERR_UNSUPPORTED, "rootfs.type"},
	{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}", ERR_INVALID, "diff_ids[0]"},
	{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[1]}}", ERR_INVALID, "diff_ids[0]"},
	{"{\"architecture\":\"arm64\"," ROOTFS "}", ERR_NOT_FOUND,
	 "image Manifest does not contain descriptor matching platform 'linux/amd64'"},
	{"{\"os\":\"windows\"," ROOTFS "}", ERR_NOT_FOUND, "'linux/amd64'"},
	{"{\"config\":{\"Cmd\":\"sh\"}," ROOTFS "}", ERR_INVALID, "config.Cmd"},
	{"{\"config\":{\"Env\":[1]}," ROOTFS "}", ERR_INVALID, "config.Env[0]"},
	{"{\"config\":{\"User\":0}," ROOTFS "}", ERR_INVALID, "config.User"},
	{"{\"config\":{\"User\":\"a\\u0000b\"}," ROOTFS "}", ERR_INVALID, "NUL"},
	{"{\"config\":[]," ROOTFS "}", ERR_INVALID, "config"},
};

START_TEST(bad_configs_are_refused_by_name)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	struct image_config *config = xcalloc(1, sizeof(*config));
	struct err err = ERR_INIT;

	ck_assert_msg(parse_config(refused_configs[_i].text, arena, &json, config, &err) == -1,
		      "accepted: %s", refused_configs[_i].text);
	ck_assert_msg(err.code == refused_configs[_i].code, "%s", err.text);
	ck_assert_msg(strstr(err.text, refused_configs[_i].words) != NULL, "%s", err.text);
	free(config);
}
END_TEST

static const char *const bad_platforms[] = {"",
					    "linux",
					    "linux/",
					    "/amd64",
					    "linux//v1",
					    "linux/amd64/",
					    "linux/amd64/v1/x",
					    "Linux/amd64",
					    "linux/am d64"};

START_TEST(bad_platforms_are_refused)
{
	struct image_platform platform;
	struct err err = ERR_INIT;

	ck_assert_msg(image_platform_parse(bad_platforms[_i], &platform, &err) == -1, "%s",
		      bad_platforms[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_manifest");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, manifests_of_both_kinds_are_read, 0, (int)ARRAY_LEN(manifests));
	tcase_add_loop_test(all, an_index_leads_to_the_manifest_of_the_platform, 0,
			    (int)ARRAY_LEN(indexes));
	tcase_add_loop_test(all, what_is_no_image_for_us_is_refused_by_name, 0,
			    (int)ARRAY_LEN(refused));
	tcase_add_test(all, as_many_layers_as_allowed_and_no_more);
	tcase_add_test(all, a_manifest_above_four_mebibytes_is_refused_unread);
	tcase_add_test(all, a_config_says_how_to_run_the_image);
	tcase_add_loop_test(all, sparse_configs_are_read, 0, (int)ARRAY_LEN(configs));
	tcase_add_loop_test(all, bad_configs_are_refused_by_name, 0,
			    (int)ARRAY_LEN(refused_configs));
	tcase_add_loop_test(all, bad_platforms_are_refused, 0, (int)ARRAY_LEN(bad_platforms));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
