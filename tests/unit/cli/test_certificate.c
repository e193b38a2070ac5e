/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of a first start: made once, for the names that it must hold,
 * made again when it is damaged or its authority is gone.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "cli/certificate.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/proc.h"

static int verify(const char *dir, const char *option, const char *name)
{
	AUTO(freep) char *ca = xasprintf("%s/ca.pem", dir);
	AUTO(freep) char *server = xasprintf("%s/server.pem", dir);
	const char *argv[] = {"openssl", "verify", "-x509_strict", "-purpose", "sslserver",
			      option,	 name,	   "-CAfile",	   ca,	       server,
			      NULL};
	const struct proc_call call = {.argv = argv, .deadline_ms = 20000};
	struct err err = ERR_INIT;
	int status = -1;

	ASSERT_OK(proc_run(&call, &status, &err), &err);
	return status;
}

START_TEST(it_is_valid_for_loopback_and_kept)
{
	char dir[64], before[SHA256_HEX_SIZE], after[SHA256_HEX_SIZE];
	struct err err = ERR_INIT;
	struct stat info;
	bool made = false;

	suite_folder(dir, sizeof(dir));
	AUTO(freep) char *server = xasprintf("%s/server.pem", dir);
	AUTO(freep) char *key = xasprintf("%s/server.key", dir);
	AUTO(freep) char *ca = xasprintf("%s/ca.pem", dir);
	ASSERT_OK(certificate_ensure(dir, &made, &err), &err);
	ck_assert(made);
	ck_assert_int_eq(verify(dir, "-verify_hostname", "localhost"), 0);
	ck_assert_int_eq(verify(dir, "-verify_ip", "127.0.0.1"), 0);
	ck_assert_int_eq(verify(dir, "-verify_ip", "::1"), 0);
	ck_assert_int_ne(verify(dir, "-verify_hostname", "example.com"), 0);
	ck_assert_int_eq(stat(key, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);

	ASSERT_OK(sha256_file_hex(server, before, &err), &err);
	ASSERT_OK(certificate_ensure(dir, &made, &err), &err);
	ck_assert(!made);
	ASSERT_OK(sha256_file_hex(server, after, &err), &err);
	ck_assert_str_eq(before, after);

	suite_write(server, "damaged\n");
	ASSERT_OK(certificate_ensure(dir, &made, &err), &err);
	ck_assert(made);
	ck_assert_int_eq(verify(dir, "-verify_hostname", "localhost"), 0);

	ck_assert_int_eq(unlink(ca), 0);
	ASSERT_OK(certificate_ensure(dir, &made, &err), &err);
	ck_assert(made);
	ck_assert_int_eq(verify(dir, "-verify_hostname", "localhost"), 0);
	ASSERT_OK(file_remove_tree(dir, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {it_is_valid_for_loopback_and_kept};

	return suite_run("certificate", tests, ARRAY_LEN(tests));
}
